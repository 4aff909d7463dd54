// SPDX-License-Identifier: GPL-2.0

//! The ring under threads that really run at once: far more messages than loom can follow.

use crate::{
    heap::{ring, Heap},
    ring::{cursor::Cursor, layout::Meta, Claim, GivenUp, PeekAt, Ring},
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::SeqCst},
        Mutex,
    },
    thread,
};

/// Bytes of the longest message, enough that a copy takes time.
const LEN: u32 = 24 * 8;

/// Messages are of different lengths, the shortest of one word.
fn len(number: u64) -> u32 {
    LEN - (number * 88 % u64::from(LEN)) as u32
}

/// What the header of a message tells.
fn meta(number: u64) -> Meta {
    let (len, from, stamp) = (len(number), 1, !number);
    Meta {
        len,
        from,
        stamp,
        back: 0,
    }
}

/// A message tells its number in every word and in its header.
fn send(ring: &Ring<Heap>, keep: u64) {
    let len = len(ring.published());
    let claim = ring.reserve(len, keep, |_| {});
    ring.memory().fill(claim.at, len, claim.number);
    ring.publish(claim, meta(claim.number));
}

/// The same beside others, who take turns at finding a place only. Each 16th fails.
fn send_beside_others(ring: &Ring<Heap>, turn: &Mutex<()>) {
    let (claim, len) = {
        let _turn = turn.lock();
        let len = len(ring.published());
        let claim = ring.reserve(len, u64::MAX, |_| {});
        ring.begin(claim, meta(claim.number));
        (claim, len)
    };
    ring.memory().fill(claim.at, len, claim.number);
    if claim.number % 16 != 0 {
        return ring.finish(claim);
    }
    ring.fail(claim, len);
    let _turn = turn.lock();
    ring.settle(claim);
}

/// The next message, checked, or how many were lost.
fn read(ring: &Ring<Heap>, cursor: &Cursor) -> Result<u64, u64> {
    let position = cursor.position(|| ring.published());
    match ring.peek_at(position) {
        PeekAt::Empty => {
            thread::yield_now();
            Err(0)
        }
        PeekAt::Void => {
            assert_eq!(position % 16, 0);
            assert!(cursor.skip(position, || ring.published()));
            Err(1)
        }
        PeekAt::Overrun { oldest } => {
            let lost = oldest - position;
            cursor.move_on(position, oldest, || ring.published());
            Err(lost)
        }
        PeekAt::Gone(_) => panic!("there are no parts"),
        PeekAt::Message { at, meta } => {
            let words = ring.memory().drain(at.at, meta.len.min(LEN));
            if !ring.is_not_overwritten(at.number) {
                return Err(0);
            }
            assert_eq!(at.number, position);
            assert!(words.iter().all(|&word| word == at.number), "{words:?}");
            assert_eq!((meta.len, meta.stamp), (len(at.number), !at.number));
            assert!(cursor.consume(at.number, || ring.published()));
            Ok(1)
        }
    }
}

#[test]
fn a_lossy_writer_never_shows_a_torn_message_and_losses_add_up() {
    const MESSAGES: u64 = 200_000;
    for pool in [1, 2, 7, 64] {
        let ring = ring(pool, LEN);
        thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    let cursor = Cursor::new();
                    let (mut got, mut lost) = (0, 0);
                    while got + lost < MESSAGES {
                        match read(&ring, &cursor) {
                            Ok(messages) => got += messages,
                            Err(messages) => lost += messages,
                        }
                    }
                    assert_eq!(got + lost, MESSAGES);
                });
            }
            threads.spawn(|| (0..MESSAGES).for_each(|_| send(&ring, u64::MAX)));
        });
    }
}

#[test]
fn writers_side_by_side_show_whole_messages_in_order_and_no_message_that_failed() {
    const MESSAGES: u64 = 100_000;
    for pool in [1, 2, 7, 64] {
        let (ring, turn) = (ring(pool, LEN), Mutex::new(()));
        thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    let cursor = Cursor::new();
                    let (mut got, mut lost) = (0, 0);
                    while got + lost < 2 * MESSAGES {
                        match read(&ring, &cursor) {
                            Ok(messages) => got += messages,
                            Err(messages) => lost += messages,
                        }
                    }
                    assert_eq!(got + lost, 2 * MESSAGES);
                });
            }
            for _ in 0..2 {
                threads.spawn(|| (0..MESSAGES).for_each(|_| send_beside_others(&ring, &turn)));
            }
        });
    }
}

/// A message is begun, and another thread does `wait`, which goes on only after `end`.
fn waits(wait: impl Fn(&Ring<Heap>) + Sync, end: impl Fn(&Ring<Heap>, Claim)) {
    let (ring, has_ended) = (ring(1, LEN), AtomicBool::new(false));
    let claim = ring.reserve(LEN, u64::MAX, |_| {});
    ring.begin(claim, meta(claim.number));
    thread::scope(|threads| {
        let waiter = threads.spawn(|| {
            wait(&ring);
            assert!(has_ended.load(SeqCst), "it waits");
        });
        // As long as it may take to see that nobody waits.
        for _ in 0..2000 {
            if waiter.is_finished() {
                break;
            }
            thread::yield_now();
        }
        has_ended.store(true, SeqCst);
        end(&ring, claim);
    });
}

#[test]
fn who_needs_a_place_waits_for_its_writer() {
    let needs = |expected: fn(u64) -> GivenUp| {
        move |ring: &Ring<Heap>| {
            ring.reserve(LEN, u64::MAX, |gone| assert_eq!(gone, expected(0)));
        }
    };
    waits(needs(|_| GivenUp::Message(1)), |ring, claim| {
        ring.finish(claim);
    });
    waits(
        needs(|number| GivenUp::Failed(number, meta(number))),
        |ring, claim| ring.fail(claim, LEN),
    );
}

#[test]
fn who_waits_for_writers_waits_until_each_has_told_how_it_ended() {
    waits(Ring::wait_for_writers, Ring::finish);
    waits(Ring::wait_for_writers, |ring, claim| {
        ring.fail(claim, LEN);
        assert!(ring.settle(claim));
    });
}

#[test]
fn a_lossless_writer_never_overtakes_its_slowest_reader() {
    const MESSAGES: u64 = 50_000;
    for pool in [1, 2, 7, 64] {
        let ring = ring(pool, LEN);
        let cursors = [Cursor::new(), Cursor::new()];
        thread::scope(|threads| {
            for cursor in &cursors {
                let ring = &ring;
                threads.spawn(move || {
                    while cursor.position(|| ring.published()) < MESSAGES {
                        let lost = read(ring, cursor).err();
                        assert_eq!(lost.unwrap_or(0), 0, "a lossless writer loses nothing");
                    }
                });
            }
            threads.spawn(|| {
                for _ in 0..MESSAGES {
                    let stands = |cursor: &Cursor| cursor.position(|| ring.published());
                    let slowest = || cursors.iter().map(stands).min().unwrap_or(0);
                    while !ring.has_room(slowest(), len(ring.published())) {
                        thread::yield_now();
                    }
                    send(&ring, slowest());
                }
            });
        });
    }
}

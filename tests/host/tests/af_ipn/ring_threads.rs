// SPDX-License-Identifier: GPL-2.0

//! The ring under threads that really run at once: far more messages than loom can follow.

use crate::{
    heap::{ring, Heap},
    ring::{cursor::Cursor, layout::Meta, PeekAt, Ring},
};
use std::thread;

/// Bytes of the longest message, enough that a copy takes time.
const LEN: u32 = 24 * 8;

/// Messages are of different lengths, the shortest of one word.
fn len(number: u64) -> u32 {
    LEN - (number * 88 % u64::from(LEN)) as u32
}

/// A message tells its number in every word and in its header.
fn send(ring: &Ring<Heap>, keep: u64) {
    let len = len(ring.published());
    let claim = ring.reserve(len, keep, |_| {});
    ring.memory().fill(claim.at, len, claim.number);
    let meta = Meta {
        len,
        from: 1,
        stamp: !claim.number,
    };
    ring.publish(claim, meta);
}

/// The next message, checked, or how many were lost.
fn read(ring: &Ring<Heap>, cursor: &Cursor) -> Result<u64, u64> {
    let position = cursor.position(|| ring.published());
    match ring.peek_at(position) {
        PeekAt::Empty => {
            thread::yield_now();
            Err(0)
        }
        PeekAt::Overrun { oldest } => {
            let lost = oldest - position;
            cursor.move_on(position, oldest, || ring.published());
            Err(lost)
        }
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

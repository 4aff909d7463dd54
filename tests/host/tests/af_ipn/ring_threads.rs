// SPDX-License-Identifier: GPL-2.0

//! The ring under threads that really run at once: far more messages than loom can follow.

use crate::{
    ring::{cursor::Cursor, layout::Meta, PeekAt, Ring},
    slots::{ring, Slots},
};
use std::thread;

/// Words of a message, enough that a copy takes time.
const WORDS: usize = 24;

/// A message tells its number in every word and in its header.
fn send(ring: &Ring<Slots>) {
    let claim = ring.reserve();
    ring.memory().fill(claim.slot, claim.number);
    let meta = Meta {
        len: claim.number as u32,
        from: 1,
        stamp: !claim.number,
    };
    ring.publish(claim, meta);
}

/// The next message, checked, or how many were lost.
fn read(ring: &Ring<Slots>, cursor: &Cursor) -> Result<u64, u64> {
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
            let words = ring.memory().drain(at.slot);
            if !ring.is_not_overwritten(at.number) {
                return Err(0);
            }
            assert_eq!(at.number, position);
            assert!(words.iter().all(|&word| word == at.number), "{words:?}");
            assert_eq!((meta.len, meta.stamp), (at.number as u32, !at.number));
            assert!(cursor.consume(at.number, || ring.published()));
            Ok(1)
        }
    }
}

#[test]
fn a_lossy_writer_never_shows_a_torn_message_and_losses_add_up() {
    const MESSAGES: u64 = 200_000;
    for pool in [1, 2, 7, 64] {
        let ring = ring(pool, WORDS);
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
            threads.spawn(|| (0..MESSAGES).for_each(|_| send(&ring)));
        });
    }
}

#[test]
fn a_lossless_writer_never_overtakes_its_slowest_reader() {
    const MESSAGES: u64 = 50_000;
    for pool in [1, 2, 7, 64] {
        let ring = ring(pool, WORDS);
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
                    while !ring.has_room(cursors.iter().map(stands).min().unwrap_or(0)) {
                        thread::yield_now();
                    }
                    send(&ring);
                }
            });
        });
    }
}

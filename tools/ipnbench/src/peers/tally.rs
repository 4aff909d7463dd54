// SPDX-License-Identifier: GPL-2.0

//! What publishers and subscribers tell: eight words for each, in a file that all of them map. The programs of
//! `tests/qemu/bench/peers` know these places too.

use crate::clock::now;
use crate::sys::shared::Shared;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Words of each.
const WORDS: usize = 8;
/// Messages that it has got.
const GOT: usize = 0;
/// The number of the first.
const FIRST: usize = 1;
/// The number of the last; of a publisher, that it has sent.
const LAST: usize = 2;
/// The longest that a message was on its way, in nanoseconds.
const LONGEST: usize = 3;
/// One of the following.
const STATE: usize = 4;
/// Messages of which it was told that it has missed them.
const TOLD: usize = 5;
/// Whether a slow one is to go on as quickly as it can.
const HURRY: usize = 6;

const READY: u64 = 1;
const ENDED: u64 = 2;

/// The places of all. The file goes with it.
pub struct Tally {
    shared: Shared,
    path: PathBuf,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    shared: &'a Shared,
    place: usize,
}

impl Tally {
    /// For so many.
    pub fn new(path: &str, count: usize) -> io::Result<Self> {
        let path = PathBuf::from(path);
        Ok(Self {
            shared: Shared::file(&path, count * WORDS * 8)?,
            path,
        })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of one.
    pub fn entry(&self, place: usize) -> Entry<'_> {
        Entry {
            shared: &self.shared,
            place,
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        // Where it is gone there is nothing to do.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Entry<'_> {
    fn word(&self, which: usize) -> &AtomicU64 {
        self.shared.word(8 * (self.place * WORDS + which))
    }

    fn read(&self, which: usize) -> u64 {
        self.word(which).load(Relaxed)
    }

    /// Messages that it has got.
    pub fn got(&self) -> u64 {
        self.read(GOT)
    }

    /// The number of the newest.
    pub fn last(&self) -> u64 {
        self.read(LAST)
    }

    /// Messages of which it was told that it has missed them.
    pub fn told(&self) -> u64 {
        self.read(TOLD)
    }

    /// The longest that a message was on its way since this was asked for, in nanoseconds.
    pub fn take_longest(&self) -> u64 {
        self.word(LONGEST).swap(0, Relaxed)
    }

    /// Whether it has begun.
    pub fn is_ready(&self) -> bool {
        self.read(STATE) != 0
    }

    /// Whether it was cut off.
    pub fn has_ended(&self) -> bool {
        self.read(STATE) == ENDED
    }

    /// It has begun.
    pub fn begin(&self) {
        self.word(STATE).store(READY, Relaxed);
    }

    /// It was cut off.
    pub fn end(&self) {
        self.word(STATE).store(ENDED, Relaxed);
    }

    /// Has a slow one go on as quickly as it can.
    pub fn hurry(&self) {
        self.word(HURRY).store(1, Relaxed);
    }

    /// Whether it is to.
    pub fn hurries(&self) -> bool {
        self.read(HURRY) != 0
    }

    /// As a publisher it has sent all up to this number.
    pub fn sent(&self, number: u64) {
        self.word(LAST).store(number, Relaxed);
    }

    /// It has got a message, which has the time if `timed`.
    pub fn note(&self, message: &[u8], timed: bool) {
        let number = word_in(message, 0);
        if self.got() == 0 {
            self.word(FIRST).store(number, Relaxed);
        }
        self.word(LAST).store(number, Relaxed);
        self.word(GOT).store(self.got() + 1, Relaxed);
        if timed {
            let delay = now().saturating_sub(word_in(message, 1));
            if delay > self.read(LONGEST) {
                self.word(LONGEST).store(delay, Relaxed);
            }
        }
    }

    /// It was told that it has missed so many.
    pub fn tell(&self, lost: u64) {
        self.word(TOLD).fetch_add(lost, Relaxed);
    }
}

/// A message's word: its number, and the time when it was sent.
fn word_in(message: &[u8], which: usize) -> u64 {
    let bytes = message.get(8 * which..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |&bytes| u64::from_ne_bytes(bytes))
}

/// Writes the number into a message, and the time if there is room.
pub fn number(message: &mut [u8], number: u64) {
    if let Some(place) = message.first_chunk_mut() {
        *place = number.to_ne_bytes();
    }
    if let Some(place) = message.get_mut(8..).and_then(|rest| rest.first_chunk_mut()) {
        *place = now().to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(name: &str) -> Tally {
        let path = std::env::temp_dir().join(format!("ipnbench-{name}-{}", std::process::id()));
        Tally::new(path.to_str().unwrap(), 2).unwrap()
    }

    #[test]
    fn each_has_words_of_its_own() {
        let tally = tally("own");
        let mut message = [0; 16];
        for place in [0, 1] {
            number(&mut message, 7 + place as u64);
            tally.entry(place).note(&message, false);
        }
        let [one, other] = [0, 1].map(|place| tally.entry(place));
        assert_eq!((one.got(), one.last()), (1, 7));
        assert_eq!((other.got(), other.last()), (1, 8));
        assert_eq!(other.take_longest(), 0);
    }

    #[test]
    fn the_longest_delay_is_forgotten_when_it_is_taken() {
        let tally = tally("longest");
        let entry = tally.entry(1);
        let mut message = [0; 16];
        number(&mut message, 1);
        message[8..].copy_from_slice(&(now() - 1_000_000).to_ne_bytes());
        entry.note(&message, true);
        number(&mut message, 2);
        entry.note(&message, true);
        assert!(entry.take_longest() >= 1_000_000);
        assert_eq!(entry.take_longest(), 0);
    }

    #[test]
    fn short_messages_have_a_number_only() {
        let mut message = [0xff; 12];
        number(&mut message, 3);
        assert_eq!(word_in(&message, 0), 3);
        assert_eq!(message[8..], [0xff; 4]);
        assert_eq!(word_in(&message, 1), 0);
    }

    #[test]
    fn other_programs_can_map_the_file_which_goes_afterwards() {
        let tally = tally("file");
        let path = tally.path().to_owned();
        tally.entry(0).sent(9);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[16..24], 9_u64.to_ne_bytes());
        drop(tally);
        assert!(!path.exists());
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A ring of bytes that forgets nothing: a list of all that was ever in it, and where its tail is.

use crate::ring::bytes::writers::{Refusal, Slowest};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A record that is not ready.
    Claimed,
    /// A message.
    Message,
    /// A message whose bytes are in the hole that is this entry; none: nowhere.
    Far(Option<usize>),
    /// Given up.
    Void,
    /// A hole, and the number of the message in it.
    Hole(Option<usize>),
    /// A hole while a piece is written.
    Filling,
    /// The end of a lap.
    Pad,
}

/// A record, or what lies between two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Where it begins.
    pub(crate) position: usize,
    /// Bytes to the next one.
    pub(crate) size: usize,
    /// Its number, or that of the next record.
    pub(crate) number: usize,
    /// What it is.
    pub(crate) what: What,
    /// Bytes of the message.
    pub(crate) len: usize,
    /// Who sent it: the port, and how many had that before.
    pub(crate) from: (u32, usize),
}

/// What a reader finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NaiveLook {
    /// Nothing.
    Empty,
    /// Nothing that is left.
    Overrun,
    /// No message.
    Skipped,
    /// A message: its number, its bytes and who sent it.
    Message(usize, usize, (u32, usize)),
    /// The same without its bytes.
    Gone(usize),
}

/// The ring.
pub(crate) struct NaiveRing {
    bytes: usize,
    ahead: usize,
    /// All there ever was.
    pub(crate) entries: Vec<Entry>,
    /// The first of them that can be read.
    pub(crate) tail: usize,
    /// The number of the next message.
    pub(crate) number: usize,
}

impl NaiveRing {
    /// An empty ring.
    pub(crate) fn new(bytes: u64, ahead: u64) -> Self {
        Self {
            bytes: bytes as usize,
            ahead: ahead as usize,
            entries: Vec::new(),
            tail: 0,
            number: 0,
        }
    }

    /// Where the next entry begins.
    fn head(&self) -> usize {
        self.entries
            .last()
            .map_or(0, |last| last.position + last.size)
    }

    /// From behind the terminator up to where what can be read begins a lap later.
    pub(crate) fn unreadable(&self) -> std::ops::Range<u64> {
        self.head() as u64 + 8..(self.tail_position() + self.bytes) as u64
    }

    fn tail_position(&self) -> usize {
        self.entries
            .get(self.tail)
            .map_or(self.head(), |entry| entry.position)
    }

    fn free(&mut self, size: usize, slowest: Option<Slowest>) -> Result<(), Refusal> {
        // The word behind it, the terminator, takes 16 bytes.
        let enough = (self.head() + size + 16).saturating_sub(self.bytes);
        if self.tail_position() >= enough {
            return Ok(());
        }
        while self.tail_position() < enough + self.ahead {
            let entry = self.entries[self.tail];
            let kept = |slowest: Slowest| {
                entry.position as u64 >= slowest.position
                    || matches!(entry.what, What::Hole(Some(number)) if number as u64 >= slowest.number)
            };
            let refusal = if matches!(entry.what, What::Claimed | What::Filling) {
                Some(Refusal::Busy)
            } else if self.tail + 1 == self.entries.len() {
                assert!(self.tail_position() >= enough, "the last record is needed");
                Some(Refusal::Busy)
            } else {
                None
            };
            // A reader first: it may stand at a record that is being written.
            let refusal = match slowest.is_some_and(kept) {
                true => Some(Refusal::NoRoom),
                false => refusal,
            };
            match refusal {
                Some(refusal) if self.tail_position() < enough => return Err(refusal),
                Some(_) => break,
                None => self.tail += 1,
            }
        }
        Ok(())
    }

    /// A new entry, for a message of `len` bytes of which `held` are here.
    pub(crate) fn push(
        &mut self,
        held: usize,
        (len, from, what): (usize, (u32, usize), What),
        slowest: Option<Slowest>,
    ) -> Result<usize, Refusal> {
        let size = (32 + held).div_ceil(16) * 16;
        let mut entry = Entry {
            position: self.head(),
            size,
            number: self.number,
            what,
            len,
            from,
        };
        let left = self.bytes - self.head() % self.bytes;
        if size > left {
            self.free(left, slowest)?;
            let (size, what) = (left, What::Pad);
            self.entries.push(Entry {
                size,
                what,
                ..entry
            });
            entry.position += left;
        }
        self.free(size, slowest)?;
        if let What::Far(Some(hole)) = what {
            if hole < self.tail {
                return Err(Refusal::Gone);
            }
            self.entries[hole].what = What::Hole(Some(self.number));
        }
        self.entries.push(entry);
        self.number += usize::from(!matches!(what, What::Hole(_)));
        Ok(self.entries.len() - 1)
    }

    /// What a reader at entry `index` finds.
    pub(crate) fn look(&self, index: usize) -> NaiveLook {
        if index < self.tail {
            return NaiveLook::Overrun;
        }
        let Some(entry) = self.entries.get(index) else {
            return NaiveLook::Empty;
        };
        match entry.what {
            What::Claimed => NaiveLook::Empty,
            What::Void | What::Hole(_) | What::Filling | What::Pad => NaiveLook::Skipped,
            What::Far(hole) if hole.is_none_or(|hole| hole < self.tail) => {
                NaiveLook::Gone(entry.number)
            }
            What::Message | What::Far(_) => NaiveLook::Message(entry.number, entry.len, entry.from),
        }
    }

    /// Messages from entry `first` to before entry `next`, but for those of `own`.
    pub(crate) fn messages(&self, first: usize, next: usize, own: Option<(u32, usize)>) -> usize {
        let entries = self.entries[first.min(next)..next].iter();
        entries
            .filter(|entry| matches!(entry.what, What::Message | What::Far(_)))
            .filter(|entry| Some(entry.from) != own)
            .count()
    }
}

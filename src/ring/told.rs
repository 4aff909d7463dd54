// SPDX-License-Identifier: GPL-2.0

//! A ring that a process writes: what that says of it, in memory that it may write as it likes.
//!
//! We have positions and an index of our own, which is what our readers go by, and take over what the writer says,
//! message by message, once it was looked at ([`Ring::take_in`]). Who has mapped the ring goes by what the writer says, and
//! has to look itself. The bytes are where the writer puts them: one that writes over a message says before that it is
//! none any more, and whoever has copied it asks for that afterwards, as on any ring.

use crate::{
    ring::{
        layout::{ready, size_of, Memory, Meta, ALIGN},
        Ring,
    },
    rust::sync::atomic::{read_barrier, write_barrier},
};

/// Messages that are taken over at once.
const AT_ONCE: u64 = 256;

/// No message has a higher number: a writer would be at it for thirty years.
const LAST: u64 = 1 << 60;

/// What a writer says can not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nonsense;

/// What was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TakenIn {
    /// Messages, those that were gone by then among them.
    pub(crate) messages: u64,
    /// Whether there are more.
    pub(crate) more: bool,
}

impl<M: Memory> Ring<M> {
    /// Whether a process writes the ring.
    #[inline]
    pub(crate) fn is_written(&self) -> bool {
        self.memory.told().is_some()
    }

    /// Whether its writer says something that was not taken over yet.
    pub(crate) fn has_news(&self) -> bool {
        self.memory.told().is_some_and(|told| {
            let oldest = told.oldest.load();
            told.published.load() != self.published() || oldest != self.oldest()
        })
    }

    /// How often [`Ring::take_in`] is called to come to all that was published before.
    pub(crate) fn times_to_take_in(&self) -> u64 {
        // One that finds that the writer was faster goes on behind that.
        (u64::from(self.messages) / AT_ONCE).saturating_add(3)
    }

    /// Takes over messages that the writer has published, which port `from` is: some of them. None before `keep` may be
    /// gone that it has not been told of. One caller at a time.
    pub(crate) fn take_in(&self, from: u32, mtu: u32, keep: u64) -> Result<TakenIn, Nonsense> {
        let (ours, messages) = (self.memory.positions(), u64::from(self.messages));
        let Some(told) = self.memory.told() else {
            return Err(Nonsense);
        };
        let known = ours.published.load();
        let before = told.oldest.load_acquire();
        let published = told.published.load_acquire();
        // Not less than when that was published.
        let oldest = told.oldest.load();
        let can_be = (known..LAST).contains(&published)
            && (ours.oldest.load()..=published).contains(&before)
            && (before..=keep).contains(&oldest)
            && published.saturating_sub(oldest) <= messages;
        if !can_be {
            return Err(Nonsense);
        }
        let oldest = oldest.min(published);
        let first = known.max(oldest);
        let end = published.min(first.saturating_add(AT_ONCE));
        if first != known {
            ours.published.store_release(first);
        }
        ours.oldest.store(oldest);
        // As a writer of ours: pairs with `is_not_overwritten`.
        write_barrier();
        let mut number = first;
        while number != end {
            let index = self.index_of(number);
            let as_told = self.message_as_told(number, index, mtu);
            let as_told = as_told.filter(|(at, meta)| self.follows(number, oldest, *at, meta.len));
            let Some((at, meta)) = as_told else {
                read_barrier();
                // It was there, and the writer is faster than we are; or what comes before it is good.
                if told.oldest.load() > number || number != first {
                    break;
                }
                return Err(Nonsense);
            };
            let descriptor = self.memory.descriptor(index);
            descriptor.store(at, Meta { from, ..meta });
            descriptor.state.store_release(ready(number));
            ours.head.store(at.wrapping_add(size_of(meta.len)));
            number = number.wrapping_add(1);
        }
        ours.published.store_release(number);
        Ok(TakenIn {
            messages: number.wrapping_sub(known),
            more: number != published,
        })
    }

    /// Where message `number` is as its writer says, and what it says of it, if that can be.
    fn message_as_told(&self, number: u64, index: u32, mtu: u32) -> Option<(u32, Meta)> {
        let descriptor = self.memory.told_descriptor(index);
        if descriptor.state.load_acquire() != ready(number) {
            return None;
        }
        // Once, as they may change.
        let (at, meta) = (descriptor.at.load(), descriptor.load());
        let can_be = meta.len <= mtu
            && at & (ALIGN - 1) == 0
            && at.checked_add(size_of(meta.len))? <= self.bytes;
        can_be.then_some((at, Meta { back: 0, ..meta }))
    }

    /// Whether message `number`, of `len` bytes at `at`, comes behind the one before it, or at the beginning, and over none
    /// from `oldest` on: so the next writer can go by where they are.
    fn follows(&self, number: u64, oldest: u64, at: u32, len: u32) -> bool {
        if number == oldest {
            return true;
        }
        let head = self.memory.positions().head.load();
        let tail = self.descriptor(oldest).at.load();
        let end = match (at == head, tail < head) {
            (true, true) => self.bytes,
            (true, false) => tail,
            (false, true) if at == 0 => tail,
            _ => return false,
        };
        at.saturating_add(size_of(len)) <= end
    }

    /// A writer has come, who has not mapped the ring yet: it finds an index as we know it. What is there others read
    /// meanwhile.
    pub(crate) fn restore_index(&self) {
        for number in self.oldest()..self.published() {
            let index = self.index_of(number);
            let (ours, theirs) = (
                self.memory.descriptor(index),
                self.memory.told_descriptor(index),
            );
            theirs.store(ours.at.load(), ours.load());
            theirs.state.store_release(ours.state.load());
        }
    }

    /// Asks for what the writer has given up meanwhile, once a message was copied: tells whether message `number` is among
    /// that.
    pub(crate) fn is_given_up(&self, number: u64) -> bool {
        read_barrier();
        let told = self.memory.told();
        told.is_some_and(|told| told.oldest.load() > number)
    }

    /// What the writer has given up can not be read any more, whatever else it says.
    pub(crate) fn give_up_as_told(&self) {
        if let Some(told) = self.memory.told() {
            let ours = self.memory.positions();
            let (oldest, published) = (ours.oldest.load(), ours.published.load());
            ours.oldest
                .store(told.oldest.load().clamp(oldest, published));
        }
    }

    /// Messages that a mapped reader can have seen: where a process writes the ring, as that says.
    pub(crate) fn seen(&self) -> u64 {
        let published = self.published();
        match self.memory.told() {
            None => published,
            Some(told) => told.published.load_acquire().clamp(published, LAST),
        }
    }

    /// Whether a message of `len` bytes has room for the writer, as it knows the ring, if all from `slowest` on stay.
    pub(crate) fn has_room_as_told(&self, slowest: u64, len: u32) -> bool {
        let Some(told) = self.memory.told() else {
            return false;
        };
        let held = self.seen().saturating_sub(slowest);
        let tail = self.memory.told_descriptor(self.index_of(slowest));
        let ends = (told.head.load(), tail.at.load());
        self.place_between(held, ends, size_of(len)).is_some()
    }

    /// Tells the writer that all have read the messages before `slowest`.
    pub(crate) fn tell_slowest(&self, slowest: u64) {
        self.memory.notices().slowest.store(slowest);
    }

    /// Tells it whether a port has asked for time stamps.
    pub(crate) fn tell_stamped(&self, is_stamped: bool) {
        self.memory.notices().stamped.store(is_stamped.into());
    }

    /// A writer comes, and nobody else writes: it finds what we know.
    pub(crate) fn hand_over(&self) {
        if let Some(told) = self.memory.told() {
            let ours = self.memory.positions();
            told.oldest.store(ours.oldest.load());
            told.head.store(ours.head.load());
            told.published.store_release(ours.published.load());
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The sequences of a reliable bus: how many messages each port has sent, and up to which they are gone.
//!
//! They are those of the port, whoever holds it.

use crate::{
    abi::sequence::Sequence,
    ring::{layout::Memory, Claim, Ring},
};
use core::ops::DerefMut;

/// Of each port, what was sent and what is gone. Kept by the writers, under their lock.
pub(crate) struct Sequences<C> {
    sent: C,
    gone: C,
}

impl<C: DerefMut<Target = [u64]>> Sequences<C> {
    /// Those of an empty ring, in memory of zeroes with a number for each port, or of none.
    pub(crate) fn new(sent: C, gone: C) -> Self {
        Self { sent, gone }
    }

    /// Port `from` sends a message behind `skipped` that never came: its sequence.
    pub(crate) fn next(&mut self, from: u32, skipped: u64) -> u64 {
        let Some(sent) = self.sent.get_mut(from as usize) else {
            return 0;
        };
        *sent = sent.wrapping_add(skipped).wrapping_add(1);
        *sent
    }

    /// Message `sequence` of port `from` was given up.
    #[inline]
    pub(crate) fn pass(&mut self, from: u32, sequence: u64) {
        if let Some(gone) = self.gone.get_mut(from as usize) {
            *gone = sequence;
        }
    }

    /// The sequence of the last message of a port that was sent, and of the last that is gone.
    pub(crate) fn of(&self, port: u32) -> (u64, u64) {
        let at = |numbers: &C| numbers.get(port as usize).copied().unwrap_or(0);
        (at(&self.sent), at(&self.gone))
    }

    /// Of how many ports they are: as many as there ever were.
    pub(crate) fn ports(&self) -> u32 {
        self.sent.len() as u32
    }

    /// Goes on in other memory, as [`Tally::grow`](super::tally::Tally::grow).
    pub(crate) fn grow(&mut self, sent: C, gone: C) -> (C, C) {
        (grow(&mut self.sent, sent), grow(&mut self.gone, gone))
    }
}

fn grow<C: DerefMut<Target = [u64]>>(ours: &mut C, mut other: C) -> C {
    if other.len() > ours.len() {
        other
            .iter_mut()
            .zip(ours.iter())
            .for_each(|(to, from)| *to = *from);
        core::mem::swap(ours, &mut other);
    }
    other
}

impl<M: Memory> Ring<M> {
    /// What is kept besides of the message of `claim`, which is not published yet: on a reliable bus.
    pub(crate) fn note_sequence(&self, claim: Claim, sequence: Sequence) {
        if let Some(of) = self.memory.sequence_of(claim.index) {
            of.store(sequence);
        }
    }

    /// The same of the message at `at`; to be believed only while it [is not overwritten](Ring::is_not_overwritten).
    /// On other networks nothing.
    pub(crate) fn sequence_of(&self, at: Claim) -> Sequence {
        let of = self.memory.sequence_of(at.index);
        of.map_or(Sequence::default(), |of| of.load())
    }

    /// On a reliable bus, the port and the sequence of message `number`, which was just given up; nothing was written over
    /// yet. Of a part the sequence is 0.
    pub(crate) fn gone(&self, number: u64) -> (u32, u64) {
        let index = self.index_of(number);
        let sequence = self.memory.sequence_of(index);
        let from = self.memory.descriptor(index).from.load();
        (from, sequence.map_or(0, |of| of.sequence()))
    }

    /// When message `number` was sent, which is one of those from the oldest on. Writers are held off.
    pub(crate) fn sent_at(&self, number: u64) -> u64 {
        let of = self.memory.sequence_of(self.index_of(number));
        of.map_or(0, |of| of.sent())
    }

    /// The first message from the oldest on that was sent at `moment` or later. Writers are held off.
    pub(crate) fn first_since(&self, moment: u64) -> u64 {
        let (mut first, mut behind) = (self.oldest(), self.published());
        while first < behind {
            let middle = first.wrapping_add(behind.wrapping_sub(first) / 2);
            match self.sent_at(middle) < moment {
                true => first = middle.wrapping_add(1),
                false => behind = middle,
            }
        }
        first
    }
}

// SPDX-License-Identifier: GPL-2.0

//! How many messages of each port a ring holds.
//!
//! A writer that gives messages up for its own knows whose they were. So an overrun reader learns how
//! many of its own messages were among those it missed, without a look through the ring.

use core::ops::DerefMut;

/// The messages in a ring, counted by port; kept by the writers, under their lock.
pub(crate) struct Tally<C> {
    counts: C,
}

impl<C: DerefMut<Target = [u32]>> Tally<C> {
    /// Numbers that so many ports take. Whole cache lines: nobody else writes beside them.
    pub(crate) const fn numbers(ports: u32) -> usize {
        (ports as usize).next_multiple_of(16)
    }

    /// That of an empty ring, in memory of zeroes with a number for each port.
    pub(crate) fn new(counts: C) -> Self {
        Self { counts }
    }

    /// A message of port `from` is in the ring from now on.
    #[inline]
    pub(crate) fn add(&mut self, from: u32) {
        if let Some(count) = self.counts.get_mut(from as usize) {
            *count = count.wrapping_add(1);
        }
    }

    /// A message of port `from` was given up.
    #[inline]
    pub(crate) fn remove(&mut self, from: u32) {
        if let Some(count) = self.counts.get_mut(from as usize) {
            *count = count.wrapping_sub(1);
        }
    }

    /// Of the messages that can be read, those of `port`. Writers are held off.
    pub(crate) fn readable(&self, port: u32) -> u64 {
        self.counts.get(port as usize).copied().unwrap_or(0).into()
    }

    /// Goes on in larger memory, of zeroes; the memory that is not needed any more comes back. That is
    /// `counts` itself where it is not larger: a port that is no more has left messages behind, which
    /// still are overwritten.
    pub(crate) fn grow(&mut self, mut counts: C) -> C {
        if counts.len() > self.counts.len() {
            counts
                .iter_mut()
                .zip(self.counts.iter())
                .for_each(|(to, from)| *to = *from);
            core::mem::swap(&mut self.counts, &mut counts);
        }
        counts
    }
}

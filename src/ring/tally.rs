// SPDX-License-Identifier: GPL-2.0

//! How many messages of each port a ring holds.
//!
//! A writer that puts a message over another's knows whose it was. So an overrun reader learns how
//! many of its own messages were among those it missed, without a look through the ring.

use crate::ring::{layout::Memory, Ring};
use core::ops::DerefMut;

/// The messages in a ring's slots, counted by port; kept by the writers, under their lock.
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

    /// Port `from` sends a message, over one of port `over` or in a slot that was never used.
    #[inline]
    pub(crate) fn replace(&mut self, over: Option<u32>, from: u32) {
        if over == Some(from) {
            return;
        }
        if let Some(count) = over.and_then(|over| self.counts.get_mut(over as usize)) {
            *count = count.wrapping_sub(1);
        }
        if let Some(count) = self.counts.get_mut(from as usize) {
            *count = count.wrapping_add(1);
        }
    }

    /// Of the messages that can be read in `ring`, which this is the tally of, those of `port`. Writers
    /// are held off.
    pub(crate) fn readable<M: Memory>(&self, ring: &Ring<M>, port: u32) -> u64 {
        let held = self.counts.get(port as usize).copied().unwrap_or(0);
        // One that was begun to be written over can not be read any more.
        let gone = ring.is_begun() && ring.overwritten(ring.next()) == Some(port);
        u64::from(held).saturating_sub(gone.into())
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

// SPDX-License-Identifier: GPL-2.0

//! How many messages of each port a ring holds.
//!
//! A writer that gives messages up for its own knows whose they were. So an overrun reader learns how
//! many of its own messages were among those it missed, without a look through the ring.

use core::ops::DerefMut;

/// The messages in a ring, counted by port; kept by the writers, under their lock.
pub(crate) struct Tally<C> {
    counts: C,
    /// Those that did not come about.
    voids: u32,
    /// All that ever did not.
    all_voids: u64,
}

impl<C: DerefMut<Target = [u32]>> Tally<C> {
    /// Numbers that so many ports take. Whole cache lines: nobody else writes beside them.
    pub(crate) const fn numbers(ports: u32) -> usize {
        (ports as usize).next_multiple_of(16)
    }

    /// That of an empty ring, in memory of zeroes with a number for each port.
    pub(crate) fn new(counts: C) -> Self {
        Self {
            counts,
            voids: 0,
            all_voids: 0,
        }
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

    /// One more message in the ring did not come about.
    pub(crate) fn add_void(&mut self) {
        self.voids = self.voids.wrapping_add(1);
        self.all_voids = self.all_voids.wrapping_add(1);
    }

    /// One that did not come about was given up, before it was [added](Tally::add_void).
    pub(crate) fn pass_void(&mut self) {
        self.all_voids = self.all_voids.wrapping_add(1);
    }

    /// One that did not come about was given up.
    pub(crate) fn remove_void(&mut self) {
        self.voids = self.voids.wrapping_sub(1);
    }

    /// How many ever did not come about.
    pub(crate) fn voids(&self) -> u64 {
        self.all_voids
    }

    /// How many of those in the ring did not.
    pub(crate) fn voids_left(&self) -> u64 {
        self.voids.into()
    }

    /// Of the messages in the ring, those that are not for `port`, whose holder has sent so many: its own, and those that
    /// did not come about. What the holder before it has sent is older, and gone before. Writers are held off.
    pub(crate) fn not_for(&self, port: u32, sent: u64) -> u64 {
        let count = self.counts.get(port as usize).copied().unwrap_or(0);
        u64::from(count).min(sent).saturating_add(self.voids.into())
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

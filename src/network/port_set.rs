// SPDX-License-Identifier: GPL-2.0

//! A set of ports, a bit for each.

use core::ops::DerefMut;

/// Words of a cache line.
const LINE: u32 = 8;

/// A set of port numbers below 64 times the number of its words.
///
/// # Invariants
///
/// `len` is the number of bits set.
pub(crate) struct PortSet<W> {
    words: W,
    len: u32,
}

impl<W: DerefMut<Target = [u64]>> PortSet<W> {
    /// Words that a set of numbers below `ports` takes: whole cache lines, which nobody else writes.
    pub(crate) const fn words(ports: u32) -> usize {
        ports.div_ceil(LINE * u64::BITS).saturating_mul(LINE) as usize
    }

    /// An empty set over words, whatever they hold.
    pub(crate) fn new(mut words: W) -> Self {
        words.fill(0);
        // INVARIANT: just emptied.
        Self { words, len: 0 }
    }

    fn place(port: u32) -> (usize, u64) {
        ((port / u64::BITS) as usize, 1 << (port % u64::BITS))
    }

    /// Whether there is none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a port; tells whether it was not there. One beyond the bound is not added.
    pub(crate) fn insert(&mut self, port: u32) -> bool {
        let (index, bit) = Self::place(port);
        match self.words.get_mut(index) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                // INVARIANT: one bit more.
                self.len = self.len.wrapping_add(1);
                true
            }
            _ => false,
        }
    }

    /// Adds the ports of a set of as many words.
    pub(crate) fn insert_all(&mut self, others: &Self) {
        for (word, other) in self.words.iter_mut().zip(others.words.iter()) {
            // INVARIANT: so many bits more.
            self.len = self.len.wrapping_add((*other & !*word).count_ones());
            *word |= other;
        }
    }

    /// Removes a port; tells whether it was there.
    pub(crate) fn remove(&mut self, port: u32) -> bool {
        let (index, bit) = Self::place(port);
        match self.words.get_mut(index) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                // INVARIANT: one bit less.
                self.len = self.len.wrapping_sub(1);
                true
            }
            _ => false,
        }
    }

    /// The lowest port that is `from` or higher.
    pub(crate) fn next(&self, from: u32) -> Option<u32> {
        let (first, bit) = Self::place(from);
        let mut mask = !(bit.wrapping_sub(1));
        for (index, word) in self.words.iter().enumerate().skip(first) {
            let found = word & mask;
            if found != 0 {
                return Some((index as u32).wrapping_mul(u64::BITS) | found.trailing_zeros());
            }
            mask = u64::MAX;
        }
        None
    }

    /// Adds the ports of a set of more or fewer words; those beyond the bound are left out.
    pub(crate) fn take_all(&mut self, others: &Self) {
        let mut from = 0;
        while let Some(port) = others.next(from) {
            self.insert(port);
            from = port.wrapping_add(1);
        }
    }

    /// Moves to other words, emptied first; ports beyond their bound are lost. Gives the old ones.
    pub(crate) fn resize(&mut self, words: W) -> W {
        let mut other = Self::new(words);
        other.take_all(self);
        core::mem::swap(self, &mut other);
        other.words
    }
}

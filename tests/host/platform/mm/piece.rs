// SPDX-License-Identifier: GPL-2.0

//! `rust/mm/piece.rs`: smaller than there, so that messages of the models go beyond it.

use std::ops::Deref;

pub(crate) const PIECE: usize = 90;

/// Up to `SIZE` bytes.
pub(crate) struct Piece<const SIZE: usize = PIECE>(Vec<u8>);

impl<const SIZE: usize> Piece<SIZE> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Puts bytes there in place of what was there.
    pub(crate) fn fill(&mut self, bytes: impl Iterator<Item = u8>) {
        self.0 = bytes.collect();
    }

    /// Adds bytes from the next multiple of 8 on; tells whether there was room.
    pub(crate) fn append(&mut self, bytes: impl Iterator<Item = u8>, limit: usize) -> bool {
        let mut longer = self.0.clone();
        longer.resize(longer.len().next_multiple_of(8), 0);
        longer.extend(bytes);
        let fits = longer.len() <= limit.min(SIZE);
        if fits {
            self.0 = longer;
        }
        fits
    }
}

impl<const SIZE: usize> Deref for Piece<SIZE> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

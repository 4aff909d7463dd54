// SPDX-License-Identifier: GPL-2.0

//! The memory of a ring of bytes, in words that tear as bytes do.

use crate::{
    ring::bytes::layout::{Memory, Notices, Positions},
    rust::sync::atomic::AtomicU64,
};

/// Memory on the heap.
pub(crate) struct Words {
    positions: Positions,
    notices: Notices,
    words: Box<[AtomicU64]>,
}

impl Words {
    /// So many bytes of zeroes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            positions: Positions::new(),
            notices: Notices::new(),
            words: (0..bytes / 8).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Writes `value` into all words of a message of `len` bytes.
    pub(crate) fn fill(&self, at: u64, len: u32, value: u64) {
        for word in 0..u64::from(len.div_ceil(8)) {
            self.word(at + word * 8).store(value);
        }
    }

    /// The words of a message.
    pub(crate) fn drain(&self, at: u64, len: u32) -> impl Iterator<Item = u64> + '_ {
        (0..u64::from(len.div_ceil(8))).map(move |word| self.word(at + word * 8).load())
    }
}

impl Memory for Words {
    fn bytes(&self) -> u64 {
        self.words.len() as u64 * 8
    }

    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn notices(&self) -> &Notices {
        &self.notices
    }

    fn word(&self, at: u64) -> &AtomicU64 {
        &self.words[at as usize / 8]
    }

    fn clear(&self, at: u64, len: u64) {
        (at..at + len)
            .step_by(8)
            .for_each(|at| self.word(at).store(0));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A ring's memory: an index, and words that tear as bytes do.

use crate::{
    ring::{
        layout::{Descriptor, Extent, Memory, Notices, Parts, Positions, SequenceOf},
        Ring,
    },
    rust::sync::atomic::{AtomicU64, Counter},
};

/// Memory for a ring, on the heap.
pub(crate) struct Heap {
    positions: Positions,
    notices: Notices,
    index: Vec<Descriptor>,
    words: Box<[AtomicU64]>,
    /// How often a descriptor was looked at.
    pub(crate) looks: Counter,
    sequences: Vec<SequenceOf>,
}

/// That of a reliable bus, with room for `pool` messages without bytes.
pub(crate) fn reliable(pool: u32) -> Ring<Heap> {
    let extent = Extent::of_pool(pool, 0, Parts::NONE);
    let sequences = (0..extent.messages).map(|_| SequenceOf::new()).collect();
    let memory = Heap {
        sequences,
        ..Heap::new(extent)
    };
    with(memory, extent)
}

/// A ring on the heap with room for `pool` messages of `len` bytes.
pub(crate) fn ring(pool: u32, len: u32) -> Ring<Heap> {
    of(Extent::of_pool(pool, len, Parts::NONE))
}

/// A ring on the heap that holds so much.
pub(crate) fn of(extent: Extent) -> Ring<Heap> {
    with(Heap::new(extent), extent)
}

/// The same over other memory.
pub(crate) fn with<M: Memory>(memory: M, extent: Extent) -> Ring<M> {
    let bytes = u32::try_from(extent.bytes).unwrap();
    Ring::new(memory, extent.messages, bytes, extent.ahead)
}

impl Heap {
    /// Memory of zeroes.
    pub(crate) fn new(extent: Extent) -> Self {
        Self {
            positions: Positions::new(),
            notices: Notices::new(),
            index: (0..extent.messages).map(|_| Descriptor::new()).collect(),
            words: (0..extent.bytes / 8).map(|_| AtomicU64::new(0)).collect(),
            looks: Counter::new(0),
            sequences: Vec::new(),
        }
    }

    fn words(&self, at: u32, len: u32) -> &[AtomicU64] {
        let first = at as usize / 8;
        &self.words[first..first + len.div_ceil(8) as usize]
    }

    /// Writes `value` over the `len` bytes at `at`, word by word; what is behind them stays.
    pub(crate) fn fill(&self, at: u32, len: u32, value: u64) {
        for (index, word) in self.words(at, len).iter().enumerate() {
            let bytes = (len as usize - 8 * index).min(8);
            let mut there = word.load().to_ne_bytes();
            there[..bytes].copy_from_slice(&value.to_ne_bytes()[..bytes]);
            word.store(u64::from_ne_bytes(there));
        }
    }

    /// The words of the `len` bytes at `at` as they are now.
    pub(crate) fn drain(&self, at: u32, len: u32) -> Vec<u64> {
        self.words(at, len).iter().map(AtomicU64::load).collect()
    }

    /// All words.
    pub(crate) fn all(&self) -> Vec<u64> {
        self.words.iter().map(AtomicU64::load).collect()
    }
}

impl Memory for Heap {
    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn notices(&self) -> &Notices {
        &self.notices
    }

    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor) {
        let next = (index + 1) % self.index.len() as u32;
        (next, self.descriptor(next))
    }

    fn descriptor(&self, index: u32) -> &Descriptor {
        self.looks.add(1);
        &self.index[index as usize]
    }

    fn sequence_of(&self, index: u32) -> Option<&SequenceOf> {
        self.sequences.get(index as usize)
    }

    fn clear(&self, at: u32, len: u32) {
        let (from, to) = (at as usize, (at + len) as usize);
        for number in from / 8..to.div_ceil(8) {
            let mut bytes = self.words[number].load().to_ne_bytes();
            let gone = |byte: &usize| (from..to).contains(&(number * 8 + byte));
            (0..8).filter(gone).for_each(|byte| bytes[byte] = 0);
            self.words[number].store(u64::from_ne_bytes(bytes));
        }
    }
}

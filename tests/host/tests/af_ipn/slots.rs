// SPDX-License-Identifier: GPL-2.0

//! A ring's memory: headers and, for those who want them, words of payload.

use crate::{
    ring::{
        layout::{Header, Memory, Notices, Positions},
        Ring,
    },
    rust::sync::atomic::AtomicU64,
};

/// Memory for a ring, on the heap.
pub(crate) struct Slots {
    positions: Positions,
    notices: Notices,
    slots: Vec<(Header, Box<[AtomicU64]>)>,
}

/// A ring on the heap that shows `pool` messages of `words` words.
pub(crate) fn ring(pool: u32, words: usize) -> Ring<Slots> {
    let slot = || {
        let payload = (0..words).map(|_| AtomicU64::new(0)).collect();
        (Header::new(), payload)
    };
    let slots = Slots {
        positions: Positions::new(),
        notices: Notices::new(),
        slots: (0..pool).map(|_| slot()).collect(),
    };
    Ring::new(slots, pool)
}

impl Slots {
    /// Writes `value` into every word of a slot.
    pub(crate) fn fill(&self, slot: u32, value: u64) {
        for word in &self.slots[slot as usize].1 {
            word.store(value);
        }
    }

    /// The words of a slot as they are now.
    pub(crate) fn drain(&self, slot: u32) -> Vec<u64> {
        let words = &self.slots[slot as usize].1;
        words.iter().map(AtomicU64::load).collect()
    }
}

impl Memory for Slots {
    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn notices(&self) -> &Notices {
        &self.notices
    }

    fn header(&self, index: u32) -> &Header {
        &self.slots[index as usize].0
    }
}

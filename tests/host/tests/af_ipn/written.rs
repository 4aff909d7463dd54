// SPDX-License-Identifier: GPL-2.0

//! The memory of a ring that a process writes.

use crate::{
    heap::{self, Heap},
    reader::Header,
    ring::{
        layout::{ready, size_of, Descriptor, Extent, Memory, Meta, Notices, Positions},
        Ring,
    },
    writer::{self, Left},
};
use std::cell::Cell;

/// The longest message that is tried.
pub(crate) const MTU: u32 = 100;

/// The number of the writer's port.
pub(crate) const PORT: u32 = 3;

/// Memory that a process writes.
pub(crate) struct Written {
    pub(crate) ours: Heap,
    pub(crate) told: Positions,
    index: Vec<Descriptor>,
    /// The writer goes on while so many of its descriptors are looked at: what it says then.
    pub(crate) meanwhile: Cell<Option<(u32, u64)>>,
}

impl Written {
    fn new(extent: Extent) -> Self {
        Self {
            ours: Heap::new(extent),
            told: Positions::new(),
            index: (0..extent.messages).map(|_| Descriptor::new()).collect(),
            meanwhile: Cell::new(None),
        }
    }

    /// What a new writer finds.
    pub(crate) fn left(&self) -> Left {
        Left {
            oldest: self.told.oldest.load(),
            published: self.told.published.load(),
            head: self.told.head.load(),
            places: self.index.iter().map(|one| one.at.load()).collect(),
        }
    }

    /// The writer says something else of its positions.
    pub(crate) fn say(&self, oldest: u64, published: u64) {
        self.told.oldest.store(oldest);
        self.told.published.store(published);
    }

    /// The same of a message.
    pub(crate) fn describe_as(&self, number: u64, state: u64, at: u32, meta: Meta) {
        let descriptor = &self.index[(number % self.index.len() as u64) as usize];
        descriptor.store(at, meta);
        descriptor.state.store(state);
    }
}

impl Memory for Written {
    fn positions(&self) -> &Positions {
        self.ours.positions()
    }

    fn notices(&self) -> &Notices {
        self.ours.notices()
    }

    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor) {
        self.ours.descriptor_behind(index)
    }

    fn descriptor(&self, index: u32) -> &Descriptor {
        self.ours.descriptor(index)
    }

    fn told(&self) -> Option<&Positions> {
        Some(&self.told)
    }

    fn told_descriptor(&self, index: u32) -> &Descriptor {
        match self.meanwhile.get() {
            Some((0, oldest)) => {
                self.told.oldest.store(oldest);
                self.meanwhile.set(None);
            }
            Some((looks, oldest)) => self.meanwhile.set(Some((looks - 1, oldest))),
            None => {}
        }
        &self.index[index as usize]
    }

    fn clear(&self, at: u32, len: u32) {
        self.ours.clear(at, len);
    }
}

/// A message: its length, and the word that fills it.
pub(crate) type Message = (u32, u64);

impl writer::Memory for Written {
    type Bytes = Message;

    fn give_up(&self, oldest: u64) {
        assert!(oldest > self.told.oldest.load());
        self.told.oldest.store(oldest);
    }

    fn write(&self, at: u32, (len, word): &Message) {
        self.ours.fill(at, *len, *word);
    }

    fn describe(&self, index: u32, number: u64, header: &Header) {
        let meta = Meta {
            len: header.len,
            from: header.from,
            stamp: header.stamp,
            back: header.back,
        };
        assert_eq!(number % self.index.len() as u64, index.into());
        self.describe_as(number, ready(number), header.at, meta);
    }

    fn publish(&self, head: u32, published: u64) {
        self.told.head.store(head);
        self.told.published.store(published);
    }

    fn awaits_message(&self) -> bool {
        self.ours.notices().awaiting_message.load() != 0
    }

    fn slowest(&self) -> u64 {
        self.ours.notices().slowest.load()
    }
}

pub(crate) fn ring(extent: Extent) -> Ring<Written> {
    heap::with(Written::new(extent), extent)
}

/// So many descriptors, and bytes for as many of the longest.
pub(crate) fn roomy_extent(messages: u32) -> Extent {
    Extent {
        messages,
        bytes: u64::from(messages + 1) * u64::from(size_of(MTU)),
        ahead: 0,
    }
}

/// One of that.
pub(crate) fn roomy(messages: u32) -> Ring<Written> {
    ring(roomy_extent(messages))
}

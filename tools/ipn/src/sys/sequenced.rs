// SPDX-License-Identifier: GPL-2.0

//! The mapped ring of a reliable bus, read with what that keeps of each message besides.

use super::mapping::Mapping;
use crate::reader::{Header, Memory};
use ipn_abi::ipn_sequence;
use std::cell::Cell;

/// A ring and a cursor, and what is kept of the message that was looked at last.
///
/// That is read with its state, and so believed as the rest of its descriptor is.
pub(crate) struct SequencedMapping<'a> {
    mapping: &'a Mapping,
    last: Cell<ipn_sequence>,
}

impl<'a> SequencedMapping<'a> {
    /// That of a ring, of which nothing was looked at yet.
    pub(crate) fn new(mapping: &'a Mapping) -> Self {
        Self {
            mapping,
            last: Cell::default(),
        }
    }

    /// What is kept of the message that was looked at last.
    pub(crate) fn last(&self) -> ipn_sequence {
        self.last.get()
    }
}

impl Memory for SequencedMapping<'_> {
    type Buffer = [u8];

    fn published(&self) -> u64 {
        self.mapping.published()
    }

    fn oldest(&self) -> u64 {
        self.mapping.oldest()
    }

    fn head(&self) -> u32 {
        self.mapping.head()
    }

    fn state(&self, index: u32) -> u64 {
        let state = self.mapping.state(index);
        self.last.set(self.mapping.sequence(index));
        state
    }

    fn header(&self, index: u32) -> Header {
        self.mapping.header(index)
    }

    fn copy(&self, header: Header, to: &mut [u8]) -> bool {
        self.mapping.copy(header, to)
    }

    fn copy_part(&self, header: &Header, len: usize, from: usize, to: &mut [u8]) {
        self.mapping.copy_part(header, len, from, to);
    }

    fn position(&self) -> u64 {
        self.mapping.position()
    }

    fn pass(&self, number: u64) -> bool {
        self.mapping.pass(number)
    }

    fn count_own(&self) {
        self.mapping.count_own();
    }

    fn awaits_room(&self) -> bool {
        self.mapping.awaits_room()
    }
}

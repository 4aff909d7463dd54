// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages: what a network tells its ports about itself.

use crate::abi::uapi::{IPN_ANY, IPN_OOB_NUMNODE_TAG};

/// How many a port holds. One more replaces the newest, so that the last is always current.
pub(crate) const OOB_QUEUED: usize = 16;

/// How many ports can receive and how many can send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Ports that can receive.
    pub(crate) readers: u32,
    /// Ports that can send.
    pub(crate) writers: u32,
}

impl Counts {
    /// The bytes of a `struct numnode_oob`.
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        let words = [IPN_ANY, IPN_OOB_NUMNODE_TAG, self.readers, self.writers];
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(words.iter().flat_map(|word| word.to_ne_bytes()))
            .for_each(|(to, from)| *to = from);
        bytes
    }
}

/// The out-of-band messages that wait at a port, the oldest first.
#[derive(Default)]
pub(crate) struct OobQueue {
    waiting: [Counts; OOB_QUEUED],
    first: usize,
    len: usize,
    /// Messages that were taken away before the first.
    gone: u64,
}

impl OobQueue {
    /// Adds one.
    pub(crate) fn push(&mut self, counts: Counts) {
        self.len = self.len.saturating_add(1).min(OOB_QUEUED);
        let last = self.first.wrapping_add(self.len).wrapping_sub(1) % OOB_QUEUED;
        if let Some(place) = self.waiting.get_mut(last) {
            *place = counts;
        }
    }

    /// The oldest, which stays, and its number.
    pub(crate) fn peek(&self) -> Option<(u64, Counts)> {
        let counts = (self.len != 0).then(|| self.waiting.get(self.first).copied());
        Some((self.gone, counts.flatten()?))
    }

    /// Takes the oldest away if it has this number; tells whether it did.
    pub(crate) fn pop(&mut self, number: u64) -> bool {
        let is_there = self.len != 0 && self.gone == number;
        if is_there {
            self.first = self.first.wrapping_add(1) % OOB_QUEUED;
            self.len = self.len.saturating_sub(1);
            self.gone = self.gone.wrapping_add(1);
        }
        is_there
    }

    /// Takes all away.
    pub(crate) fn clear(&mut self) {
        self.gone = self.gone.wrapping_add(self.len as u64);
        self.len = 0;
    }
}

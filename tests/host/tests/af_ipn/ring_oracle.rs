// SPDX-License-Identifier: GPL-2.0

//! A ring that cannot be wrong: a log that forgets nothing, and readers that count in it.

use crate::ring::layout::Meta;

/// All messages that were ever published.
pub(crate) struct NaiveRing {
    log: Vec<Meta>,
    /// Most that can be read.
    most: usize,
    /// How many are given up at once when there would be more.
    at_once: usize,
    oldest: usize,
}

/// What a reader finds.
#[derive(Debug, PartialEq)]
pub(crate) enum NaiveLook {
    Empty,
    /// So many are lost.
    Lost(usize),
    Message(Meta),
}

impl NaiveRing {
    pub(crate) fn new(pool: u32) -> Self {
        let ahead = pool as usize / 32;
        Self {
            log: Vec::new(),
            most: pool as usize + ahead,
            at_once: ahead.max(1),
            oldest: 0,
        }
    }

    /// A message that is begun, and perhaps given up. None is given up from `keep` on that needs not to be.
    pub(crate) fn begin(&mut self, keep: usize) {
        if self.log.len() - self.oldest == self.most {
            let most = self.oldest + self.at_once;
            self.oldest = most.min(keep).max(self.oldest + 1);
        }
    }

    pub(crate) fn send(&mut self, meta: Meta, keep: usize) {
        self.begin(keep);
        self.log.push(meta);
    }

    pub(crate) fn published(&self) -> usize {
        self.log.len()
    }

    pub(crate) fn look(&self, position: usize) -> NaiveLook {
        match self.log.get(position) {
            None => NaiveLook::Empty,
            Some(_) if position < self.oldest => NaiveLook::Lost(self.oldest - position),
            Some(meta) => NaiveLook::Message(*meta),
        }
    }

    /// Whether message `number` is not given up.
    pub(crate) fn is_not_overwritten(&self, number: usize) -> bool {
        self.oldest <= number
    }

    pub(crate) fn has_room(&self, slowest: usize) -> bool {
        self.log.len() - slowest < self.most
    }

    pub(crate) fn count_from(&self, from: u32) -> usize {
        let readable = &self.log[self.oldest..];
        readable.iter().filter(|meta| meta.from == from).count()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A ring that cannot be wrong: a log that forgets nothing, and readers that count in it.

use crate::ring::layout::Meta;

/// All messages that were ever published.
pub(crate) struct NaiveRing {
    log: Vec<Meta>,
    pool: usize,
    /// The last number that was begun, plus one.
    begun: usize,
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
        Self {
            log: Vec::new(),
            pool: pool as usize,
            begun: 0,
        }
    }

    /// A message that is begun and then given up.
    pub(crate) fn begin(&mut self) {
        self.begun = self.log.len() + 1;
    }

    pub(crate) fn send(&mut self, meta: Meta) {
        self.begin();
        self.log.push(meta);
    }

    pub(crate) fn published(&self) -> usize {
        self.log.len()
    }

    /// How many of the oldest are gone; one more when the next was begun.
    fn forgotten(&self) -> usize {
        self.begun.saturating_sub(self.pool)
    }

    pub(crate) fn look(&self, position: usize) -> NaiveLook {
        match self.log.get(position) {
            None => NaiveLook::Empty,
            Some(_) if position < self.forgotten() => NaiveLook::Lost(self.forgotten() - position),
            Some(meta) => NaiveLook::Message(*meta),
        }
    }

    /// Whether nobody has begun to write over message `number`: there are as many slots as messages
    /// that can be read.
    pub(crate) fn is_not_overwritten(&self, number: usize) -> bool {
        self.begun <= number + self.pool
    }

    pub(crate) fn has_room(&self, slowest: usize) -> bool {
        self.log.len() - slowest < self.pool
    }

    pub(crate) fn count_from(&self, from: u32) -> usize {
        let readable = &self.log[self.forgotten()..];
        readable.iter().filter(|meta| meta.from == from).count()
    }
}

// SPDX-License-Identifier: GPL-2.0
//! What a port of a reliable bus has missed, of whom, and what it was told of that.

use ipntest::abi::{IPN_GAPS_MAX, IPN_GAP_OTHERS};
use std::collections::{BTreeMap, BTreeSet};

/// What a port has missed.
#[derive(Clone, Debug, Default)]
pub struct Missed {
    /// It hears of gaps: it is of the type of a reliable bus.
    pub hears: bool,
    /// It knows of so many senders.
    pub senders: u32,
    /// Those whose messages were there before it came, of which it has seen none.
    pub unknown: BTreeSet<u32>,
    /// How many of each it was not told of.
    of: BTreeMap<u32, u64>,
    /// The same of nobody in particular.
    others: u64,
    /// What was skipped before the messages before this one is counted.
    counted: usize,
    /// A call is to say so.
    pub is_due: bool,
    /// A call has, and whose they were is to come.
    is_owed: bool,
    /// It finds the end.
    pub is_evicted: bool,
    /// How many were whose can not be said.
    pub is_vague: bool,
}

impl Missed {
    /// Whether what is known of a port tells how many of its messages were missed.
    fn knows(&self, port: u32) -> bool {
        port < self.senders && !self.unknown.contains(&port)
    }

    fn note(&mut self, port: u32, count: u64) {
        match port < self.senders {
            true => *self.of.entry(port).or_default() += count,
            false => self.others += count,
        }
        self.is_due |= self.hears;
    }

    /// A message of a port is received, or refused.
    pub fn hear(&mut self, port: u32) {
        self.unknown.remove(&port);
    }

    /// How many were skipped before message `at`, so many were, that are not counted yet.
    pub fn uncounted(&self, at: usize, skipped: u64) -> u64 {
        match at < self.counted {
            true => 0,
            false => skipped,
        }
    }

    /// Messages are gone before they were read: their ports, and what was skipped before each. How many that is.
    pub fn miss_run(&mut self, lost: &[(u32, u64)]) -> u64 {
        if lost.is_empty() {
            return 0;
        }
        let mut known = 0;
        for &(port, skipped) in lost {
            if self.knows(port) {
                self.note(port, 1 + skipped);
                known += 1 + skipped;
            } else {
                self.is_vague |= lost.iter().any(|(_, skipped)| *skipped != 0);
            }
        }
        self.others += (lost.len() as u64).saturating_sub(known);
        self.is_due |= self.hears;
        self.unknown.clear();
        known.max(lost.len() as u64)
    }

    /// The same of one whose parts are gone.
    pub fn miss_one(&mut self, (port, skipped): (u32, u64)) -> u64 {
        self.hear(port);
        self.note(port, 1 + skipped);
        1 + skipped
    }

    /// What was skipped before message `at` of a port is counted. How many those are.
    pub fn miss_skipped(&mut self, at: usize, (port, skipped): (u32, u64)) -> u64 {
        let skipped = self.uncounted(at, skipped);
        if skipped != 0 {
            self.counted = at + 1;
            self.hear(port);
            self.note(port, skipped);
        }
        skipped
    }

    /// Whether a call says now that messages were missed.
    pub fn tell(&mut self) -> bool {
        let tells = self.is_due && !self.is_evicted;
        if tells {
            self.is_due = false;
            self.is_owed = true;
        }
        tells
    }

    /// Whose they were, and how many, if a message is to come with that. None: that can not be said.
    pub fn take(&mut self) -> Option<Vec<(u32, u64)>> {
        if !std::mem::take(&mut self.is_owed) {
            return Some(Vec::new());
        }
        let most = IPN_GAPS_MAX;
        let mut all: Vec<_> = std::mem::take(&mut self.of).into_iter().collect();
        let rest = all.split_off(all.len().min(most));
        let others =
            std::mem::take(&mut self.others) + rest.iter().map(|(_, lost)| lost).sum::<u64>();
        all.extend((others != 0).then_some((IPN_GAP_OTHERS, others)));
        (!std::mem::take(&mut self.is_vague)).then_some(all)
    }
}

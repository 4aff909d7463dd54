// SPDX-License-Identifier: GPL-2.0

//! A log of who sent what on a reliable bus, that forgets nothing; and readers that count by it, message by message.

use std::collections::BTreeMap;

/// A message of a log.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    /// The port that sent it.
    pub(crate) from: u32,
    /// Who held that then.
    pub(crate) holder: usize,
    /// How many of the port's were lost before it.
    pub(crate) skipped: u64,
}

/// A reader.
#[derive(Clone)]
pub(crate) struct NaiveReader {
    /// Who holds its port.
    holder: usize,
    /// Where it stands.
    at: usize,
    /// Behind the message whose skipped ones it was told of last.
    told: usize,
    /// Ports of which it began with nothing that was sent before, or of which it has seen something since.
    knows: Vec<bool>,
    /// What it has missed and was not told of, by port.
    missed: BTreeMap<u32, u64>,
    others: u64,
}

impl NaiveReader {
    /// One that begins with message `at` of a log, of which those before `oldest` are gone.
    pub(crate) fn new(
        (log, oldest): (&[Sent], usize),
        at: usize,
        holder: usize,
        ports: u32,
    ) -> Self {
        let left = |port| log[oldest..].iter().any(|sent| sent.from == port);
        Self {
            holder,
            at,
            told: 0,
            knows: (0..ports)
                .map(|port| at == log.len() || !left(port))
                .collect(),
            missed: BTreeMap::new(),
            others: 0,
        }
    }

    /// The messages before `oldest` are gone: how many it has missed.
    pub(crate) fn overrun(&mut self, log: &[Sent], oldest: usize) -> u64 {
        let gone = self.at..oldest;
        self.at = self.at.max(oldest);
        let mut lost = 0;
        for number in gone {
            let sent = log[number];
            if sent.holder == self.holder {
                continue;
            }
            let count = match self.knows[sent.from as usize] && number >= self.told {
                true => 1 + sent.skipped,
                false => 1,
            };
            match self.knows[sent.from as usize] {
                true => *self.missed.entry(sent.from).or_default() += count,
                false => self.others += count,
            }
            lost += count;
        }
        if lost != 0 {
            self.knows.fill(true);
        }
        lost
    }

    /// The next message for it. It stands there then, and its own before that are behind it.
    pub(crate) fn next(&mut self, log: &[Sent]) -> Option<usize> {
        let is_others = |&number: &usize| log[number].holder != self.holder;
        let next = (self.at..log.len()).find(is_others);
        self.at = next.unwrap_or(log.len());
        next
    }

    /// Of the next message it learns how many before it never came.
    pub(crate) fn miss(&mut self, log: &[Sent]) {
        let Sent { from, skipped, .. } = log[self.at];
        self.knows[from as usize] = true;
        self.told = self.at + 1;
        *self.missed.entry(from).or_default() += skipped;
    }

    /// It takes the next message.
    pub(crate) fn take(&mut self, log: &[Sent]) {
        self.knows[log[self.at].from as usize] = true;
        self.at += 1;
    }

    /// What it has missed since it was told last, of which port, up to so many by name; of several others.
    pub(crate) fn take_gaps(&mut self, most: usize) -> (Vec<(u32, u64)>, u64) {
        let mut missed = std::mem::take(&mut self.missed);
        missed.retain(|_, lost| *lost != 0);
        let rest: u64 = missed.values().skip(most).sum();
        let others = std::mem::take(&mut self.others) + rest;
        (missed.into_iter().take(most).collect(), others)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! How fast a port of a reliable bus sends: what it may, and what it did.
//!
//! It may when the bytes that it has sent, at its rate, take no longer than until now and a moment more: the virtual
//! scheduling of the generic cell rate algorithm (ITU-T I.371, annex A).

use crate::rust::sync::atomic::{AtomicU64, Counter};

/// Nanoseconds by which a port may be ahead of its rate: some ticks of the kernel's clock.
const AHEAD: u64 = 20_000_000;

const SECOND: u64 = 1_000_000_000;

/// The pace of a port. Under the network's lock, but for what is only shown.
pub(crate) struct Pace {
    /// Until when what it has sent takes at its rate, in nanoseconds of the clock.
    until: Counter,
    /// The second in which it sent last.
    second: Counter,
    /// Bytes that it sent in that second.
    bytes: Counter,
    /// The same of the second before.
    before: Counter,
    /// Messages that had to wait.
    pub(crate) waited: Counter,
    /// Messages that were lost before they came to the port, and are told with its next one.
    skipped: AtomicU64,
}

impl Pace {
    /// That of a port that has sent nothing.
    pub(crate) fn new() -> Self {
        Self {
            until: Counter::new(0),
            second: Counter::new(0),
            bytes: Counter::new(0),
            before: Counter::new(0),
            waited: Counter::new(0),
            skipped: AtomicU64::new(0),
        }
    }

    /// So many messages that were to be sent from it were lost before.
    pub(crate) fn skip(&self, count: u32) {
        self.skipped.add(count.into());
    }

    /// How many were lost before its next message, which tells of them.
    pub(crate) fn take_skipped(&self) -> u64 {
        loop {
            let count = self.skipped.load();
            if count == 0 || self.skipped.replace(count, 0) {
                return count;
            }
        }
    }

    /// When it may send at `rate` bytes a second; with 0, or if it may now, none.
    pub(crate) fn due(&self, now: u64, rate: u32) -> Option<u64> {
        let due = self.until.load().saturating_sub(AHEAD);
        (rate != 0 && due > now).then_some(due)
    }

    /// It sends `len` bytes.
    pub(crate) fn send(&self, now: u64, len: u32, rate: u32) {
        let takes = u64::from(len.max(1)).saturating_mul(SECOND);
        if let Some(takes) = takes.checked_div(rate.into()) {
            let until = self.until.load().max(now).saturating_add(takes);
            self.until.store(until);
        }
        let second = now / SECOND;
        if self.second.load() != second {
            self.before.store(self.in_second_before(second));
            self.bytes.store(0);
            self.second.store(second);
        }
        self.bytes.add(len.into());
    }

    /// Bytes that it sent in the last whole second.
    pub(crate) fn rate(&self, now: u64) -> u64 {
        let second = now / SECOND;
        match self.second.load() == second {
            true => self.before.load(),
            false => self.in_second_before(second),
        }
    }

    fn in_second_before(&self, second: u64) -> u64 {
        match self.second.load().wrapping_add(1) == second {
            true => self.bytes.load(),
            false => 0,
        }
    }
}

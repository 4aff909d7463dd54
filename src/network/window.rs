// SPDX-License-Identifier: GPL-2.0

//! The window of a reliable bus: how long a message stays for who has not read it.

use crate::{network::shape::Shape, rust::sync::atomic::AtomicU64};

/// How long messages stay, and how fast ports may send.
pub(crate) struct Window {
    /// How long, in nanoseconds.
    length: u64,
    /// Bytes a second of each port; 0: as many as it can.
    pub(crate) rate: u32,
    /// Those before it are older; written under the network's lock.
    aged: AtomicU64,
}

impl Window {
    /// That of a network, if it is a reliable bus, by a clock of ticks of so many nanoseconds: a message that is sent right
    /// before one would seem a tick older than it is.
    pub(crate) fn of(shape: &Shape, tick: u64) -> Option<Self> {
        let length = match shape.window_ns() {
            0 => 0,
            length => length.saturating_add(tick),
        };
        shape.is_reliable().then(|| Self {
            length,
            rate: shape.rate,
            aged: AtomicU64::new(0),
        })
    }

    /// Messages before this one are older than it, as far as is known.
    pub(crate) fn aged(&self) -> u64 {
        self.aged.load()
    }

    /// All before message `number` are older.
    pub(crate) fn age(&self, number: u64) {
        self.aged.store(number);
    }

    /// When a message that was sent at some time is older.
    pub(crate) fn end(&self, sent: u64) -> u64 {
        sent.saturating_add(self.length)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What a port has counted: `struct ipn_statistics`.

use crate::abi::words::to_bytes;

/// Nothing waits: `IPN_NOT_WAITING`.
pub(crate) const NOT_WAITING: u64 = u64::MAX;

/// What a port has counted, and where it stands.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Messages that it sent.
    pub(crate) sent: u64,
    /// Bytes of those.
    pub(crate) sent_bytes: u64,
    /// Messages that it received by calls, or its device did.
    pub(crate) received: u64,
    /// Bytes of those.
    pub(crate) received_bytes: u64,
    /// Messages that it lost, none of its own.
    pub(crate) lost: u64,
    /// Messages that its filter refused.
    pub(crate) refused: u64,
    /// Messages between it and the newest.
    pub(crate) lag: u64,
    /// Milliseconds since it began to wait; [`NOT_WAITING`] while it does not.
    pub(crate) waiting: u64,
    /// On a reliable bus: messages that it sent and that had to wait.
    pub(crate) waited: u64,
    /// The same: milliseconds since the oldest message was sent that is left.
    pub(crate) window: u64,
    /// The same: bytes that it sent in the last whole second.
    pub(crate) rate: u64,
    /// The same: ports that were evicted from the network.
    pub(crate) evicted: u64,
}

/// Bytes of [`Statistics`].
pub(crate) const SIZE: usize = 96;

impl Statistics {
    /// As a program gets it.
    pub(crate) fn to_bytes(self) -> [u8; SIZE] {
        let numbers = [
            self.sent,
            self.sent_bytes,
            self.received,
            self.received_bytes,
            self.lost,
            self.refused,
            self.lag,
            self.waiting,
            self.waited,
            self.window,
            self.rate,
            self.evicted,
        ];
        to_bytes(numbers.map(u64::to_ne_bytes))
    }
}

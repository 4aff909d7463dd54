// SPDX-License-Identifier: GPL-2.0

//! What a port has counted.

use ipn_abi as abi;
use std::time::Duration;

/// What a port has counted since it was taken, and where it stands (`IPN_SO_STATISTICS`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortStatistics {
    /// Messages that it has sent.
    pub sent: u64,
    /// Bytes of those.
    pub sent_bytes: u64,
    /// Messages that it has received by calls, or that its device has. Those that a
    /// [`Receiver`](crate::Receiver) takes out of mapped memory are not among them.
    pub received: u64,
    /// Bytes of those.
    pub received_bytes: u64,
    /// Messages that it has lost, its own not counted: [`DropReason::Overrun`](crate::DropReason). It counts
    /// when the port reads on after a loss.
    pub lost: u64,
    /// Messages that its filter has refused: [`DropReason::Filtered`](crate::DropReason).
    pub refused: u64,
    /// Messages between it and the newest, on a hub its own among them.
    pub lag: u64,
    /// How long a call has waited that waits now.
    pub waiting: Option<Duration>,
    /// Of a reliable bus, as the rest: messages that it has sent and that had to wait, for readers or for its rate.
    /// On other networks, and with a module from before those, it is all 0.
    pub waited: u64,
    /// How long ago the oldest message was sent that is left; 0: none is.
    pub window: Duration,
    /// Bytes that it has sent in the last whole second.
    pub rate: u64,
    /// Ports that were evicted from the network.
    pub evicted: u64,
}

impl From<abi::ipn_statistics> for PortStatistics {
    fn from(told: abi::ipn_statistics) -> Self {
        let waits = told.waiting != abi::IPN_NOT_WAITING;
        Self {
            sent: told.sent,
            sent_bytes: told.sent_bytes,
            received: told.received,
            received_bytes: told.received_bytes,
            lost: told.lost,
            refused: told.refused,
            lag: told.lag,
            waiting: waits.then(|| Duration::from_millis(told.waiting)),
            waited: told.waited,
            window: Duration::from_millis(told.window),
            rate: told.rate,
            evicted: told.evicted,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A socket that holds a port.

use crate::{
    atomic::AtomicU64,
    port::{Flag, Port},
    queue::Queue,
    ring::Ring,
    slots::Slots,
};
use std::sync::Arc;

/// What `struct sock`, `Endpoint` and `Seat` are in the module.
pub(crate) struct Endpoint {
    pub(crate) port: Port,
    pub(crate) queue: Queue,
    /// It is bound to its network.
    pub(crate) managed: Flag,
    /// What the kernel counts in `sk_drops`.
    pub(crate) drops: AtomicU64,
    pub(crate) number: u32,
    pub(crate) ring: Arc<Ring<Slots>>,
    /// The ring is that of all ports.
    pub(crate) shares: bool,
    /// Where the ring was when the port was taken.
    pub(crate) joined: u64,
}

impl Endpoint {
    pub(crate) fn new(number: u32, ring: Arc<Ring<Slots>>, shares: bool) -> Self {
        let endpoint = Self {
            port: Port::new(),
            queue: Queue::new(),
            managed: Flag::new(),
            drops: AtomicU64::new(0),
            number,
            joined: ring.published(),
            ring,
            shares,
        };
        let port = &endpoint.port;
        port.cursor.start(endpoint.joined);
        port.set_shut(0);
        for flag in [&port.awaits_message, &port.awaits_room, &endpoint.managed] {
            flag.is_up();
        }
        for count in [
            &port.refused,
            &port.sent,
            &port.own_passed,
            &port.received,
            &endpoint.drops,
        ] {
            count.load();
        }
        endpoint
    }

    /// Whether a message in the port's ring is its own.
    pub(crate) fn is_own(&self, from: u32) -> bool {
        self.shares && from == self.number
    }
}

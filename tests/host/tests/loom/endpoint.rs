// SPDX-License-Identifier: GPL-2.0

//! A socket that holds a port.

use crate::{
    network::Network,
    queue::Queue,
    ring::{
        port::{Flag, Port},
        reader::Reader,
        Ring,
    },
    rust::sync::atomic::{AtomicU32, AtomicU64},
    slots::Slots,
};
use std::sync::Arc;

/// What `struct sock`, `Endpoint` and `Seat` are in the module.
pub(crate) struct Endpoint {
    pub(crate) port: Port,
    pub(crate) queue: Queue,
    /// The task that does what was put off when its call ends, 0 for none: `rust/task/after_call.rs`.
    after_call: AtomicU32,
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

/// A task that never puts anything off.
pub(crate) const NO_TASK: u32 = 0;

impl Endpoint {
    pub(crate) fn has_after_call(&self, task: u32) -> bool {
        task != NO_TASK && self.after_call.load() == task
    }

    pub(crate) fn plan_after_call(&self, task: u32) -> bool {
        task != NO_TASK && (self.has_after_call(task) || self.after_call.replace(NO_TASK, task))
    }

    pub(crate) fn has_unread(&self) -> bool {
        self.reader().has_unread()
    }

    /// A task's call ends.
    pub(crate) fn end_call(&self, network: &Network, task: u32) {
        if self.has_after_call(task) {
            self.after_call.store_release(NO_TASK);
            network.settle();
        }
    }
    pub(crate) fn new(number: u32, ring: Arc<Ring<Slots>>, shares: bool) -> Self {
        let endpoint = Self {
            port: Port::new(),
            queue: Queue::new(),
            after_call: AtomicU32::new(0),
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
            &port.own_skipped,
            &port.received,
            &endpoint.drops,
        ] {
            count.load();
        }
        endpoint
    }

    /// Its view of its ring.
    pub(crate) fn reader(&self) -> Reader<'_, Slots> {
        Reader::new(&self.ring, &self.port, self.shares.then_some(self.number))
    }
}

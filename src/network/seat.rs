// SPDX-License-Identifier: GPL-2.0

//! The port that a socket holds.

use crate::{
    abi::uapi::IPN_DROP_OVERRUN,
    network::{holder::Holder, Network},
    ring::{port::Port, reader::Reader, Ring},
    rust::{
        glue::{ring_memory::RingMemory, trace},
        net::namespace::Namespace,
        task::identity::Identity,
    },
};
use kernel::sync::Arc;

/// A port of a network.
pub(crate) struct Seat<H> {
    /// Of which network.
    pub(crate) network: Arc<Network<H>>,
    /// Its number.
    pub(crate) number: u32,
    /// Who took it.
    pub(crate) taken_by: Arc<Identity>,
    /// The network namespace of its socket.
    pub(crate) namespace: Namespace,
    /// The first message of the network that it may send.
    pub(crate) first: u64,
    /// Where its messages are.
    pub(crate) ring: Arc<Ring<RingMemory>>,
    /// Whether the ring is that of all ports, so that a port meets its own messages there.
    pub(crate) shares: bool,
}

impl<H: Holder> Seat<H> {
    /// The view that `port`, whose seat this is, has of its ring.
    #[inline]
    pub(crate) fn reader<'a>(&'a self, port: &'a Port) -> Reader<'a, RingMemory> {
        Reader::new(&self.ring, port, self.shares.then_some(self.number))
    }

    /// Skips message `number`, which `port` itself has sent, if it is that still and the port stands there;
    /// tells whether it did.
    pub(crate) fn skip_own(&self, port: &Port, number: u64) -> bool {
        // Not while the same port's losses are counted, which are less its own.
        let counting = (!self.network.is_lossless()).then(|| self.network.members.lock());
        let skipped = self.reader(port).skip_own(number);
        drop(counting);
        skipped
    }

    /// The reader of `port`, whose seat this is, was overrun: it goes on with the oldest message that is
    /// left. How many it lost, its own not counted; an observer's are none that the network has lost.
    pub(crate) fn catch_up(&self, port: &Port) -> u64 {
        let members = self.network.members.lock();
        let lost = self.reader(port).catch_up(&members.tally);
        trace::dropped(&self.network.file, self.number, lost, IPN_DROP_OVERRUN);
        if !port.observes() {
            self.network.dropped.add(lost);
        }
        port.lost.add(lost);
        lost
    }
}

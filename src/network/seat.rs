// SPDX-License-Identifier: GPL-2.0

//! The port that a socket holds.

use crate::{
    abi::{sequence::Sequence, uapi::IPN_DROP_OVERRUN},
    network::{holder::Holder, lane::Lane, Network},
    ring::{
        port::Port,
        reader::{Own, Reader},
        seen::{Heard, Seen},
        Ring,
    },
    rust::{
        glue::{ring_memory::RingMemory, trace},
        net::namespace::Namespace,
        task::identity::Identity,
    },
};
use kernel::{alloc::KVVec, sync::Arc};

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
    /// Where the ring is its own: who writes to it, and where its messages go.
    pub(crate) lane: Option<Arc<Lane<H>>>,
    /// Whether the ring is that of all ports.
    pub(crate) shares: bool,
    /// Its own messages, which it meets there then.
    pub(crate) own: Own,
    /// On a reliable bus: what it has seen of each sender.
    pub(crate) seen: Option<Seen<KVVec<Heard>>>,
    /// The same: the last message that was sent from its number before it came.
    pub(crate) before: u64,
}

impl<H: Holder> Seat<H> {
    /// The view that `port`, whose seat this is, has of its ring.
    #[inline]
    pub(crate) fn reader<'a>(&'a self, port: &'a Port) -> Reader<'a, RingMemory> {
        Reader::new(&self.ring, port, self.own)
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
        let mut lost = self.reader(port).catch_up(&members.tally);
        if let Some(seen) = &self.seen {
            // Also where it has missed but its own: from here on senders wait for it again.
            self.network.hold(&self.ring, self.reader(port).position());
            if lost != 0 && !port.cursor.is_mapped() {
                let own = (self.number, self.before);
                lost = seen.catch_up(&members.sequences, lost, own);
            }
        }
        self.count_lost(port, lost);
        lost
    }

    /// The port consumes the message of this sequence, from port `from`.
    pub(crate) fn hear(&self, from: u32, sequence: &Sequence) {
        if let Some(seen) = &self.seen {
            seen.hear(from, sequence.sequence);
        }
    }

    /// The port is about to consume it, and has missed those right before it that never came here. How many.
    pub(crate) fn miss_skipped(&self, port: &Port, from: u32, sequence: &Sequence) -> u64 {
        let skipped = sequence.skipped;
        if let Some(seen) = self.seen.as_ref().filter(|_| skipped != 0) {
            // The message itself may still be lost.
            seen.miss(from, sequence.sequence.saturating_sub(1), skipped);
            self.count_lost(port, skipped);
        }
        skipped
    }

    /// The parts of message `number`, at which `port` stands, are gone: it goes past that. How many it has lost: 1, with
    /// those before it that never came unless it knows of them, or none if it stands elsewhere by now, or was overrun.
    pub(crate) fn lose(&self, port: &Port, number: u64, knows_skipped: bool) -> u64 {
        let whose = self.seen.as_ref().and_then(|_| self.whose(number));
        if self.seen.is_some() && whose.is_none() {
            // It is overwritten by now, and counted with all that are.
            return 0;
        }
        let mut lost = self.reader(port).lose(number).into();
        if let (Some(seen), Some((from, sequence)), true) = (&self.seen, whose, lost != 0) {
            lost = match knows_skipped {
                true => 1,
                false => sequence.skipped.saturating_add(1),
            };
            seen.miss(from, sequence.sequence, lost);
        }
        self.count_lost(port, lost);
        lost
    }

    /// Who sent message `number`, whose parts are gone, if that is there still.
    fn whose(&self, number: u64) -> Option<(u32, Sequence)> {
        let (at, meta) = self.ring.look_at(number);
        let sequence = self.ring.sequence_of(at);
        let is_there = self.ring.is_not_overwritten(number);
        is_there.then_some((meta.from, sequence))
    }

    fn count_lost(&self, port: &Port, lost: u64) {
        trace::dropped(&self.network.file, self.number, lost, IPN_DROP_OVERRUN);
        if !port.observes() {
            self.network.dropped.add(lost);
        }
        port.lost.add(lost);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Room: what readers' positions mean for senders, and who waits for it.
//!
//! Who polls for room is in the set of ports, and hears of it each time. Threads that sleep in `send` are
//! in a queue of the network: on a ring of all ports, room wakes one of them, as a sender that waits for
//! its peer in `unix_wait_for_peer` (net/unix/af_unix.c); when that is through, and there still is room,
//! it wakes the next, as writers of a pipe do (fs/pipe.c). So a message costs one of them a wake-up, however many
//! wait, and no room is left while one sleeps. Where each port has a ring, only the sender knows whose
//! room it needs: there all are woken.

use crate::{
    network::{
        holder::Holder,
        members::{Delivery, Event, Members},
        Network,
    },
    ring::{
        port::{self, Port},
        Ring,
    },
    rust::{
        glue::ring_memory::RingMemory, net::socket::Sock, sync::atomic::full_barrier,
        task::clock::now_ms,
    },
    wakeup::{each::wake_each, refused::look_later},
};
use kernel::sync::Arc;

/// Whether the slowest reader of the ring of all ports leaves room for one more message, of `len` bytes. Under
/// the lock the answer stays.
pub(crate) fn has_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
    len: u32,
) -> bool {
    if ring.has_room(network.slowest.load(), len) {
        return true;
    }
    let published = ring.published();
    let slowest = members
        .iter()
        .filter(|sock| sock.port().holds_senders())
        .filter_map(|sock| Some(sock.reader()?.standing()))
        .min()
        .unwrap_or(published);
    network.slowest.store(slowest);
    ring.has_room(slowest, len)
}

/// The same of one of any length.
fn has_full_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
) -> bool {
    has_room(network, ring, members, network.shape.mtu)
}

/// Whether to try sending a message of port `number`, which `port` is: on a ring of all ports
/// it finds room. With `sleeps` the port is woken whenever readers make room, until it does not
/// sleep any more.
pub(crate) fn room<H: Holder>(
    network: &Arc<Network<H>>,
    port: &Port,
    number: u32,
    sleeps: bool,
) -> bool {
    if !network.is_lossless() {
        return true;
    }
    if sleeps {
        await_room(network, number);
    }
    let members = network.members.lock();
    let is_worth_it = match &members.delivery {
        Delivery::Shared(ring) => has_full_room(network, ring, &members),
        // Whose room counts is known only for a message that has been refused.
        Delivery::PerPort(_) | Delivery::Retired => port.refused.load() != network.room_made.load(),
    };
    if !is_worth_it {
        look_later(network, &members);
    }
    is_worth_it
}

/// Has port `number` woken whenever readers make room.
pub(crate) fn await_room<H: Holder>(network: &Network<H>, number: u32) {
    let mut members = network.members.lock();
    members.await_event(number, Event::Room);
    network.count_room_sleepers(&members);
    // A reader moves on, then looks whether anybody waits; so the other way round here. Pairs with
    // `makes_room` and `make_room`.
    full_barrier();
}

/// A thread that waits for room in [`send`](crate::delivery::send), from before its first sleep until it
/// has sent or given up.
pub(crate) struct Waiting<'a, H: Holder> {
    network: &'a Arc<Network<H>>,
    _shown: port::Waiting<'a>,
}

impl<'a, H: Holder> Waiting<'a, H> {
    /// Readers that make room look for it in the network's queue from now on. `port` is the sender's.
    pub(crate) fn begin(network: &'a Arc<Network<H>>, port: &'a Port) -> Self {
        let mut members = network.members.lock();
        members.waiting_senders = members.waiting_senders.saturating_add(1);
        network.count_room_sleepers(&members);
        drop(members);
        // As in `await_room`.
        full_barrier();
        Self {
            network,
            _shown: port.wait(now_ms()),
        }
    }
}

impl<H: Holder> Drop for Waiting<'_, H> {
    fn drop(&mut self) {
        let network = self.network;
        let mut members = network.members.lock();
        members.waiting_senders = members.waiting_senders.saturating_sub(1);
        network.count_room_sleepers(&members);
        // It may have been woken for more room than it took: the rest is the next one's. There may be none
        // but for what a filter refuses, and the others sleep.
        let leaves_room = members.waiting_senders != 0
            && match &members.delivery {
                Delivery::Shared(ring) => {
                    let has_room = has_full_room(network, ring, &members);
                    if !has_room {
                        look_later(network, &members);
                    }
                    has_room
                }
                Delivery::PerPort(_) | Delivery::Retired => false,
            };
        drop(members);
        if leaves_room {
            network.room_queue.wake_one();
        }
    }
}

/// The reader of a port in `ring` has gone on from message `number`; `shares` tells whether that is the
/// ring of all ports. Whether senders who wait have to be woken now, as that may have made room.
#[inline]
pub(crate) fn makes_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    shares: bool,
    number: u64,
) -> bool {
    if !network.is_lossless() {
        return false;
    }
    // We have moved, and now look whether anybody waits; pairs with `await_room`.
    full_barrier();
    // Where each port has a ring only the sender knows whose room it needs, so it has to see
    // that there is some, even if it does not wait yet.
    let matters = !shares || network.awaiting_room.load() != 0;
    let makes_room = matters && !ring.has_room(number, network.shape.mtu);
    if makes_room {
        count_room(network);
    }
    makes_room
}

/// There may be room where there was none: senders try again.
pub(crate) fn make_room<H: Holder>(network: &Arc<Network<H>>) {
    count_room(network);
    wake_senders(network);
}

fn count_room<H: Holder>(network: &Network<H>) {
    network.room_made.add(1);
    // We have counted, and now look whether anybody waits; pairs with `await_room`.
    full_barrier();
}

/// Wakes the ports that wait for room, and of the threads that do one; all if it may not be theirs. If
/// there is room.
pub(crate) fn wake_senders<H: Holder>(network: &Arc<Network<H>>) {
    let next = |members: &mut Members<H>, from| {
        let sleeper = members.next_sleeper(from, Event::Room);
        network.count_room_sleepers(members);
        sleeper
    };
    if network.awaiting_room.load() == 0 {
        return;
    }
    let members = network.members.lock();
    let fits_any = match &members.delivery {
        // Another sender was faster, who did not have to wait. It asks for nothing more, and the others sleep.
        Delivery::Shared(ring) if !has_full_room(network, ring, &members) => {
            return look_later(network, &members);
        }
        Delivery::Shared(_) => true,
        Delivery::PerPort(_) | Delivery::Retired => false,
    };
    let any_thread = members.waiting_senders != 0;
    wake_each(network, members, next, |sock| H::wake_sender(sock));
    match (any_thread, fits_any) {
        (false, _) => {}
        (true, true) => network.room_queue.wake_one(),
        (true, false) => network.room_queue.wake_all(),
    }
}

/// `reader` has made room by receiving: wakes the ports that wait for it, at the end of the reader's
/// system call, in which it may receive more.
pub(crate) fn wake_senders_later<H: Holder>(network: &Arc<Network<H>>, reader: &Sock<H>) {
    if network.awaiting_room.load() != 0 && !reader.plan_after_call() {
        wake_senders(network);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Room: what readers' positions mean for senders, and who waits for it.

use crate::{
    network::{
        holder::Holder,
        members::{has_unread, Delivery, Event, Members},
        Network,
    },
    ring::{port::Port, Ring},
    rust::{glue::ring_memory::RingMemory, net::socket::Sock, sync::atomic::full_barrier},
    wakeup::each::wake_each,
};
use core::cell::Cell;

/// Whether the slowest reader of the ring of all ports leaves room for one more message. Under
/// the lock the answer stays.
pub(crate) fn has_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
) -> bool {
    if ring.has_room(network.slowest.load()) {
        return true;
    }
    let published = ring.published();
    let slowest = members
        .iter()
        .filter(|sock| sock.port().receives())
        .filter_map(|sock| Some(sock.reader()?.standing()))
        .min()
        .unwrap_or(published);
    network.slowest.store(slowest);
    ring.has_room(slowest)
}

/// Whether to try sending a message of port `number`, which `port` is: on a ring of all ports
/// it finds room. With `sleeps` the port is woken whenever readers make room, until it does not
/// sleep any more.
pub(crate) fn room<H: Holder>(
    network: &Network<H>,
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
    let is_worth_it = || {
        let members = network.members.lock();
        match &members.delivery {
            Delivery::Shared(ring) => has_room(network, ring, &members),
            // Whose room counts is known only for a message that has been refused.
            Delivery::PerPort(_) | Delivery::Retired => {
                port.refused.load() != network.room_made.load()
            }
        }
    };
    is_worth_it() || (skip_refused(network) && is_worth_it())
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

/// Has readers skip the messages that their filters refuse; tells whether there are any.
pub(crate) fn skip_refused<H: Holder>(network: &Network<H>) -> bool {
    let any = Cell::new(false);
    let next = |members: &mut Members<H>, from| {
        (from..members.len()).find_map(|number| {
            let sock = members.get(number)?;
            let holds = H::is_filtered(sock) && sock.port().receives() && has_unread::<H>(sock);
            holds.then(|| (number, sock.clone()))
        })
    };
    wake_each(network, network.members.lock(), next, |sock| {
        any.set(true);
        H::skip_refused(sock);
    });
    any.get()
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
    let makes_room = matters && !ring.has_room(number);
    if makes_room {
        count_room(network);
    }
    makes_room
}

/// There may be room where there was none: senders try again.
pub(crate) fn make_room<H: Holder>(network: &Network<H>) {
    count_room(network);
    wake_senders(network);
}

fn count_room<H: Holder>(network: &Network<H>) {
    network.room_made.add(1);
    // We have counted, and now look whether anybody waits; pairs with `await_room`.
    full_barrier();
}

/// Wakes the ports that wait for room, if there is some.
pub(crate) fn wake_senders<H: Holder>(network: &Network<H>) {
    let next = |members: &mut Members<H>, from| {
        let sleeper = members.next_sleeper(from, Event::Room);
        network.count_room_sleepers(members);
        sleeper
    };
    if network.awaiting_room.load() != 0 {
        let members = network.members.lock();
        let room = match &members.delivery {
            Delivery::Shared(ring) => has_room(network, ring, &members),
            Delivery::PerPort(_) | Delivery::Retired => true,
        };
        if room {
            wake_each(network, members, next, |sock| H::wake_sender(sock));
        }
    }
}

/// `reader` has made room by receiving: wakes the ports that wait for it, at the end of the reader's
/// system call, in which it may receive more.
pub(crate) fn wake_senders_later<H: Holder>(network: &Network<H>, reader: &Sock<H>) {
    if network.awaiting_room.load() != 0 && !reader.plan_after_call() {
        wake_senders(network);
    }
}

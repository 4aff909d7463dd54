// SPDX-License-Identifier: GPL-2.0

//! Room: what readers' positions mean for senders, and who waits for it.
//!
//! Who polls for room is in the set of ports, and hears of it each time. Threads that sleep in `send` are
//! in a queue of the network: on a ring of all ports, room wakes one of them, as a sender that waits for
//! its peer in `unix_wait_for_peer` (net/unix/af_unix.c); when that is through, and there still is room,
//! it wakes the next, as writers of a pipe do (fs/pipe.c). So a message costs one of them a wake-up, however many
//! wait, and no room is left while one sleeps. The first is woken once a reader leaves a quarter of the ring free, and
//! not for each message that it takes: so sender and reader each do some before the other has its turn. Where each port
//! has a ring, only the sender knows whose room it needs: there all are woken.

use crate::{
    network::{
        holder::Holder,
        members::{Delivery, Event, Members},
        window::Window,
        Network,
    },
    ring::{
        port::{self, Port},
        Ring,
    },
    rust::{
        glue::ring_memory::RingMemory,
        net::socket::Sock,
        sync::atomic::full_barrier,
        task::clock::{now_ms, now_ns},
    },
    wakeup::{each::wake_each, refused::look_later},
};
use kernel::sync::Arc;

/// The oldest message of a lossless hub's ring that must stay, as far as is known. Under the lock.
pub(crate) fn floor<H: Holder>(network: &Network<H>, ring: &Ring<RingMemory>) -> u64 {
    ring.floor(network.slowest.load())
}

/// The same of a reliable bus, for what goes without need: what is older than the window. Under the lock.
pub(crate) fn aged_floor<H: Holder>(network: &Network<H>, ring: &Ring<RingMemory>) -> u64 {
    let aged = network.window.as_ref().map_or(0, Window::aged);
    ring.floor(aged)
}

/// Whether the slowest reader of the ring of all ports leaves room for one more message, of `len` bytes, if all from
/// `keep` on stays too. Under the lock the answer stays.
pub(crate) fn has_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
    len: u32,
    keep: u64,
) -> bool {
    if ring.has_room(floor(network, ring).min(keep), len) {
        return true;
    }
    find_slowest(network, ring, members);
    ring.has_room(floor(network, ring).min(keep), len)
        || network
            .window
            .as_ref()
            .is_some_and(|window| makes_room_by_age(network, window, ring, len, keep))
}

/// On a reliable bus, whether there is if the messages that are older than the window may go too, though a reader has not
/// read them. It looks at no more than the message takes. Under the lock.
#[inline(never)]
fn makes_room_by_age<H: Holder>(
    network: &Network<H>,
    window: &Window,
    ring: &Ring<RingMemory>,
    len: u32,
    keep: u64,
) -> bool {
    let (now, published) = (now_ns(), ring.published());
    let mut free = (network.slowest.load().max(window.aged())).max(ring.oldest());
    loop {
        if ring.has_room(ring.floor(free).min(keep), len) {
            return true;
        }
        if free >= published.min(keep) || window.end(ring.sent_at(free)) > now {
            return false;
        }
        free = free.wrapping_add(1);
        window.age(free);
    }
}

/// On a network with a rate, the time and, if the pace of a port does not let it send now, when it does. The time is
/// asked once: it may be there in between. Without a rate it is not asked. Under the lock.
fn pace<H: Holder>(network: &Network<H>, port: &Port) -> Option<(u64, Option<u64>)> {
    let window = network.window.as_ref().filter(|window| window.rate != 0)?;
    let now = now_ns();
    Some((now, port.pace.due(now, window.rate)))
}

/// Whether the pace of a port lets it send now. Under the lock.
pub(crate) fn is_paced<H: Holder>(network: &Network<H>, port: &Port) -> bool {
    pace(network, port).is_none_or(|(_, due)| due.is_none())
}

/// The same; if not, the worker looks once it does.
fn is_paced_or_looks<H: Holder>(network: &Arc<Network<H>>, port: &Port) -> bool {
    let Some((now, Some(due))) = pace(network, port) else {
        return true;
    };
    Network::set_alarm(network, now, due);
    false
}

/// On a reliable bus where `port` was not let send, has the worker look once it may by its pace, or now if that is so
/// by now. Under the lock.
pub(crate) fn look_when_paced<H: Holder>(network: &Arc<Network<H>>, port: &Port) {
    if let Some((now, due)) = pace(network, port) {
        Network::set_alarm(network, now, due.unwrap_or(now));
    }
}

/// Looks where the slowest reader stands.
fn find_slowest<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
) -> u64 {
    let published = ring.published();
    let slowest = members
        .iter()
        .filter(|sock| sock.port().holds_senders())
        .filter_map(|sock| Some(sock.reader()?.standing()))
        // Who was overrun has lost what it could wait for.
        .filter(|position| network.window.is_none() || *position >= ring.oldest())
        .min()
        .unwrap_or(published)
        // Who has mapped what a process writes may know of more than we do.
        .min(published);
    network.slowest.store(slowest);
    slowest
}

/// Whether the one writer has room for a message of `len` bytes, which may give up what all have read: it is told what
/// that is. Under the lock.
pub(crate) fn tell_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
    len: u32,
) -> bool {
    let slowest = find_slowest(network, ring, members);
    ring.tell_slowest(slowest);
    ring.has_room_as_told(slowest, len)
}

/// The same of one of any length.
fn has_full_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
) -> bool {
    has_room(network, ring, members, network.shape.mtu, u64::MAX)
}

/// The same of one of any length that goes in one: who waits to send such a one does not wait for the room that the
/// longest takes. On a reliable bus of the shortest: messages get old one by one, and who waits for its pace may need no
/// more room than there is.
fn has_room_for_some<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &Members<H>,
) -> bool {
    let len = match network.window {
        Some(_) => 0,
        None => network.shape.mtu.min(ring.part_bytes()),
    };
    has_room(network, ring, members, len, u64::MAX)
}

/// Whether to try sending a message of `len` bytes of port `number`, which `port` is: on a ring of all ports
/// it finds room. With `sleeps` the port is woken whenever readers make room, until it does not
/// sleep any more.
pub(crate) fn room<H: Holder>(
    network: &Arc<Network<H>>,
    port: &Port,
    number: u32,
    sleeps: bool,
    len: u32,
) -> bool {
    if !network.waits() {
        return true;
    }
    if sleeps {
        await_room(network, number);
    }
    let members = network.members.lock();
    let is_worth_it = match &members.delivery {
        Delivery::Shared(ring) => {
            is_paced_or_looks(network, port) && has_room(network, ring, &members, len, u64::MAX)
        }
        Delivery::Written(writing) => tell_room(network, &writing.ring, &members, len),
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
        let (leaves_room, fits_any) = match &members.delivery {
            Delivery::Shared(ring) if members.waiting_senders != 0 => {
                let has_room = has_room_for_some(network, ring, &members);
                if !has_room {
                    look_later(network, &members);
                }
                (has_room, fits_any(network, ring))
            }
            _ => (false, false),
        };
        drop(members);
        if leaves_room {
            wake_threads(network, fits_any);
        }
    }
}

/// The reader of a port in `ring` has gone on from message `number` to `now`; `shares` tells whether that is the
/// ring of all ports, `gradual` whether that is not told of for each message. Whether senders who wait have to be woken
/// now, as that may have made room.
#[inline]
pub(crate) fn makes_room<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    (shares, gradual): (bool, bool),
    (number, now): (u64, u64),
) -> bool {
    if !network.waits() {
        return false;
    }
    // We have moved, and now look whether anybody waits; pairs with `await_room`.
    full_barrier();
    // Where each port has a ring only the sender knows whose room it needs, so it has to see
    // that there is some, even if it does not wait yet.
    let matters = !shares || network.awaiting_room.load() != 0;
    let mtu = network.shape.mtu;
    let makes_room = matters
        && match () {
            // Parts that it still needed are not before it.
            () if ring.has_long_messages(mtu) => true,
            // Nor is what a process writes known here.
            () if ring.is_written() => true,
            // However many messages come meanwhile: who waits was there when there was no room, and a reader that
            // goes on from there comes past that place.
            () if shares && gradual => !ring.has_quarter(number, mtu) && ring.has_quarter(now, mtu),
            () => !ring.has_room(number, mtu),
        };
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
    let (fits_any, has_room) = match &members.delivery {
        Delivery::Shared(ring) => {
            let mtu = network.shape.mtu;
            let has_full_room = has_full_room(network, ring, &members);
            if !has_full_room {
                look_later(network, &members);
                // Another sender was faster, who did not have to wait. It asks for nothing more, and the others
                // sleep. Where the longest message is in parts, or the bus a reliable one, there may be room for others.
                let may_fit = ring.has_long_messages(mtu) || network.window.is_some();
                if !may_fit || !has_room_for_some(network, ring, &members) {
                    return;
                }
            }
            (fits_any(network, ring), has_full_room)
        }
        Delivery::Written(writing) => {
            if !tell_room(network, &writing.ring, &members, network.shape.mtu) {
                look_later(network, &members);
                return;
            }
            (true, true)
        }
        Delivery::PerPort(_) | Delivery::Retired => (false, true),
    };
    let any_thread = members.waiting_senders != 0;
    match has_room {
        true => wake_each(network, members, next, |sock| H::wake_sender(sock)),
        // Who polls waits for the room that any message has.
        false => drop(members),
    }
    if any_thread {
        wake_threads(network, fits_any);
    }
}

/// Whether room that the longest message has is any sender's that waits.
fn fits_any<H: Holder>(network: &Network<H>, ring: &Ring<RingMemory>) -> bool {
    !ring.has_long_messages(network.shape.mtu) && network.window.is_none()
}

/// Wakes a thread that waits in `send`, or all if the room may not be that one's.
fn wake_threads<H: Holder>(network: &Network<H>, fits_any: bool) {
    match fits_any {
        true => network.room_queue.wake_one(),
        false => network.room_queue.wake_all(),
    }
}

/// `reader` has made room by receiving: wakes the ports that wait for it, at the end of the reader's
/// system call, in which it may receive more.
pub(crate) fn wake_senders_later<H: Holder>(network: &Arc<Network<H>>, reader: &Sock<H>) {
    if network.awaiting_room.load() != 0 && !reader.plan_after_call() {
        wake_senders(network);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Ports that are taken, shut and given back; and what all of them feel: another number of ports, the end.

use crate::{
    abi::errno::{Errno, Result},
    network::{
        forwarding::Forwarding,
        history::{Begin, History},
        holder::Holder,
        lane::Lane,
        managers::{self, Manager},
        members::{Delivery, Members, Storage},
        own_bytes,
        rings::{new_ring, ring_bytes},
        seat::Seat,
        shape::Shape,
        Network,
    },
    policy::Layout,
    ring::{
        port::{RECEIVE_SHUT, SEND_SHUT},
        reader::Own,
        seen::{Heard, Seen},
        told::Nonsense,
        Ring,
    },
    rust::{
        glue::{ring_memory::RingMemory, trace},
        net::{
            namespace::Namespace,
            socket::{Sock, SockRef},
        },
        task::{clock::now_ns, identity::Identity},
    },
    wakeup::{
        each::{wake_for_end, wake_told},
        room::make_room,
    },
};
use kernel::{prelude::*, sync::Arc};

/// Gives `sock` a port: number `wanted`, or the first that is free with `IPN_PORTNO_ANY`, which begins with some of
/// what was sent before. `sit` has the socket keep its seat.
///
/// `shut` are the directions that it must do without. Taken: `EADDRINUSE`; none free or no such
/// port: `EADDRNOTAVAIL`; the network has ended: `ECONNREFUSED`; what was sent before is not for it: `EACCES`.
pub(crate) fn take_port<H: Holder>(
    network: &Arc<Network<H>>,
    sock: SockRef<H>,
    (wanted, history): (i32, History),
    shut: u32,
    sit: impl FnOnce(&H, Seat<H>),
) -> kernel::error::Result {
    let (fresh, lane) = match network.layout {
        Layout::Shared | Layout::Reliable => (None, None),
        Layout::Written => {
            // It begins with what is published from now on.
            take_in(network);
            (None, None)
        }
        Layout::PerPort => {
            let ring = new_ring(&network.shape, network.layout)?;
            (Some(ring), Some(Lane::new()?))
        }
    };
    let taken_by = Arc::new(Identity::of_caller(), GFP_KERNEL_ACCOUNT)?;
    let seen = new_seen(network)?;
    let begin = find_begin(network, history)?;
    let mut members = network.members.lock();
    if members.ended {
        return Err(Errno::CONNREFUSED.into());
    }
    let number = members.choose(wanted)?;
    let ring = match &members.delivery {
        Delivery::Shared(ring) => ring.clone(),
        Delivery::Written(writing) => writing.ring.clone(),
        Delivery::PerPort(_) | Delivery::Retired => fresh.ok_or(Errno::CONNREFUSED)?,
    };
    // Its port is where it is found from now on.
    let manager = members.managers.remove_node(&managers::key(&sock));
    sock.port().set_shut(shut);
    if network.layout == Layout::Written {
        sock.port().set_written();
    }
    let counted = sock.port().counted(shut);
    let (start, voids) = match begin {
        Some(found) => begin_before(network, &members, &ring, &found),
        None => (ring.published(), members.tally.voids()),
    };
    sock.port().cursor.start(start);
    sock.port().voids_before.store(voids);
    if let Some(seen) = &seen {
        seen.begin(&members.sequences, start != ring.published());
    }
    let first = members.next_message();
    let shares = network.layout != Layout::PerPort;
    let (before, _) = members.sequences.of(number);
    let seat = Seat {
        network: network.clone(),
        number,
        taken_by,
        namespace: Namespace::of(&sock),
        first,
        ring,
        lane,
        shares,
        own: Own::new(shares.then_some(number), first),
        seen,
        before,
    };
    sit(&sock, seat);
    let port = sock.port();
    let can = (port.receives(), port.sends(), port.observes());
    members.put(number, sock);
    members.change_counts(counted, true);
    drop(members);
    trace::joined(&network.file, number, can);
    drop(manager);
    wake_told(network);
    Ok(())
}

/// What a reader of a reliable bus is to know of senders. No memory: `ENOMEM`.
fn new_seen<H: Holder>(network: &Network<H>) -> kernel::error::Result<Option<Seen<KVVec<Heard>>>> {
    if network.window.is_none() {
        return Ok(None);
    }
    let ports = network.members.lock().len();
    let mut senders = KVVec::with_capacity(ports as usize, GFP_KERNEL_ACCOUNT)?;
    for _ in 0..ports {
        senders
            .push_within_capacity(Heard::new())
            .map_err(|_| ENOMEM)?;
    }
    Ok(Some(Seen::new(senders)))
}

/// Where a port begins that wants some of what was sent before it came; how many of all messages had not come about by
/// then. The network does not allow it: `EACCES`.
fn find_begin<H: Holder>(
    network: &Network<H>,
    history: History,
) -> kernel::error::Result<Option<(Begin, u64)>> {
    if !history.is_wanted() {
        return Ok(None);
    }
    if !network.shape.has_history() {
        return Err(EACCES);
    }
    let members = network.members.lock();
    let Some(ring) = members.ring_of_all().cloned() else {
        return Err(EACCES);
    };
    let (first, until, voids) = (
        match history {
            History::Since(ms) => {
                let before = u64::from(ms).saturating_mul(1_000_000);
                ring.first_since(now_ns().saturating_sub(before))
            }
            History::None | History::Last(_) => ring.oldest(),
        },
        ring.published(),
        members.tally.voids(),
    );
    drop(members);
    let in_parts = ring.has_long_messages(network.shape.mtu);
    Ok(Some((history.begin(&ring, first, until, in_parts), voids)))
}

/// Where a port begins, as was found, of what is left now; and how many messages before that did not come about. Under
/// the lock.
fn begin_before<H: Holder>(
    network: &Network<H>,
    members: &Members<H>,
    ring: &Ring<RingMemory>,
    (begin, voids_then): &(Begin, u64),
) -> (u64, u64) {
    let (oldest, all) = (ring.oldest(), members.tally.voids());
    let start = begin.number.max(oldest);
    let behind = match start == begin.number {
        true => begin.voids.saturating_add(all.wrapping_sub(*voids_then)),
        // All that are in the ring are.
        false => members.tally.voids_left(),
    };
    network.hold(ring, start);
    (start, all.saturating_sub(behind))
}

/// Takes port `number` from its holder. The hold on lossless senders ends.
pub(crate) fn give_port_back<H: Holder>(network: &Arc<Network<H>>, number: u32) {
    take_in(network);
    let mut members = network.members.lock();
    let gone = members.take(number);
    let forgotten = members.depart(number, gone.as_ref());
    if let Some(writing) = members.writing() {
        writing.end(number);
    }
    if let Some(sock) = &gone {
        members.change_counts(sock.port().counted(sock.port().shut()), false);
    }
    network.count_room_sleepers(&members);
    drop(members);
    if gone.is_some() {
        trace::left(&network.file, number);
    }
    wake_told(network);
    make_room(network);
    // The references go when no lock is held.
    drop((gone, forgotten));
}

/// Shuts directions of `sock`, which holds port `number`, or did.
pub(crate) fn shut<H: Holder>(
    network: &Arc<Network<H>>,
    sock: &Sock<H>,
    number: u32,
    directions: u32,
) {
    // What was published before is sent.
    take_in(network);
    let mut members = network.members.lock();
    let newly = directions & !sock.port().shut();
    sock.port().set_shut(directions);
    if newly & SEND_SHUT != 0 {
        if let Some(writing) = members.writing() {
            writing.silence(number);
        }
    }
    members.forget_flows();
    // Who has left is not counted any more, and another may have the number.
    let holder = members.get(number);
    if holder.is_some_and(|holder| holder.as_ptr() == sock.as_ptr()) {
        members.change_counts(newly & sock.port().counted(0), false);
    }
    drop(members);
    wake_told(network);
    if newly & SEND_SHUT != 0 {
        network.room_queue.wake_all();
    }
    if newly & RECEIVE_SHUT != 0 {
        make_room(network);
    }
}

/// Changes the number of ports. `allow` says whether the network may come to take so many bytes;
/// `charge` charges its payers with them, within their quota if told so. Over a used port:
/// `EADDRINUSE`; else their errors, and nothing has changed.
pub(crate) fn resize<H: Holder>(
    network: &Network<H>,
    ports: u32,
    allow: impl Fn(u64) -> Result,
    charge: impl Fn(u64, bool) -> Result,
) -> kernel::error::Result {
    let _one_at_a_time = network.resizing.lock();
    let before = network.bytes();
    let shape = Shape {
        ports,
        ..network.shape
    };
    let senders = network.members.lock().sequences.ports();
    let rings = ring_bytes::<H>(&shape, network.layout, senders);
    if rings > before {
        // Before memory is taken for the tables.
        allow(rings)?;
    }
    let storage = Storage::new(ports, network.window.is_some())?;
    let fresh = match network.layout {
        Layout::Shared | Layout::Written | Layout::Reliable => None,
        Layout::PerPort => Some(Forwarding::new(network.policy_module()?, &shape)?),
    };
    let tables = (fresh.as_ref().map_or(0, Forwarding::bytes)).saturating_add(storage.bytes());
    let departed = network.members.lock().departed_bytes();
    let after = own_bytes::<H>()
        .saturating_add(rings)
        .saturating_add(tables)
        .saturating_add(departed);
    if after > before {
        allow(after)?;
        // What it gives back it keeps until it has done so.
        charge(after, true)?;
    }
    let (result, old) = network.members.lock().resize(storage, fresh);
    // Freed where no lock is held.
    drop(old);
    // What it takes now is what was charged, or less; or what it was before, within the bounds then.
    charge(network.bytes(), false)?;
    Ok(result?)
}

/// A manager without a port is there, to be woken when the network ends.
pub(crate) fn add_manager<H: Holder>(network: &Network<H>, manager: Manager<H>) {
    // One that comes too late is woken by itself, and finds the end.
    let other = network.members.lock().managers.insert(manager);
    drop(other);
}

/// A socket that manages the network and has no port is closed.
pub(crate) fn remove_manager<H: Holder>(network: &Network<H>, sock: &Sock<H>) {
    let gone = network
        .members
        .lock()
        .managers
        .remove_node(&managers::key(sock));
    // The reference goes when no lock is held.
    drop(gone);
}

/// Ends the network: nobody can send any more, and readers find the end when they come to it. Tells
/// whether it had not ended before.
pub(crate) fn terminate<H: Holder>(network: &Network<H>) -> bool {
    take_in(network);
    end(network)
}

/// The same, of what is there.
fn end<H: Holder>(network: &Network<H>) -> bool {
    // Under the lock: a message is begun before the end, or not at all.
    let mut members = network.members.lock();
    let first = !core::mem::replace(&mut members.ended, true);
    members.show_sleepers();
    members.forget_flows();
    let ring = match &members.delivery {
        Delivery::Shared(ring) => Some(ring.clone()),
        Delivery::Written(_) | Delivery::PerPort(_) | Delivery::Retired => None,
    };
    drop(members);
    // Who finds the end finds what was sent before it.
    if let Some(ring) = ring {
        ring.wait_for_writers();
    }
    // Under the lock: a manager that comes later sees it, or is among these.
    let mut members = network.members.lock();
    network.terminated.store_release(1);
    let managers = core::mem::take(&mut members.managers);
    drop(members);
    wake_for_end(network);
    managers.values().for_each(|sock| sock.wake_for_end());
    first
}

/// What the one writer of a network has published is there for all from now on, and gone what it has given up. If that
/// can not be, the network ends. It does not sleep.
#[inline(never)]
pub(crate) fn take_in<H: Holder>(network: &Network<H>) {
    for _ in 0..times_to_take_in(network) {
        match take_in_some(network) {
            Ok(true) => {}
            Ok(false) => return,
            Err(Nonsense) => {
                network.spoilt.store(1);
                end(network);
                return;
            }
        }
    }
}

/// How often it takes some to come to all that was published before; not at all where there is no news, or no such writer.
fn times_to_take_in<H: Holder>(network: &Network<H>) -> u64 {
    if network.layout != Layout::Written {
        return 0;
    }
    let members = network.members.lock();
    let ring = members.ring_of_all().filter(|ring| ring.has_news());
    ring.map_or(0, |ring| ring.times_to_take_in())
}

/// Takes over some of what the one writer has published, and tells whether there is more.
fn take_in_some<H: Holder>(network: &Network<H>) -> Result<bool, Nonsense> {
    let mut members = network.members.lock();
    let ended = members.ended;
    let keep = match network.is_lossless() {
        true => network.slowest.load(),
        false => u64::MAX,
    };
    let Some(writing) = members.writing() else {
        return Ok(false);
    };
    if ended {
        writing.ring.give_up_as_told();
        return Ok(false);
    }
    let (number, taken) = writing.take_in(network.shape.mtu, keep)?;
    writing.ring.tell_stamped(network.stamped.load() != 0);
    if let Some(sock) = members.get(number).filter(|_| taken.messages != 0) {
        sock.port().sent.add(taken.messages);
    }
    Ok(taken.more)
}

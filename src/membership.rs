// SPDX-License-Identifier: GPL-2.0

//! Ports that are taken, shut and given back; and what all of them feel: another number of ports, the end.

use crate::{
    abi::errno::{Errno, Result},
    network::{
        forwarding::Forwarding,
        holder::Holder,
        managers::{self, Manager},
        members::{Delivery, Storage},
        new_ring, own_bytes, ring_bytes,
        seat::Seat,
        shape::Shape,
        Network,
    },
    policy::Layout,
    ring::port::{RECEIVE_SHUT, SEND_SHUT},
    rust::{
        glue::trace,
        net::{
            namespace::Namespace,
            socket::{Sock, SockRef},
        },
        task::identity::Identity,
    },
    wakeup::{
        each::{wake_for_end, wake_told},
        room::make_room,
    },
};
use kernel::{prelude::*, sync::Arc};

/// Gives `sock` a port: number `wanted`, or the first that is free with `IPN_PORTNO_ANY`. `sit` has the
/// socket keep its seat.
///
/// `shut` are the directions that it must do without. Taken: `EADDRINUSE`; none free or no such
/// port: `EADDRNOTAVAIL`; the network has ended: `ECONNREFUSED`.
pub(crate) fn take_port<H: Holder>(
    network: &Arc<Network<H>>,
    sock: SockRef<H>,
    wanted: i32,
    shut: u32,
    sit: impl FnOnce(&H, Seat<H>),
) -> kernel::error::Result {
    let fresh = match network.layout {
        Layout::Shared => None,
        Layout::PerPort => Some(new_ring(&network.shape, network.layout)?),
    };
    let taken_by = Arc::new(Identity::of_caller(), GFP_KERNEL_ACCOUNT)?;
    let mut members = network.members.lock();
    if members.ended {
        return Err(Errno::CONNREFUSED.into());
    }
    let number = members.choose(wanted)?;
    let ring = match &members.delivery {
        Delivery::Shared(ring) => ring.clone(),
        Delivery::PerPort(_) | Delivery::Retired => fresh.ok_or(Errno::CONNREFUSED)?,
    };
    // Its port is where it is found from now on.
    let manager = members.managers.remove_node(&managers::key(&sock));
    sock.port().set_shut(shut);
    let counted = sock.port().counted(shut);
    sock.port().cursor.start(ring.published());
    sock.port().voids_before.store(members.tally.voids());
    let first = members.next_message();
    let seat = Seat {
        network: network.clone(),
        number,
        taken_by,
        namespace: Namespace::of(&sock),
        first,
        ring,
        shares: network.layout == Layout::Shared,
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

/// Takes port `number` from its holder. The hold on lossless senders ends.
pub(crate) fn give_port_back<H: Holder>(network: &Arc<Network<H>>, number: u32) {
    let mut members = network.members.lock();
    let gone = members.take(number);
    let forgotten = members.depart(number, gone.as_ref());
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
    let mut members = network.members.lock();
    let newly = directions & !sock.port().shut();
    sock.port().set_shut(directions);
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
    let rings = ring_bytes(&shape, network.layout);
    if rings > before {
        // Before memory is taken for the tables.
        allow(rings)?;
    }
    let storage = Storage::new(ports)?;
    let fresh = match network.layout {
        Layout::Shared => None,
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
    // Under the lock: a message is begun before the end, or not at all.
    let mut members = network.members.lock();
    let first = !core::mem::replace(&mut members.ended, true);
    let ring = match &members.delivery {
        Delivery::Shared(ring) => Some(ring.clone()),
        Delivery::PerPort(_) | Delivery::Retired => None,
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

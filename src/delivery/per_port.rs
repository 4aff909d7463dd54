// SPDX-License-Identifier: GPL-2.0

//! Sending where each port has a ring of its own, and a policy names those that get a message.

use crate::{
    abi::errno::{Errno, Result},
    delivery::attempt::Attempt,
    network::{
        forwarding::Forwarding,
        holder::Holder,
        members::{Event, Ports},
        seat::Seat,
    },
    policy::targets::Target,
    ring::{layout::Meta, port::NOT_REFUSED, reader::Reader},
    rust::{
        glue::ring_memory::RingMemory,
        net::{message::Payload, socket::Sock},
        sync::atomic::full_barrier,
    },
    wakeup::readers::wake_readers,
};

/// One turn. `again`: there was one before, which found no room.
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
    again: bool,
) -> Result<Attempt> {
    let (network, number, port) = (&*seat.network, seat.number, sock.port());
    let mut guard = network.members.lock();
    if network.is_terminated() || !port.sends() {
        return Err(Errno::PIPE);
    }
    let len = message.len();
    let Some((forwarding, ports)) = guard.forwarding() else {
        return Err(Errno::PIPE);
    };
    if !forwarding.take_in(message, fetched) {
        return Ok(Attempt::Fault);
    }
    forwarding.route(len, number, again);
    if network.is_lossless() && !has_room(forwarding, &ports) {
        let room_made = network.room_made.load();
        guard.await_event(number, Event::Room);
        network.count_room_sleepers(&guard);
        // A reader moves on, then looks whether anybody waits; so the other way round here, with
        // the very ports that this message is for.
        full_barrier();
        let full = match guard.forwarding() {
            Some((forwarding, ports)) if !has_room(forwarding, &ports) => {
                forwarding.policy.refused();
                true
            }
            _ => false,
        };
        if full {
            port.refused.store(room_made);
            if fetched.is_none() {
                message.put_back();
            }
            return Ok(Attempt::Full { room_made });
        }
    }
    let Some((forwarding, ports)) = guard.forwarding() else {
        return Err(Errno::PIPE);
    };
    deliver(forwarding, &ports, len, number, network.stamp());
    port.refused.store(NOT_REFUSED);
    port.sent.store(port.sent.load().wrapping_add(1));
    wake_readers(network, guard, sock, message);
    Ok(Attempt::Sent)
}

/// Whether every port that gets the message has room for it.
fn has_room<H: Holder>(forwarding: &Forwarding, ports: &Ports<'_, H>) -> bool {
    receivers(forwarding, ports).all(|(_, reader)| reader.ring().has_room(reader.position()))
}

/// The ports that get the message: which parts of it, and the view of its ring.
fn receivers<'a, H: Holder>(
    forwarding: &'a Forwarding,
    ports: &'a Ports<'_, H>,
) -> impl Iterator<Item = (&'a Target, Reader<'a, RingMemory>)> {
    forwarding.targets().iter().filter_map(|target| {
        let sock = ports.get(target.port)?;
        let reader = sock.reader()?;
        sock.port().receives().then_some((target, reader))
    })
}

/// Puts the message into the rings of the ports that get it.
fn deliver<H: Holder>(
    forwarding: &mut Forwarding,
    ports: &Ports<'_, H>,
    len: usize,
    from: u32,
    stamp: u64,
) {
    let message = forwarding.message(len);
    let mut too_long = 0_u64;
    for (target, reader) in receivers(forwarding, ports) {
        let (front, rest) = target.parts(message);
        let len = front.len().saturating_add(rest.len());
        if len > forwarding.mtu() {
            too_long = too_long.saturating_add(1);
            continue;
        }
        let ring = reader.ring();
        let claim = ring.reserve();
        ring.memory().fill_from(claim.slot, front, rest);
        let len = len as u32;
        ring.publish(claim, Meta { len, from, stamp });
    }
    forwarding.sent = forwarding.sent.wrapping_add(1);
    forwarding.too_long = forwarding.too_long.wrapping_add(too_long);
}

// SPDX-License-Identifier: GPL-2.0

//! Sending on the ring that all ports share.

use crate::{
    abi::errno::{Errno, Result},
    delivery::attempt::Attempt,
    network::{holder::Holder, seat::Seat},
    ring::layout::Meta,
    rust::{
        glue::trace,
        net::{message::Payload, socket::Sock},
        sync::atomic::full_barrier,
    },
    wakeup::{readers::wake_readers, room::has_room},
};

/// One turn.
#[inline(always)]
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
) -> Result<Attempt> {
    let (network, ring, port) = (&*seat.network, &*seat.ring, sock.port());
    let mut members = network.members.lock();
    if network.is_terminated() || !port.sends() {
        return Err(Errno::PIPE);
    }
    if network.is_lossless() && !has_room(network, ring, &members) {
        return Ok(Attempt::Full {
            room_made: network.room_made.load(),
        });
    }
    let claim = ring.reserve();
    let memory = ring.memory();
    let (held, len) = (ring.held(claim), message.len() as u32);
    match fetched {
        Some(bytes) => memory.fill_from(claim.slot, bytes, &[]),
        None if memory.fill(claim.slot, message) => {}
        None => {
            // Who has mapped the ring must not see the part that was there.
            memory.clear(claim.slot, 0..held.max(len));
            return Ok(Attempt::Fault);
        }
    }
    if len < held {
        // Nor what a longer message has left.
        memory.clear(claim.slot, len..held);
    }
    let meta = Meta {
        len,
        from: seat.number,
        stamp: network.stamp(),
    };
    if !network.is_lossless() {
        // For those who lose it.
        members.tally.replace(ring.overwritten(claim), seat.number);
    }
    ring.publish(claim, meta);

    port.sent.store(port.sent.load().wrapping_add(1));
    let bytes = port.sent_bytes.load().wrapping_add(len.into());
    port.sent_bytes.store(bytes);
    members.sent_bytes = members.sent_bytes.wrapping_add(len.into());
    trace::sent(&network.file, seat.number, len);
    if network.is_lossless() {
        // The message is there, then the cursor is asked; a reader moves the cursor, then looks
        // whether one is there. One of the two skips the own message. Pairs with
        // `Reading::skip_own_that_follow`.
        full_barrier();
    }
    seat.reader(port).skip_sent(claim.number);
    wake_readers(network, members, sock, message);
    Ok(Attempt::Sent)
}

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
    let len = message.len() as u32;
    let is_lossless = network.is_lossless();
    if is_lossless && !ring.has_spare(len) && !has_room(network, ring, &members, len) {
        return Ok(Attempt::Full {
            room_made: network.room_made.load(),
        });
    }
    // Who loses messages has to know of its own among them; on a lossless network nobody does.
    let keep = if is_lossless {
        network.slowest.load()
    } else {
        u64::MAX
    };
    let claim = ring.reserve(len, keep, |from| {
        if !is_lossless {
            members.tally.remove(from);
        }
    });
    let memory = ring.memory();
    match fetched {
        Some(bytes) => memory.fill_from(claim.at, bytes, &[]),
        None if memory.fill(claim.at, message) => {}
        None => {
            // Who has mapped the ring must not see the part that was there.
            ring.give_up(claim, len);
            return Ok(Attempt::Fault);
        }
    }
    let meta = Meta {
        len,
        from: seat.number,
        stamp: network.stamp(),
    };
    if !is_lossless {
        members.tally.add(seat.number);
    }
    ring.publish(claim, meta);

    port.sent.store(port.sent.load().wrapping_add(1));
    let bytes = port.sent_bytes.load().wrapping_add(len.into());
    port.sent_bytes.store(bytes);
    members.sent_bytes = members.sent_bytes.wrapping_add(len.into());
    trace::sent(&network.file, seat.number, len);
    if is_lossless {
        // The message is there, then the cursor is asked; a reader moves the cursor, then looks
        // whether one is there. One of the two skips the own message. Pairs with
        // `Reading::skip_own_that_follow`.
        full_barrier();
    }
    seat.reader(port).skip_sent(claim.number);
    wake_readers(network, members, sock, message);
    Ok(Attempt::Sent)
}

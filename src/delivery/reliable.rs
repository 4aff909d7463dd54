// SPDX-License-Identifier: GPL-2.0

//! Sending on the ring of a reliable bus: the window, the pace of a port, and the sequence of its messages.
//!
//! All is done under the network's lock, also the copy of a message of up to 16 KiB: one that does not come about, as one that is
//! copied beside others may not, would leave a hole in the sequence of its port.

use crate::{
    abi::{
        errno::Result,
        sequence::{Origin, Sequence},
    },
    delivery::{
        attempt::Attempt,
        shared::{count, fill_or_give_up, give_up, why_not},
    },
    network::{holder::Holder, members::Members, seat::Seat, Network},
    ring::{layout::Meta, Claim, Ring},
    rust::{
        glue::{ring_memory::RingMemory, trace},
        net::{message::Payload, socket::Sock},
        task::clock::now_ns,
    },
    wakeup::{
        readers::wake_readers,
        room::{aged_floor, has_room, is_paced},
    },
};

/// One turn.
#[cold]
#[inline(never)]
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
) -> Result<Attempt> {
    let (network, ring, port) = (&*seat.network, &*seat.ring, sock.port());
    let mut members = network.members.lock();
    if members.ended || !port.sends_by_us() {
        return Err(why_not(&members, port));
    }
    let len = message.len() as u32;
    let has_room = ring.has_spare(len) || has_room(network, ring, &members, len, u64::MAX);
    if !has_room || !is_paced(network, port) {
        return Ok(Attempt::Full {
            room_made: network.room_made.load(),
        });
    }
    let claim = reserve(network, ring, &mut members, (len, u64::MAX));
    if !fill_or_give_up(ring, (claim, len), message, fetched) {
        return Ok(Attempt::Fault);
    }
    count(seat, sock, &mut members, len);
    number(seat, sock, &mut members, (claim, len), message);
    let meta = Meta {
        len,
        from: seat.number,
        stamp: network.stamp(),
        back: 0,
    };
    ring.publish(claim, meta);
    trace::sent(&network.file, seat.number, len);
    // Under the lock, as what a port has lost is counted by what it skipped.
    seat.reader(port).skip_sent(claim.number);
    wake_readers(network, members, sock, message);
    Ok(Attempt::Sent)
}

/// Reserves a place of `len` bytes, where there is room. Nothing from `keep` on goes without need, and nothing that is not
/// older than the window.
pub(super) fn reserve<H: Holder>(
    network: &Network<H>,
    ring: &Ring<RingMemory>,
    members: &mut Members<H>,
    (len, keep): (u32, u64),
) -> Claim {
    let (keep, oldest) = (keep.min(aged_floor(network, ring)), ring.oldest());
    let claim = ring.reserve(len, keep, |gone| give_up(members, false, gone));
    for number in oldest..ring.oldest() {
        let (port, sequence) = ring.gone(number);
        // A part has none.
        if sequence != 0 {
            members.sequences.pass(port, sequence);
        }
    }
    claim
}

/// The message of `claim`, of `len` bytes, is the next of its port.
pub(super) fn number<H: Holder>(
    seat: &Seat<H>,
    sock: &Sock<H>,
    members: &mut Members<H>,
    (claim, len): (Claim, u32),
    message: &impl Payload,
) {
    let (now, pace) = (now_ns(), &sock.port().pace);
    let skipped = pace.take_skipped();
    let sequence = Sequence {
        sequence: members.sequences.next(seat.number, skipped),
        sent: now,
        skipped,
        origin: message.note().map_or(Origin::default(), Origin::from_bytes),
    };
    seat.ring.note_sequence(claim, sequence);
    if let Some(window) = &seat.network.window {
        pace.send(now, len, window.rate);
    }
}

/// The same of a part, which is none of its messages.
pub(super) fn number_part(ring: &Ring<RingMemory>, claim: Claim) {
    let sent = now_ns();
    let none = Sequence::default();
    ring.note_sequence(claim, Sequence { sent, ..none });
}

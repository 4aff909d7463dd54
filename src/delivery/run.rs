// SPDX-License-Identifier: GPL-2.0

//! Short messages that follow on one another, sent on the ring that all ports share with one turn for several of them.

use crate::{
    abi::errno::Result,
    delivery::shared::{count, give_up, why_not, SHORT},
    network::{holder::Holder, seat::Seat},
    ring::layout::Meta,
    rust::{
        glue::trace,
        net::{message::Part, socket::Sock},
        sync::atomic::full_barrier,
    },
    wakeup::readers::wake_readers_of,
};

/// Most messages of a turn.
const TURN: u32 = 16;

/// Sends messages as long as they are short and there is nothing to wait for: how many. What is not sent is left in
/// `parts`.
///
/// The network has ended, or the port may not send: `EPIPE`, if none was sent.
pub(super) fn send<'a, H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    parts: &mut (impl Iterator<Item = Part<'a>> + Clone),
) -> Result<u32> {
    let (network, ring, port) = (&*seat.network, &*seat.ring, sock.port());
    let (is_lossless, stamp) = (network.is_lossless(), network.stamp());
    // Who sleeps is to be woken before it loses any.
    let most = (network.pool / 2).clamp(1, TURN);
    let mut members = network.members.lock();
    if members.ended || !port.sends_by_us() {
        return Err(why_not(&members, port));
    }
    let (mut sent, mut last) = (0_u32, None);
    while sent != most {
        let begin = parts.clone();
        let Some(part) = parts.next() else {
            break;
        };
        let len = part.bytes.len() as u32;
        if part.bytes.len() > SHORT || (is_lossless && !ring.has_spare(len)) {
            *parts = begin;
            break;
        }
        // Where there is room, none is given up on a lossless network.
        let claim = ring.reserve(len, u64::MAX, |gone| {
            give_up(&mut members, is_lossless, gone)
        });
        ring.memory().fill_from(claim.at, part.bytes, &[]);
        count(seat, sock, &mut members, len);
        let meta = Meta {
            len,
            from: seat.number,
            stamp,
            back: 0,
        };
        ring.publish(claim, meta);
        trace::sent(&network.file, seat.number, len);
        if is_lossless {
            // As of a message by itself: `shared::send`.
            full_barrier();
        }
        seat.reader(port).skip_sent(claim.number);
        sent = sent.wrapping_add(1);
        last = Some(part);
    }
    if let Some(part) = last {
        wake_readers_of(network, members, sock, &part, sent);
    }
    Ok(sent)
}

// SPDX-License-Identifier: GPL-2.0

//! What a port of a reliable bus has missed, and how its owner is told.
//!
//! The next `recv` says `ECONNRESET`, once; the message behind the gap comes with whose messages were missed. Or the port
//! is evicted, and finds the end.

use crate::{
    abi::{
        errno::Errno,
        sequence::Gap,
        uapi::{IPN_GAPS_MAX, IPN_SO_GAPS},
    },
    membership,
    ring::port::{BOTH_SHUT, RECEIVE_SHUT},
    rust::net::message::Incoming,
    socket::endpoint::{IpnSock, Seat},
};
use kernel::prelude::*;

/// The port has missed messages, which are counted.
#[cold]
pub(super) fn note(sock: &IpnSock) {
    if sock.is_reliable {
        sock.has_gap.raise();
        sock.looks_aside.raise();
    }
}

/// The port was later than the window, and has missed messages: if its network evicts who is, it finds the end.
#[cold]
pub(super) fn evict(sock: &IpnSock, seat: &Seat) {
    if seat.network.shape.evicts() && !sock.device.is_there() && sock.is_evicted.raise_first() {
        seat.network.evicted.add(1);
        membership::shut(&seat.network, sock, seat.number, RECEIVE_SHUT);
        sock.show_shutdown(sock.port.shut() & BOTH_SHUT);
    }
}

/// Whether a call is told now that messages were missed: `ECONNRESET`. One that was evicted finds the end instead.
pub(super) fn tell(sock: &IpnSock) -> Result {
    if sock.has_gap.is_up() && !sock.is_evicted.is_up() && sock.has_gap.lower_first() {
        sock.owes_gaps.raise();
        return Err(Errno::CONNRESET.into());
    }
    Ok(())
}

/// Adds whose messages were missed, if the caller was told that some were.
pub(super) fn add(sock: &IpnSock, seat: &Seat, place: &mut Incoming<'_>) {
    let Some(seen) = &seat.seen else {
        return;
    };
    if !sock.owes_gaps.is_up() || !sock.owes_gaps.lower_first() {
        return;
    }
    let mut bytes = [0; (IPN_GAPS_MAX + 1) * Gap::SIZE];
    let mut places = bytes.chunks_exact_mut(Gap::SIZE);
    let mut len = 0_usize;
    seen.take_gaps(|gap| {
        if let Some(place) = places.next() {
            place.copy_from_slice(&gap.to_bytes());
            len = len.saturating_add(Gap::SIZE);
        }
    });
    // Of what a mapped reader has missed nobody knows whose it was.
    if len != 0 {
        place.add_note(IPN_SO_GAPS, bytes.get(..len).unwrap_or(&bytes));
    }
}

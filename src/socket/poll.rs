// SPDX-License-Identifier: GPL-2.0

//! `poll`: what a socket is ready for.

use crate::{
    network::holder::Holder,
    rust::net::socket::events,
    socket::{endpoint::IpnSock, recv::is_readable},
    wakeup::{readers::await_message, room::room},
};

/// `poll(2)`.
pub(crate) fn poll(sock: &IpnSock, sleeps: bool) -> u32 {
    let Some(network) = sock.network() else {
        return 0;
    };
    let end = || match network.is_terminated() || sock.has_left() {
        true => events::IN | events::RDHUP | events::HUP,
        false => 0,
    };
    // Without a port there is nothing else; the messages of a device are its own.
    let Ok(seat) = sock.readable_port() else {
        return end();
    };
    seat.reader(&sock.port).correct();
    if sleeps {
        await_message(network, &sock.port, seat.number);
    }
    let mut ready = end();
    if sock.was_told() {
        ready |= events::IN | events::PRI;
    }
    if is_readable(sock, seat) {
        ready |= events::IN;
    }
    if !sock.port.receives() {
        ready |= events::RDHUP;
        if !sock.port.sends() {
            ready |= events::HUP;
        }
    }
    if sock.port.sends() && !network.is_terminated() {
        if room(network, &sock.port, seat.number, sleeps) {
            ready |= events::OUT;
        }
    }
    ready
}

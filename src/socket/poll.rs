// SPDX-License-Identifier: GPL-2.0

//! `poll`: what a socket is ready for.

use crate::{
    network::holder::Holder,
    rust::{net::socket::events, task::clock::now_ms},
    socket::{
        endpoint::IpnSock,
        news::hear_writer,
        recv::{is_over, is_readable},
    },
    wakeup::{readers::await_message, room::room},
};

/// `poll(2)`: ready is what a call would not wait for, be its answer an error. As of AF_UNIX
/// (`unix_dgram_poll` in net/unix/af_unix.c), whose event loops wait for that before they call.
pub(crate) fn poll(sock: &IpnSock, sleeps: bool) -> u32 {
    let Some(network) = sock.network() else {
        return 0;
    };
    let end = || {
        let device_has_gone = sock.has_left() || sock.served_has_gone.is_up();
        match network.is_terminated() || device_has_gone {
            true => events::IN | events::RDHUP | events::HUP,
            false => 0,
        }
    };
    // Without a port there is nothing else; the messages of a device are its own.
    let Ok(seat) = sock.readable_port() else {
        return end();
    };
    hear_writer(seat);
    seat.reader(&sock.port).correct();
    if sleeps {
        await_message(network, &sock.port, seat.number);
    }
    let mut ready = end();
    if sock.was_told() {
        ready |= events::IN | events::PRI;
    }
    if is_readable(sock, seat) || is_over(sock, seat) {
        ready |= events::IN;
    }
    if !sock.port.receives() {
        ready |= events::RDHUP;
        if !sock.port.sends() {
            ready |= events::HUP;
        }
    }
    if ready & events::IN == 0 {
        sock.port.note_poll(now_ms());
    }
    let fails = !sock.port.sends() || network.is_terminated();
    if fails || room(network, &sock.port, seat.number, sleeps, network.shape.mtu) {
        ready |= events::OUT;
    } else {
        sock.note_full();
    }
    ready
}

// SPDX-License-Identifier: GPL-2.0

//! `send`: what is refused before a message goes.

use crate::{
    abi::{errno::Errno, uapi::IPN_SO_ORIGIN},
    delivery,
    rust::net::{
        message::{Outgoing, Payload},
        socket::raise_sigpipe,
    },
    socket::{
        endpoint::{IpnSock, Seat},
        records,
    },
};
use kernel::prelude::*;

/// `sendmsg(2)`.
#[inline]
pub(crate) fn send(sock: &IpnSock, mut message: Outgoing<'_>) -> Result<usize> {
    let result = try_send(sock, &mut message);
    if matches!(result, Err(error) if error == EPIPE) && !message.flags().no_signal() {
        raise_sigpipe();
    }
    result
}

/// What comes with a message is where it comes from, on a reliable bus. Else: `EINVAL`.
#[cold]
fn take_origin(sock: &IpnSock, seat: &Seat, message: &mut Outgoing<'_>) -> Result {
    if seat.seen.is_none() || sock.records.is_up() {
        return Err(EINVAL);
    }
    message.take_note(IPN_SO_ORIGIN)
}

#[inline]
fn try_send(sock: &IpnSock, message: &mut Outgoing<'_>) -> Result<usize> {
    let Some(seat) = sock.seat.as_ref() else {
        // A direction that was given up stays so, with a network or without.
        return Err(if sock.port.sends() {
            Errno::NOTCONN
        } else {
            Errno::PIPE
        }
        .into());
    };
    if message.flags().out_of_band() || sock.device.is_there() {
        return Err(Errno::OPNOTSUPP.into());
    }
    if message.has_destination() {
        return Err(Errno::ISCONN.into());
    }
    if message.has_control() {
        take_origin(sock, seat, message)?;
    }
    if !sock.port.sends() {
        return Err(EPIPE);
    }
    if sock.records.is_up() {
        return records::send(sock, seat, message);
    }
    if message.len() > seat.network.mtu() {
        return Err(EMSGSIZE);
    }
    delivery::send(sock, seat, message)?;
    Ok(message.len())
}

// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: sending, which waits where it must and may.

mod attempt;
mod per_port;
mod shared;

use crate::{
    abi::errno::{Errno, Result},
    delivery::attempt::Attempt,
    network::{holder::Holder, seat::Seat},
    policy::Layout,
    rust::net::{
        message::{Outgoing, Payload},
        socket::Sock,
    },
    wakeup::{
        flush_before_sleep,
        room::{await_room, room, skip_refused},
    },
};
use kernel::prelude::*;

/// Sends a message of the port of `sock`, whose seat this is; waits where it must, and may.
///
/// The errors of `send(2)` on this family, but those of the port itself.
pub(crate) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut Outgoing<'_>,
) -> kernel::error::Result {
    let network = &*seat.network;
    let port = sock.port();
    let mut fetched = None;
    let mut timeout = None;
    let mut again = false;
    loop {
        match attempt(sock, seat, message, fetched.as_deref(), again)? {
            Attempt::Sent => return Ok(()),
            Attempt::Fault => {
                flush_before_sleep(network, sock);
                fetched = Some(message.fetch()?);
            }
            Attempt::Full { room_made } => {
                let timeout =
                    timeout.get_or_insert_with(|| sock.send_timeout(message.flags().dont_wait()));
                let first = !again;
                again = true;
                if *timeout == 0 {
                    let retry = match network.layout {
                        Layout::Shared => room(network, port, seat.number, true),
                        // The attempt itself has seen to it that room will be heard of.
                        Layout::PerPort => first && skip_refused(network),
                    };
                    if retry {
                        continue;
                    }
                    sock.note_full();
                    return Err(EAGAIN);
                }
                flush_before_sleep(network, sock);
                sock.wait(timeout, || {
                    room(network, port, seat.number, true)
                        || network.room_made.load_acquire() != room_made
                        || !port.sends()
                        || network.is_terminated()
                })?;
            }
        }
    }
}

/// A device sends a packet as the port of `sock`, whose seat this is.
///
/// Nobody waits here. Too long: `EMSGSIZE`; lossless and no room: `EAGAIN`, and the device is woken
/// once there is some.
pub(crate) fn inject<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    packet: &mut impl Payload,
) -> Result {
    if packet.len() > seat.network.mtu() {
        return Err(Errno::MSGSIZE);
    }
    match attempt(sock, seat, packet, None, false)? {
        Attempt::Sent => Ok(()),
        Attempt::Fault => Err(Errno::FAULT),
        Attempt::Full { .. } => {
            await_room(&seat.network, seat.number);
            Err(Errno::AGAIN)
        }
    }
}

/// One turn.
fn attempt<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
    again: bool,
) -> Result<Attempt> {
    match seat.network.layout {
        Layout::Shared => shared::send(sock, seat, message, fetched),
        Layout::PerPort => per_port::send(sock, seat, message, fetched, again),
    }
}

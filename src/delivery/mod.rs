// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: sending, which waits where it must and may.

mod attempt;
mod per_port;
mod shared;

use crate::{
    abi::errno::{Errno, Result},
    delivery::{
        attempt::Attempt,
        per_port::{Receivers, Turns},
    },
    network::{holder::Holder, seat::Seat},
    policy::Layout,
    rust::{
        glue::trace::{self, Awaited},
        net::{
            message::{Message, Payload},
            socket::Sock,
        },
    },
    wakeup::{
        flush_before_sleep,
        refused::look_later,
        room::{await_room, room, Waiting},
    },
};
use kernel::prelude::*;

/// Sends a message of the port of `sock`, whose seat this is; waits where it must, and may.
///
/// The errors of `send(2)` on this family, but those of the port itself.
#[inline]
pub(crate) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Message,
) -> kernel::error::Result {
    match attempt(sock, seat, message, None, Turns::Later, false)? {
        Attempt::Sent => Ok(()),
        unsent => send_later(sock, seat, message, unsent),
    }
}

/// The first turn has come to `outcome`: does what it takes to send the message, and tries again.
#[inline(never)]
fn send_later<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Message,
    mut outcome: Attempt,
) -> kernel::error::Result {
    let network = &seat.network;
    let port = sock.port();
    let mut fetched = None;
    let mut receivers = None;
    let mut timeout = None;
    let mut again = false;
    let mut waiting = None;
    loop {
        match outcome {
            Attempt::Sent => return Ok(()),
            Attempt::Fault => {
                flush_before_sleep(network, sock);
                fetched = Some(message.fetch()?);
            }
            Attempt::Spread => {
                flush_before_sleep(network, sock);
                if fetched.is_none() {
                    fetched = Some(message.fetch()?);
                }
                receivers = Some(Receivers::new(network)?);
                again = true;
            }
            Attempt::Full { room_made } => {
                let timeout = timeout.get_or_insert_with(|| sock.send_timeout(message.dont_wait()));
                again = true;
                if *timeout == 0 {
                    let retry = match network.layout {
                        Layout::Shared => room(network, port, seat.number, true),
                        // The attempt itself has seen to it that room will be heard of.
                        Layout::PerPort => {
                            look_later(network, &network.members.lock());
                            false
                        }
                    };
                    if !retry {
                        sock.note_full();
                        return Err(EAGAIN);
                    }
                } else {
                    flush_before_sleep(network, sock);
                    waiting.get_or_insert_with(|| Waiting::begin(network, port));
                    trace::waits(&network.file, seat.number, Awaited::Room);
                    network.room_queue.wait(timeout, || {
                        room(network, port, seat.number, false)
                            || network.room_made.load_acquire() != room_made
                            || !port.sends()
                            || network.is_terminated()
                    })?;
                }
            }
        }
        let turns = receivers.as_mut().map_or(Turns::Later, Turns::By);
        outcome = attempt(sock, seat, message, fetched.as_deref(), turns, again)?;
    }
}

/// How a device's packet fared.
pub(crate) enum Entered {
    /// It is in the ring of each port that gets it.
    Sent,
    /// It is so much for all of its ports together that they get it in turns: [`inject_in_turns`].
    Spread,
}

/// A device sends a packet as the port of `sock`, whose seat this is.
///
/// Nobody waits here. Too long: `EMSGSIZE`; lossless and no room: `EAGAIN`, and the device is woken
/// once there is some.
pub(crate) fn inject<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    packet: &mut impl Payload,
) -> Result<Entered> {
    if packet.len() > seat.network.mtu() {
        return Err(Errno::MSGSIZE);
    }
    match attempt(sock, seat, packet, None, Turns::Later, false)? {
        Attempt::Sent => Ok(Entered::Sent),
        Attempt::Spread => Ok(Entered::Spread),
        Attempt::Fault => Err(Errno::FAULT),
        Attempt::Full { .. } => Err(hear_of_room(seat)),
    }
}

/// The same where it may sleep, and lets others run; `again`: it was tried before.
///
/// Besides, no memory: `ENOBUFS`.
pub(crate) fn inject_in_turns<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    packet: &mut impl Payload,
    mut again: bool,
) -> Result {
    let mut bytes = KVVec::new();
    let len = packet.len();
    bytes
        .resize(len, 0, GFP_KERNEL)
        .map_err(|_| Errno::NOBUFS)?;
    if !packet.read_atomic(&mut bytes) {
        return Err(Errno::FAULT);
    }
    loop {
        let mut receivers = Receivers::new(&seat.network)?;
        let turns = Turns::By(&mut receivers);
        match attempt(sock, seat, packet, Some(&bytes), turns, again)? {
            Attempt::Sent => return Ok(()),
            // There are more ports by now.
            Attempt::Spread => again = true,
            Attempt::Fault => return Err(Errno::FAULT),
            Attempt::Full { .. } => return Err(hear_of_room(seat)),
        }
    }
}

/// The device of the port is woken once there is room.
fn hear_of_room<H: Holder>(seat: &Seat<H>) -> Errno {
    await_room(&seat.network, seat.number);
    look_later(&seat.network, &seat.network.members.lock());
    Errno::AGAIN
}

/// One turn.
#[inline]
fn attempt<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
    turns: Turns<'_, H>,
    again: bool,
) -> Result<Attempt> {
    match seat.network.layout {
        Layout::Shared => shared::send(sock, seat, message, fetched),
        Layout::PerPort => per_port::send(sock, seat, message, fetched, turns, again),
    }
}

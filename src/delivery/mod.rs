// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: sending, which waits where it must and may.

mod attempt;
mod parts;
mod per_port;
mod reliable;
mod room_wait;
mod run;
mod shared;

use crate::{
    abi::errno::{Errno, Result},
    delivery::{
        attempt::Attempt,
        per_port::{Receivers, Turns},
        room_wait::RoomWait,
    },
    network::{holder::Holder, seat::Seat},
    policy::Layout,
    rust::net::{
        message::{Message, Part, Payload},
        socket::Sock,
    },
    wakeup::{
        flush_before_sleep,
        refused::look_later,
        room::{await_room, look_when_paced},
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
    if message.len() > seat.ring.part_bytes() as usize {
        return parts::send(sock, seat, message);
    }
    let outcome = match seat.network.layout {
        // A hub, most often: at once.
        Layout::Shared => shared::send(sock, seat, message, None)?,
        _ => attempt(sock, seat, message, None, Turns::Later, false)?,
    };
    match outcome {
        Attempt::Sent => Ok(()),
        unsent => send_later(sock, seat, message, unsent),
    }
}

/// Sends messages that are in the kernel's memory, as far as one turn does for several: how many. None: the next
/// goes [by itself](send). What is not sent is left in `parts`.
///
/// The network has ended, or the port may not send: `EPIPE`, if none was sent.
#[inline]
pub(crate) fn send_run<'a, H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    parts: &mut (impl Iterator<Item = Part<'a>> + Clone),
) -> Result<u32> {
    match seat.network.layout {
        Layout::Shared | Layout::Written => run::send(sock, seat, parts),
        Layout::PerPort | Layout::Reliable => Ok(0),
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
    let mut fetched = None;
    let mut receivers = None;
    let mut again = false;
    let mut wait = RoomWait::new();
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
                again = true;
                wait.full(sock, seat, message, room_made)?;
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
    if packet.len() > seat.ring.part_bytes() as usize {
        return match parts::inject(sock, seat, packet)? {
            true => Ok(Entered::Sent),
            false => Err(hear_of_room(sock, seat)),
        };
    }
    match attempt(sock, seat, packet, None, Turns::Later, false)? {
        Attempt::Sent => Ok(Entered::Sent),
        Attempt::Spread => Ok(Entered::Spread),
        Attempt::Fault => Err(Errno::FAULT),
        Attempt::Full { .. } => Err(hear_of_room(sock, seat)),
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
            Attempt::Full { .. } => return Err(hear_of_room(sock, seat)),
        }
    }
}

/// The device of the port is woken once there is room.
fn hear_of_room<H: Holder>(sock: &Sock<H>, seat: &Seat<H>) -> Errno {
    await_room(&seat.network, seat.number);
    let members = seat.network.members.lock();
    look_when_paced(&seat.network, sock.port());
    look_later(&seat.network, &members);
    Errno::AGAIN
}

/// One turn.
#[inline(never)]
fn attempt<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
    turns: Turns<'_, H>,
    again: bool,
) -> Result<Attempt> {
    match seat.network.layout {
        Layout::Shared | Layout::Written => shared::send(sock, seat, message, fetched),
        Layout::PerPort => per_port::send(sock, seat, message, fetched, turns, again),
        Layout::Reliable => reliable::send(sock, seat, message, fetched),
    }
}

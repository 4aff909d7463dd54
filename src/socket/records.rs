// SPDX-License-Identifier: GPL-2.0

//! Several messages a call, as records (`IPN_SO_RECORDS`).
//!
//! What is short is gathered, and copied to the caller or from it in one piece: by itself each copy costs
//! more than such a message.

use crate::{
    abi::record::{self, First, Record},
    delivery,
    network::Sender,
    rust::{
        glue::trace,
        mm::piece::{Piece, PIECE},
        net::message::{Incoming, Outgoing, Part, Payload},
        task::pause::pause,
    },
    socket::{
        endpoint::{IpnSock, Seat},
        reading::{Consumed, Found, Reading},
    },
    wakeup::room::wake_senders_later,
};
use kernel::prelude::*;

/// Messages in a row, which are received together.
struct Run {
    /// The number of the first.
    first: u64,
    /// The number after the last.
    next: u64,
    /// When the last was sent.
    stamp: u64,
    /// Bytes of them.
    bytes: usize,
}

/// What a call has received.
pub(super) struct Received {
    /// Bytes of the records, had they all had room.
    pub(super) len: usize,
    /// When the last was sent.
    pub(super) stamp: u64,
    /// Who sent them all, if that is asked for and known.
    pub(super) sender: Option<Sender>,
}

/// Receives the messages that are there, as many as fit; one that does not, if it is the first, is cut.
/// None: nothing is there. Where it is asked for who sent them, they are of one sender.
pub(super) fn receive(reading: Reading<'_>, place: &mut Incoming<'_>) -> Result<Option<Received>> {
    let Reading { sock, seat } = reading;
    let peeks = place.flags().peek();
    let mut gathered = Piece::new();
    let mut received: Option<Received> = None;
    let end = reading.end();
    loop {
        let len = received.as_ref().map_or(0, |received| received.len);
        let begin = record::begin(len);
        let between = begin.saturating_sub(len);
        let room = place.room().saturating_sub(between);
        let found = match reading.next(end) {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if received.is_none() => return Err(error),
            Err(_) => break,
        };
        let size = record::size(found.len);
        if size > room && received.is_some() {
            break;
        }
        let asks = sock.wants_sender.is_up();
        let is_other = |received: &Received| !is_of(seat, received.sender.as_ref(), &found);
        if asks && received.as_ref().is_some_and(is_other) {
            break;
        }
        let sender = match &mut received {
            Some(received) => received.sender.take(),
            None if asks => find_sender(seat, &found),
            None => None,
        };
        gathered.clear();
        let traced = (found.meta.from, found.meta.len);
        let (run, copied) = if size > PIECE {
            let (at, rest) = (found.at.at, room.saturating_sub(record::HEADER));
            let copied = add(place, between, &describe(&found).to_bytes())
                && seat.ring.memory().drain(at, found.len.min(rest), place);
            (run_of(&found), copied)
        } else {
            let of_one = asks.then_some(sender.as_ref());
            let run = gather(reading, found, end, room, of_one, &mut gathered);
            let copied = (between == 0 || add(place, between, &[])) && place.copy_from(&gathered);
            (run, copied)
        };
        let mut counts = seat.ring.is_not_overwritten(run.first);
        if counts && !copied {
            place.revert_to(len);
            match &mut received {
                None => return Err(EFAULT),
                Some(received) => received.sender = sender,
            }
            break;
        }
        // As of a message by itself.
        counts &= sock.port.receives();
        if counts && !peeks {
            match reading.consume_many(run.first, run.next) {
                Consumed::Taken => {}
                Consumed::MadeRoom => wake_senders_later(&seat.network, sock),
                Consumed::Gone => counts = false,
            }
        }
        if !counts {
            place.revert_to(len);
            if let Some(received) = &mut received {
                received.sender = sender;
            }
            continue;
        }
        if !peeks {
            sock.port.received.add(run.next.wrapping_sub(run.first));
            sock.port.received_bytes.add(run.bytes as u64);
            if trace::traces_received() {
                trace_received(seat, traced, &gathered);
            }
        }
        place.keep();
        received = Some(Received {
            len: begin.saturating_add(size.max(gathered.len())),
            stamp: run.stamp,
            sender,
        });
        if peeks || size > room || run.next == end || pause().is_err() {
            break;
        }
    }
    Ok(received)
}

/// Who sent a message, to be believed once it was not overwritten.
fn find_sender(seat: &Seat, found: &Found) -> Option<Sender> {
    let message = seat.ring.sent_as(found.at);
    seat.network.sender(found.meta.from, message)
}

/// Whether a message is of a sender whose message another before it was; of an unknown one none is.
fn is_of(seat: &Seat, sender: Option<&Sender>, found: &Found) -> bool {
    sender.is_some_and(|sender| {
        sender.port == found.meta.from && seat.ring.sent_as(found.at) < sender.end
    })
}

/// Tells of each message that was received: of those that were gathered, or the one of that sender and length.
#[cold]
fn trace_received(seat: &Seat, (from, len): (u32, u32), gathered: &[u8]) {
    let (file, port) = (&seat.network.file, seat.number);
    let mut rest = gathered;
    if rest.is_empty() {
        trace::received(file, port, from, len);
    }
    while let Some((&[a, b, c, d, e, f, g, h], _)) = rest.split_first_chunk() {
        let len = u32::from_ne_bytes([a, b, c, d]);
        trace::received(file, port, u32::from_ne_bytes([e, f, g, h]), len);
        rest = rest
            .get(record::begin(record::size(len as usize))..)
            .unwrap_or(&[]);
    }
}

/// Copies so many zeroes, at most 7, and a header, if one is given, behind what is there; tells whether they
/// could be written.
fn add(place: &mut Incoming<'_>, between: usize, header: &[u8]) -> bool {
    let mut bytes = [0; 8 + record::HEADER];
    let (_, behind) = bytes.split_at_mut(between.min(8));
    behind
        .iter_mut()
        .zip(header)
        .for_each(|(place, byte)| *place = *byte);
    let len = between.saturating_add(header.len());
    let copied = place.copy_from(bytes.get(..len).unwrap_or(&bytes));
    place.keep();
    copied
}

/// The record of a message.
fn describe(found: &Found) -> Record {
    Record {
        len: found.len as u32,
        from: found.meta.from,
        number: found.at.number,
        stamp: found.meta.stamp,
    }
}

/// A message by itself.
fn run_of(found: &Found) -> Run {
    Run {
        first: found.at.number,
        next: found.at.number.wrapping_add(1),
        stamp: found.meta.stamp,
        bytes: found.len,
    }
}

/// Gathers messages: `found`, and those that follow it before number `end`, as many as fit into `room`
/// bytes, up to one that may not be for the port; or, with `of_one`, that is not of that sender.
fn gather(
    reading: Reading<'_>,
    found: Found,
    end: u64,
    room: usize,
    of_one: Option<Option<&Sender>>,
    to: &mut Piece,
) -> Run {
    let memory = reading.seat.ring.memory();
    let reader = reading.reader();
    let mut run = run_of(&found);
    // The first may be cut.
    memory.append(found.at.at, describe(&found), PIECE, to);
    // A filter is asked about each when it is its turn.
    let end = if reading.gets_all() { end } else { run.next };
    let mut at = found.at;
    while run.next != end {
        let Some((next, meta)) = reader.look_after(at) else {
            break;
        };
        at = next;
        let found = reading.whole(at, meta);
        if of_one.is_some_and(|sender| !is_of(reading.seat, sender, &found)) {
            break;
        }
        if !memory.append(at.at, describe(&found), room, to) {
            break;
        }
        run.bytes = run.bytes.saturating_add(found.len);
        run.next = run.next.wrapping_add(1);
        run.stamp = meta.stamp;
    }
    run
}

/// Sends messages, one after the other. How many bytes of them were sent, if any.
#[cold]
pub(super) fn send(sock: &IpnSock, seat: &Seat, message: &mut Outgoing<'_>) -> Result<usize> {
    let mut gathered = Piece::new();
    let (whole, mut sent) = (message.len(), 0);
    while sent < whole {
        message.fetch_next(&mut gathered);
        let left = whole.saturating_sub(sent);
        let (mut taken, mut outcome) = send_gathered(sock, seat, message, &gathered, left);
        message.give_back(gathered.len().saturating_sub(taken));
        if taken == 0 && outcome.is_ok() {
            outcome = send_long(sock, seat, message, &gathered, left).map(|len| taken = len);
        }
        sent = sent.saturating_add(taken);
        match outcome.and_then(|()| pause()) {
            Err(error) if sent == 0 => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    Ok(sent)
}

/// Sends the messages that are whole in `gathered`, the first of `left` bytes that the caller has: how many
/// bytes of them were sent, and why no more, unless more have to be looked at.
fn send_gathered(
    sock: &IpnSock,
    seat: &Seat,
    message: &Outgoing<'_>,
    gathered: &[u8],
    left: usize,
) -> (usize, Result) {
    let mut taken = 0_usize;
    while let Some(rest) = gathered.get(taken..).filter(|rest| !rest.is_empty()) {
        let left = left.saturating_sub(taken);
        let (bytes, next) = match record::first(rest, left, seat.network.mtu()) {
            First::Message(bytes, next) => (bytes, next),
            First::TooLong => return (taken, Err(EMSGSIZE)),
            First::Cut => return (taken, Err(EINVAL)),
            First::More(_) => break,
        };
        let mut part = Part {
            bytes,
            flags: message.flags(),
            more: next < left,
        };
        if let Err(error) = delivery::send(sock, seat, &mut part) {
            return (taken, Err(error));
        }
        taken = taken.saturating_add(next);
    }
    (taken, Ok(()))
}

/// Sends the message that `gathered` has the beginning of, straight from the caller's memory.
#[inline(never)]
fn send_long(
    sock: &IpnSock,
    seat: &Seat,
    message: &mut Outgoing<'_>,
    gathered: &[u8],
    left: usize,
) -> Result<usize> {
    // One that is not there as far as it should be is short: its caller's memory ends.
    let len = match record::first(gathered, left, seat.network.mtu()) {
        First::More(Some(len)) => len,
        _ => return Err(EFAULT),
    };
    let next = record::begin(record::size(len)).min(left);
    message.skip(record::HEADER);
    delivery::send(sock, seat, &mut message.next_part(len, next < left))?;
    message.skip(next.saturating_sub(record::size(len)));
    Ok(next)
}

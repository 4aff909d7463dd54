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
        net::message::{Flags, Incoming, Outgoing, Part, Payload},
        task::pause::pause,
    },
    socket::{
        besides::Besides,
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

/// Bytes before each message.
pub(super) fn header(sock: &IpnSock) -> usize {
    match sock.sequenced.is_up() {
        true => record::SEQUENCED,
        false => record::HEADER,
    }
}

/// Receives the messages that are there before number `end`, as many as fit; one that does not, if it is the first, is cut.
/// None: nothing is there. Where it is asked for who sent them, they are of one sender.
pub(super) fn receive(
    reading: Reading<'_>,
    place: &mut Incoming<'_>,
    end: u64,
) -> Result<Option<Received>> {
    let Reading { sock, seat } = reading;
    let (peeks, header) = (place.flags().peek(), header(sock));
    let mut gathered = Piece::new();
    let mut received: Option<Received> = None;
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
        let size = record::size(header, found.len);
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
        let (at, meta) = (found.at, found.meta);
        let looks_closer = sock.looks_closer.is_up();
        let besides = looks_closer.then(|| Besides::of(seat, &found));
        let is_behind_a_gap = besides.as_ref().is_some_and(Besides::is_behind_a_gap);
        if let Some(received) = received.as_mut().filter(|_| is_behind_a_gap) {
            // Those before it come first.
            received.sender = sender;
            break;
        }
        let (run, copied) = if size > PIECE || meta.is_in_parts() || looks_closer {
            let rest = room.saturating_sub(header);
            let sequence = besides
                .as_ref()
                .map_or(0, |besides| besides.sequence.sequence);
            let bytes = describe(&found).to_bytes(sequence);
            let copied = add(place, between, bytes.get(..header).unwrap_or(&bytes))
                && found.drain(seat, found.len.min(rest), place);
            (run_of(&found), copied)
        } else {
            let run = match asks {
                false => gather(reading, found, end, room, |_| true, &mut gathered),
                true => {
                    let goes_on = |found: &Found| is_of(seat, sender.as_ref(), found);
                    gather(reading, found, end, room, goes_on, &mut gathered)
                }
            };
            let copied = (between == 0 || add(place, between, &[])) && place.copy_from(&gathered);
            (run, copied)
        };
        // If the first is there, so are the others.
        let mut counts = seat.ring.is_there(at, meta);
        if counts && !copied {
            place.revert_to(len);
            match &mut received {
                None => return Err(EFAULT),
                Some(received) => received.sender = sender,
            }
            break;
        }
        counts = counts && reading.keeps(at.number);
        let heard = match &besides {
            Some(besides) if counts && !peeks => besides.hear(reading),
            _ => Ok(()),
        };
        if let Err(missed) = heard {
            place.revert_to(len);
            return Err(missed);
        }
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
            .get(record::begin(record::size(record::HEADER, len as usize))..)
            .unwrap_or(&[]);
    }
}

/// Copies so many zeroes, at most 7, and a header, if one is given, behind what is there; tells whether they
/// could be written.
fn add(place: &mut Incoming<'_>, between: usize, header: &[u8]) -> bool {
    let mut bytes = [0; 8 + record::SEQUENCED];
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
/// bytes, up to one that may not be for the port, or with which it does not go on.
#[inline]
fn gather(
    reading: Reading<'_>,
    found: Found,
    end: u64,
    room: usize,
    goes_on: impl Fn(&Found) -> bool,
    to: &mut Piece,
) -> Run {
    let memory = reading.seat.ring.memory();
    let reader = reading.reader();
    // The first may be cut.
    memory.append(found.at.at, describe(&found), PIECE, to);
    // A filter is asked about each when it is its turn.
    let last = match reading.gets_all() {
        true => end.wrapping_sub(1),
        false => found.at.number,
    };
    let (mut at, mut bytes, mut stamp) = (found.at, found.len, found.meta.stamp);
    while at.number != last {
        let Some((next, meta)) = reader.look_after(at) else {
            break;
        };
        // One that is overwritten may say any length: what can be no message has no room.
        let len = meta.len as usize;
        let found = Found {
            at: next,
            meta,
            len,
        };
        if !goes_on(&found) || !memory.append(next.at, describe(&found), room, to) {
            break;
        }
        bytes = bytes.wrapping_add(len);
        stamp = meta.stamp;
        at = next;
    }
    Run {
        first: found.at.number,
        next: at.number.wrapping_add(1),
        stamp,
        bytes,
    }
}

/// Sends messages, one after the other. How many bytes of them were sent, if any.
#[cold]
pub(super) fn send(sock: &IpnSock, seat: &Seat, message: &mut Outgoing<'_>) -> Result<usize> {
    match sock.sequenced.is_up() {
        false => send_with::<{ record::HEADER }>(sock, seat, message),
        true => send_with::<{ record::SEQUENCED }>(sock, seat, message),
    }
}

/// The same where so many bytes are before each message.
fn send_with<const HEADER: usize>(
    sock: &IpnSock,
    seat: &Seat,
    message: &mut Outgoing<'_>,
) -> Result<usize> {
    let mut gathered = Piece::new();
    let (whole, mut sent) = (message.len(), 0);
    while sent < whole {
        message.fetch_next(&mut gathered);
        let left = whole.saturating_sub(sent);
        let (mut taken, mut outcome) =
            send_gathered::<HEADER>(sock, seat, message, &gathered, left);
        message.give_back(gathered.len().saturating_sub(taken));
        if taken == 0 && outcome.is_ok() {
            outcome =
                send_long::<HEADER>(sock, seat, message, &gathered, left).map(|len| taken = len);
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
fn send_gathered<const HEADER: usize>(
    sock: &IpnSock,
    seat: &Seat,
    message: &Outgoing<'_>,
    gathered: &[u8],
    left: usize,
) -> (usize, Result) {
    let mut parts = Parts::<'_, HEADER> {
        rest: gathered,
        left,
        mtu: seat.network.mtu(),
        flags: message.flags(),
    };
    loop {
        let taken = |parts: &Parts<'_, HEADER>| left.saturating_sub(parts.left);
        let sent = match delivery::send_run(sock, seat, &mut parts) {
            Ok(sent) => sent,
            Err(errno) => return (taken(&parts), Err(errno.into())),
        };
        let begin = parts.clone();
        let mut part = match parts.next_part() {
            Ok(Some(part)) => part,
            Ok(None) => return (taken(&parts), Ok(())),
            Err(error) => return (taken(&parts), Err(error)),
        };
        if sent != 0 {
            parts = begin;
        } else if let Err(error) = delivery::send(sock, seat, &mut part) {
            return (taken(&begin), Err(error));
        }
    }
}

/// The messages that are whole in what was fetched.
#[derive(Clone)]
struct Parts<'a, const HEADER: usize> {
    /// What is left of that.
    rest: &'a [u8],
    /// Bytes that are left of what the caller has.
    left: usize,
    /// The longest message.
    mtu: usize,
    flags: Flags,
}

impl<'a, const HEADER: usize> Parts<'a, HEADER> {
    /// The next, unless more has to be looked at. One that is too long: `EMSGSIZE`; one that is cut off: `EINVAL`;
    /// then it is as it was.
    #[inline(always)]
    fn next_part(&mut self) -> Result<Option<Part<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        match record::first(self.rest, self.left, self.mtu, HEADER) {
            First::Message(bytes, next) => {
                self.left = self.left.saturating_sub(next);
                self.rest = self.rest.get(next..).unwrap_or(&[]);
                let (flags, more) = (self.flags, self.left != 0);
                Ok(Some(Part { bytes, flags, more }))
            }
            First::TooLong => Err(EMSGSIZE),
            First::Cut => Err(EINVAL),
            First::More(_) => Ok(None),
        }
    }
}

impl<'a, const HEADER: usize> Iterator for Parts<'a, HEADER> {
    type Item = Part<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Part<'a>> {
        self.next_part().ok().flatten()
    }
}

/// Sends the message that `gathered` has the beginning of, straight from the caller's memory.
#[inline(never)]
fn send_long<const HEADER: usize>(
    sock: &IpnSock,
    seat: &Seat,
    message: &mut Outgoing<'_>,
    gathered: &[u8],
    left: usize,
) -> Result<usize> {
    // One that is not there as far as it should be is short: its caller's memory ends.
    let len = match record::first(gathered, left, seat.network.mtu(), HEADER) {
        First::More(Some(len)) => len,
        _ => return Err(EFAULT),
    };
    let size = record::size(HEADER, len);
    let next = record::begin(size).min(left);
    message.skip(HEADER);
    delivery::send(sock, seat, &mut message.next_part(len, next < left))?;
    message.skip(next.saturating_sub(size));
    Ok(next)
}

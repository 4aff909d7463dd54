// SPDX-License-Identifier: GPL-2.0

//! `recv`: a message, an out-of-band message, or the end.

use crate::{
    abi::{errno::Errno, record},
    network::{holder::Holder, Sender},
    rust::{
        glue::trace::{self, Awaited},
        net::{filter, message::Incoming},
        sync::wait_queue::interrupted,
        task::clock::now_ms,
    },
    socket::{
        besides::Besides,
        endpoint::{IpnSock, Seat},
        gaps, mapping,
        news::hear_writer,
        reading::{Consumed, Reading},
        records,
    },
    wakeup::{flush_before_sleep, readers::await_message, room::wake_senders_later},
};
use kernel::prelude::*;

/// `recvmsg(2)`.
#[inline]
pub(crate) fn receive(sock: &IpnSock, mut place: Incoming<'_>) -> Result<usize> {
    let flags = place.flags();
    let reading = Reading::by_call(sock)?;
    if flags.out_of_band() || flags.error_queue() {
        return Err(Errno::OPNOTSUPP.into());
    }
    match receive_now(reading, &mut place) {
        Ok(Some(len)) => Ok(len),
        found => receive_later(sock, reading.seat, &mut place, found),
    }
}

/// The first look has `found` nothing, or failed: waits and looks again where the call must and may.
#[inline(never)]
fn receive_later(
    sock: &IpnSock,
    seat: &Seat,
    place: &mut Incoming<'_>,
    mut found: Result<Option<usize>>,
) -> Result<usize> {
    let mut timeout = sock.receive_timeout(place.flags().dont_wait());
    let mut waiting = None;
    let result = loop {
        match found {
            Ok(Some(len)) => break Ok(len),
            Ok(None) if timeout == 0 => break Err(EAGAIN),
            Ok(None) => {}
            // A call with a limit is not made again: it would have all of its time once more.
            Err(error) if error == ERESTARTSYS && timeout != 0 => break Err(interrupted(timeout)),
            Err(error) => break Err(error),
        }
        flush_before_sleep(&seat.network, sock);
        waiting.get_or_insert_with(|| sock.port.wait(now_ms()));
        trace::waits(&seat.network.file, seat.number, Awaited::Message);
        let woken = sock.wait(&mut timeout, || {
            await_message(&seat.network, &sock.port, seat.number);
            is_readable(sock, seat) || sock.was_told() || is_over(sock, seat)
        });
        // It may be a device's by now.
        let reading = woken.and_then(|()| Reading::by_call(sock));
        found = match reading {
            Ok(reading) => receive_now(reading, place),
            Err(error) => break Err(error),
        };
    };
    // It may have been woken for several messages, or leave the one that it was woken for: it has peeked, or
    // failed. Then the next one is woken, as readers of a pipe do (fs/pipe.c).
    if waiting.is_some() && (sock.was_told() || seat.reader(&sock.port).has_unread()) {
        sock.wake_next();
    }
    result
}

/// Whether `recv` ends at once though there is no message.
pub(super) fn is_over(sock: &IpnSock, seat: &Seat) -> bool {
    seat.network.is_terminated() || is_shut(sock) || sock.is_evicted.is_up()
}

/// Whether nothing comes any more, out of band neither.
fn is_shut(sock: &IpnSock) -> bool {
    !sock.port.receives() && !sock.handles_oob.is_up()
}

/// A message of `len` bytes was received, of which there was room for `room`: what the call returns.
fn conclude(place: &mut Incoming<'_>, room: usize, len: usize) -> usize {
    place.set_end_of_record();
    if room < len {
        place.set_truncated();
    }
    if place.flags().truncated_length() {
        len
    } else {
        room
    }
}

/// Receives what is there: a message, an out-of-band message, or the end. Of the messages it goes through
/// those that were there when it began.
///
/// No lock is held while bytes are copied to the caller; what was copied counts if the message still is
/// the port's next one.
#[inline(always)]
fn receive_now(reading: Reading<'_>, place: &mut Incoming<'_>) -> Result<Option<usize>> {
    let Reading { sock, seat } = reading;
    reading.reader().correct();
    if sock.looks_aside.is_up() {
        if let Some(len) = look_aside(reading, place)? {
            return Ok(Some(len));
        }
    }
    let wants_control = sock.wants_control();
    if wants_control && sock.wants_stamp() {
        seat.network.stamped.store(1);
    }
    // Asked first: what was sent before the end is still found.
    let terminated = seat.network.is_terminated();
    let end = reading.end();
    loop {
        let received = match (sock.records.is_up(), sock.looks_closer.is_up()) {
            (true, _) => receive_records(reading, place, wants_control, end)?,
            (false, false) => take::<false>(reading, place, wants_control, end)?,
            (false, true) => take_closely(reading, place, wants_control, end)?,
        };
        if received.is_some() {
            return Ok(received);
        }
        gaps::tell(sock)?;
        // Where another call was told of the gap, what is behind it is anybody's.
        if !reading.goes_on(end) {
            return nothing(reading, terminated);
        }
    }
}

/// Takes the port's next message with what there is besides, if there is one.
#[cold]
#[inline(never)]
fn take_closely(
    reading: Reading<'_>,
    place: &mut Incoming<'_>,
    wants_control: bool,
    end: u64,
) -> Result<Option<usize>> {
    take::<true>(reading, place, wants_control, end)
}

/// Takes the port's next message, if there is one before number `end`; `CLOSER`: with what there is besides.
#[inline(always)]
fn take<const CLOSER: bool>(
    reading: Reading<'_>,
    place: &mut Incoming<'_>,
    wants_control: bool,
    end: u64,
) -> Result<Option<usize>> {
    let Reading { sock, seat } = reading;
    while let Some(found) = reading.next(end)? {
        let flags = place.flags();
        let room = place.room().min(found.len);
        let besides = CLOSER.then(|| Besides::of(seat, &found));
        let copied = found.drain(seat, room, place);
        let mut counts = found.is_there(seat);
        if counts && !copied {
            return Err(EFAULT);
        }
        counts = counts && reading.keeps(found.at.number);
        if let Some(besides) = besides.as_ref().filter(|_| counts && !flags.peek()) {
            if let Err(missed) = besides.hear(reading) {
                place.revert_to(0);
                return Err(missed);
            }
        }
        if counts && !flags.peek() {
            match reading.consume(found.at.number) {
                Consumed::Taken => {}
                Consumed::MadeRoom => wake_senders_later(&seat.network, sock),
                Consumed::Gone => counts = false,
            }
        }
        if !counts {
            // A writer was faster, and the port will find the message lost; or another call has it.
            if copied {
                place.revert_to(0);
            }
            continue;
        }
        if wants_control {
            place.add_control(sock, found.meta.stamp);
        }
        if let Some(besides) = besides {
            besides.add(reading, place);
        }
        if !flags.peek() {
            sock.port.received.add(1);
            sock.port.received_bytes.add(found.len as u64);
            let (from, len) = (found.meta.from, found.meta.len);
            trace::received(&seat.network.file, seat.number, from, len);
        }
        return Ok(Some(conclude(place, room, found.len)));
    }
    Ok(None)
}

/// Adds who sent the message, if it is known.
#[cold]
fn add_sender(place: &mut Incoming<'_>, sender: Option<&Sender>) {
    if let Some(Sender { port, who, .. }) = sender {
        place.add_sender(*port, who);
    }
}

/// The same of several messages.
#[cold]
fn receive_records(
    reading: Reading<'_>,
    place: &mut Incoming<'_>,
    wants_control: bool,
    end: u64,
) -> Result<Option<usize>> {
    let sock = reading.sock;
    let Some(received) = records::receive(reading, place, end)? else {
        return Ok(None);
    };
    if wants_control {
        place.add_control(sock, received.stamp);
    }
    add_sender(place, received.sender.as_ref());
    gaps::add(sock, reading.seat, place);
    let room = place.kept();
    Ok(Some(conclude(place, room, received.len)))
}

/// Nothing was there: what the call returns, unless more may come. `terminated`: the network had ended before.
fn nothing(reading: Reading<'_>, terminated: bool) -> Result<Option<usize>> {
    if reading.sock.is_evicted.is_up() {
        return Ok(Some(0));
    }
    if is_shut(reading.sock) {
        return Err(EPIPE);
    }
    if terminated && reading.seat.network.spoilt.load() != 0 {
        return Err(Errno::BADMSG.into());
    }
    Ok(terminated.then_some(0))
}

/// Before messages come those that are out of band; and what a process writes is not there before it was looked at.
#[inline(never)]
fn look_aside(reading: Reading<'_>, place: &mut Incoming<'_>) -> Result<Option<usize>> {
    hear_writer(reading.seat);
    gaps::tell(reading.sock)?;
    receive_oob(reading.sock, place)
}

/// Receives the oldest out-of-band message, if there is one.
fn receive_oob(sock: &IpnSock, place: &mut Incoming<'_>) -> Result<Option<usize>> {
    loop {
        let Some((number, counts)) = sock.told() else {
            return Ok(None);
        };
        let bytes = counts.to_bytes();
        let room = place.room().min(bytes.len());
        if !place.copy_from(&bytes) {
            return Err(EFAULT);
        }
        let flags = place.flags();
        if !flags.peek() && !sock.oob.lock().pop(number) {
            // Another call has it.
            place.revert(room);
            continue;
        }
        place.set_out_of_band();
        return Ok(Some(conclude(place, room, bytes.len())));
    }
}

/// Whether a message for the port waits.
pub(super) fn is_readable(sock: &IpnSock, seat: &Seat) -> bool {
    if !sock.port.receives() {
        return false;
    }
    hear_writer(seat);
    if sock.port.cursor.is_mapped() {
        // It may never call to be told of a gap: its page tells it.
        return seat.reader(&sock.port).has_message();
    }
    // What was missed by now is told at once.
    let is_late = is_late(sock, seat);
    if !is_late && sock.has_gap.is_up() {
        return true;
    }
    if is_late || filter::is_attached(sock) {
        // An error is for `recv` to tell, and so is what was missed, though nothing may come behind it.
        let found = Reading::by_call(sock).and_then(|reading| reading.next(reading.end()));
        return found.map_or(true, |found| found.is_some()) || sock.has_gap.is_up();
    }
    seat.reader(&sock.port).has_message()
}

/// Whether the port of a reliable bus stands at what it has missed.
fn is_late(sock: &IpnSock, seat: &Seat) -> bool {
    seat.seen.is_some() && seat.reader(&sock.port).is_late()
}

/// Length of the message that `recv` would give, 0 when there is none, as on a device's socket. What was missed before it
/// is told by `recv`, as an error of the socket is whose messages are asked for.
pub(crate) fn next_length(sock: &IpnSock) -> Result<usize> {
    let Ok(reading) = Reading::by_call(sock) else {
        return Ok(0);
    };
    hear_writer(reading.seat);
    if sock.port.cursor.is_mapped() {
        mapping::take_over(&reading);
    }
    if reading.seat.ring.is_written() {
        mapping::look_at_writer(sock, reading.seat)?;
    }
    Ok(match sock.told() {
        Some((_, counts)) => counts.to_bytes().len(),
        None => {
            let found = reading.next_behind_gaps(reading.end())?;
            found.map_or(0, |found| match sock.records.is_up() {
                true => record::size(records::header(sock), found.len),
                false => found.len,
            })
        }
    })
}

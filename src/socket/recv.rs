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
        endpoint::{IpnSock, Seat},
        mapping,
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
    seat.network.is_terminated() || is_shut(sock)
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
    if sock.handles_oob.is_up() {
        if let Some(len) = receive_oob(sock, place)? {
            return Ok(Some(len));
        }
    }
    let wants_control = sock.wants_control();
    if wants_control && sock.wants_stamp() {
        seat.network.stamped.store(1);
    }
    // Asked first: what was sent before the end is still found.
    let terminated = seat.network.is_terminated();
    if sock.records.is_up() {
        return receive_records(reading, place, terminated);
    }
    let end = reading.end();
    while let Some(found) = reading.next(end)? {
        let flags = place.flags();
        let room = place.room().min(found.len);
        let asks = sock.wants_sender.is_up();
        let message = if asks { seat.ring.sent_as(found.at) } else { 0 };
        let copied = seat.ring.memory().drain(found.at.at, room, place);
        let mut counts = seat.ring.is_not_overwritten(found.at.number);
        if counts && !copied {
            return Err(EFAULT);
        }
        // After a shutdown nothing comes, nor from those who send once it is done.
        counts &= sock.port.receives();
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
                place.revert(room);
            }
            continue;
        }
        if wants_control {
            place.add_control(sock, found.meta.stamp);
        }
        if asks {
            let sender = seat.network.sender(found.meta.from, message);
            add_sender(place, sender.as_ref());
        }
        if !flags.peek() {
            sock.port.received.add(1);
            sock.port.received_bytes.add(found.len as u64);
            let (from, len) = (found.meta.from, found.meta.len);
            trace::received(&seat.network.file, seat.number, from, len);
        }
        return Ok(Some(conclude(place, room, found.len)));
    }
    nothing(sock, terminated)
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
    terminated: bool,
) -> Result<Option<usize>> {
    let sock = reading.sock;
    let Some(received) = records::receive(reading, place)? else {
        return nothing(sock, terminated);
    };
    if sock.wants_control() {
        place.add_control(sock, received.stamp);
    }
    add_sender(place, received.sender.as_ref());
    let room = place.kept();
    Ok(Some(conclude(place, room, received.len)))
}

/// Nothing was there: what the call returns, unless more may come. `terminated`: the network had ended before.
fn nothing(sock: &IpnSock, terminated: bool) -> Result<Option<usize>> {
    if is_shut(sock) {
        return Err(EPIPE);
    }
    Ok(terminated.then_some(0))
}

/// Receives the oldest out-of-band message, if there is one.
#[inline(never)]
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
    if filter::is_attached(sock) && !sock.port.cursor.is_mapped() {
        // An error is for `recv` to tell.
        let found = Reading::by_call(sock).and_then(|reading| reading.next(reading.end()));
        return found.map_or(true, |found| found.is_some());
    }
    seat.reader(&sock.port).has_message()
}

/// Length of the message that `recv` would give, 0 when there is none, as on a device's socket.
pub(crate) fn next_length(sock: &IpnSock) -> Result<usize> {
    let Ok(reading) = Reading::by_call(sock) else {
        return Ok(0);
    };
    if sock.port.cursor.is_mapped() {
        mapping::take_over(&reading);
    }
    Ok(match sock.told() {
        Some((_, counts)) => counts.to_bytes().len(),
        None => reading
            .next(reading.end())?
            .map_or(0, |found| match sock.records.is_up() {
                true => record::size(found.len),
                false => found.len,
            }),
    })
}

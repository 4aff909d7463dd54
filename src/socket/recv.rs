// SPDX-License-Identifier: GPL-2.0

//! `recv`: a message, an out-of-band message, or the end.

use crate::{
    abi::errno::Errno,
    network::holder::Holder,
    rust::net::{
        filter,
        message::{real_time, Incoming},
    },
    socket::{
        endpoint::{IpnSock, Seat},
        mapping,
        reading::Reading,
    },
    wakeup::{flush_before_sleep, readers::await_message, room::wake_senders_later},
};
use kernel::prelude::*;

/// `recvmsg(2)`.
pub(crate) fn receive(sock: &IpnSock, mut place: Incoming<'_>) -> Result<usize> {
    let flags = place.flags();
    let seat = sock.readable_port()?;
    if flags.out_of_band() || flags.error_queue() {
        return Err(Errno::OPNOTSUPP.into());
    }
    let mut timeout = sock.receive_timeout(flags.dont_wait());
    loop {
        if let Some(len) = receive_now(&Reading::by_call(sock)?, &mut place)? {
            return Ok(len);
        }
        if timeout == 0 {
            return Err(EAGAIN);
        }
        flush_before_sleep(&seat.network, sock);
        sock.wait(&mut timeout, || {
            await_message(&seat.network, &sock.port, seat.number);
            is_readable(sock, seat) || sock.was_told() || is_over(sock, seat)
        })?;
    }
}

/// Whether `recv` ends at once though there is no message.
fn is_over(sock: &IpnSock, seat: &Seat) -> bool {
    seat.network.is_terminated() || (!sock.port.receives() && !sock.handles_oob.is_up())
}

/// Receives what is there: a message, an out-of-band message, or the end.
fn receive_now(reading: &Reading<'_>, place: &mut Incoming<'_>) -> Result<Option<usize>> {
    let Reading { sock, seat, .. } = *reading;
    reading.reader.correct();
    if sock.was_told() {
        return receive_oob(sock, place).map(Some);
    }
    if sock.wants_stamp() {
        seat.network.stamped.store(1);
    }
    // Asked first: what was sent before the end is still found.
    let terminated = seat.network.is_terminated();
    while let Some(found) = reading.next()? {
        let room = place.room().min(found.len);
        let copied = seat.ring.memory().drain(found.at.slot, room, place);
        if !seat.ring.is_not_overwritten(found.at.number) {
            // A writer was faster: the message is lost, and the reader will find that.
            if copied {
                place.revert(room);
            }
            continue;
        }
        if !copied {
            return Err(EFAULT);
        }
        place.set_end_of_record();
        if room < found.len {
            place.set_truncated();
        }
        let flags = place.flags();
        let stamp = if found.meta.stamp == 0 && sock.wants_stamp() {
            real_time()
        } else {
            found.meta.stamp
        };
        place.add_control(sock, stamp, sock.drops());
        if !flags.peek() {
            sock.port.received.add(1);
            if reading.consume(found.at.number) {
                wake_senders_later(&seat.network, sock);
            }
        }
        return Ok(Some(if flags.truncated_length() {
            found.len
        } else {
            room
        }));
    }
    if !sock.port.receives() && !sock.handles_oob.is_up() {
        return Err(EPIPE);
    }
    Ok(terminated.then_some(0))
}

/// Receives the oldest out-of-band message; the caller is the reader, and there is one.
fn receive_oob(sock: &IpnSock, place: &mut Incoming<'_>) -> Result<usize> {
    let counts = sock.oob.lock().peek().ok_or(EAGAIN)?;
    let bytes = counts.to_bytes();
    let room = place.room().min(bytes.len());
    if !place.copy_from(&bytes) {
        return Err(EFAULT);
    }
    place.set_out_of_band();
    place.set_end_of_record();
    if room < bytes.len() {
        place.set_truncated();
    }
    let flags = place.flags();
    if !flags.peek() {
        sock.oob.lock().pop();
    }
    Ok(if flags.truncated_length() {
        bytes.len()
    } else {
        room
    })
}

/// Whether a message for the port waits.
pub(super) fn is_readable(sock: &IpnSock, seat: &Seat) -> bool {
    if !sock.port.receives() {
        return false;
    }
    if filter::is_attached(sock) && !sock.port.cursor.is_mapped() {
        // An error is for `recv` to tell.
        let found = Reading::by_call(sock).and_then(|reading| reading.next());
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
    let oob = sock.was_told().then(|| sock.oob.lock().peek()).flatten();
    Ok(match oob {
        Some(counts) => counts.to_bytes().len(),
        None => reading.next()?.map_or(0, |found| found.len),
    })
}

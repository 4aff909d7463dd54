// SPDX-License-Identifier: GPL-2.0

//! Messages between a process and its port: send, receive, poll.

use crate::{
    abi::errno::Errno,
    ring::Look,
    rust::net::{
        filter,
        message::{real_time, Incoming, Outgoing, Payload},
        socket::{events, raise_sigpipe},
    },
    socket::{
        mapping,
        reader::{readable_port, Reader},
        IpnSock, Seat,
    },
};
use kernel::prelude::*;

/// `sendmsg(2)`.
pub(crate) fn send(sock: &IpnSock, mut message: Outgoing<'_>) -> Result<usize> {
    let result = try_send(sock, &mut message);
    if matches!(result, Err(error) if error == EPIPE) && !message.flags().no_signal() {
        raise_sigpipe();
    }
    result
}

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
        return Err(EINVAL);
    }
    if !sock.port.sends() {
        return Err(EPIPE);
    }
    if message.len() > seat.network.mtu() {
        return Err(EMSGSIZE);
    }
    seat.network.send(sock, seat.number, message)?;
    Ok(message.len())
}

/// `recvmsg(2)`.
pub(crate) fn receive(sock: &IpnSock, mut place: Incoming<'_>) -> Result<usize> {
    let flags = place.flags();
    let seat = readable_port(sock)?;
    if flags.out_of_band() || flags.error_queue() {
        return Err(Errno::OPNOTSUPP.into());
    }
    let mut timeout = sock.receive_timeout(flags.dont_wait());
    loop {
        if let Some(len) = receive_now(&Reader::by_call(sock)?, &mut place)? {
            return Ok(len);
        }
        if timeout == 0 {
            return Err(EAGAIN);
        }
        seat.network.settle_before_sleep(sock);
        sock.wait(&mut timeout, || {
            seat.network.await_message(sock, seat.number);
            is_readable(sock, seat) || sock.was_told() || is_over(sock, seat)
        })?;
    }
}

/// Whether `recv` ends at once though there is no message.
fn is_over(sock: &IpnSock, seat: &Seat) -> bool {
    seat.network.is_terminated() || (!sock.port.receives() && !sock.handles_oob.is_up())
}

/// Receives what is there: a message, an out-of-band message, or the end.
fn receive_now(reader: &Reader<'_>, place: &mut Incoming<'_>) -> Result<Option<usize>> {
    let Reader { sock, seat, .. } = *reader;
    seat.ring.correct(&sock.port.cursor);
    if sock.was_told() {
        return receive_oob(sock, place).map(Some);
    }
    if sock.wants_stamp() {
        seat.network.stamped.store(1);
    }
    // Asked first: what was sent before the end is still found.
    let terminated = seat.network.is_terminated();
    while let Some(found) = reader.next()? {
        let room = place.room().min(found.len);
        let copied = seat.ring.memory().drain(found.at.slot, room, place);
        if !seat.ring.is_intact(found.at.number) {
            // A writer was faster: the message is lost, and the reader will find that.
            if copied {
                place.revert(room);
            }
            continue;
        }
        if !copied {
            return Err(EFAULT);
        }
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
            if reader.move_past(found.at.number) {
                seat.network.wake_senders_later(sock);
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
    let census = sock.oob.lock().peek().ok_or(EAGAIN)?;
    let bytes = census.to_bytes();
    let room = place.room().min(bytes.len());
    if !place.copy_from(&bytes) {
        return Err(EFAULT);
    }
    place.set_out_of_band();
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
fn is_readable(sock: &IpnSock, seat: &Seat) -> bool {
    if !sock.port.receives() {
        return false;
    }
    if filter::is_attached(sock) && !sock.port.cursor.is_mapped() {
        // An error is for `recv` to tell.
        let found = Reader::by_call(sock).and_then(|reader| reader.next());
        return found.map_or(true, |found| found.is_some());
    }
    let ring = &seat.ring;
    let mut position = ring.stands(&sock.port.cursor);
    loop {
        match ring.look(position) {
            Look::Empty => return false,
            Look::Message { at, meta } if seat.is_own(meta.from) && ring.is_intact(at.number) => {
                position = position.wrapping_add(1);
            }
            Look::Message { .. } => return true,
            // What is lost is no message; what is left may be its own.
            Look::Lapped { oldest } => position = oldest,
        }
    }
}

/// Goes past the messages at the port's position that its filter does not want: they must not hold
/// a sender up until the owner looks. Where somebody reads just now, that is done there.
pub(crate) fn pass_unwanted(sock: &IpnSock) {
    if let Some(reader) = Reader::try_by_call(sock) {
        let _ = reader.next();
    }
}

/// Length of the message that `recv` would give, 0 when there is none, as on a device's socket.
pub(crate) fn next_length(sock: &IpnSock) -> Result<usize> {
    let Ok(reader) = Reader::by_call(sock) else {
        return Ok(0);
    };
    if sock.port.cursor.is_mapped() {
        mapping::take_over(&reader);
    }
    let oob = sock.was_told().then(|| sock.oob.lock().peek()).flatten();
    Ok(match oob {
        Some(census) => census.to_bytes().len(),
        None => reader.next()?.map_or(0, |found| found.len),
    })
}

/// `poll(2)`.
pub(crate) fn poll(sock: &IpnSock, sleeps: bool) -> u32 {
    let Some(network) = sock.network() else {
        return 0;
    };
    let end = || match network.is_terminated() || sock.has_left() {
        true => events::IN | events::RDHUP | events::HUP,
        false => 0,
    };
    // Without a port there is nothing else; the messages of a device are its own.
    let Ok(seat) = readable_port(sock) else {
        return end();
    };
    seat.ring.correct(&sock.port.cursor);
    if sleeps {
        network.await_message(sock, seat.number);
    }
    let mut ready = end();
    if sock.was_told() {
        ready |= events::IN | events::PRI;
    }
    if is_readable(sock, seat) {
        ready |= events::IN;
    }
    if !sock.port.receives() {
        ready |= events::RDHUP;
        if !sock.port.sends() {
            ready |= events::HUP;
        }
    }
    if sock.port.sends() && !network.is_terminated() {
        if network.room(sock, seat.number, sleeps) {
            ready |= events::OUT;
        }
    }
    ready
}

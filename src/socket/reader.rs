// SPDX-License-Identifier: GPL-2.0

//! The reader of a port: who moves its position.
//!
//! One at a time, and always of the same kind: where the port is a device, that device's NAPI, else
//! who holds [`Endpoint::reading`](crate::socket::Endpoint). Whatever consumes a message, or counts
//! lost ones, is a method of [`Reader`], and there is no other way to one than the three below: so no
//! call on a device's socket can read beside the device.

use crate::{
    abi::errno::Errno,
    ring::{Claim, Look, Meta},
    rust::{glue::netdev::Turn, net::filter},
    socket::{IpnSock, Seat},
};
use kernel::{prelude::*, sync::MutexGuard};

/// The right to read a port's messages.
pub(crate) struct Reader<'a> {
    /// The socket.
    pub(crate) sock: &'a IpnSock,
    /// Its port.
    pub(crate) seat: &'a Seat,
    /// Others wait for it.
    _turn: Option<MutexGuard<'a, ()>>,
}

/// A message at a port's read position.
pub(crate) struct Found {
    /// Which message of the ring.
    pub(crate) at: Claim,
    /// Its header, to be believed once it was not overwritten.
    pub(crate) meta: Meta,
    /// Bytes that the port gets, fewer than `meta.len` where a filter cuts it.
    pub(crate) len: usize,
}

/// What a device's reader finds.
pub(crate) enum Next {
    /// Nothing.
    Empty,
    /// That the port was overrun.
    Lapped,
    /// A message that the port itself has sent.
    Own(u64),
    /// A message.
    Message(Found),
}

/// The port of a socket that may be read by calls on it. None: `ENOTCONN`; it is a device:
/// `EOPNOTSUPP`.
pub(crate) fn readable_port(sock: &IpnSock) -> Result<&Seat> {
    let seat = sock.seat.as_ref().ok_or(Errno::NOTCONN)?;
    if sock.device.is_there() {
        return Err(Errno::OPNOTSUPP.into());
    }
    Ok(seat)
}

impl<'a> Reader<'a> {
    /// A call on the socket reads, once no other does. Errors: [`readable_port`].
    pub(crate) fn by_call(sock: &'a IpnSock) -> Result<Self> {
        let seat = readable_port(sock)?;
        Ok(Self {
            sock,
            seat,
            _turn: Some(sock.reading.lock()),
        })
    }

    /// The same if no other reads just now.
    pub(crate) fn try_by_call(sock: &'a IpnSock) -> Option<Self> {
        let seat = readable_port(sock).ok()?;
        Some(Self {
            sock,
            seat,
            _turn: Some(sock.reading.try_lock()?),
        })
    }

    /// The device that the port is reads, in a turn of its NAPI. It has left, or not come: none.
    pub(crate) fn by_device(turn: &'a Turn<'a>) -> Option<Self> {
        let sock = turn.sock();
        let seat = sock.seat.as_ref()?;
        Some(Self {
            sock,
            seat,
            _turn: None,
        })
    }

    /// What there is for a device, which has no filter.
    pub(crate) fn look(&self) -> Next {
        let ring = &self.seat.ring;
        match ring.look(ring.stands(&self.sock.port.cursor)) {
            Look::Empty => Next::Empty,
            Look::Lapped { .. } => Next::Lapped,
            Look::Message { at, meta } if self.seat.is_own(meta.from) => Next::Own(at.number),
            Look::Message { at, meta } => Next::Message(Found {
                at,
                meta,
                len: self.len(meta),
            }),
        }
    }

    /// The next message for the port. Those before it that are not for it are passed, the lost counted.
    ///
    /// No memory to ask the port's filter: `ENOMEM`.
    pub(crate) fn next(&self) -> Result<Option<Found>> {
        let Self { sock, seat, .. } = *self;
        let ring = &seat.ring;
        while sock.port.receives() {
            match ring.look(ring.stands(&sock.port.cursor)) {
                Look::Empty => return Ok(None),
                Look::Lapped { .. } => drop(self.catch_up()),
                Look::Message { at, meta } if seat.is_own(meta.from) => self.pass_own(at.number),
                Look::Message { at, meta } => {
                    let len = self.len(meta);
                    if !filter::is_attached(sock) {
                        return Ok(Some(Found { at, meta, len }));
                    }
                    match filter::passes(sock, ring.memory(), at.slot, len)? {
                        Some(len) => return Ok(Some(Found { at, meta, len })),
                        None if ring.is_intact(at.number) => self.go_past(at.number),
                        None => {}
                    }
                }
            }
        }
        Ok(None)
    }

    /// Bytes of a message; one that is overwritten may say anything.
    fn len(&self, meta: Meta) -> usize {
        (meta.len as usize).min(self.seat.network.mtu())
    }

    /// The port was overrun: it goes on with the oldest message that is left, and counts what it lost.
    /// How many that is.
    pub(crate) fn catch_up(&self) -> u64 {
        let lost = self.seat.network.catch_up(&self.sock.port, self.seat);
        self.sock.add_drops(lost);
        lost
    }

    /// Goes past a message that the port itself sent, if it is that still.
    pub(crate) fn pass_own(&self, number: u64) {
        let Self { sock, seat, .. } = *self;
        // Once overrun, the sender's number may be another message's.
        if seat.ring.is_intact(number) && seat.ring.pass(&sock.port.cursor, number) {
            sock.port.own_passed.add(1);
            if seat.network.read_past(&seat.ring, number) {
                seat.network.wake_senders();
            }
        }
    }

    /// The device is done with message `number`. Its own that follow it passes as it comes to them, for
    /// it has only so much time.
    pub(crate) fn go_past_one(&self, number: u64) {
        let Self { sock, seat, .. } = *self;
        seat.ring.go_past(&sock.port.cursor, number);
        if seat.network.read_past(&seat.ring, number) {
            seat.network.wake_senders();
        }
    }

    /// The reader is done with message `number`, and on a lossless network with its own that follow:
    /// senders who wait for the room go on.
    fn go_past(&self, number: u64) {
        if self.move_past(number) {
            self.seat.network.wake_senders();
        }
    }

    /// The same, but for the senders. Whether those who wait have to be woken now.
    pub(crate) fn move_past(&self, number: u64) -> bool {
        let Self { sock, seat, .. } = *self;
        seat.ring.go_past(&sock.port.cursor, number);
        seat.network.is_lossless() && self.make_room(number)
    }

    /// The reader has moved past message `number` on a lossless network. Whether senders who wait have
    /// to be woken now.
    #[inline(never)]
    fn make_room(&self, number: u64) -> bool {
        let Self { sock, seat, .. } = *self;
        let ring = &seat.ring;
        let cursor = &sock.port.cursor;
        // The port's own messages must not hold its network up. One that it is just sending is passed
        // here or by the sender: it publishes, then tries to pass; we move, then look.
        crate::rust::sync::atomic::full_barrier();
        while let Look::Message { at, meta } = ring.look(ring.stands(cursor)) {
            if !seat.is_own(meta.from) || !ring.is_intact(at.number) {
                break;
            }
            if ring.pass(cursor, at.number) {
                sock.port.own_passed.add(1);
            }
        }
        seat.network.read_past(ring, number)
    }
}

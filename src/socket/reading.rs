// SPDX-License-Identifier: GPL-2.0

//! The right to read a port: who moves its position.
//!
//! One at a time, and always of the same kind: where the port is a device, that device's NAPI, else
//! who holds [`Endpoint::reading`]. Whatever consumes a message, or counts lost ones, is a method of
//! [`Reading`], and there is no other way to one than the three below: so no call on a device's socket
//! can read beside the device.

use crate::{
    ring::{
        layout::Meta,
        reader::{Peek, Reader},
        Claim,
    },
    rust::{
        glue::{netdev::Turn, ring_memory::RingMemory},
        net::filter,
        sync::atomic::full_barrier,
    },
    socket::endpoint::{Endpoint, IpnSock, Seat},
    wakeup::room::{makes_room, wake_senders},
};
use kernel::{prelude::*, sync::MutexGuard};

/// The right to read a port's messages.
pub(crate) struct Reading<'a> {
    /// The socket.
    pub(crate) sock: &'a IpnSock,
    /// Its port.
    pub(crate) seat: &'a Seat,
    /// What the port's reader sees.
    pub(crate) reader: Reader<'a, RingMemory>,
    /// Others wait for it.
    _turn: Option<MutexGuard<'a, ()>>,
}

/// A message for the port, at its position.
pub(crate) struct Found {
    /// Which message of the ring.
    pub(crate) at: Claim,
    /// Its header, to be believed once it was not overwritten.
    pub(crate) meta: Meta,
    /// Bytes that the port gets, fewer than `meta.len` where a filter cuts it.
    pub(crate) len: usize,
}

impl<'a> Reading<'a> {
    fn new(sock: &'a IpnSock, seat: &'a Seat, turn: Option<MutexGuard<'a, ()>>) -> Self {
        Self {
            sock,
            seat,
            reader: seat.reader(&sock.port),
            _turn: turn,
        }
    }

    /// A call on the socket reads, once no other does. Errors: [`Endpoint::readable_port`].
    pub(crate) fn by_call(sock: &'a IpnSock) -> Result<Self> {
        let seat = sock.readable_port()?;
        Ok(Self::new(sock, seat, Some(sock.reading.lock())))
    }

    /// The same if no other reads just now.
    pub(crate) fn try_by_call(sock: &'a IpnSock) -> Option<Self> {
        let seat = sock.readable_port().ok()?;
        Some(Self::new(sock, seat, Some(sock.reading.try_lock()?)))
    }

    /// The device that the port is reads, in a turn of its NAPI. It has left, or not come: none.
    pub(crate) fn by_device(turn: &'a Turn<'a, Endpoint>) -> Option<Self> {
        let sock = turn.sock();
        Some(Self::new(sock, sock.seat.as_ref()?, None))
    }

    /// The next message for the port. Those before it that are not for it are skipped, the lost counted.
    ///
    /// No memory to ask the port's filter: `ENOMEM`.
    pub(crate) fn next(&self) -> Result<Option<Found>> {
        let (sock, ring) = (self.sock, &self.seat.ring);
        while sock.port.receives() {
            match self.reader.peek() {
                Peek::Empty => return Ok(None),
                Peek::Overrun => drop(self.catch_up()),
                Peek::Own(number) => self.skip_own(number),
                Peek::Message { at, meta } => {
                    let len = self.len(meta);
                    if !filter::is_attached(sock) {
                        return Ok(Some(Found { at, meta, len }));
                    }
                    match ring.memory().filtered(at.slot, len, sock)? {
                        Some(len) => return Ok(Some(Found { at, meta, len })),
                        None if ring.is_not_overwritten(at.number) => {
                            if self.consume(at.number) {
                                wake_senders(&self.seat.network);
                            }
                        }
                        None => {}
                    }
                }
            }
        }
        Ok(None)
    }

    /// Bytes of a message; one that is overwritten may say anything.
    pub(crate) fn len(&self, meta: Meta) -> usize {
        (meta.len as usize).min(self.seat.network.mtu())
    }

    /// The port was overrun: it goes on with the oldest message that is left, and counts what it lost.
    /// How many that is.
    pub(crate) fn catch_up(&self) -> u64 {
        let lost = self.seat.catch_up(&self.sock.port);
        self.sock.add_drops(lost);
        lost
    }

    /// Skips a message that the port itself sent, if it is that still.
    pub(crate) fn skip_own(&self, number: u64) {
        if self.reader.skip_own(number) && self.makes_room(number) {
            wake_senders(&self.seat.network);
        }
    }

    /// The device is done with message `number`. Its own that follow it skips as it comes to them, for
    /// it has only so much time.
    pub(crate) fn consume_one(&self, number: u64) {
        self.reader.consume(number);
        if self.makes_room(number) {
            wake_senders(&self.seat.network);
        }
    }

    /// The reader is done with message `number`, and on a lossless network with its own that follow.
    /// Whether senders who wait for the room have to be woken now.
    pub(crate) fn consume(&self, number: u64) -> bool {
        self.reader.consume(number);
        self.seat.network.is_lossless() && self.skip_own_that_follow(number)
    }

    /// The reader has moved past message `number` on a lossless network: skips its own that follow.
    /// Whether senders who wait have to be woken now.
    #[inline(never)]
    fn skip_own_that_follow(&self, number: u64) -> bool {
        // The port's own messages must not hold its network up. One that it is just sending is skipped
        // here or by the sender: it publishes, then tries to skip; we move, then look. Pairs with
        // `delivery::shared::send`.
        full_barrier();
        self.reader.skip_all_own();
        self.makes_room(number)
    }

    fn makes_room(&self, number: u64) -> bool {
        let Seat {
            network,
            ring,
            shares,
            ..
        } = self.seat;
        makes_room(network, ring, *shares, number)
    }
}

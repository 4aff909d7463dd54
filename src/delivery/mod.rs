// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: into the ring, and what readers' positions mean for it.

use crate::{
    abi::errno::{Errno, Result},
    network::{
        members::{Event, Members},
        Network,
    },
    ring::{
        port::{Port, NOT_REFUSED},
        Look, Meta, Ring,
    },
    rust::{
        glue::ring_memory::RingMemory,
        net::message::{real_time, Outgoing, Payload},
        sync::atomic::full_barrier,
    },
    socket::{Endpoint, IpnSock, Seat},
};
use kernel::prelude::*;

/// What became of an attempt to send.
enum Attempt {
    /// It is in the ring.
    Sent,
    /// A reader has to read first.
    Full {
        /// How many times room was made before; once it is more, another attempt may do.
        room_made: u64,
    },
    /// The sender's memory is not there just now.
    Fault,
}

impl Network {
    /// Sends a message of port `number`, which `sock` holds; waits where it must, and may.
    ///
    /// The errors of `send(2)` on this family, but those of the port itself.
    pub(crate) fn send(
        &self,
        sock: &IpnSock,
        number: u32,
        message: &mut Outgoing<'_>,
    ) -> kernel::error::Result {
        let mut fetched = None;
        let mut timeout = None;
        let mut again = false;
        loop {
            match self.attempt(sock, number, message, fetched.as_deref(), again)? {
                Attempt::Sent => return Ok(()),
                Attempt::Fault => {
                    self.settle_before_sleep(sock);
                    fetched = Some(message.fetch()?);
                }
                Attempt::Full { room_made } => {
                    let timeout = timeout
                        .get_or_insert_with(|| sock.send_timeout(message.flags().dont_wait()));
                    let first = !again;
                    again = true;
                    if *timeout == 0 {
                        let room = match &self.shared {
                            Some(_) => self.room(sock, number, true),
                            // The attempt itself has seen to it that room will be heard of.
                            None => first && self.pass_unwanted(),
                        };
                        if room {
                            continue;
                        }
                        sock.note_full();
                        return Err(EAGAIN);
                    }
                    self.settle_before_sleep(sock);
                    sock.wait(timeout, || {
                        let room = self.room(sock, number, true);
                        room || self.room_made.load_acquire() != room_made
                            || !sock.port.sends()
                            || self.is_terminated()
                    })?;
                }
            }
        }
    }

    /// A device sends a packet as port `number`, which `sock` is.
    ///
    /// Nobody waits here. Too long: `EMSGSIZE`; lossless and no room: `EAGAIN`, and the device is woken
    /// once there is some.
    pub(crate) fn inject(&self, sock: &IpnSock, number: u32, packet: &mut impl Payload) -> Result {
        if packet.len() > self.mtu() {
            return Err(Errno::MSGSIZE);
        }
        match self.attempt(sock, number, packet, None, false)? {
            Attempt::Sent => Ok(()),
            Attempt::Fault => Err(Errno::FAULT),
            Attempt::Full { .. } => {
                self.await_room(number);
                Err(Errno::AGAIN)
            }
        }
    }

    /// One turn.
    fn attempt(
        &self,
        sock: &IpnSock,
        number: u32,
        message: &mut impl Payload,
        fetched: Option<&[u8]>,
        again: bool,
    ) -> Result<Attempt> {
        match &self.shared {
            Some(ring) => self.broadcast(ring, sock, number, message, fetched),
            None => self.forward(sock, number, message, fetched, again),
        }
    }

    /// One turn at the ring that all ports share.
    fn broadcast(
        &self,
        ring: &Ring<RingMemory>,
        sock: &IpnSock,
        number: u32,
        message: &mut impl Payload,
        fetched: Option<&[u8]>,
    ) -> Result<Attempt> {
        let mut members = self.members.lock();
        if self.is_terminated() || !sock.port.sends() {
            return Err(Errno::PIPE);
        }
        if self.is_lossless() && !self.has_room(ring, &members) {
            return Ok(Attempt::Full {
                room_made: self.room_made.load(),
            });
        }
        let claim = ring.reserve();
        let memory = ring.memory();
        match fetched {
            Some(bytes) => memory.fill_from(claim.slot, bytes, &[]),
            None if memory.fill(claim.slot, message) => {}
            None => return Ok(Attempt::Fault),
        }
        let meta = Meta {
            len: message.len() as u32,
            from: number,
            stamp: self.stamp(),
        };
        if !self.is_lossless() {
            // For those who lose it.
            members.tally.replace(ring.overwritten(claim), number);
        }
        ring.publish(claim, meta);

        let port = &sock.port;
        port.sent.store(port.sent.load().wrapping_add(1));
        if self.is_lossless() {
            // The message is there, then the cursor is asked; a reader moves the cursor, then looks
            // whether one is there. One of the two goes past the port's own message.
            full_barrier();
        }
        if ring.pass(&port.cursor, claim.number) {
            port.own_passed.add(1);
        }
        self.tell(members, sock, message);
        Ok(Attempt::Sent)
    }

    /// One turn at the rings of the ports that the policy names.
    fn forward(
        &self,
        sock: &IpnSock,
        number: u32,
        message: &mut impl Payload,
        fetched: Option<&[u8]>,
        again: bool,
    ) -> Result<Attempt> {
        let mut guard = self.members.lock();
        if self.is_terminated() || !sock.port.sends() {
            return Err(Errno::PIPE);
        }
        let len = message.len();
        let Some((forwarding, ports)) = guard.forwarding() else {
            return Err(Errno::PIPE);
        };
        if !forwarding.take_in(message, fetched) {
            return Ok(Attempt::Fault);
        }
        forwarding.route(len, number, again);
        if self.is_lossless() && !forwarding.has_room(&ports) {
            let room_made = self.room_made.load();
            guard.await_event(number, Event::Room);
            self.count_room_sleepers(&guard);
            // A reader moves on, then looks whether anybody waits; so the other way round here, with
            // the very ports that this message is for.
            full_barrier();
            let full = match guard.forwarding() {
                Some((forwarding, ports)) if !forwarding.has_room(&ports) => {
                    forwarding.policy.refused();
                    true
                }
                _ => false,
            };
            if full {
                sock.port.refused.store(room_made);
                if fetched.is_none() {
                    message.put_back();
                }
                return Ok(Attempt::Full { room_made });
            }
        }
        let Some((forwarding, ports)) = guard.forwarding() else {
            return Err(Errno::PIPE);
        };
        forwarding.deliver(&ports, len, number, self.stamp());
        let port = &sock.port;
        port.refused.store(NOT_REFUSED);
        port.sent.store(port.sent.load().wrapping_add(1));
        self.tell(guard, sock, message);
        Ok(Attempt::Sent)
    }

    /// The time stamp of a message that is being sent: the time if anybody cares.
    fn stamp(&self) -> u64 {
        if self.stamped.load() != 0 {
            real_time()
        } else {
            0
        }
    }

    /// Whether the slowest reader of the ring of all ports leaves room for one more message. Under
    /// the lock the answer stays.
    pub(crate) fn has_room(&self, ring: &Ring<RingMemory>, members: &Members) -> bool {
        if ring.has_room(self.slowest.load()) {
            return true;
        }
        let published = ring.published();
        let slowest = members
            .iter()
            .filter(|sock| sock.port.receives())
            .map(|sock| standing(sock, ring))
            .min()
            .unwrap_or(published);
        self.slowest.store(slowest);
        ring.has_room(slowest)
    }

    /// A reader has gone on from message `number`. Whether senders who wait have to be woken now, as
    /// that may have made room.
    #[inline]
    pub(crate) fn read_past(&self, ring: &Ring<RingMemory>, number: u64) -> bool {
        if !self.is_lossless() {
            return false;
        }
        // We have moved, and now look whether anybody waits; pairs with `room`.
        full_barrier();
        // Where each port has a ring only the sender knows whose room it needs, so it has to see
        // that there is some, even if it does not wait yet.
        let matters = self.shared.is_none() || self.awaiting_room.load() != 0;
        let makes_room = matters && !ring.has_room(number);
        if makes_room {
            self.count_room();
        }
        makes_room
    }

    /// There may be room where there was none: senders try again.
    pub(crate) fn make_room(&self) {
        self.count_room();
        self.wake_senders();
    }

    fn count_room(&self) {
        self.room_made.add(1);
        // We have counted, and now look whether anybody waits; pairs with `room`.
        full_barrier();
    }

    /// The reader of port `number` was lapped: moves it to the oldest message that is left.
    ///
    /// Returns how many it lost, its own messages not counted. The caller is the reader.
    pub(crate) fn catch_up(&self, port: &Port, seat: &Seat) -> u64 {
        let members = self.members.lock();
        let own = seat
            .shares
            .then(|| members.tally.readable(&seat.ring, seat.number));
        let lost = port.catch_up(&seat.ring, own);
        self.dropped.add(lost);
        lost
    }
}

/// Where a port stands, on the ring that all share; the network's lock is held.
///
/// A mapped reader looks when it likes: its own messages are passed for it, so that they hold nobody
/// up.
fn standing(sock: &Endpoint, ring: &Ring<RingMemory>) -> u64 {
    let Port {
        cursor, own_passed, ..
    } = &sock.port;
    let is_own = |from| sock.seat.as_ref().is_some_and(|seat| seat.is_own(from));
    while cursor.is_mapped() {
        match ring.look(ring.stands(cursor)) {
            Look::Message { at, meta } if is_own(meta.from) && ring.pass(cursor, at.number) => {
                own_passed.add(1);
            }
            _ => break,
        }
    }
    ring.stands(cursor)
}

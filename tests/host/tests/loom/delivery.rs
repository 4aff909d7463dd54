// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: `src/delivery/mod.rs`, and `src/network/forwarding.rs` for rings of the ports' own.

use crate::{
    endpoint::{Endpoint, NO_TASK},
    members::{Event, Members},
    network::Network,
    ring::{layout::Meta, port::NOT_REFUSED, Ring},
    rust::sync::atomic::full_barrier,
    slots::Slots,
};
use std::sync::Arc;

/// What is sent: a value, and the ports that it goes to where each has a ring of its own.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) value: u64,
    pub(crate) to: &'static [u32],
    /// How often the sender's memory is not there.
    pub(crate) faults: u32,
    /// Who sends: a task that is in a call, or `NO_TASK`.
    pub(crate) task: u32,
    /// More may follow in the call.
    pub(crate) more: bool,
}

impl Message {
    /// One of a batch of `task`.
    pub(crate) fn of_batch(self, task: u32) -> Self {
        Self {
            task,
            more: true,
            ..self
        }
    }
}

/// Why a message was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// `EAGAIN`.
    Again,
    /// `EPIPE`.
    Over,
}

enum Attempt {
    Sent,
    Full { room_made: u64 },
    Fault,
}

/// A message of all ports.
pub(crate) fn message(value: u64) -> Message {
    Message {
        value,
        to: &[],
        faults: 0,
        task: NO_TASK,
        more: false,
    }
}

fn put(ring: &Ring<Slots>, from: u32, value: u64) -> u64 {
    let claim = ring.reserve();
    ring.memory().fill(claim.slot, value);
    let (len, stamp) = (value as u32, value);
    ring.publish(claim, Meta { len, from, stamp });
    claim.number
}

fn receivers<'a>(members: &'a Members, to: &'a [u32]) -> impl Iterator<Item = &'a Arc<Endpoint>> {
    let there = to.iter().filter_map(|&number| members.get(number));
    there.filter(|target| target.port.receives())
}

fn have_room(members: &Members, to: &[u32]) -> bool {
    receivers(members, to).all(|to| to.ring.has_room(to.reader().position()))
}

impl Network {
    pub(crate) fn send(
        &self,
        sock: &Endpoint,
        mut message: Message,
        may_wait: bool,
    ) -> Result<(), Refused> {
        loop {
            let attempt = match &self.shared {
                Some(ring) => self.broadcast(ring, sock, &mut message)?,
                None => self.forward(sock, message)?,
            };
            match attempt {
                Attempt::Sent => return Ok(()),
                Attempt::Fault => {}
                Attempt::Full { .. } if !may_wait => {
                    if self.shared.is_none() || !self.room(sock, true) {
                        return Err(Refused::Again);
                    }
                }
                Attempt::Full { room_made } => {
                    self.settle_before_sleep(sock, message.task);
                    sock.queue.wait(|| {
                        let room = self.room(sock, true);
                        room || self.room_made.load_acquire() != room_made || self.is_terminated()
                    });
                }
            }
        }
    }

    fn broadcast(
        &self,
        ring: &Ring<Slots>,
        sock: &Endpoint,
        message: &mut Message,
    ) -> Result<Attempt, Refused> {
        let mut members = self.members.lock().unwrap();
        if self.is_terminated() {
            return Err(Refused::Over);
        }
        if self.lossless && !self.has_room(ring, &members) {
            return Ok(Attempt::Full {
                room_made: self.room_made.load(),
            });
        }
        if message.faults > 0 {
            message.faults -= 1;
            let claim = ring.reserve();
            ring.memory().fill(claim.slot, u64::MAX);
            return Ok(Attempt::Fault);
        }
        if !self.lossless {
            let over = ring.overwritten(ring.next());
            members.tally.replace(over, sock.number);
        }
        let number = put(ring, sock.number, message.value);
        members.log.push((sock.number, message.value));

        let port = &sock.port;
        port.sent.store(port.sent.load() + 1);
        if self.lossless {
            full_barrier();
        }
        sock.reader().skip_sent(number);
        self.tell(members, sock, *message);
        Ok(Attempt::Sent)
    }

    fn forward(&self, sock: &Endpoint, message: Message) -> Result<Attempt, Refused> {
        let mut guard = self.members.lock().unwrap();
        if self.is_terminated() {
            return Err(Refused::Over);
        }
        if self.lossless && !have_room(&guard, message.to) {
            let room_made = self.room_made.load();
            guard.await_event(sock.number, Event::Room);
            self.count_room_sleepers(&guard);
            full_barrier();
            if !have_room(&guard, message.to) {
                sock.port.refused.store(room_made);
                return Ok(Attempt::Full { room_made });
            }
        }
        for target in receivers(&guard, message.to) {
            put(&target.ring, sock.number, message.value);
        }
        sock.port.refused.store(NOT_REFUSED);
        sock.port.sent.store(sock.port.sent.load() + 1);
        self.tell(guard, sock, message);
        Ok(Attempt::Sent)
    }

    pub(crate) fn has_room(&self, ring: &Ring<Slots>, members: &Members) -> bool {
        if ring.has_room(self.slowest.load()) {
            return true;
        }
        let published = ring.published();
        let slowest = members
            .iter()
            .filter(|sock| sock.port.receives())
            .map(|sock| sock.reader().standing())
            .min()
            .unwrap_or(published);
        self.slowest.store(slowest);
        ring.has_room(slowest)
    }

    pub(crate) fn makes_room(&self, ring: &Ring<Slots>, number: u64) -> bool {
        if !self.lossless {
            return false;
        }
        full_barrier();
        let matters = self.shared.is_none() || self.awaiting_room.load() != 0;
        let makes_room = matters && !ring.has_room(number);
        if makes_room {
            self.count_room();
        }
        makes_room
    }

    pub(crate) fn make_room(&self) {
        self.count_room();
        self.wake_senders();
    }

    fn count_room(&self) {
        self.room_made.add(1);
        full_barrier();
    }

    pub(crate) fn catch_up(&self, sock: &Endpoint) -> u64 {
        let members = self.members.lock().unwrap();
        let own_readable = |number| members.tally.readable(&sock.ring, number);
        let lost = sock.reader().catch_up(own_readable);
        self.dropped.add(lost);
        lost
    }
}

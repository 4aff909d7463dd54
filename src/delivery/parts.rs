// SPDX-License-Identifier: GPL-2.0

//! Sending a message in parts on the ring that all ports share (`ring/parts.rs`).
//!
//! Each part is copied as a long message is that goes in one: its place is found under the lock, and it is copied beside
//! others, with bottom halves off. Between two parts others run, and the sender's pages are fetched. Nobody waits for
//! the parts to come: others' messages may push them out, and then their sender begins again. On a lossy
//! network it does not for ever: what was pushed out some times while it was written counts as sent, and is lost to all.
//!
//! Where those who send such messages would push out each other's, they take turns. One who waits for its turn does
//! so as long as the others get on: if none does for a few ticks of the clock, it goes ahead.

use crate::{
    abi::errno::{Errno, Result},
    delivery::{
        reliable,
        room_wait::RoomWait,
        shared::{count, give_up, ALL_UNDER_THE_LOCK},
    },
    network::{holder::Holder, members::Members, seat::Seat},
    ring::{layout::Meta, parts::Span, Claim},
    rust::{
        glue::trace,
        net::{
            message::{Message, Payload},
            socket::Sock,
        },
        sync::{atomic::full_barrier, bottom_halves::BottomHalvesOff, lock::SpinLockBhGuard},
        task::pause::{is_killed, pause},
    },
    wakeup::{
        flush_before_sleep,
        readers::{wake_now, wake_readers},
        room::{floor, has_room, is_paced, makes_room, wake_senders},
    },
};
use kernel::{ffi::c_long, prelude::*};

/// How often a message is begun that others push out before it is there.
const TRIES: u32 = 3;

/// Ticks of the clock in which those get on whose turn it is, if they do.
const TURN: c_long = 3;

/// What one step came to.
enum Step {
    /// A part is there.
    Part,
    /// The message is.
    Sent,
    /// The next part is not there just now in the sender's memory.
    Fault,
    /// Others have pushed parts out, or need their room.
    Overrun,
    /// Others send messages in parts, as many as have room beside each other.
    Turn,
    /// A reader has to read first: as [`Attempt::Full`](super::attempt::Attempt::Full).
    Full {
        /// How many times room was made before.
        room_made: u64,
    },
}

/// A message on its way.
struct InParts<'a, H: Holder, P> {
    sock: &'a Sock<H>,
    seat: &'a Seat<H>,
    message: &'a mut P,
    span: Span,
    /// Bytes of the parts that are there.
    copied: usize,
    /// The bytes of the next part, if they had to be fetched.
    fetched: Option<KVVec<u8>>,
    /// How often it was pushed out.
    overruns: u32,
    /// Whether it counts among those that are being written.
    is_open: bool,
    /// It goes ahead, whoever else is at it.
    goes_ahead: bool,
}

/// Sends a message that is longer than a part; waits where it must, and may. Errors: [`super::send`].
#[cold]
#[inline(never)]
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Message,
) -> kernel::error::Result {
    let mut sending = InParts::new(sock, seat, message);
    let result = sending.send();
    if result.is_err() {
        sending.abandon();
        sending.rewind();
    }
    result
}

/// The same of a device's packet, without waiting. Errors: [`super::inject`].
#[cold]
#[inline(never)]
pub(super) fn inject<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    packet: &mut impl Payload,
) -> Result<bool> {
    let mut sending = InParts::new(sock, seat, packet);
    let result = sending.inject();
    if result != Ok(true) {
        sending.abandon();
    }
    result
}

impl<'a, H: Holder, P: Payload> InParts<'a, H, P> {
    fn new(sock: &'a Sock<H>, seat: &'a Seat<H>, message: &'a mut P) -> Self {
        Self {
            sock,
            seat,
            message,
            span: Span::default(),
            copied: 0,
            fetched: None,
            overruns: 0,
            is_open: false,
            goes_ahead: false,
        }
    }

    /// Whether others push it out so fast that it is lost to all before it is there.
    fn is_lost(&self) -> bool {
        !self.seat.network.waits() && self.overruns == TRIES
    }

    /// Tells whether it was sent; else there is no room for it.
    fn inject(&mut self) -> Result<bool> {
        loop {
            self.goes_ahead = true;
            match self.step()? {
                Step::Part | Step::Turn => {}
                Step::Sent => return Ok(true),
                Step::Fault => return Err(Errno::FAULT),
                Step::Full { .. } => return Ok(false),
                Step::Overrun if self.begin_again() => {}
                Step::Overrun => return Ok(false),
            }
        }
    }

    /// It was pushed out: begins again. Whether there are tries left, as there always are for one that is lost.
    fn begin_again(&mut self) -> bool {
        self.abandon();
        self.rewind();
        self.span = Span::default();
        self.goes_ahead = false;
        self.overruns = self.overruns.saturating_add(1);
        if self.is_lost() {
            // It is not read any more.
            self.message.go_on(self.message.len());
            return true;
        }
        self.overruns < TRIES
    }

    /// What was read of the message is to be read again.
    fn rewind(&mut self) {
        let fetched = self.fetched.take().map_or(0, |bytes| bytes.len());
        self.message.go_back(self.copied.saturating_add(fetched));
        self.copied = 0;
    }

    /// Takes the bytes of the parts away that others see; the parts are but voids.
    fn abandon(&mut self) {
        let (network, ring) = (&*self.seat.network, &*self.seat.ring);
        let mut next = 0;
        while self.span.is_begun() {
            let members = network.members.lock();
            let goes_on = ring.clear_parts(&self.span, &mut next);
            drop(members);
            if !goes_on {
                break;
            }
        }
        if self.is_open {
            let members = network.members.lock();
            self.close();
            drop(members);
            self.pass_turn();
        }
    }

    /// It is not being written any more. Under the lock.
    fn close(&mut self) {
        if core::mem::take(&mut self.is_open) {
            self.seat.ring.close(self.message.len() as u32);
        }
    }

    /// Others may have their turn now.
    fn pass_turn(&self) {
        self.seat.network.room_queue.wake_all();
    }

    /// The next part, or the message, once all are there.
    fn step(&mut self) -> Result<Step> {
        // Who is busy with a message is not interrupted by another who may need its place.
        let off = BottomHalvesOff::begin();
        let (network, ring, port) = (&*self.seat.network, &*self.seat.ring, self.sock.port());
        let mut members = network.members.lock();
        if members.ended || !port.sends() {
            return Err(Errno::PIPE);
        }
        if !ring.has_parts(&self.span) {
            return Ok(Step::Overrun);
        }
        let len = self.message.len();
        let left = match self.is_lost() {
            true => 0,
            false => len.saturating_sub(self.copied),
        };
        let part = left.min(ring.part_bytes() as usize) as u32;
        let is_lossless = network.is_lossless();
        // What is there of the message stays.
        let mut keep = self.span.first().unwrap_or(u64::MAX);
        if network.waits() {
            let whole = if self.span.is_begun() {
                part
            } else {
                len as u32
            };
            let fits = self.span.is_begun() && ring.has_spare(part);
            let is_paced = self.span.is_begun() || is_paced(network, port);
            if !is_paced || (!fits && !has_room(network, ring, &members, whole, keep)) {
                let room_made = network.room_made.load();
                return Ok(match self.span.is_begun() {
                    true => Step::Overrun,
                    false => Step::Full { room_made },
                });
            }
            if is_lossless {
                keep = keep.min(floor(network, ring));
            }
        }
        if !self.is_open && left != 0 {
            if !self.goes_ahead && !ring.admits(len as u32) {
                return Ok(Step::Turn);
            }
            ring.open(len as u32);
            self.is_open = true;
        }
        let claim = match network.is_reliable() {
            true => reliable::reserve(network, ring, &mut members, (part, keep)),
            false => ring.reserve(part, keep, |gone| give_up(&mut members, is_lossless, gone)),
        };
        if !ring.has_parts(&self.span) {
            return Ok(Step::Overrun);
        }
        if left == 0 {
            self.close();
            self.publish(claim, members);
            drop(off);
            self.pass_turn();
            return Ok(Step::Sent);
        }
        if self.fetched.is_none() && !self.message.is_there(part as usize) {
            return Ok(Step::Fault);
        }
        let meta = ring.meta_of_part(&self.span, claim, part, self.seat.number);
        members.tally.add_void();
        if network.is_reliable() {
            reliable::number_part(ring, claim);
        }
        ring.begin(claim, meta);
        ring.link(&self.span, claim);
        if !is_lossless {
            // Under the lock, as what a port has lost is counted by what it skipped.
            self.seat.reader(port).skip_sent(claim.number);
        }
        // Freed once bottom halves may run.
        let fetched = self.fetched.take();
        let is_written = self.write(claim, part, fetched.as_deref(), members);
        drop(off);
        self.tell_of_part(claim.number);
        if !is_written {
            return Ok(Step::Fault);
        }
        ring.extend(&mut self.span, claim);
        self.copied = self.copied.saturating_add(part as usize);
        Ok(Step::Part)
    }

    /// Writes a part whose place was found, while others send too; tells whether it could be read.
    fn write(
        &mut self,
        claim: Claim,
        part: u32,
        fetched: Option<&[u8]>,
        members: SpinLockBhGuard<'_, Members<H>>,
    ) -> bool {
        let ring = &*self.seat.ring;
        let guard = ALL_UNDER_THE_LOCK.then_some(members);
        let memory = ring.memory();
        let is_written = match fetched {
            Some(bytes) => {
                memory.fill_from(claim.at, bytes, &[]);
                true
            }
            None => memory.fill_part(claim.at, self.message, self.copied, part as usize),
        };
        match is_written {
            true => ring.finish_part(claim),
            false => ring.fail_part(claim, part),
        }
        drop(guard);
        is_written
    }

    /// A part is there, or a void: who found it in the way goes on.
    fn tell_of_part(&self, number: u64) {
        let (network, ring) = (&self.seat.network, &*self.seat.ring);
        // It is there, then whether anybody sleeps is asked, who looks once that can be seen. Pairs with
        // `wakeup::readers::await_signal`, and `makes_room` by itself.
        full_barrier();
        if ring.is_awaited() {
            let members = network.members.lock();
            // With nothing behind it there is nothing to read.
            if ring.published() != number.wrapping_add(1) {
                wake_now(network, members);
            }
        }
        let gone_on = (number, number.wrapping_add(1));
        if makes_room(network, ring, (true, false), gone_on) {
            wake_senders(network);
        }
    }

    /// All parts are there: so is the message.
    fn publish(&mut self, claim: Claim, mut members: SpinLockBhGuard<'_, Members<H>>) {
        let (network, ring, port) = (&*self.seat.network, &*self.seat.ring, self.sock.port());
        let len = self.message.len() as u32;
        count(self.seat, self.sock, &mut members, len);
        let meta = Meta {
            len,
            from: self.seat.number,
            stamp: network.stamp(),
            back: ring.join(&self.span, claim),
        };
        if network.is_reliable() {
            reliable::number(
                self.seat,
                self.sock,
                &mut members,
                (claim, len),
                self.message,
            );
        }
        ring.publish(claim, meta);
        trace::sent(&network.file, self.seat.number, len);
        if network.is_lossless() {
            // As in `shared::send`.
            full_barrier();
        }
        self.seat.reader(port).skip_sent(claim.number);
        wake_readers(network, members, self.sock, self.message);
    }
}

impl<H: Holder, P: Message> InParts<'_, H, P> {
    /// Waits until it may be its turn, or for a few ticks.
    fn await_turn(&mut self) {
        let (network, ring) = (&self.seat.network, &self.seat.ring);
        flush_before_sleep(network, self.sock);
        let len = self.message.len() as u32;
        let begun = ring.begun();
        let may_go = network.room_queue.wait_briefly(TURN, || {
            let members = network.members.lock();
            members.ended || !self.sock.port().sends() || ring.admits(len)
        });
        self.goes_ahead = !may_go && ring.begun() == begun;
    }

    fn send(&mut self) -> kernel::error::Result {
        let (sock, network) = (self.sock, &self.seat.network);
        let mut wait = RoomWait::new();
        loop {
            match self.step()? {
                Step::Sent => return Ok(()),
                Step::Part => {}
                Step::Fault => {
                    flush_before_sleep(network, sock);
                    let left = self.message.len().saturating_sub(self.copied);
                    let part = left.min(self.seat.ring.part_bytes() as usize);
                    self.fetched = Some(self.message.fetch_part(self.copied, part)?);
                }
                Step::Overrun => {
                    if !self.begin_again() && self.message.dont_wait() {
                        sock.note_full();
                        return Err(EAGAIN);
                    }
                }
                Step::Turn => self.await_turn(),
                Step::Full { room_made } => {
                    wait.full(sock, self.seat, self.message, room_made)?;
                }
            }
            // What is begun is soon done, and begun again after a signal: only one that ends the caller ends it.
            let _ = pause();
            if is_killed() {
                return Err(EINTR);
            }
        }
    }
}

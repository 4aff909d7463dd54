// SPDX-License-Identifier: GPL-2.0

//! Reading a port: what finds messages for it, and moves its position.
//!
//! Any number of calls on the socket do so at the same time, and beside them the network's worker
//! ([`crate::wakeup::refused`]). Each moves the position from the very message that it found there, or not
//! at all ([`Reader::consume`]); so a message goes to one of them, and none holds a lock while it copies to
//! its caller's memory, which may take for ever. Where the port is a device, its NAPI alone does so.
//!
//! Whatever consumes a message, or counts lost ones, is a method of [`Reading`], and there is no other way
//! to one than the two below: so no call on a device's socket can read beside the device.

use crate::{
    abi::{
        sequence::Sequence,
        uapi::{IPN_DROP_FILTERED, IPN_DROP_OVERRUN},
    },
    ring::{
        layout::Meta,
        reader::{Peek, Reader},
        Claim,
    },
    rust::{
        glue::{
            netdev::Turn,
            ring_memory::{RingMemory, Sample},
            trace,
        },
        net::{filter, message::Incoming},
        sync::atomic::full_barrier,
        task::pause::pause,
    },
    socket::{
        endpoint::{Endpoint, IpnSock, Seat},
        gaps,
        news::is_given_up,
        report,
    },
    wakeup::room::{makes_room, wake_senders},
};
use kernel::prelude::*;

/// A port that is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The socket.
    pub(crate) sock: &'a IpnSock,
    /// Its port.
    pub(crate) seat: &'a Seat,
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

impl Found {
    /// Copies the first `room` bytes to the caller, behind what stays there; tells whether they could be written. When
    /// not, the place is as it was.
    #[inline(always)]
    pub(crate) fn drain(&self, seat: &Seat, room: usize, place: &mut Incoming<'_>) -> bool {
        let ring = &seat.ring;
        match self.meta.is_in_parts() {
            false => ring.memory().drain(self.at.at, room, place),
            true => self.drain_parts(seat, room, place),
        }
    }

    #[inline(never)]
    fn drain_parts(&self, seat: &Seat, room: usize, place: &mut Incoming<'_>) -> bool {
        let (ring, memory) = (&seat.ring, seat.ring.memory());
        place.keep();
        let before = place.kept();
        let copied = ring.each_piece(self.at, self.meta, room, |at, len| {
            let copied = memory.drain(at, len, place);
            place.keep();
            copied
        });
        if !copied {
            place.revert_to(before);
        }
        copied
    }

    /// Whether all that was read of the message belongs to it.
    #[inline(always)]
    pub(crate) fn is_there(&self, seat: &Seat) -> bool {
        seat.ring.is_there(self.at, self.meta)
    }
}

/// Bytes that a filter sees of a message in parts.
const FILTERED: usize = 65535;

/// What became of a message that a call had found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consumed {
    /// It is the call's.
    Taken,
    /// The same, and senders who wait for the room have to be woken.
    MadeRoom,
    /// Another has consumed it, or it was lost.
    Gone,
}

impl<'a> Reading<'a> {
    /// A call on the socket reads, or the network's worker does for it. Errors:
    /// [`Endpoint::readable_port`].
    pub(crate) fn by_call(sock: &'a IpnSock) -> Result<Self> {
        let seat = sock.readable_port()?;
        Ok(Self { sock, seat })
    }

    /// The device that the port is reads, in a turn of its NAPI. It has left, or not come: none.
    pub(crate) fn by_device(turn: &'a Turn<'a, Endpoint>) -> Option<Self> {
        let sock = turn.sock();
        let seat = sock.seat.as_ref()?;
        Some(Self { sock, seat })
    }

    /// What the port's readers see.
    #[inline]
    pub(crate) fn reader(self) -> Reader<'a, RingMemory> {
        self.seat.reader(&self.sock.port)
    }

    /// Messages that there are by now: what a call goes through, however many come meanwhile.
    pub(crate) fn end(&self) -> u64 {
        self.seat.ring.published()
    }

    /// The next message for the port before number `until`. Those before it that are not for it are
    /// skipped, the lost counted. Others run in between.
    ///
    /// A signal came while it went through what is not for the port: `ERESTARTSYS`.
    #[inline(always)]
    pub(crate) fn next(self, until: u64) -> Result<Option<Found>> {
        match self.reader().peek_before(until) {
            Peek::Empty => Ok(None),
            Peek::Message { at, meta } if self.sock.port.receives() => {
                if !filter::is_attached(self.sock) {
                    return Ok(Some(self.whole(at, meta)));
                }
                match self.judge(at, meta)? {
                    Some(found) => Ok(Some(found)),
                    None => self.go_through(until, true),
                }
            }
            _ => self.go_through(until, true),
        }
    }

    /// The same for who tells nobody of what was missed: the message behind that too.
    pub(crate) fn next_behind_gaps(self, until: u64) -> Result<Option<Found>> {
        self.go_through(until, false)
    }

    /// Whether a reader of a reliable bus that has found nothing before number `until` has only come to what it has missed,
    /// of which another was told.
    pub(super) fn goes_on(self, until: u64) -> bool {
        self.seat.seen.is_some()
            && self.sock.port.receives()
            && !matches!(self.reader().peek_before(until), Peek::Empty)
    }

    /// Whether whatever is the port's is for it.
    #[inline]
    pub(crate) fn gets_all(self) -> bool {
        self.sock.port.receives() && !filter::is_attached(self.sock)
    }

    /// A message that the port gets whole.
    #[inline]
    pub(crate) fn whole(&self, at: Claim, meta: Meta) -> Found {
        let len = self.len(meta);
        Found { at, meta, len }
    }

    /// A message that the port's filter wants, if only a part of it; one that it refuses is skipped.
    ///
    /// No memory to gather one that is in parts: `ENOMEM`.
    #[inline(always)]
    fn judge(self, at: Claim, meta: Meta) -> Result<Option<Found>> {
        let ring = &self.seat.ring;
        let kept = match meta.is_in_parts() {
            false => (ring.memory()).filtered(at.at, meta.len as usize, self.sock),
            true => self.judge_parts(at, meta)?,
        };
        let sequence = ring.sequence_of(at);
        if kept.is_none() && ring.is_there(at, meta) && self.keeps(at.number) {
            self.count_skipped(at.number, meta.from, &sequence);
            self.seat.hear(meta.from, &sequence);
            self.refuse(at.number);
        }
        Ok(kept.map(|len| Found { at, meta, len }))
    }

    /// What the filter lets pass of a message in parts: it sees the beginning, as if that were the message, and lets all
    /// pass where it lets pass all of that.
    #[inline(never)]
    fn judge_parts(self, at: Claim, meta: Meta) -> Result<Option<usize>> {
        let ring = &self.seat.ring;
        let (len, memory) = (self.len(meta), ring.memory());
        let seen = len.min(FILTERED);
        let mut sample = Sample::new(seen)?;
        ring.each_piece(at, meta, seen, |at, len| {
            memory.add_to(at, len, &mut sample)
        });
        let kept = sample.filtered(self.sock);
        Ok(kept.map(|kept| if kept == seen { len } else { kept }))
    }

    #[inline(never)]
    fn refuse(self, number: u64) {
        let consumed = self.consume(number);
        if consumed == Consumed::MadeRoom {
            wake_senders(&self.seat.network);
        }
        if consumed != Consumed::Gone {
            self.sock.port.filtered.add(1);
            let Seat {
                network, number, ..
            } = self.seat;
            trace::dropped(&network.file, *number, 1, IPN_DROP_FILTERED);
        }
    }

    /// The next message where what comes first may not be for the port. With `stops` none behind what was missed, before
    /// the owner was told of that.
    #[inline(never)]
    fn go_through(self, until: u64, stops: bool) -> Result<Option<Found>> {
        let sock = self.sock;
        while sock.port.receives() {
            match self.reader().peek_before(until) {
                Peek::Empty => return Ok(None),
                Peek::Overrun => drop(self.catch_up()),
                Peek::Gone(number) => drop(self.lose(number)),
                Peek::Own(number) => self.skip_own(number),
                Peek::Message { .. } if stops && sock.has_gap.is_up() => return Ok(None),
                Peek::Message { at, meta } if !filter::is_attached(sock) => {
                    return Ok(Some(self.whole(at, meta)));
                }
                Peek::Message { at, meta } => {
                    if let Some(found) = self.judge(at, meta)? {
                        return Ok(Some(found));
                    }
                }
            }
            pause()?;
        }
        Ok(None)
    }

    /// Whether message `number`, which was read and was there, is the port's still: that has not been shut meanwhile. After
    /// a shutdown nothing comes, nor from those who send once it is done. One that a process writes may give it up at any
    /// time.
    #[inline(always)]
    pub(crate) fn keeps(self, number: u64) -> bool {
        self.sock.port.receives_from_us() || self.keeps_written(number)
    }

    #[inline(never)]
    fn keeps_written(self, number: u64) -> bool {
        !is_given_up(self.seat, number) && self.sock.port.receives()
    }

    /// Bytes of a message; one that is overwritten may say anything.
    pub(crate) fn len(&self, meta: Meta) -> usize {
        (meta.len as usize).min(self.seat.network.mtu())
    }

    /// The port was overrun: it goes on with the oldest message that is left, and counts what it lost.
    /// How many that is.
    pub(crate) fn catch_up(&self) -> u64 {
        self.tell_late(self.seat.catch_up(&self.sock.port))
    }

    /// The parts of the message at the port's position are gone: it goes past that, and counts it. How many it lost.
    pub(crate) fn lose(&self, number: u64) -> u64 {
        let knows_skipped = self.sock.skipped_before.load() > number;
        self.tell_late(self.seat.lose(&self.sock.port, number, knows_skipped))
    }

    /// The port was too late for so many.
    fn tell_late(&self, lost: u64) -> u64 {
        if lost != 0 && self.seat.seen.is_some() {
            gaps::evict(self.sock, self.seat);
        }
        self.tell_lost(lost)
    }

    fn tell_lost(&self, lost: u64) -> u64 {
        self.sock.add_drops(lost);
        report::tell_loss(self.sock, self.seat, lost, IPN_DROP_OVERRUN);
        if lost != 0 && self.seat.seen.is_some() {
            gaps::note(self.sock);
        }
        lost
    }

    /// The port is about to get message `number` of port `from`. If others right before it never came here, and nobody
    /// was told of those, that is counted now, and the caller is told, where it hears of gaps: `ECONNRESET`.
    pub(super) fn miss_skipped(&self, number: u64, from: u32, sequence: &Sequence) -> Result {
        if sequence.skipped == 0 {
            return Ok(());
        }
        self.count_skipped(number, from, sequence);
        gaps::tell(self.sock)
    }

    /// Counts what never came before message `number` of port `from`, if nobody has.
    fn count_skipped(&self, number: u64, from: u32, sequence: &Sequence) {
        if sequence.skipped == 0 {
            return;
        }
        let (counted, behind) = (&self.sock.skipped_before, number.wrapping_add(1));
        let before = counted.load();
        if before < behind && counted.replace(before, behind) {
            self.tell_lost(self.seat.miss_skipped(&self.sock.port, from, sequence));
        }
    }

    /// Skips a message that the port itself sent, if it is that still.
    pub(crate) fn skip_own(&self, number: u64) {
        if self.seat.skip_own(&self.sock.port, number) && self.makes_room(number) {
            wake_senders(&self.seat.network);
        }
    }

    /// The device is done with message `number`. Its own that follow it skips as it comes to them, for
    /// it has only so much time.
    pub(crate) fn consume_one(&self, number: u64) {
        if self.reader().consume(number) && self.makes_room(number) {
            wake_senders(&self.seat.network);
        }
    }

    /// Consumes message `number`, and on a lossless network the port's own that follow.
    #[inline(always)]
    pub(crate) fn consume(self, number: u64) -> Consumed {
        if !self.reader().consume(number) {
            return Consumed::Gone;
        }
        self.go_on(number)
    }

    /// The same of the messages from `number` to before `next`, all or none.
    pub(crate) fn consume_many(self, number: u64, next: u64) -> Consumed {
        if !self.reader().consume_many(number, next) {
            return Consumed::Gone;
        }
        self.go_on(number)
    }

    /// Messages from `number` on were consumed.
    #[inline(always)]
    fn go_on(self, number: u64) -> Consumed {
        if self.seat.network.waits() && self.skip_own_that_follow(number) {
            return Consumed::MadeRoom;
        }
        Consumed::Taken
    }

    /// The port has moved past message `number` on a lossless network: skips its own that follow.
    /// Whether senders who wait have to be woken now.
    #[inline(never)]
    fn skip_own_that_follow(self, number: u64) -> bool {
        // The port's own messages must not hold its network up. One that it is just sending is skipped
        // here or by the sender: it publishes, then tries to skip; we have moved, and look now. Pairs with
        // `delivery::shared::send`. On a reliable bus they are skipped under the lock: by it, and by who looks for room.
        if self.seat.network.is_lossless() {
            full_barrier();
            self.reader().skip_all_own();
        }
        self.makes_room(number)
    }

    fn makes_room(&self, number: u64) -> bool {
        let Seat {
            network,
            ring,
            shares,
            ..
        } = self.seat;
        // No sender waits for an observer.
        !self.sock.port.observes() && {
            let now = match network.window {
                None => self.reader().position(),
                // Who looks for room skips what is its own.
                Some(_) => self.reader().behind_own(),
            };
            // A mapped reader that goes on from here asks by itself only where there is not even a message's room.
            let gradual = !self.sock.port.cursor.is_mapped();
            makes_room(network, ring, (*shares, gradual), (number, now))
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The ring: a bounded log of messages with one write position and many read positions.
//!
//! Messages are numbered from 0. The bytes of one follow those of the one before it, in a memory that
//! goes round; an index, which goes round by itself, says of each where they are ([`layout`]). The ring
//! shows the messages from [`oldest`](Ring::oldest) on. Where the next one needs room, or a place in the index,
//! the oldest are given up first.
//!
//! Writers take turns at finding a place (a lock of the owner's), and may write side by side; readers take
//! no lock:
//!
//! - The writer says which message is the oldest from now on, then writes over the others. It does so before it lets
//!   the next writer go on ([`Ring::publish`]), or says that it is busy with its message, and that it is ready when it is
//!   ([`Ring::begin`], [`Ring::finish`]). One that can not go on leaves a void, which readers go past.
//! - A reader looks whether the message it wants is ready, copies it, and then asks whether it was
//!   [not overwritten](Ring::is_not_overwritten) all along: if an older one than the oldest is what it has, the
//!   copy may be torn and counts for nothing.
//! - Nobody writes over a message that another is busy with: who needs its place waits, and holds the lock
//!   meanwhile. So whoever is busy copies a bounded number of bytes, is not preempted, and takes no lock.
//!
//! A lossy writer waits for no reader: one that has not read what is given up has lost it, and knows how
//! many that are. A lossless writer asks first whether there [is room](Ring::has_room).
//!
//! The ring knows nothing of the bytes of messages: their owner copies them between
//! [`Ring::reserve`] and [`Ring::publish`] or [`Ring::finish`], and between [`Ring::peek_at`] and [`Ring::is_not_overwritten`].
//!
//! What is too long to be copied at once comes in parts, which are voids, and is there with the message that says where
//! they are ([`parts`]).
//!
//! The memory of a ring is mapped into readers, who then take messages without us ([`layout`]), and see no byte
//! of what can not be read ([`wipe`]).

pub(crate) mod cursor;
pub(crate) mod drops;
pub(crate) mod layout;
pub(crate) mod pace;
pub(crate) mod parts;
pub(crate) mod port;
pub(crate) mod reader;
pub(crate) mod seen;
pub(crate) mod sequences;
mod shown;
pub(crate) mod tally;
pub(crate) mod told;
pub(crate) mod wipe;

use crate::{
    ring::{
        layout::{busy, failed, ready, size_of, void, Descriptor, Memory, Meta, Parts, PIECE},
        shown::Shown,
    },
    rust::sync::{
        atomic::{read_barrier, write_barrier, AtomicU32, AtomicU64},
        relax::relax,
    },
};

/// A place for a message, or that of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The message's number.
    pub(crate) number: u64,
    /// Its descriptor.
    pub(crate) index: u32,
    /// Where its bytes are.
    pub(crate) at: u32,
}

/// What a reader finds at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeekAt {
    /// No message yet.
    Empty,
    /// The messages from its position up to `oldest` are lost.
    Overrun {
        /// The oldest message that can be read.
        oldest: u64,
    },
    /// A message.
    Message {
        /// Its place, to be believed as what is known of it.
        at: Claim,
        /// What is known of it, to be believed only while it [is not overwritten](Ring::is_not_overwritten).
        meta: Meta,
    },
    /// One that is there, and whose parts are not any more.
    Gone(Meta),
    /// One that did not come about, or a part of one.
    Void,
}

/// What is given up for the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// A message of this port.
    Message(u32),
    /// One that did not come about, as was told.
    Void,
    /// One that did not come about, and its writer has not told yet: its number and port.
    Failed(u64, Meta),
}

/// A ring over some memory.
#[repr(C)]
pub(crate) struct Ring<M> {
    memory: M,
    messages: u32,
    bytes: u32,
    /// Messages that are given up at once.
    ahead: u32,
    parts: Parts,
    shown: Shown,
    writer: Writer,
}

/// What only writers know, in a cache line of its own. Under their lock.
#[repr(C, align(64))]
struct Writer {
    /// Which message has no descriptor, unless one is given up.
    until: AtomicU64,
    /// Where the bytes end that are free behind the newest message, in one piece.
    end: AtomicU32,
    /// The next descriptor.
    index: AtomicU32,
    /// Behind the newest message that is in parts.
    whole: AtomicU64,
    /// The oldest message whose parts may be needed: [`Ring::floor`].
    floor: AtomicU64,
    /// Bytes that messages take which are being written in parts.
    open_bytes: AtomicU64,
    /// Descriptors that they take.
    open_descriptors: AtomicU64,
    /// Parts that were ever begun.
    begun: AtomicU64,
}

impl<M: Memory> Ring<M> {
    /// A ring over memory with so many descriptors and bytes, which must be enough for the longest message. Where
    /// one has no room, so many messages are given up at once.
    pub(crate) fn new(memory: M, messages: u32, bytes: u32, ahead: u32) -> Self {
        Self {
            memory,
            messages,
            bytes,
            ahead,
            parts: Parts::NONE,
            shown: Shown::new(),
            writer: Writer {
                until: AtomicU64::new(messages.into()),
                end: AtomicU32::new(bytes),
                index: AtomicU32::new(0),
                whole: AtomicU64::new(0),
                floor: AtomicU64::new(0),
                open_bytes: AtomicU64::new(0),
                open_descriptors: AtomicU64::new(0),
                begun: AtomicU64::new(0),
            },
        }
    }

    /// The same where messages that are longer go in parts.
    pub(crate) fn with_parts(self, parts: Parts) -> Self {
        Self { parts, ..self }
    }

    /// Where positions, index and bytes are.
    pub(crate) fn memory(&self) -> &M {
        &self.memory
    }

    #[inline]
    fn index_of(&self, number: u64) -> u32 {
        let messages = u64::from(self.messages);
        number.checked_rem(messages).unwrap_or(0) as u32
    }

    #[inline]
    fn descriptor(&self, number: u64) -> &Descriptor {
        self.memory.descriptor(self.index_of(number))
    }

    /// Where the bytes of the message of a descriptor end, in whole pieces.
    #[inline]
    fn end_of_bytes(descriptor: &Descriptor) -> u32 {
        let (at, meta) = (descriptor.at.load(), descriptor.load());
        at.saturating_add(size_of(meta.bytes()))
    }

    /// Tells mapped readers whether ports wait for room.
    pub(crate) fn announce(&self, awaiting_room: bool) {
        self.memory
            .notices()
            .awaiting_room
            .store(awaiting_room.into());
    }

    /// Says whether somebody may sleep until a message comes. Writers are held off.
    pub(crate) fn set_awaited(&self, is_awaited: bool) {
        let notice = &self.memory.notices().awaiting_message;
        notice.store(is_awaited.into());
    }

    /// Whether somebody may; asked with a full barrier behind [`Ring::finish`], as whoever is to sleep looks at
    /// the ring with one behind [`Ring::set_awaited`].
    #[inline]
    pub(crate) fn is_awaited(&self) -> bool {
        self.memory.notices().awaiting_message.load() != 0
    }

    /// Messages that were ever begun, and are there, are voids, or to come.
    #[inline]
    pub(crate) fn published(&self) -> u64 {
        self.memory.positions().published.load_acquire()
    }

    /// The oldest message that can be read.
    #[inline]
    pub(crate) fn oldest(&self) -> u64 {
        self.memory.positions().oldest.load()
    }

    /// Whether a message of `len` bytes leaves a reader at `slowest` its own.
    #[inline]
    pub(crate) fn has_room(&self, slowest: u64, len: u32) -> bool {
        match self.parts.count(len) {
            0 => self.fits(slowest, size_of(len)),
            _ => self.fits_in_parts(slowest, len),
        }
    }

    /// Whether a reader at `slowest` leaves a quarter free, and room for a message of `mtu` bytes.
    #[inline]
    pub(crate) fn has_quarter(&self, slowest: u64, mtu: u32) -> bool {
        let held = self.published().wrapping_sub(slowest);
        let places = held.saturating_add((self.messages / 4).into());
        let bytes = self
            .held_bytes(held, slowest)
            .saturating_add(self.bytes / 4);
        places <= self.messages.into() && bytes <= self.bytes && self.has_room(slowest, mtu)
    }

    /// The same of one more of `mtu` bytes beside `promised` others, which are not there yet.
    pub(crate) fn has_room_beside(&self, slowest: u64, promised: u32, mtu: u32) -> bool {
        if promised == 0 {
            return self.has_room(slowest, mtu);
        }
        let held = self.published().wrapping_sub(slowest);
        // As if they were in one piece; the end of the memory may cost as much as one of them.
        let size = size_of(mtu).saturating_mul(promised.saturating_add(2));
        held.saturating_add(promised.into()) < self.messages.into() && self.fits(slowest, size)
    }

    #[inline]
    fn fits(&self, slowest: u64, size: u32) -> bool {
        let held = self.published().wrapping_sub(slowest);
        let fits = self.place(held, self.index_of(slowest), size).is_some();
        // What was looked at may be another's by now: then others have had that room.
        fits && self.is_not_overwritten(slowest)
    }

    /// Bytes that the newest `held` messages take, of which `oldest` is the oldest.
    #[inline]
    fn held_bytes(&self, held: u64, oldest: u64) -> u32 {
        let head = self.memory.positions().head.load();
        let tail = self.descriptor(oldest).at.load();
        match () {
            () if held == 0 => 0,
            () if tail < head => head.wrapping_sub(tail),
            () => self.bytes.saturating_sub(tail.wrapping_sub(head)),
        }
    }

    /// The descriptor that is so many before `index`, at most as many as there are.
    #[inline]
    fn index_before(&self, index: u32, count: u32) -> u32 {
        let (before, wraps) = index.overflowing_sub(count);
        match wraps {
            true => before.wrapping_add(self.messages),
            false => before,
        }
    }

    /// The descriptor behind `index`.
    #[inline]
    fn index_after(&self, index: u32) -> u32 {
        let next = index.wrapping_add(1);
        match next == self.messages {
            true => 0,
            false => next,
        }
    }

    /// Where `size` bytes go if the newest `held` messages stay, of which the oldest has the descriptor
    /// `oldest`. None: they leave no room.
    #[inline]
    fn place(&self, held: u64, oldest: u32, size: u32) -> Option<u32> {
        let head = self.memory.positions().head.load();
        let tail = self.memory.descriptor(oldest).at.load();
        self.place_between(held, (head, tail), size)
    }

    /// The same where the newest ends at `head`, and the oldest of them begins at `tail`.
    #[inline]
    fn place_between(&self, held: u64, (head, tail): (u32, u32), size: u32) -> Option<u32> {
        if held == 0 {
            return (size <= self.bytes).then_some(0);
        }
        if held >= self.messages.into() {
            return None;
        }
        let (room, other) = match tail < head {
            // What is left to the end, and what is free before the oldest.
            true => (self.bytes.saturating_sub(head), tail),
            false => (tail.wrapping_sub(head), 0),
        };
        if size <= room {
            return Some(head);
        }
        (size <= other).then_some(0)
    }

    /// Whether a message of `len` bytes has room without that another is given up. Writers are held off.
    #[inline]
    pub(crate) fn has_spare(&self, len: u32) -> bool {
        let positions = self.memory.positions();
        let room = self.writer.end.load().wrapping_sub(positions.head.load());
        size_of(len) <= room && positions.published.load() != self.writer.until.load()
    }

    /// Begins the next message, of `len` bytes. Where it has no room, the oldest ones are given up, but none from
    /// `keep` on that does not have to be; `gives_up` is told of each. One writer at a time; the message may
    /// be begun again when it was not published.
    #[inline(always)]
    pub(crate) fn reserve(&self, len: u32, keep: u64, gives_up: impl FnMut(GivenUp)) -> Claim {
        let positions = self.memory.positions();
        let at = match self.has_spare(len) {
            true => positions.head.load(),
            false => self.make_room(len, keep, gives_up),
        };
        // A reader that sees a byte of the new message sees what is the oldest; pairs with
        // `is_not_overwritten`.
        write_barrier();
        Claim {
            number: positions.published.load(),
            index: self.writer.index.load(),
            at,
        }
    }

    /// Gives up what a message of `len` bytes takes, and where there are many some more, so that not each message
    /// has to. Where it goes.
    #[inline(never)]
    fn make_room(&self, len: u32, keep: u64, mut gives_up: impl FnMut(GivenUp)) -> u32 {
        let positions = self.memory.positions();
        let (number, first, size) = (positions.published.load(), self.oldest(), size_of(len));
        let mut held = number.wrapping_sub(first);
        let mut oldest = self.index_before(self.writer.index.load(), held as u32);
        let begin = self.memory.descriptor(oldest).at.load();
        let mut place = self.place(held, oldest, size);
        let few = match place {
            Some(_) => held,
            None => self.messages.wrapping_sub(self.ahead).into(),
        };
        // Of those that do not have to be, no more than are soon cleared, where that is done.
        let mut more = match self.shown.is_shown() {
            true => PIECE,
            false => u32::MAX,
        };
        let goes_on = |number, more| number < keep && more != 0;
        while held != 0
            && (place.is_none() || (held > few && goes_on(number.wrapping_sub(held), more)))
        {
            if place.is_some() {
                let bytes = self.memory.descriptor(oldest).load().bytes();
                more = more.saturating_sub(size_of(bytes));
            }
            gives_up(self.give_up_one(number.wrapping_sub(held), oldest));
            oldest = self.index_after(oldest);
            held = held.wrapping_sub(1);
            if place.is_none() {
                place = self.place(held, oldest, size);
            }
        }
        let at = place.unwrap_or(0);
        let mut end = match held {
            0 => self.bytes,
            _ => self.end_of(at, oldest),
        };
        let left = number.wrapping_sub(held);
        positions.oldest.store(left);
        if left != first && self.shown.is_shown() {
            let last = self.memory.descriptor(self.index_before(oldest, 1));
            let end = Self::end_of_bytes(last);
            // As below: what is cleared is written over too.
            write_barrier();
            self.wipe((begin, end), (at, len));
        }
        if self.shown.is_clearing() {
            self.wipe_place(at, len);
            // The next one comes here too.
            end = at.saturating_add(size);
        }
        positions.head.store(at);
        self.writer.end.store(end);
        let until = left.saturating_add(self.messages.into());
        self.writer.until.store(until);
        at
    }

    /// Gives up message `number`, whose descriptor is `index`, once its writer is not busy with it any more.
    fn give_up_one(&self, number: u64, index: u32) -> GivenUp {
        let descriptor = self.memory.descriptor(index);
        loop {
            // What its writer wrote comes before what is written over it.
            let state = descriptor.state.load_acquire();
            if state == void(number) {
                return GivenUp::Void;
            } else if state == failed(number) {
                return GivenUp::Failed(number, descriptor.load());
            } else if state != busy(number) {
                return GivenUp::Message(descriptor.from.load());
            }
            relax();
        }
    }

    /// Where the bytes end that are free from `at` on, where a message may go; `oldest` is the descriptor of the
    /// oldest one.
    fn end_of(&self, at: u32, oldest: u32) -> u32 {
        let tail = self.memory.descriptor(oldest).at.load();
        match tail < at {
            true => self.bytes,
            false => tail,
        }
    }

    /// Ends the message of `claim`: from here on it can be read.
    #[inline]
    pub(crate) fn publish(&self, claim: Claim, meta: Meta) {
        self.pass(claim, meta);
        self.finish(claim);
    }

    /// The message of `claim` is being written from now on, and others may come after it.
    #[inline]
    pub(crate) fn begin(&self, claim: Claim, meta: Meta) {
        let state = &self.memory.descriptor(claim.index).state;
        state.store(busy(claim.number));
        self.pass(claim, meta);
    }

    /// The next message comes behind that of `claim`.
    #[inline]
    fn pass(&self, claim: Claim, meta: Meta) {
        let positions = self.memory.positions();
        self.memory.descriptor(claim.index).store(claim.at, meta);
        let head = claim.at.wrapping_add(size_of(meta.bytes()));
        positions.head.store(head);
        self.writer.index.store(self.index_after(claim.index));
        positions
            .published
            .store_release(claim.number.wrapping_add(1));
    }

    /// The message of `claim` is there: from here on it can be read.
    #[inline]
    pub(crate) fn finish(&self, claim: Claim) {
        let state = &self.memory.descriptor(claim.index).state;
        // Behind the position, as all know it that go by the state.
        state.store_release(ready(claim.number));
    }

    /// The message of `claim`, of `len` bytes, which was begun, can not be written. Nobody knows of it until that
    /// is [settled](Ring::settle), or it is [given up](GivenUp::Failed).
    pub(crate) fn fail(&self, claim: Claim, len: u32) {
        // Who has mapped the ring, or comes to, must not see the part that was there.
        self.memory.clear(claim.at, len);
        let state = &self.memory.descriptor(claim.index).state;
        state.store_release(failed(claim.number));
    }

    /// The message of `claim`, which has failed, is a void from now on, unless it was given up: tells whether it
    /// is. Writers are held off.
    pub(crate) fn settle(&self, claim: Claim) -> bool {
        let is_there = self.oldest() <= claim.number;
        if is_there {
            let state = &self.memory.descriptor(claim.index).state;
            state.store_release(void(claim.number));
        }
        is_there
    }

    /// Waits until no message is being written. None is begun any more.
    pub(crate) fn wait_for_writers(&self) {
        for number in self.oldest()..self.published() {
            let state = &self.descriptor(number).state;
            while [busy(number), failed(number)].contains(&state.load_acquire()) {
                relax();
            }
        }
    }

    /// The message of `claim`, which is not published yet, is message `number` of the network.
    pub(crate) fn note(&self, claim: Claim, number: u64) {
        if let Some(sent_as) = self.memory.sent_as(claim.index) {
            sent_as.store(number);
        }
    }

    /// Which message of the network the message at `at` is; to be believed only while it
    /// [is not overwritten](Ring::is_not_overwritten).
    pub(crate) fn sent_as(&self, at: Claim) -> u64 {
        let sent_as = self.memory.sent_as(at.index);
        sent_as.map_or(at.number, |number| number.load())
    }

    /// What a reader at `position` finds.
    #[inline]
    pub(crate) fn peek_at(&self, position: u64) -> PeekAt {
        let oldest = self.oldest();
        if position < oldest {
            return PeekAt::Overrun { oldest };
        }
        let index = self.index_of(position);
        let descriptor = self.memory.descriptor(index);
        let state = descriptor.state.load_acquire();
        if state == ready(position) {
            let (at, meta) = self.found(position, index, descriptor);
            if meta.is_in_parts() && !self.is_there(at, meta) {
                return self.without_parts(position, meta);
            }
            return PeekAt::Message { at, meta };
        }
        // Asked once more: the descriptor may be another's since.
        let oldest = self.oldest();
        match position {
            _ if position < oldest => PeekAt::Overrun { oldest },
            _ if state == void(position) => PeekAt::Void,
            _ => PeekAt::Empty,
        }
    }

    /// The place of message `number`, and what is known of it unless it was overwritten.
    pub(crate) fn look_at(&self, number: u64) -> (Claim, Meta) {
        let index = self.index_of(number);
        self.found(number, index, self.memory.descriptor(index))
    }

    /// The message behind the one at `at`, if it is ready and in one: its place, and what is known of it unless it
    /// was overwritten.
    #[inline]
    pub(crate) fn look_after(&self, at: Claim) -> Option<(Claim, Meta)> {
        let number = at.number.wrapping_add(1);
        let (index, descriptor) = self.memory.descriptor_behind(at.index);
        let is_ready = descriptor.state.load_acquire() == ready(number);
        let found = is_ready.then(|| self.found(number, index, descriptor));
        found.filter(|(_, meta)| !meta.is_in_parts())
    }

    #[inline]
    fn found(&self, number: u64, index: u32, descriptor: &Descriptor) -> (Claim, Meta) {
        let at = descriptor.at.load();
        (Claim { number, index, at }, descriptor.load())
    }

    /// Whether all that was read of message `number` since [`Ring::peek_at`] belongs to it.
    #[inline]
    pub(crate) fn is_not_overwritten(&self, number: u64) -> bool {
        // The reads of the message come before that of the position; pairs with `reserve`.
        read_barrier();
        self.oldest() <= number
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Messages in parts: those that are too long to be copied at once.
//!
//! A part is a message of its own, and a void: readers go past it, and it counts as nobody's. Its writer is busy with it
//! for one bounded copy, and lets go of everything before the next. The parts are a chain, as each says which is the
//! next. When all are there, a message without bytes follows, which says where the first is, and how long it is
//! altogether: that is the message, with the number that it has. One that does not come about is but some voids.
//!
//! - A reader of the message follows the chain, copies, and then asks whether the *first* part was not overwritten all
//!   along: parts are overwritten in the order of their numbers, so all others were not either. Otherwise that one
//!   message is lost to it.
//! - Parts without their message hold nobody up: they are given up as any void is, and their writer, who looks each time that it
//!   has the lock, begins again.
//! - Once the message is there, they are needed as long as that is: [`Ring::floor`].

use crate::{
    ring::{
        layout::{void, Memory, Meta, PART, PIECE, WHOLE},
        Claim, PeekAt, Ring,
    },
    rust::sync::atomic::AtomicU64,
};

/// The parts of a message that is being written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    /// The numbers of the first, and of the last that is there.
    ends: Option<(u64, u64)>,
}

impl Span {
    /// Whether there are any.
    pub(crate) fn is_begun(&self) -> bool {
        self.ends.is_some()
    }

    /// The first.
    pub(crate) fn first(&self) -> Option<u64> {
        self.ends.map(|(first, _)| first)
    }
}

impl<M: Memory> Ring<M> {
    /// Longest part, and longest message in one.
    #[inline]
    pub(crate) fn part_bytes(&self) -> u32 {
        self.parts.bytes
    }

    /// Whether a message of `mtu` bytes goes in parts.
    #[inline]
    pub(crate) fn has_long_messages(&self, mtu: u32) -> bool {
        mtu > self.parts.bytes
    }

    /// Where the message at `at` begins: the number of its first part, or its own.
    #[inline]
    fn first_of(at: Claim, meta: Meta) -> u64 {
        at.number.saturating_sub(meta.back.into())
    }

    /// Whether all that was read of a message since [`Ring::peek_at`] belongs to it, its parts included.
    #[inline]
    pub(crate) fn is_there(&self, at: Claim, meta: Meta) -> bool {
        self.is_not_overwritten(Self::first_of(at, meta))
    }

    /// A message that can be read, and whose first part can not be any more.
    #[cold]
    pub(super) fn without_parts(&self, position: u64, meta: Meta) -> PeekAt {
        let oldest = self.oldest();
        match position < oldest {
            true => PeekAt::Overrun { oldest },
            false => PeekAt::Gone(meta),
        }
    }

    /// Shows the first `len` bytes of a message to `act`, piece by piece, as long as that says so: where they are, and
    /// how many. Whether it saw them all, to be believed only while the message [is there](Ring::is_there).
    #[inline]
    pub(crate) fn each_piece(
        &self,
        at: Claim,
        meta: Meta,
        len: usize,
        mut act: impl FnMut(u32, usize) -> bool,
    ) -> bool {
        match meta.is_in_parts() {
            false => act(at.at, len),
            true => self.each_part(at, meta, len, act),
        }
    }

    #[inline(never)]
    fn each_part(
        &self,
        at: Claim,
        meta: Meta,
        mut left: usize,
        mut act: impl FnMut(u32, usize) -> bool,
    ) -> bool {
        let first = Self::first_of(at, meta);
        let mut number = first;
        while left != 0 {
            let part = self.descriptor(number);
            let (at, meta) = (part.at.load(), part.load());
            let len = (meta.len as usize).min(left);
            // Without the look one who was overrun would copy in vain.
            if len == 0 || !self.is_not_overwritten(first) || !act(at, len) {
                return false;
            }
            left = left.saturating_sub(len);
            number = meta.stamp;
        }
        true
    }

    /// Whether one more message of `len` bytes may be written in parts: beside others as long as half the ring is left for what
    /// else is sent, so that they do not push each other out. Writers are held off, here and in what follows.
    pub(crate) fn admits(&self, len: u32) -> bool {
        let writer = &self.writer;
        let half = |open: &AtomicU64, more: u32, all: u32| {
            open.load().saturating_add(more.into()) <= (all / 2).into()
        };
        writer.open_descriptors.load() == 0
            || half(&writer.open_bytes, self.parts.size(len), self.bytes)
                && half(
                    &writer.open_descriptors,
                    self.parts.descriptors(len),
                    self.messages,
                )
    }

    /// A message of `len` bytes is being written in parts from now on.
    pub(crate) fn open(&self, len: u32) {
        let (bytes, descriptors) = (self.parts.size(len), self.parts.descriptors(len));
        self.writer.open_bytes.add(bytes.into());
        self.writer.open_descriptors.add(descriptors.into());
    }

    /// It is not any more.
    pub(crate) fn close(&self, len: u32) {
        let writer = &self.writer;
        let less =
            |open: &AtomicU64, more: u32| open.store(open.load().saturating_sub(more.into()));
        less(&writer.open_bytes, self.parts.size(len));
        less(&writer.open_descriptors, self.parts.descriptors(len));
    }

    /// Parts that were ever begun: as long as they become more, those get on who write them.
    pub(crate) fn begun(&self) -> u64 {
        self.writer.begun.load()
    }

    /// What is to be said of the next part of a message, of `len` bytes of port `from`, which gets `claim`.
    pub(crate) fn meta_of_part(&self, span: &Span, claim: Claim, len: u32, from: u32) -> Meta {
        self.writer.begun.add(1);
        let back = match span.first() {
            Some(first) => claim.number.wrapping_sub(first) as u32 & !(PART | WHOLE),
            None => 0,
        };
        Meta {
            len,
            from,
            stamp: 0,
            back: back | PART,
        }
    }

    /// The part of `claim` is there: readers go past it. Nobody knows of it before the message is
    /// [there](Ring::join).
    pub(crate) fn finish_part(&self, claim: Claim) {
        let state = &self.memory.descriptor(claim.index).state;
        state.store_release(void(claim.number));
    }

    /// The part of `claim`, of `len` bytes, can not be written: it is but a void.
    pub(crate) fn fail_part(&self, claim: Claim, len: u32) {
        self.memory.clear(claim.at, len);
        self.finish_part(claim);
    }

    /// Whether no part was given up. Writers are held off.
    pub(crate) fn has_parts(&self, span: &Span) -> bool {
        span.first().is_none_or(|first| self.oldest() <= first)
    }

    /// The part of `claim` follows on those that are there, which [were not given up](Ring::has_parts). Writers are held
    /// off.
    pub(crate) fn link(&self, span: &Span, claim: Claim) {
        if let Some((_, last)) = span.ends {
            self.descriptor(last).stamp.store(claim.number);
        }
    }

    /// The part of `claim`, which was [linked](Ring::link), is there.
    pub(crate) fn extend(&self, span: &mut Span, claim: Claim) {
        let first = span.first().unwrap_or(claim.number);
        span.ends = Some((first, claim.number));
    }

    /// How far before the message of `claim` its first part is. All its parts are there, and
    /// [were not given up](Ring::has_parts); from here on they are needed. Without any: the message is lost
    /// to all, some message having been given up. Writers are held off.
    pub(crate) fn join(&self, span: &Span, claim: Claim) -> u32 {
        let Some(first) = span.first() else {
            let gone = self.oldest().saturating_sub(1);
            return claim.number.wrapping_sub(gone) as u32;
        };
        let back = claim.number.wrapping_sub(first) as u32;
        self.descriptor(first).back.store(PART | WHOLE | back);
        let writer = &self.writer;
        writer.whole.store(claim.number.wrapping_add(1));
        if first < writer.floor.load() {
            writer.floor.store(first);
        }
        back
    }

    /// The oldest message that must stay for a reader at `slowest`: the first part of one that it has not
    /// read, if that is older. Writers are held off.
    pub(crate) fn floor(&self, slowest: u64) -> u64 {
        let writer = &self.writer;
        if writer.whole.load() <= slowest {
            return slowest;
        }
        let mut floor = writer.floor.load().max(self.oldest());
        while floor < slowest && !self.is_needed(floor, slowest) {
            floor = floor.wrapping_add(1);
        }
        writer.floor.store(floor);
        floor
    }

    /// A reader stands before where the slowest one stood: what it needs is looked for anew. Writers are held off.
    pub(crate) fn forget_floor(&self) {
        self.writer.floor.store(self.oldest());
    }

    /// Whether message `number` is the first part of one from `slowest` on.
    fn is_needed(&self, number: u64, slowest: u64) -> bool {
        let descriptor = self.descriptor(number);
        let back = descriptor.back.load();
        let is_first = back & (PART | WHOLE) == PART | WHOLE;
        let behind = u64::from(back & !(PART | WHOLE));
        is_first
            && descriptor.state.load_acquire() == void(number)
            && number.wrapping_add(behind) >= slowest
    }

    /// Whether a message of `len` bytes in parts, and nothing else, has room behind the newest, where all from `oldest` on
    /// stays.
    #[inline(never)]
    pub(super) fn fits_in_parts(&self, oldest: u64, len: u32) -> bool {
        let held = self.published().wrapping_sub(oldest);
        let descriptors = held.saturating_add(self.parts.descriptors(len).into());
        let needs = self.parts.needs(len);
        if held == 0 {
            return needs <= self.bytes;
        }
        let free = self.bytes.saturating_sub(self.held_bytes(held, oldest));
        descriptors <= self.messages.into() && needs <= free && self.is_not_overwritten(oldest)
    }

    /// Clears parts of a message that is given up, as others see the ring, or come to: some of those from number `next` on,
    /// which is moved on. Whether more are left. Writers are held off.
    pub(crate) fn clear_parts(&self, span: &Span, next: &mut u64) -> bool {
        let Some((first, last)) = span.ends else {
            return false;
        };
        let (oldest, mut left) = (self.oldest(), PIECE);
        *next = (*next).max(first).max(oldest);
        while *next <= last {
            let number = *next;
            let part = self.descriptor(number);
            let (at, meta) = (part.at.load(), part.load());
            *next = number.wrapping_add(1);
            let begin = number.wrapping_sub(u64::from(meta.back & !PART));
            // The first of one that is there says something else.
            let is_one = meta.back & (PART | WHOLE) == PART && begin == first;
            left = left.saturating_sub(64);
            if is_one && part.state.load_acquire() == void(number) {
                self.memory.clear(at, meta.len);
                left = left.saturating_sub(meta.len);
            }
            if left == 0 {
                return true;
            }
        }
        false
    }
}

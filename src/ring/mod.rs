// SPDX-License-Identifier: GPL-2.0

//! The ring: a bounded log of messages with one write position and many read positions.
//!
//! Messages are numbered from 0. The ring shows the last `pool` of them, each in a slot of its own, and
//! nothing else: what is in its memory is what can be read. So the oldest is gone when a writer begins
//! the next one in its slot.
//!
//! Writers take turns (a lock of the owner's); readers take no lock:
//!
//! - The writer announces the number it is about to write (`reserved`), then writes the slot, then
//!   publishes the message (`published`).
//! - A reader looks at `published`, copies the slot, and then asks whether the slot was
//!   [not overwritten](Ring::is_not_overwritten) all along: if a writer has announced the number that comes to lie in
//!   the same slot, the copy may be torn and counts for nothing.
//!
//! A lossy writer waits for no reader: one that is `pool` messages behind when one more is begun has lost
//! what fell out, and knows how many. A lossless writer asks first whether there [is room](Ring::has_room).
//!
//! The ring knows nothing of the bytes in the slots: their owner copies them between
//! [`Ring::reserve`] and [`Ring::publish`], and between [`Ring::peek_at`] and [`Ring::is_not_overwritten`].
//!
//! The memory of a ring is mapped into readers, who then take messages without us ([`layout`]).

#[allow(dead_code, reason = "the rings of networks are those of slots")]
pub(crate) mod bytes;
pub(crate) mod cursor;
pub(crate) mod drops;
pub(crate) mod layout;
pub(crate) mod port;
pub(crate) mod reader;
pub(crate) mod tally;

use crate::{
    ring::layout::{Memory, Meta},
    rust::sync::atomic::{read_barrier, write_barrier},
};

/// A place for the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The message's number.
    pub(crate) number: u64,
    /// The slot it goes to.
    pub(crate) slot: u32,
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
        /// Its place.
        at: Claim,
        /// What is known of it, to be believed only while it [is not overwritten](Ring::is_not_overwritten).
        meta: Meta,
    },
}

/// A ring over some memory.
pub(crate) struct Ring<M> {
    memory: M,
    pool: u32,
}

impl<M: Memory> Ring<M> {
    /// A ring that shows `pool` messages, over memory of as many slots.
    pub(crate) fn new(memory: M, pool: u32) -> Self {
        Self { memory, pool }
    }

    /// Where the positions and slots are.
    pub(crate) fn memory(&self) -> &M {
        &self.memory
    }

    fn place(&self, number: u64) -> Claim {
        let slots = u64::from(self.pool);
        Claim {
            number,
            slot: number.checked_rem(slots).unwrap_or(0) as u32,
        }
    }

    /// Tells mapped readers whether ports wait for room.
    pub(crate) fn announce(&self, awaiting_room: bool) {
        self.memory
            .notices()
            .awaiting_room
            .store(awaiting_room.into());
    }

    /// Messages that were ever published. What they say may be read after this.
    #[inline]
    pub(crate) fn published(&self) -> u64 {
        self.memory.positions().published.load_acquire()
    }

    /// The oldest message that can be read: the one before it has been begun to be written over.
    #[inline]
    pub(crate) fn oldest(&self) -> u64 {
        let reserved = self.memory.positions().reserved.load();
        reserved.saturating_sub(u64::from(self.pool))
    }

    /// Whether one more message leaves a reader at `slowest` its own.
    #[inline]
    pub(crate) fn has_room(&self, slowest: u64) -> bool {
        self.published().wrapping_sub(slowest) < u64::from(self.pool)
    }

    /// The place of the next message. Writers are held off.
    pub(crate) fn next(&self) -> Claim {
        self.place(self.memory.positions().published.load())
    }

    /// Whether the next message has been begun, and given up.
    pub(crate) fn is_begun(&self) -> bool {
        let positions = self.memory.positions();
        positions.reserved.load() != positions.published.load()
    }

    /// Bytes that the slot of the next message, `claim`, holds of the one before it. The caller is the
    /// writer.
    #[inline]
    pub(crate) fn held(&self, claim: Claim) -> u32 {
        self.memory.header(claim.slot).len.load()
    }

    /// Which port sent the message that the next one, `claim`, is written over; none where the slot was
    /// never used. The caller is the writer, or holds writers off.
    #[inline]
    pub(crate) fn overwritten(&self, claim: Claim) -> Option<u32> {
        let used = claim.number >= u64::from(self.pool);
        used.then(|| self.memory.header(claim.slot).from.load())
    }

    /// Begins the next message: the oldest one of a full ring is gone. One writer at a time; it may be
    /// begun again when it was not published.
    pub(crate) fn reserve(&self) -> Claim {
        let positions = self.memory.positions();
        let claim = self.next();
        positions.reserved.store(claim.number.wrapping_add(1));
        // A reader that sees a byte of the new message sees that it was begun; pairs with `is_not_overwritten`.
        write_barrier();
        claim
    }

    /// Ends the message of `claim`: from here on it can be read.
    pub(crate) fn publish(&self, claim: Claim, meta: Meta) {
        self.memory.header(claim.slot).store(meta);
        self.memory
            .positions()
            .published
            .store_release(claim.number.wrapping_add(1));
    }

    /// The message of `claim`, which is not published yet, is message `number` of the network.
    pub(crate) fn note(&self, claim: Claim, number: u64) {
        if let Some(sent_as) = self.memory.sent_as(claim.slot) {
            sent_as.store(number);
        }
    }

    /// Which message of the network the message at `at` is; to be believed only while it
    /// [is not overwritten](Ring::is_not_overwritten).
    pub(crate) fn sent_as(&self, at: Claim) -> u64 {
        let sent_as = self.memory.sent_as(at.slot);
        sent_as.map_or(at.number, |number| number.load())
    }

    /// What a reader at `position` finds.
    #[inline]
    pub(crate) fn peek_at(&self, position: u64) -> PeekAt {
        let published = self.published();
        if position == published {
            return PeekAt::Empty;
        }
        let oldest = self.oldest();
        if position < oldest {
            return PeekAt::Overrun { oldest };
        }
        let (at, meta) = self.look_at(position);
        PeekAt::Message { at, meta }
    }

    /// Message `number`, which was published: its place, and what is known of it unless it was overwritten.
    #[inline]
    pub(crate) fn look_at(&self, number: u64) -> (Claim, Meta) {
        let at = self.place(number);
        (at, self.memory.header(at.slot).load())
    }

    /// Whether all that was read of message `number` since [`Ring::peek_at`] belongs to it.
    #[inline]
    pub(crate) fn is_not_overwritten(&self, number: u64) -> bool {
        // The reads of the slot come before that of the position; pairs with `reserve`.
        read_barrier();
        let reserved = self.memory.positions().reserved.load();
        reserved.wrapping_sub(number) <= u64::from(self.pool)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The ring: a bounded log of messages with one write position and many read positions.
//!
//! Messages are numbered from 0. The ring shows the last `pool` of them, each in a slot of its own;
//! one slot more than that lets a writer fill in the next message while all `pool` can still be read.
//!
//! Writers take turns (a lock of the owner's); readers take no lock:
//!
//! - The writer announces the number it is about to write (`reserved`), then writes the slot, then
//!   publishes the message (`published`).
//! - A reader looks at `published`, copies the slot, and then asks whether the slot was
//!   [intact](Ring::is_intact) all along: if a writer has announced the number that comes to lie in
//!   the same slot, the copy may be torn and counts for nothing.
//!
//! A lossy writer minds nobody: a reader that is more than `pool` messages behind has lost what fell
//! out, and knows how many. A lossless writer asks first whether there [is room](Ring::has_room).
//!
//! The ring knows nothing of the bytes in the slots: their owner copies them between
//! [`Ring::reserve`] and [`Ring::publish`], and between [`Ring::look`] and [`Ring::is_intact`].
//!
//! The memory of a ring is mapped into readers, who then take messages without us. The structures
//! that are `repr(C)` are theirs too: `include/uapi/linux/af_ipn.h`.

pub(crate) mod cursor;
pub(crate) mod port;
pub(crate) mod tally;

use crate::{
    ring::cursor::Cursor,
    rust::sync::atomic::{read_barrier, write_barrier, AtomicU32, AtomicU64},
};

/// What a ring's memory begins with: its format.
#[repr(C, align(64))]
pub(crate) struct Format {
    /// `IPN_RING_MAGIC`.
    pub(crate) magic: u32,
    /// `IPN_RING_VERSION`.
    pub(crate) version: u32,
    /// Messages that it shows.
    pub(crate) pool: u32,
    /// Slots: one more.
    pub(crate) slots: u32,
    /// Bytes from one slot to the next.
    pub(crate) stride: u32,
    /// Bytes from the beginning of the memory to the first slot.
    pub(crate) slots_at: u32,
    /// Longest message.
    pub(crate) mtu: u32,
    /// `IPN_FLAG_LOSSLESS`, or nothing.
    pub(crate) flags: u32,
}

/// The positions of a ring's writer, in a cache line of their own.
#[repr(C, align(64))]
pub(crate) struct Positions {
    /// Messages that were ever begun.
    pub(crate) reserved: AtomicU64,
    /// Messages that were ever finished.
    pub(crate) published: AtomicU64,
}

/// What mapped readers are told, in a cache line that sending does not touch.
#[repr(C, align(64))]
pub(crate) struct Notices {
    /// Not 0 while ports wait for room.
    pub(crate) awaiting_room: AtomicU32,
}

/// What stands before the bytes of a message in its slot.
#[repr(C)]
pub(crate) struct Header {
    /// Bytes of the message.
    pub(crate) len: AtomicU32,
    /// The port that sent it.
    pub(crate) from: AtomicU32,
    /// When it was sent, in nanoseconds since the epoch; 0 where nobody asked.
    pub(crate) stamp: AtomicU64,
}

/// What is known of a message besides its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Bytes of the message.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// When it was sent, in nanoseconds since the epoch; 0 where nobody asked.
    pub(crate) stamp: u64,
}

/// Where a ring keeps its positions and slots.
pub(crate) trait Memory {
    /// The writer's positions, 0 at first.
    fn positions(&self) -> &Positions;

    /// What mapped readers are told, nothing at first.
    fn notices(&self) -> &Notices;

    /// The header of slot `index`, which is below the number of slots.
    fn header(&self, index: u32) -> &Header;
}

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
pub(crate) enum Look {
    /// No message yet.
    Empty,
    /// The messages from its position up to `oldest` are lost.
    Lapped {
        /// The oldest message that can be read.
        oldest: u64,
    },
    /// A message.
    Message {
        /// Its place.
        at: Claim,
        /// What is known of it, to be believed only while it [is intact](Ring::is_intact).
        meta: Meta,
    },
}

impl Positions {
    /// Those of an empty ring.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            reserved: AtomicU64::new(0),
            published: AtomicU64::new(0),
        }
    }
}

impl Notices {
    /// Nothing to tell.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            awaiting_room: AtomicU32::new(0),
        }
    }
}

impl Header {
    /// That of an empty slot.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            from: AtomicU32::new(0),
            stamp: AtomicU64::new(0),
        }
    }

    fn load(&self) -> Meta {
        Meta {
            len: self.len.load(),
            from: self.from.load(),
            stamp: self.stamp.load(),
        }
    }

    fn store(&self, meta: Meta) {
        self.len.store(meta.len);
        self.from.store(meta.from);
        self.stamp.store(meta.stamp);
    }
}

/// A ring over some memory.
pub(crate) struct Ring<M> {
    memory: M,
    pool: u32,
}

impl<M: Memory> Ring<M> {
    /// Slots that a ring of `pool` messages has.
    pub(crate) const fn slots(pool: u32) -> u32 {
        pool.saturating_add(1)
    }

    /// A ring that shows `pool` messages, over memory of [`Ring::slots`].
    pub(crate) fn new(memory: M, pool: u32) -> Self {
        Self { memory, pool }
    }

    /// Where the positions and slots are.
    pub(crate) fn memory(&self) -> &M {
        &self.memory
    }

    fn place(&self, number: u64) -> Claim {
        let slots = u64::from(Self::slots(self.pool));
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

    /// Where the reader of `cursor` stands.
    #[inline]
    pub(crate) fn stands(&self, cursor: &Cursor) -> u64 {
        cursor.position(|| self.published())
    }

    /// [`Cursor::go_past`].
    #[inline]
    pub(crate) fn go_past(&self, cursor: &Cursor, number: u64) {
        cursor.go_past(number, || self.published());
    }

    /// [`Cursor::pass`].
    #[inline]
    pub(crate) fn pass(&self, cursor: &Cursor, number: u64) -> bool {
        cursor.pass(number, || self.published())
    }

    /// [`Cursor::skip`].
    pub(crate) fn skip(&self, cursor: &Cursor, from: u64, to: u64) {
        cursor.skip(from, to, || self.published());
    }

    /// [`Cursor::correct`].
    #[inline]
    pub(crate) fn correct(&self, cursor: &Cursor) {
        cursor.correct(|| self.published());
    }

    /// Messages that were ever published. What they say may be read after this.
    #[inline]
    pub(crate) fn published(&self) -> u64 {
        self.memory.positions().published.load_acquire()
    }

    /// The oldest message that can be read when `published` were.
    #[inline]
    pub(crate) fn oldest(&self, published: u64) -> u64 {
        published.saturating_sub(u64::from(self.pool))
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

    /// Which port sent the message that the next one, `claim`, is written over; none where the slot was
    /// never used. The caller is the writer, or holds writers off.
    #[inline]
    pub(crate) fn overwritten(&self, claim: Claim) -> Option<u32> {
        let used = claim.number >= u64::from(Self::slots(self.pool));
        used.then(|| self.memory.header(claim.slot).from.load())
    }

    /// Begins the next message. One writer at a time; it may be begun again when it was not
    /// published.
    pub(crate) fn reserve(&self) -> Claim {
        let positions = self.memory.positions();
        let claim = self.next();
        positions.reserved.store(claim.number.wrapping_add(1));
        // Whoever sees a byte of the new message sees that it was begun; pairs with `is_intact`.
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

    /// What a reader at `position` finds.
    #[inline]
    pub(crate) fn look(&self, position: u64) -> Look {
        let published = self.published();
        if position == published {
            return Look::Empty;
        }
        let oldest = self.oldest(published);
        if position < oldest {
            return Look::Lapped { oldest };
        }
        let at = self.place(position);
        Look::Message {
            at,
            meta: self.memory.header(at.slot).load(),
        }
    }

    /// Whether all that was read of message `number` since [`Ring::look`] belongs to it.
    #[inline]
    pub(crate) fn is_intact(&self, number: u64) -> bool {
        // The reads of the slot come before that of the position; pairs with `reserve`.
        read_barrier();
        let reserved = self.memory.positions().reserved.load();
        reserved.wrapping_sub(number) <= u64::from(Self::slots(self.pool))
    }
}

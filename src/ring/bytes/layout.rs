// SPDX-License-Identifier: GPL-2.0

//! What lies where in a ring of bytes.
//!
//! A position counts bytes since the ring was made; it lies `position % bytes` into the memory, whose
//! size is a power of two. A record begins at a multiple of [`ALIGN`] and never goes over the end of the
//! memory: what is left there is a [`Kind::Pad`]. It is [`HEADER`] bytes, four words, and then the
//! message:
//!
//! ```text
//!  0  state  u64   number << 3 | kind
//!  8  len    u32   bytes of the message        12  from   u32   the port that sent it
//! 16  stamp  u64   when; of a hole: the number of the record that refers to it, and 1
//! 24  size   u32   bytes to the next record    28  flags  u32   FAR, and room for more
//! 32  the message; of a FAR one the position of the hole that has it
//! ```
//!
//! Of a pad only the state is there, as there may be no room for more.

use crate::rust::sync::atomic::{AtomicU32, AtomicU64};

/// Records begin at multiples of it: bytes.
pub(crate) const ALIGN: u64 = 16;

/// Bytes before those of a message.
pub(crate) const HEADER: u64 = 32;

/// The bytes of the message are in a hole, whose position is where they would be.
pub(crate) const FAR: u32 = 1;

/// The bytes of the message are nowhere: it is lost to all readers.
pub(crate) const LOST: u32 = 2;

/// Bits of a state that say the kind.
const KIND_BITS: u32 = 3;

/// What a record is, as far as readers and the tail may go past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not ready: it is being written, or will be: the terminator behind the last one. Stops both.
    Claimed = 0,
    /// A message.
    Message = 1,
    /// A message that was begun and given up. It has a number.
    Void = 2,
    /// Bytes that a record to come refers to. It has no number: its state says that of the next record.
    Hole = 3,
    /// A hole that a piece is just written to: the tail stops, readers do not.
    Filling = 4,
    /// The end of the memory, too short for the record that comes next. It has no number either.
    Pad = 5,
}

/// A state: which record, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u64);

impl State {
    /// What a word says.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// The word that says it.
    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// That of record `number`.
    #[inline]
    pub(crate) fn new(number: u64, kind: Kind) -> Self {
        Self((number << KIND_BITS) | kind as u64)
    }

    /// The record's number, or that of the next one.
    #[inline]
    pub(crate) fn number(self) -> u64 {
        self.0 >> KIND_BITS
    }

    /// What the record is. A word that is no state is not ready.
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        match self.0 & ((1 << KIND_BITS) - 1) {
            1 => Kind::Message,
            2 => Kind::Void,
            3 => Kind::Hole,
            4 => Kind::Filling,
            5 => Kind::Pad,
            _ => Kind::Claimed,
        }
    }
}

/// Two numbers of 32 bits in a word, in the order in which they lie in memory.
fn pair(first: u32, second: u32) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (first.to_ne_bytes(), second.to_ne_bytes());
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}

/// The two numbers of a word.
fn parts(word: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word.to_ne_bytes();
    (
        u32::from_ne_bytes([a, b, c, d]),
        u32::from_ne_bytes([e, f, g, h]),
    )
}

/// What is known of a record besides its state and its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of the message.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked. Of a hole: the number of
    /// the record that refers to it, and 1.
    pub(crate) stamp: u64,
    /// Bytes to the next record.
    pub(crate) size: u32,
    /// [`FAR`] and [`LOST`], or nothing.
    pub(crate) flags: u32,
}

/// Bytes that the record of a message of `len` bytes takes.
#[inline]
pub(crate) const fn size_of(len: u32) -> u64 {
    HEADER.saturating_add(len as u64).next_multiple_of(ALIGN)
}

/// Bytes of the smallest ring.
pub(crate) const LEAST: u64 = 128;

/// Bytes of the longest message in a ring of so many bytes: its record takes less than half
/// of the ring. So the one before it stays while it is begun, and the tail never comes to the head.
pub(crate) const fn longest(bytes: u64) -> u32 {
    (bytes / 2).saturating_sub(ALIGN + HEADER) as u32
}

/// The fewest bytes, of a ring that always has room for `pool` messages of up to `mtu` bytes.
///
/// Besides them for one that is being written, for what is left at the end of a lap, and for what is freed
/// [ahead].
pub(crate) const fn bytes_for(pool: u32, mtu: u32) -> u64 {
    let record = size_of(mtu);
    let records = record.saturating_mul((pool as u64).saturating_add(2));
    let mut bytes: u64 = LEAST;
    // Not for ever, if it is more than there can be.
    while bytes < 1 << 62 && (bytes < records.saturating_add(ahead(bytes)) || longest(bytes) < mtu)
    {
        bytes = bytes.saturating_mul(2);
    }
    bytes
}

/// Bytes that are freed beyond what is needed, in a ring of so many bytes: so that the tail, which all
/// readers look at, is not written for each message.
pub(crate) const fn ahead(bytes: u64) -> u64 {
    let share = bytes / 64;
    let share = if share < 4096 { share } else { 4096 };
    share & !(ALIGN - 1)
}

/// What writers tell readers, in a cache line of its own.
#[repr(C, align(64))]
pub(crate) struct Positions {
    /// The oldest record that can be read: what lies before it may be written over.
    pub(crate) tail: AtomicU64,
    /// Messages that were given up, of those before the tail.
    pub(crate) voids: AtomicU64,
}

/// Who waits, in a cache line that sending does not write to.
#[repr(C, align(64))]
pub(crate) struct Notices {
    /// Not 0 while ports wait for room.
    pub(crate) awaiting_room: AtomicU32,
    /// Not 0 while a reader may sleep.
    pub(crate) sleepers: AtomicU32,
}

impl Positions {
    /// Those of an empty ring.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            tail: AtomicU64::new(0),
            voids: AtomicU64::new(0),
        }
    }
}

impl Notices {
    /// Nobody waits.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            awaiting_room: AtomicU32::new(0),
            sleepers: AtomicU32::new(0),
        }
    }
}

/// The memory of a ring, of zeroes at first.
///
/// Its owner copies the bytes of messages, and only those: a word may be one of a header in one lap, and
/// of a message in another.
pub(crate) trait Memory {
    /// Its size: a power of two, at least [`LEAST`].
    fn bytes(&self) -> u64;

    /// What writers tell readers.
    fn positions(&self) -> &Positions;

    /// Who waits.
    fn notices(&self) -> &Notices;

    /// The word `at` bytes into it, a multiple of 8 below its size.
    fn word(&self, at: u64) -> &AtomicU64;

    /// Puts zeroes into `len` bytes from `at` on, multiples of [`ALIGN`] that lie in it. Readers may look.
    fn clear(&self, at: u64, len: u64);
}

impl Header {
    /// What the words behind a state say.
    #[inline]
    pub(crate) fn of([first, stamp, last]: [u64; 3]) -> Self {
        let ((len, from), (size, flags)) = (parts(first), parts(last));
        Self {
            len,
            from,
            stamp,
            size,
            flags,
        }
    }

    /// The words that say this.
    #[inline]
    pub(crate) fn words(self) -> [u64; 3] {
        [
            pair(self.len, self.from),
            self.stamp,
            pair(self.size, self.flags),
        ]
    }
}

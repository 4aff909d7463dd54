// SPDX-License-Identifier: GPL-2.0

//! What a ring's memory holds besides the bytes of messages, and the page of a mapped reader.
//!
//! The structures that are `repr(C)` are shared with processes: `include/uapi/linux/af_ipn.h`.

use crate::rust::sync::atomic::{AtomicU32, AtomicU64, Counter};

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
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: AtomicU64,
}

/// What is known of a message besides its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Bytes of the message.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked.
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

    /// Where each port has a ring: which message of the network slot `index` holds.
    fn sent_as(&self, _index: u32) -> Option<&Counter> {
        None
    }
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

    /// What it says.
    pub(crate) fn load(&self) -> Meta {
        Meta {
            len: self.len.load(),
            from: self.from.load(),
            stamp: self.stamp.load(),
        }
    }

    /// Says something else.
    pub(crate) fn store(&self, meta: Meta) {
        self.len.store(meta.len);
        self.from.store(meta.from);
        self.stamp.store(meta.stamp);
    }
}

/// What a mapped reader tells of itself, and is told; it may write all of it.
/// `struct ipn_cursor` of `include/uapi/linux/af_ipn.h`.
#[repr(C)]
pub(crate) struct Place {
    /// The message to read next.
    pub(crate) position: AtomicU64,
    /// Of the port's own messages, those that the reader itself has gone past.
    pub(crate) own: AtomicU64,
    /// Messages that the port has lost.
    pub(crate) lost: AtomicU64,
}

impl Place {
    /// At the first message.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            position: AtomicU64::new(0),
            own: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// The position, if it can be one after `number`.
    pub(crate) fn beyond(&self, number: u64, published: impl Fn() -> u64) -> Option<u64> {
        let told = self.position.load_acquire();
        // What is published is asked afterwards: it covers all that the reader can have seen.
        (told > number && told <= published()).then_some(told)
    }
}

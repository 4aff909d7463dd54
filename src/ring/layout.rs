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
    /// Messages that the index has descriptors for.
    pub(crate) messages: u32,
    /// Bytes from the beginning of the memory to the index.
    pub(crate) index_at: u32,
    /// Bytes that messages may take.
    pub(crate) bytes: u32,
    /// Bytes from the beginning of the memory to those.
    pub(crate) bytes_at: u32,
    /// Longest message.
    pub(crate) mtu: u32,
    /// `IPN_FLAG_LOSSLESS`, or nothing.
    pub(crate) flags: u32,
}

/// The positions of a ring's writer, in a cache line of their own.
#[repr(C, align(64))]
pub(crate) struct Positions {
    /// The oldest message that can be read: those before it may be written over.
    pub(crate) oldest: AtomicU64,
    /// Messages that were ever sent.
    pub(crate) published: AtomicU64,
    /// Where the bytes of the newest message end.
    pub(crate) head: AtomicU32,
}

/// What mapped readers are told, in a cache line that sending does not touch.
#[repr(C, align(64))]
pub(crate) struct Notices {
    /// Not 0 while ports wait for room.
    pub(crate) awaiting_room: AtomicU32,
}

/// A message's entry in the index.
#[repr(C)]
pub(crate) struct Descriptor {
    /// Which message it is of, and how far that is: [`busy`], then [`ready`], or [`failed`] and [`void`].
    pub(crate) state: AtomicU64,
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: AtomicU64,
    /// Bytes of the message.
    pub(crate) len: AtomicU32,
    /// The port that sent it.
    pub(crate) from: AtomicU32,
    /// Where its bytes are.
    pub(crate) at: AtomicU32,
    /// 0.
    pub(crate) flags: AtomicU32,
}

/// The state of a message that is being written.
#[inline]
pub(crate) fn busy(number: u64) -> u64 {
    number << 3
}

/// The state of a message that can be read: `IPN_RING_READY`.
#[inline]
pub(crate) fn ready(number: u64) -> u64 {
    busy(number) | 1
}

/// The state of a message that did not come about: `IPN_RING_VOID`.
#[inline]
pub(crate) fn void(number: u64) -> u64 {
    busy(number) | 2
}

/// The state of one whose writer has found that it can not go on, but not yet told others.
#[inline]
pub(crate) fn failed(number: u64) -> u64 {
    busy(number) | 3
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

/// How much a ring holds: messages in its index, and bytes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Most messages.
    pub(crate) messages: u32,
    /// Most bytes, where each message takes [`size_of`] its length.
    pub(crate) bytes: u64,
    /// Messages that are given up at once, where one more has no room.
    pub(crate) ahead: u32,
}

/// Bytes of a message are at multiples of it.
const ALIGN: u32 = 16;

/// A ring of so many bytes has a descriptor for each message of this size.
const USUAL: u32 = 128;

/// Most messages of such a ring, besides those that are given up at once.
const MESSAGES_MAX: u32 = 65536;

/// Bytes that a message of `len` bytes takes of a ring's.
#[inline]
pub(crate) const fn size_of(len: u32) -> u32 {
    // Two messages never are at the same place. None is so long that this wraps.
    let rest = if len == 0 { ALIGN } else { ALIGN - 1 };
    len.wrapping_add(rest) & !(ALIGN - 1)
}

impl Extent {
    /// That of a ring with room for `pool` messages of up to `mtu` bytes, whatever their lengths: one more
    /// would fit into what the longest may leave at the end of the memory. Of shorter ones it has some more; they
    /// are given up at once.
    pub(crate) const fn of_pool(pool: u32, mtu: u32) -> Self {
        let ahead = pool / 32;
        Self {
            messages: pool.saturating_add(ahead),
            bytes: (pool as u64)
                .saturating_add(1)
                .saturating_mul(size_of(mtu) as u64),
            ahead,
        }
    }

    /// That of a ring with so many bytes, for messages of up to `mtu`: an index for as many as there would be of 128
    /// bytes, or of the longest if those are shorter.
    pub(crate) const fn of_bytes(bytes: u32, mtu: u32) -> Self {
        let (size, bytes) = (size_of(mtu), bytes & !(ALIGN - 1));
        let usual = if size < USUAL { size } else { USUAL };
        let messages = match bytes.checked_div(usual) {
            Some(messages) if messages > MESSAGES_MAX => MESSAGES_MAX,
            Some(messages) if messages > 0 => messages,
            _ => 1,
        };
        let ahead = messages / 32;
        Self {
            messages: messages.saturating_add(ahead),
            bytes: bytes as u64,
            ahead,
        }
    }

    /// How many messages of up to `mtu` bytes have room for sure, whatever their lengths; one has.
    pub(crate) const fn pool(&self, mtu: u32) -> u32 {
        // What the longest may leave at the end of the memory.
        let left = size_of(mtu).wrapping_sub(ALIGN) as u64;
        let messages = match self
            .bytes
            .saturating_sub(left)
            .checked_div(size_of(mtu) as u64)
        {
            Some(messages) => messages,
            None => 0,
        };
        let most = self.messages.wrapping_sub(self.ahead);
        match messages {
            0 => 1,
            some if some > most as u64 => most,
            some => some as u32,
        }
    }
}

/// Where a ring keeps its positions, its index and its bytes.
pub(crate) trait Memory {
    /// The writer's positions, 0 at first.
    fn positions(&self) -> &Positions;

    /// What mapped readers are told, nothing at first.
    fn notices(&self) -> &Notices;

    /// Descriptor `index`, which is below their number; of zeroes at first.
    fn descriptor(&self, index: u32) -> &Descriptor;

    /// Puts zeroes into `len` of the bytes from `at` on.
    fn clear(&self, at: u32, len: u32);

    /// Where each port has a ring: which message of the network descriptor `index` is of.
    fn sent_as(&self, _index: u32) -> Option<&Counter> {
        None
    }
}

impl Positions {
    /// Those of an empty ring.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            oldest: AtomicU64::new(0),
            published: AtomicU64::new(0),
            head: AtomicU32::new(0),
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

impl Descriptor {
    /// That of no message.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
            stamp: AtomicU64::new(0),
            len: AtomicU32::new(0),
            from: AtomicU32::new(0),
            at: AtomicU32::new(0),
            flags: AtomicU32::new(0),
        }
    }

    /// What it says of the message.
    #[inline]
    pub(crate) fn load(&self) -> Meta {
        Meta {
            len: self.len.load(),
            from: self.from.load(),
            stamp: self.stamp.load(),
        }
    }

    /// Says something else, of a message at `at`.
    #[inline]
    pub(crate) fn store(&self, at: u32, meta: Meta) {
        self.len.store(meta.len);
        self.from.store(meta.from);
        self.stamp.store(meta.stamp);
        self.at.store(at);
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

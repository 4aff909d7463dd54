// SPDX-License-Identifier: GPL-2.0

//! What a ring's memory holds besides the bytes of messages, and the page of a mapped reader.
//!
//! The structures that are `repr(C)` are shared with processes: `include/uapi/linux/af_ipn.h`.

use crate::{
    abi::sequence::{Origin, Sequence},
    rust::sync::atomic::{AtomicU32, AtomicU64, Counter},
};

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
    /// Of `IPN_FLAG_LOSSLESS`, `IPN_FLAG_ONE_WRITER` and `IPN_FLAG_RELIABLE` those that it has.
    pub(crate) flags: u32,
    /// Bytes from the beginning of the memory to what the one writer says; 0: there is none.
    pub(crate) written_at: u32,
    /// Bytes from the beginning of the memory to a [`SequenceOf`] for each descriptor; 0: there are none.
    pub(crate) sequences_at: u32,
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
    /// Not 0 while somebody may sleep until a message comes.
    pub(crate) awaiting_message: AtomicU32,
    /// Where a process writes the ring, which may lose nothing: all have read the messages before it.
    pub(crate) slowest: AtomicU64,
    /// The same: not 0 once a port has asked for time stamps.
    pub(crate) stamped: AtomicU32,
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
    /// 0, or of a message in parts how many messages before it the first of them is. Of a part: [`PART`], and what
    /// is said there.
    pub(crate) back: AtomicU32,
}

/// On a reliable bus, what is kept of a message besides its entry in the index: [`Sequence`].
#[repr(C)]
pub(crate) struct SequenceOf {
    sequence: Counter,
    sent: Counter,
    skipped: Counter,
    bus: Counter,
    origin_sequence: Counter,
    port: AtomicU32,
    hops: AtomicU32,
}

impl SequenceOf {
    /// Of no message.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            sequence: Counter::new(0),
            sent: Counter::new(0),
            skipped: Counter::new(0),
            bus: Counter::new(0),
            origin_sequence: Counter::new(0),
            port: AtomicU32::new(0),
            hops: AtomicU32::new(0),
        }
    }

    /// Which message of its port it is.
    #[inline]
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.load()
    }

    /// When it was sent.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load()
    }

    /// All that it says.
    pub(crate) fn load(&self) -> Sequence {
        Sequence {
            sequence: self.sequence.load(),
            sent: self.sent.load(),
            skipped: self.skipped.load(),
            origin: Origin {
                bus: self.bus.load(),
                sequence: self.origin_sequence.load(),
                port: self.port.load(),
                hops: self.hops.load(),
            },
        }
    }

    /// Says something else.
    pub(crate) fn store(&self, of: Sequence) {
        self.sequence.store(of.sequence);
        self.sent.store(of.sent);
        self.skipped.store(of.skipped);
        self.bus.store(of.origin.bus);
        self.origin_sequence.store(of.origin.sequence);
        self.port.store(of.origin.port);
        self.hops.store(of.origin.hops);
    }
}

/// Of a part: it is one. Besides, of all but the first, how many messages before it the first is; the number of the
/// next part is its `stamp`.
pub(crate) const PART: u32 = 1 << 31;

/// Of the first part: the message is there, and is so many messages behind it. Before that there is nothing besides
/// [`PART`].
pub(crate) const WHOLE: u32 = 1 << 30;

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
    /// See [`Descriptor::back`].
    pub(crate) back: u32,
}

impl Meta {
    /// Whether the message is in parts.
    #[inline]
    pub(crate) fn is_in_parts(&self) -> bool {
        self.back != 0
    }

    /// Bytes that follow the ones before it in the ring.
    pub(crate) fn bytes(&self) -> u32 {
        match self.back {
            0 => self.len,
            back if back & PART != 0 => self.len,
            // Its bytes are those of its parts.
            _ => 0,
        }
    }
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
pub(super) const ALIGN: u32 = 16;

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

/// Bytes that are cleared, or that are given up without need, or 256 times the messages that are looked at, before others may have the lock.
pub(super) const PIECE: u32 = 16384;

/// Longest part of a message in parts, and longest message in one, on a network whose messages go in parts: what a
/// copy of so many bytes takes is what a sender may keep its processor for itself. The models have short ones.
const PART_BYTES: u32 = 16384;

/// Longest part of a message of a hub's network with this MTU.
pub(crate) const fn part_of(mtu: u32) -> u32 {
    if !cfg!(MODULE) && mtu > 16 && mtu <= 48 {
        8
    } else {
        PART_BYTES
    }
}

/// How a ring keeps messages that are longer than its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Longest part.
    pub(crate) bytes: u32,
}

impl Parts {
    /// No message is in parts.
    pub(crate) const NONE: Self = Self { bytes: u32::MAX };

    /// How many a message of `len` bytes is in; none where it is in one.
    pub(crate) const fn count(self, len: u32) -> u32 {
        // The last one is there even if it is full.
        match len.wrapping_sub(1).checked_div(self.bytes) {
            Some(full) if len > self.bytes => full.wrapping_add(1),
            _ => 0,
        }
    }

    /// Descriptors that it takes.
    pub(crate) const fn descriptors(self, len: u32) -> u32 {
        self.count(len).saturating_add(1)
    }

    /// Bytes that it takes of the ring's.
    pub(crate) const fn size(self, len: u32) -> u32 {
        let (count, last) = match (len.checked_div(self.bytes), len.checked_rem(self.bytes)) {
            (Some(count), Some(last)) if len > self.bytes => (count, last),
            _ => return size_of(len),
        };
        let last = if last == 0 { 0 } else { size_of(last) };
        size_of(self.bytes)
            .saturating_mul(count)
            .saturating_add(last)
            .saturating_add(size_of(0))
    }

    /// The same, with what its parts may leave at the end of the memory.
    pub(crate) const fn needs(self, len: u32) -> u32 {
        match self.count(len) {
            0 => size_of(len),
            _ => self.size(len).saturating_add(size_of(self.bytes)),
        }
    }

    /// Longest piece of a message of `len` bytes.
    const fn longest(self, len: u32) -> u32 {
        if len < self.bytes {
            len
        } else {
            self.bytes
        }
    }
}

impl Extent {
    /// That of a ring with room for `pool` messages of up to `mtu` bytes, whatever their lengths: one more
    /// would fit into what the longest may leave at the end of the memory. Of shorter ones it has some more; they
    /// are given up at once.
    pub(crate) const fn of_pool(pool: u32, mtu: u32, parts: Parts) -> Self {
        let messages = pool.saturating_mul(parts.descriptors(mtu));
        let ahead = messages / 32;
        Self {
            messages: messages.saturating_add(ahead),
            bytes: (pool as u64)
                .saturating_add(1)
                .saturating_mul(parts.size(mtu) as u64),
            ahead,
        }
    }

    /// That of a ring with so many bytes, for messages of up to `mtu`: an index for as many as there would be of 128
    /// bytes, or of the longest if those are shorter. Where the longest is in parts, what they cost is added.
    pub(crate) const fn of_bytes(bytes: u32, mtu: u32, parts: Parts) -> Self {
        let (size, bytes) = (size_of(mtu), bytes & !(ALIGN - 1));
        let more = parts.needs(mtu).saturating_sub(size);
        let usual = if size < USUAL { size } else { USUAL };
        let messages = match bytes.checked_div(usual) {
            Some(messages) if messages > MESSAGES_MAX => MESSAGES_MAX,
            Some(messages) if messages > parts.count(mtu) => messages,
            _ => parts.descriptors(mtu),
        };
        let ahead = messages / 32;
        Self {
            messages: messages.saturating_add(ahead),
            bytes: (bytes as u64).saturating_add(more as u64),
            ahead,
        }
    }

    /// How many messages of up to `mtu` bytes have room for sure, whatever their lengths; one has.
    pub(crate) const fn pool(&self, mtu: u32, parts: Parts) -> u32 {
        // What the longest piece may leave at the end of the memory.
        let left = size_of(parts.longest(mtu)).wrapping_sub(ALIGN) as u64;
        let messages = match self
            .bytes
            .saturating_sub(left)
            .checked_div(parts.size(mtu) as u64)
        {
            Some(messages) => messages,
            None => 0,
        };
        let most = self.messages.wrapping_sub(self.ahead);
        let most = match most.checked_div(parts.descriptors(mtu)) {
            Some(most) => most,
            None => most,
        };
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

    /// The descriptor behind descriptor `index`, and which that is.
    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor);

    /// Descriptor `index`, which is below their number; of zeroes at first.
    fn descriptor(&self, index: u32) -> &Descriptor;

    /// Where a process writes the ring: what that says of the positions. It may say anything.
    fn told(&self) -> Option<&Positions> {
        None
    }

    /// The same of descriptor `index`, which is below their number.
    fn told_descriptor(&self, index: u32) -> &Descriptor {
        self.descriptor(index)
    }

    /// Puts zeroes into `len` of the bytes from `at` on.
    fn clear(&self, at: u32, len: u32);

    /// Where each port has a ring: which message of the network descriptor `index` is of.
    fn sent_as(&self, _index: u32) -> Option<&Counter> {
        None
    }

    /// On a reliable bus: what is kept besides of the message that descriptor `index` is of.
    fn sequence_of(&self, _index: u32) -> Option<&SequenceOf> {
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
            awaiting_message: AtomicU32::new(0),
            slowest: AtomicU64::new(0),
            stamped: AtomicU32::new(0),
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
            back: AtomicU32::new(0),
        }
    }

    /// What it says of the message.
    #[inline]
    pub(crate) fn load(&self) -> Meta {
        Meta {
            len: self.len.load(),
            from: self.from.load(),
            stamp: self.stamp.load(),
            back: self.back.load(),
        }
    }

    /// Says something else, of a message at `at`.
    #[inline]
    pub(crate) fn store(&self, at: u32, meta: Meta) {
        self.len.store(meta.len);
        self.from.store(meta.from);
        self.stamp.store(meta.stamp);
        self.back.store(meta.back);
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
    /// The first message after the port came: those before it are none of its own.
    pub(crate) since: AtomicU64,
}

impl Place {
    /// At the first message.
    #[allow(dead_code)]
    pub(crate) fn new() -> Self {
        Self {
            position: AtomicU64::new(0),
            own: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// The position, if it can be one after `number`.
    pub(crate) fn beyond(&self, number: u64, published: impl Fn() -> u64) -> Option<u64> {
        let told = self.position.load_acquire();
        // What is published is asked afterwards: it covers all that the reader can have seen.
        (told > number && told <= published()).then_some(told)
    }
}

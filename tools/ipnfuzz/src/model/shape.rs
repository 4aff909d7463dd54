// SPDX-License-Identifier: GPL-2.0
//! What a hub network is made of, and what has room there.

use ipntest::abi::*;

/// The options that make a network.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Longest message.
    pub mtu: i32,
    /// Number of ports.
    pub ports: i32,
    /// Messages of the longest held; where it is 0, `bytes` says how much.
    pub pool: i32,
    /// Bytes of messages held, unless `pool` says how much.
    pub bytes: i32,
    /// `IPN_FLAG_*`.
    pub flags: i32,
    /// Mode bits.
    pub mode: i32,
    /// Of a reliable bus: milliseconds that a message stays.
    pub window: i32,
    /// The same: bytes a second that a port may send.
    pub rate: i32,
    /// The most ports that there ever were.
    pub senders: i32,
}

impl Shape {
    /// Unless told.
    pub const DEFAULT: Shape = Shape {
        mtu: 1514,
        ports: 64,
        pool: 0,
        bytes: 0,
        flags: 0,
        mode: 0o700,
        window: 1000,
        rate: 0,
        senders: 0,
    };

    /// That of a socket of the type of a reliable bus, or of another.
    pub fn of_type(is_reliable: bool) -> Shape {
        Shape {
            flags: if is_reliable { IPN_FLAG_RELIABLE } else { 0 },
            ..Shape::DEFAULT
        }
    }

    /// Whether it is a reliable bus.
    pub fn is_reliable(&self) -> bool {
        self.flags & IPN_FLAG_RELIABLE != 0
    }

    /// Whether a port that is later than the window finds the end.
    pub fn evicts(&self) -> bool {
        self.flags & IPN_FLAG_EVICT != 0
    }

    /// Whether a port may begin with what was sent before it came.
    pub fn has_history(&self) -> bool {
        self.flags & IPN_FLAG_HISTORY != 0
    }

    /// The flags that such a network may have.
    pub fn may_have(&self) -> i32 {
        let of_its_kind = match self.is_reliable() {
            true => IPN_FLAG_RELIABLE | IPN_FLAG_HISTORY | IPN_FLAG_EVICT,
            false => IPN_FLAG_LOSSLESS | IPN_FLAG_ONE_WRITER,
        };
        IPN_FLAG_EXCL | IPN_FLAG_FLEXMTU | of_its_kind
    }

    /// Whether one port maps the ring to write.
    pub fn has_one_writer(&self) -> bool {
        self.flags & IPN_FLAG_ONE_WRITER != 0
    }

    /// Longest part of a message in parts, and longest message in one.
    pub(super) fn part(&self) -> usize {
        if self.has_one_writer() {
            usize::MAX
        } else {
            IPN_RING_PART as usize
        }
    }

    /// The lengths of the parts of a message; of one that is in one piece there are none.
    pub(super) fn parts(&self, len: usize) -> Vec<usize> {
        if len <= self.part() {
            return Vec::new();
        }
        let begins = (0..len).step_by(self.part());
        begins.map(|begin| self.part().min(len - begin)).collect()
    }

    /// Bytes that a message takes of the ring's, with its parts.
    pub(super) fn size(&self, len: usize) -> usize {
        let parts = self.parts(len);
        match parts.is_empty() {
            true => taken(len),
            false => parts.into_iter().map(taken).sum::<usize>() + taken(0),
        }
    }

    /// Bytes that are to be free for it: a part may leave some at the end of the memory.
    pub(super) fn needed(&self, len: usize) -> usize {
        match self.parts(len).is_empty() {
            true => taken(len),
            false => self.size(len) + taken(self.part()),
        }
    }

    /// Bytes of one of the longest messages.
    pub(super) fn longest(&self) -> usize {
        taken(self.mtu as usize)
    }

    /// Bytes of messages that there are to be, where that was said, or nothing was.
    pub(super) fn wanted(&self) -> usize {
        match self.bytes {
            0 => (128 << 10).max(4 * self.longest()),
            bytes => bytes as usize & !15,
        }
    }

    /// Bytes of messages that a ring holds.
    pub fn room(&self) -> usize {
        let mtu = self.mtu as usize;
        match self.pool {
            // What it costs that the longest is in parts is added.
            0 => self.wanted() + self.needed(mtu) - self.longest(),
            pool => (pool as usize + 1) * self.size(mtu),
        }
    }

    /// Whether the longest message has room.
    pub fn is_enough(&self) -> bool {
        self.pool != 0 || self.wanted() >= self.longest()
    }

    /// What `IPN_SO_BYTES` says.
    pub fn said_bytes(&self) -> i32 {
        if self.pool == 0 {
            self.wanted() as i32
        } else {
            0
        }
    }

    /// What `IPN_SO_MSGPOOLSIZE` says.
    pub fn said_pool(&self) -> i32 {
        if self.pool != 0 {
            return self.pool;
        }
        let mtu = self.mtu as usize;
        let piece = taken(mtu.min(self.part()));
        let sure = (self.room() + 16).saturating_sub(piece) / self.size(mtu);
        let places = self.lasting() / (self.parts(mtu).len() + 1);
        sure.clamp(1, places) as i32
    }

    /// Messages that a ring holds, parts counted by themselves, but for those that are given up at once.
    pub(super) fn lasting(&self) -> usize {
        let least = self.parts(self.mtu as usize).len() + 1;
        match self.pool {
            0 => (self.wanted() / self.longest().min(128)).clamp(least, 65536.max(least)),
            pool => pool as usize * least,
        }
    }

    /// Messages that a ring holds at most.
    pub fn messages(&self) -> usize {
        self.lasting() + self.lasting() / 32
    }

    /// Of those, how many are given up at once for one more.
    pub(super) fn at_once(&self) -> usize {
        self.lasting() / 32
    }

    /// The least and the most bytes that it counts for: its ring and a page for each port's cursor,
    /// and some for tables, which depends on the kernel's allocator.
    pub fn bytes(&self) -> (u64, u64) {
        const PAGE: u64 = 4096;
        let index = 32 * self.messages() as u64;
        // What one port writes ends with a page, and the kernel has an index of its own.
        let more = if self.has_one_writer() {
            64 + PAGE + index
        } else {
            0
        };
        // A reliable bus keeps a sequence of each message, and each reader what it has heard of each sender.
        let (sequences, heard) = match self.is_reliable() {
            true => (
                48 * self.messages() as u64,
                16 * self.senders.max(self.ports) as u64,
            ),
            false => (0, 0),
        };
        let ring = PAGE + index + sequences + self.room() as u64 + more;
        let least = ring.next_multiple_of(PAGE) + self.ports as u64 * (PAGE + heard);
        let senders = self.lasting() as u64 * 64;
        let rounded = self.ports as u64 * heard.min(PAGE) + 2 * heard;
        (
            least,
            least + 4 * PAGE + self.ports as u64 * 32 + senders + rounded,
        )
    }
}

/// Bytes that a message takes of a ring's.
pub(super) fn taken(len: usize) -> usize {
    len.next_multiple_of(16).max(16)
}

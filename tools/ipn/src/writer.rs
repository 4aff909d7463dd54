// SPDX-License-Identifier: GPL-2.0

//! Putting messages into a mapped ring: the steps, in the order that counts.
//!
//! `include/uapi/linux/af_ipn.h` has the same in words. The models of the module's concurrency
//! (`tests/host/tests/loom`) run this very file.

use crate::reader::Header;

/// What the one writer of a ring writes, as it is mapped, and what it is told.
pub(crate) trait Memory {
    /// The bytes of a message.
    type Bytes: ?Sized;

    /// Says which message is the oldest that can be read; what is written afterwards is written after it
    /// (release fence).
    fn give_up(&self, oldest: u64);
    /// Writes the bytes of a message.
    fn write(&self, at: u32, bytes: &Self::Bytes);
    /// Says of message `number` what its header is, and that it can be read; what was written before is written
    /// before that (release).
    fn describe(&self, index: u32, number: u64, header: &Header);
    /// Says where the bytes of the newest message end, and then how many messages there are (release).
    fn publish(&self, head: u32, published: u64);
    /// Whether somebody sleeps until a message comes; asked after what was written before (full fence).
    fn awaits_message(&self) -> bool;
    /// All have read the messages before this one.
    fn slowest(&self) -> u64;
}

/// What writing goes by. Nothing of it is in memory that others write.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    messages: u32,
    bytes: u32,
    port: u32,
    lossless: bool,
    /// Where the bytes of each message are, by its descriptor.
    places: Vec<u32>,
    /// The oldest message that can be read, and its descriptor.
    oldest: (u64, u32),
    /// The next message, and its descriptor.
    next: (u64, u32),
    /// Where the bytes of the newest end.
    head: u32,
    /// Where those end that are free behind it.
    end: u32,
    /// Which message has no descriptor, unless one is given up.
    until: u64,
}

/// The bytes of a message begin at multiples of it.
const ALIGN: u32 = 16;

/// Bytes that a message of `len` bytes takes.
#[inline]
fn size_of(len: u32) -> u32 {
    (len + u32::from(len == 0)).next_multiple_of(ALIGN)
}

/// What a writer finds that another has left.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// The oldest message that can be read.
    pub(crate) oldest: u64,
    /// The next message.
    pub(crate) published: u64,
    /// Where the bytes of the newest end.
    pub(crate) head: u32,
    /// Where the bytes of each message are, by its descriptor: as many as there are, at least one.
    pub(crate) places: Vec<u32>,
}

impl Writer {
    /// The writer of a ring of so many bytes, with what is left there. It is port `port`; `lossless`: nothing is given up
    /// that is not read. What can not be is as if nothing were there.
    pub(crate) fn new(bytes: u32, port: u32, lossless: bool, left: Left) -> Self {
        let messages = left.places.len() as u32;
        let index = |number: u64| (number % u64::from(messages)) as u32;
        let mut writer = Self {
            messages,
            bytes,
            port,
            lossless,
            places: left.places.iter().map(|at| *at.min(&bytes)).collect(),
            oldest: (left.oldest, index(left.oldest)),
            next: (left.published, index(left.published)),
            head: left.head.min(bytes),
            end: 0,
            until: 0,
        };
        let held = left.published.checked_sub(left.oldest);
        if held.is_none_or(|held| held > messages.into()) {
            writer.oldest = writer.next;
        }
        writer.take_up(writer.head);
        writer
    }

    /// Messages that can be read.
    fn held(&self) -> u64 {
        self.next.0 - self.oldest.0
    }

    /// Where a message of `len` bytes goes, which may be no longer than the MTU. None: there is no room before others have
    /// read.
    #[inline]
    pub(crate) fn claim<M: Memory>(&mut self, memory: &M, len: u32) -> Option<u32> {
        let size = size_of(len);
        if size <= self.end - self.head && self.next.0 != self.until {
            return Some(self.head);
        }
        self.make_room(memory, size)
    }

    /// The same where it has no room behind the newest.
    #[cold]
    #[inline(never)]
    fn make_room<M: Memory>(&mut self, memory: &M, size: u32) -> Option<u32> {
        let before = self.oldest.0;
        let keep = match self.lossless {
            true => memory.slowest(),
            false => u64::MAX,
        };
        let left = |oldest: u64| keep.min(self.next.0).saturating_sub(oldest);
        if self.held() == self.messages.into() {
            // Some more than has to, so that not each message asks.
            let some = u64::from((self.messages / 32).max(1)).min(left(self.oldest.0));
            self.oldest = self.behind(some as u32);
        }
        let mut place = self.place(size);
        while place.is_none() && self.oldest.0 < keep && self.held() != 0 {
            self.oldest = self.behind(1);
            place = self.place(size);
        }
        if self.oldest.0 != before {
            memory.give_up(self.oldest.0);
        }
        let at = place?;
        self.take_up(at);
        Some(at)
    }

    /// The next message goes to `at`, if it has room there.
    fn take_up(&mut self, at: u32) {
        let tail = self.tail();
        self.head = at;
        self.end = match self.held() == 0 || tail < at {
            true => self.bytes,
            false => tail,
        };
        self.until = self.oldest.0 + u64::from(self.messages);
    }

    /// The message so many behind the oldest, no more than there are, and its descriptor.
    fn behind(&self, count: u32) -> (u64, u32) {
        let (number, index) = self.oldest;
        let index = u64::from(index) + u64::from(count);
        let index = match index >= self.messages.into() {
            true => index - u64::from(self.messages),
            false => index,
        };
        (number + u64::from(count), index as u32)
    }

    /// Where the bytes of the oldest message are.
    fn tail(&self) -> u32 {
        self.places[self.oldest.1 as usize]
    }

    /// Where `size` bytes go, if they have room.
    fn place(&self, size: u32) -> Option<u32> {
        if self.held() == 0 {
            return (size <= self.bytes).then_some(0);
        }
        if self.held() >= self.messages.into() {
            return None;
        }
        let (tail, head) = (self.tail(), self.head);
        let (room, other) = match tail < head {
            true => (self.bytes - head, tail),
            false => (tail - head, 0),
        };
        if size <= room {
            return Some(head);
        }
        (size <= other).then_some(0)
    }

    #[inline]
    fn after(&self, index: u32) -> u32 {
        match index + 1 == self.messages {
            true => 0,
            false => index + 1,
        }
    }

    /// Ends the message whose place was [claimed](Writer::claim), and whose bytes are there. Tells whether the kernel must
    /// be asked to wake those who sleep.
    #[inline]
    pub(crate) fn publish<M: Memory>(&mut self, memory: &M, at: u32, len: u32, stamp: u64) -> bool {
        let (number, index) = self.next;
        let header = Header {
            at,
            len,
            from: self.port,
            stamp,
            back: 0,
        };
        memory.describe(index, number, &header);
        if let Some(place) = self.places.get_mut(index as usize) {
            *place = at;
        }
        self.head = at + size_of(len);
        self.next = (number + 1, self.after(index));
        memory.publish(self.head, self.next.0);
        memory.awaits_message()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Taking messages out of a mapped ring: the steps, in the order that counts.
//!
//! `include/uapi/linux/af_ipn.h` has the same in words. The models of the module's concurrency
//! (`tests/host/tests/loom`) run this very file.

/// What the index says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Where its bytes are.
    pub(crate) at: u32,
    /// Bytes of the message.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// When, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: u64,
}

/// The ring and the cursor of a port, as they are mapped.
pub(crate) trait Memory {
    /// Where a message is copied to.
    type Buffer: ?Sized;

    /// Messages ever published; what is read afterwards is read after it (acquire).
    fn published(&self) -> u64;
    /// The oldest message that can be read; what was read before was read before it (acquire fence).
    fn oldest(&self) -> u64;
    /// Where the bytes of the newest message end.
    fn head(&self) -> u32;
    /// The state of a descriptor; what is read afterwards is read after it (acquire).
    fn state(&self, index: u32) -> u64;
    /// What else it says.
    fn header(&self, index: u32) -> Header;
    /// Copies the message that it is of, which may change meanwhile.
    fn copy(&self, header: &Header, to: &mut Self::Buffer);
    /// The message to read next.
    fn position(&self) -> u64;
    /// Goes past a message if the port stands there; tells whether it did. What was read before was
    /// read before it (release).
    fn pass(&self, number: u64) -> bool;
    /// Counts a message that was passed as it was none for the port.
    fn count_own(&self);
    /// Whether a sender waits for room; asked after what was written before (full fence).
    fn awaits_room(&self) -> bool;
}

/// What reading goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// Descriptors in the index.
    pub(crate) messages: u32,
    /// Bytes that messages may take.
    pub(crate) bytes: u32,
    /// The longest message.
    pub(crate) mtu: u32,
    /// The number of the port.
    pub(crate) port: u32,
    /// Whether senders wait for readers.
    pub(crate) lossless: bool,
}

/// What a reader finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// This message; it is in the buffer.
    Message(Header),
    /// Nothing.
    Nothing,
    /// The port was overrun, or its cursor is out of order: the kernel knows more.
    Lost,
}

impl Reader {
    /// Takes the next message. Tells what there was, and whether the kernel must be asked to wake
    /// those who wait for room.
    #[inline]
    pub(crate) fn take<M: Memory>(&self, memory: &M, to: &mut M::Buffer) -> (Found, bool) {
        match self.step(memory, to) {
            (Some(found), made_room) => (found, made_room),
            (None, made_room) => self.take_later(memory, to, made_room),
        }
    }

    /// The same where the first step came to nothing: what is rare is apart from what is quick.
    #[cold]
    #[inline(never)]
    fn take_later<M: Memory>(
        &self,
        memory: &M,
        to: &mut M::Buffer,
        mut made_room: bool,
    ) -> (Found, bool) {
        loop {
            let (found, made) = self.step(memory, to);
            made_room |= made;
            if let Some(found) = found {
                return (found, made_room);
            }
        }
    }

    /// Takes or passes the next message; nothing is found where it was the port's own, or another
    /// else took it. Tells too whether the kernel must be asked.
    #[inline]
    fn step<M: Memory>(&self, memory: &M, to: &mut M::Buffer) -> (Option<Found>, bool) {
        let number = memory.position();
        let index = (number % u64::from(self.messages)) as u32;
        if number >= memory.published() {
            return (Some(Self::nothing(memory, number)), false);
        }
        let state = memory.state(index);
        if state != ready(number) && state != void(number) {
            return (Some(Self::nothing(memory, number)), false);
        }
        let header = memory.header(index);
        let is_own = header.from == self.port || state == void(number);
        if !is_own {
            memory.copy(&header, to);
        }
        if number < memory.oldest() {
            return (Some(Found::Lost), false);
        }
        // Another may take it: another thread, or, a message of the port's own, the kernel.
        if !memory.pass(number) {
            return (None, false);
        }
        // Only who stood at the message that made the ring full has made room.
        let made_room =
            self.lossless && memory.awaits_room() && !self.had_room(memory, number, header.at);
        if is_own {
            memory.count_own();
            return (None, made_room);
        }
        (Some(Found::Message(header)), made_room)
    }

    /// What message `number`, which can not be read, comes to: it is not there yet, or not any more.
    #[cold]
    fn nothing<M: Memory>(memory: &M, number: u64) -> Found {
        match number < memory.oldest() || number > memory.published() {
            true => Found::Lost,
            false => Found::Nothing,
        }
    }

    /// Whether the longest message had room behind the newest even with message `number`, at `at`, there.
    #[cold]
    fn had_room<M: Memory>(&self, memory: &M, number: u64, at: u32) -> bool {
        let held = memory.published().wrapping_sub(number);
        // Loaded after it: of that message, or of a later one, which leaves less room.
        let head = memory.head();
        let (room, other) = match at < head {
            true => (self.bytes.saturating_sub(head), at),
            false => (at - head, 0),
        };
        let size = self.mtu.max(1).next_multiple_of(ALIGN);
        held < self.messages.into() && size <= room.max(other)
    }
}

/// The bytes of a message begin at multiples of it.
const ALIGN: u32 = 16;

/// The state of message `number` once it can be read: `IPN_RING_READY`.
#[inline]
fn ready(number: u64) -> u64 {
    (number << 3) | 1
}

/// The same if none came about: `IPN_RING_VOID`.
#[inline]
fn void(number: u64) -> u64 {
    (number << 3) | 2
}

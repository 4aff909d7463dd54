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
    /// When, in nanoseconds since the epoch; 0 where no port asked. Of a part: the number of the next.
    pub(crate) stamp: u64,
    /// 0, or of a message in parts how many messages before it the first of them is.
    pub(crate) back: u32,
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
    /// Copies the message that it is of, which may change meanwhile; tells whether it can be one.
    fn copy(&self, header: Header, to: &mut Self::Buffer) -> bool;
    /// Copies the first `len` bytes of a part behind the first `from` bytes of the buffer; they may change meanwhile.
    fn copy_part(&self, header: &Header, len: usize, from: usize, to: &mut Self::Buffer);
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
    /// The first message after it came: one before it that has its number is another's.
    pub(crate) since: u64,
    /// Whether senders wait for readers, if only for a while.
    pub(crate) lossless: bool,
    /// Whether the longest message goes in parts.
    pub(crate) in_parts: bool,
    /// Whether a process writes the ring, so that anything may stand there.
    pub(crate) is_written: bool,
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
        match self.take_quickly(memory, to) {
            Some((header, made_room)) => (Found::Message(header), made_room),
            None => self.take_later(memory, to),
        }
    }

    /// The same where it was not taken quickly.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_later<M: Memory>(&self, memory: &M, to: &mut M::Buffer) -> (Found, bool) {
        let mut made_room = false;
        loop {
            let (found, made) = self.step(memory, to);
            made_room |= made;
            if let Some(found) = found {
                return (found, made_room);
            }
            if let Some((header, made)) = self.take_quickly(memory, to) {
                return (Found::Message(header), made_room | made);
            }
        }
    }

    /// Takes the next message, of another port and in one piece, if it is there whole and nobody else takes it; tells too
    /// whether the kernel must be asked. What is rare is apart from that.
    #[inline]
    pub(crate) fn take_quickly<M: Memory>(
        &self,
        memory: &M,
        to: &mut M::Buffer,
    ) -> Option<(Header, bool)> {
        let number = memory.position();
        let index = self.index_of(number);
        if number >= memory.published() || memory.state(index) != ready(number) {
            return None;
        }
        let header = memory.header(index);
        if self.is_own(number, &header) || header.back != 0 || !memory.copy(header, to) {
            return None;
        }
        // Another may take it: another thread.
        if number < memory.oldest() || !memory.pass(number) {
            return None;
        }
        Some((header, self.makes_room(memory, number, header)))
    }

    #[inline]
    fn is_own(&self, number: u64, header: &Header) -> bool {
        header.from == self.port && number >= self.since
    }

    #[inline]
    fn index_of(&self, number: u64) -> u32 {
        (number % u64::from(self.messages)) as u32
    }

    /// Whether the kernel must be asked, as the port has gone past message `number`.
    #[inline]
    fn makes_room<M: Memory>(&self, memory: &M, number: u64, header: Header) -> bool {
        // Only who stood at the message that made the ring full has made room.
        self.lossless && memory.awaits_room() && !self.had_room(memory, number, header.at)
    }

    /// What is not taken quickly: nothing, a message of the port's own, one in parts, or one that is lost. None is found where
    /// it was the port's own, or another has taken it. Tells too whether the kernel must be asked.
    fn step<M: Memory>(&self, memory: &M, to: &mut M::Buffer) -> (Option<Found>, bool) {
        let number = memory.position();
        let index = self.index_of(number);
        if number >= memory.published() {
            return (Some(Self::nothing(memory, number)), false);
        }
        let state = memory.state(index);
        if state != ready(number) && state != void(number) {
            return (Some(Self::nothing(memory, number)), false);
        }
        let header = memory.header(index);
        let is_own = self.is_own(number, &header) || state == void(number);
        let (mut first, mut can_be) = (number, true);
        if !is_own {
            match header.back {
                0 => can_be = memory.copy(header, to),
                _ if self.is_written => can_be = false,
                back => {
                    first = number.saturating_sub(back.into());
                    self.copy_parts(memory, first, &header, to);
                }
            }
        }
        // Parts are overwritten in the order of their numbers. What can not be is overwritten too, or the kernel ends
        // the network of who wrote it.
        if first < memory.oldest() || !can_be {
            return (Some(Found::Lost), false);
        }
        // Another may take it: another thread, or, a message of the port's own, the kernel.
        if !memory.pass(number) {
            return (None, false);
        }
        let made_room = self.makes_room(memory, number, header);
        if is_own {
            memory.count_own();
            return (None, made_room);
        }
        (Some(Found::Message(header)), made_room)
    }

    /// Copies the parts of a message, of which `first` is the first.
    #[cold]
    #[inline(never)]
    fn copy_parts<M: Memory>(&self, memory: &M, first: u64, header: &Header, to: &mut M::Buffer) {
        let len = header.len.min(self.mtu) as usize;
        let (mut number, mut from) = (first, 0);
        while from < len {
            let part = memory.header(self.index_of(number));
            let more = (part.len as usize).min(len - from);
            // Once it is overwritten they may say anything.
            if more == 0 || first < memory.oldest() {
                return;
            }
            memory.copy_part(&part, more, from, to);
            from += more;
            number = part.stamp;
        }
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
        if self.in_parts {
            // The kernel knows which parts are needed.
            return false;
        }
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
pub(crate) fn ready(number: u64) -> u64 {
    (number << 3) | 1
}

/// The same if none came about: `IPN_RING_VOID`.
#[inline]
fn void(number: u64) -> u64 {
    (number << 3) | 2
}

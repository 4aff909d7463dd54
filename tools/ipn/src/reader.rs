// SPDX-License-Identifier: GPL-2.0

//! Taking messages out of a mapped ring: the steps, in the order that counts.
//!
//! `include/uapi/linux/af_ipn.h` has the same in words. The models of the module's concurrency
//! (`tests/host/tests/loom`) run this very file.

/// What stands before a message in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
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
    /// Messages ever begun; what was read before was read before it (acquire fence).
    fn reserved(&self) -> u64;
    /// The header of a slot.
    fn header(&self, slot: u32) -> Header;
    /// Copies the message of a slot, which may change meanwhile.
    fn copy(&self, slot: u32, header: &Header, to: &mut Self::Buffer);
    /// The message to read next.
    fn position(&self) -> u64;
    /// Goes past a message if the port stands there; tells whether it did. What was read before was
    /// read before it (release).
    fn pass(&self, number: u64) -> bool;
    /// Counts a message of the port's own that was passed.
    fn count_own(&self);
    /// Whether a sender waits for room; asked after what was written before (full fence).
    fn awaits_room(&self) -> bool;
}

/// What reading goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// Messages that can be read.
    pub(crate) pool: u32,
    /// Places for them.
    pub(crate) slots: u32,
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
        let published = memory.published();
        if number == published {
            return (Some(Found::Nothing), false);
        }
        if published.wrapping_sub(number) > self.pool.into() {
            return (Some(Found::Lost), false);
        }
        let slot = (number % u64::from(self.slots)) as u32;
        let header = memory.header(slot);
        let is_own = header.from == self.port;
        if !is_own {
            memory.copy(slot, &header, to);
        }
        if memory.reserved().wrapping_sub(number) > self.slots.into() {
            return (Some(Found::Lost), false);
        }
        // Another may take it: another thread, or, a message of the port's own, the kernel.
        if !memory.pass(number) {
            return (None, false);
        }
        // Only who stood at the message that made the ring full has made room.
        let made_room = self.lossless
            && memory.awaits_room()
            && memory.published().wrapping_sub(number) >= self.pool.into();
        if is_own {
            memory.count_own();
            return (None, made_room);
        }
        (Some(Found::Message(header)), made_room)
    }
}

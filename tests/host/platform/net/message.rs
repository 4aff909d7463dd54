// SPDX-License-Identifier: GPL-2.0

//! `rust/message.rs`: messages of tasks, whose memory may not be there.

use crate::{abi::errno::Errno, rust::net::socket::Sock, rust::task::current as task};
use kernel::prelude::*;

/// Flags of `send(2)` and `recv(2)`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags(pub(crate) u32);

impl Flags {
    pub(crate) const OOB: u32 = 1;
    pub(crate) const PEEK: u32 = 2;
    pub(crate) const TRUNC: u32 = 0x20;
    pub(crate) const DONTWAIT: u32 = 0x40;

    pub(crate) fn dont_wait(self) -> bool {
        self.0 & Self::DONTWAIT != 0
    }

    pub(crate) fn peek(self) -> bool {
        self.0 & Self::PEEK != 0
    }

    pub(crate) fn truncated_length(self) -> bool {
        self.0 & Self::TRUNC != 0
    }

    pub(crate) fn out_of_band(self) -> bool {
        self.0 & Self::OOB != 0
    }

    pub(crate) fn error_queue(self) -> bool {
        false
    }

    pub(crate) fn no_signal(self) -> bool {
        true
    }
}

/// What a message is made of, before it is on the network.
pub(crate) trait Payload {
    const FROM_PROCESS: bool;
    fn len(&self) -> usize;
    fn more_follows(&self) -> bool;
    fn put_back(&mut self) {}
    /// Copies the message to the front of `to`; tells whether it could be read.
    fn read_atomic(&mut self, to: &mut [u8]) -> bool;
}

/// A message that a task sends.
pub(crate) struct Outgoing<'a> {
    bytes: &'a [u8],
    flags: Flags,
    /// How often its memory is not there.
    faults: u32,
}

impl<'a> Outgoing<'a> {
    pub(crate) fn new(bytes: &'a [u8], flags: u32) -> Self {
        Self::with_faults(bytes, flags, 0)
    }

    pub(crate) fn with_faults(bytes: &'a [u8], flags: u32, faults: u32) -> Self {
        Self {
            bytes,
            flags: Flags(flags),
            faults,
        }
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    pub(crate) fn has_destination(&self) -> bool {
        false
    }

    pub(crate) fn has_control(&self) -> bool {
        false
    }

    pub(crate) fn fetch(&mut self) -> crate::abi::errno::Result<KVVec<u8>> {
        let mut bytes = KVVec::with_capacity(self.bytes.len(), GFP_KERNEL_ACCOUNT)
            .map_err(|_| Errno::NOBUFS)?;
        if task::fails() {
            return Err(Errno::FAULT);
        }
        for &byte in self.bytes {
            bytes
                .push_within_capacity(byte)
                .map_err(|_| Errno::NOBUFS)?;
        }
        Ok(bytes)
    }
}

impl Payload for Outgoing<'_> {
    const FROM_PROCESS: bool = true;

    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn more_follows(&self) -> bool {
        task::with(|task| task.more_follows.get())
    }

    fn read_atomic(&mut self, to: &mut [u8]) -> bool {
        if self.faults != 0 {
            self.faults -= 1;
            return false;
        }
        match to.get_mut(..self.bytes.len()) {
            Some(to) if !task::fails() => {
                to.copy_from_slice(self.bytes);
                true
            }
            _ => false,
        }
    }
}

/// The place for a message that a task receives.
pub(crate) struct Incoming<'a> {
    got: &'a mut Got,
    room: usize,
    flags: Flags,
    /// How often it was copied to.
    copies: u32,
}

/// What was received.
#[derive(Default)]
pub(crate) struct Got {
    pub(crate) bytes: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) out_of_band: bool,
    /// Not so at the end of the network.
    pub(crate) end_of_record: bool,
    /// What `SO_RXQ_OVFL` would tell.
    pub(crate) drops: u32,
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(got: &'a mut Got, room: usize, flags: u32) -> Self {
        Self {
            got,
            room,
            flags: Flags(flags),
            copies: 0,
        }
    }

    pub(crate) fn room(&self) -> usize {
        self.room
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    pub(crate) fn set_truncated(&mut self) {
        self.got.truncated = true;
    }

    pub(crate) fn set_out_of_band(&mut self) {
        self.got.out_of_band = true;
    }

    pub(crate) fn set_end_of_record(&mut self) {
        self.got.end_of_record = true;
    }

    pub(crate) fn copy_from(&mut self, bytes: &[u8]) -> bool {
        if task::fails() {
            return false;
        }
        self.copies += 1;
        if self.copies > 1 {
            // What was read was out of date. Loom might give it again for ever; no machine does.
            task::see_more();
        }
        let len = bytes.len().min(self.room);
        self.got.bytes.extend_from_slice(&bytes[..len]);
        true
    }

    pub(crate) fn revert(&mut self, len: usize) {
        let left = self.got.bytes.len() - len;
        self.got.bytes.truncate(left);
    }

    pub(crate) fn add_control<T>(&mut self, _sock: &Sock<T>, _stamp: u64, drops: u32) {
        self.got.drops = drops;
    }
}

/// The time of day.
pub(crate) fn real_time() -> u64 {
    1
}

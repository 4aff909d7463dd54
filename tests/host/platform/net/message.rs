// SPDX-License-Identifier: GPL-2.0

//! `rust/message.rs`: messages of tasks, whose memory may not be there.

use crate::{
    abi::{
        errno::Errno,
        uapi::{IPN_SO_GAPS, IPN_SO_ORIGIN, IPN_SO_SEQUENCE},
    },
    rust::{
        mm::piece::{Piece, PIECE},
        net::socket::Sock,
        task::{current as task, identity::Identity},
    },
};
use kernel::prelude::*;

/// Flags of `send(2)` and `recv(2)`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags(pub(crate) u32);

impl Flags {
    pub(crate) const OOB: u32 = 1;
    pub(crate) const PEEK: u32 = 2;
    pub(crate) const TRUNC: u32 = 0x20;
    pub(crate) const DONTWAIT: u32 = 0x40;
    pub(crate) const ERRQUEUE: u32 = 0x2000;
    pub(crate) const NOSIGNAL: u32 = 0x4000;
    /// No flags of the kernel's: the call names a destination, or has control messages.
    pub(crate) const TO: u32 = 1 << 30;
    pub(crate) const CONTROL: u32 = 1 << 31;

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
        self.0 & Self::ERRQUEUE != 0
    }

    pub(crate) fn no_signal(self) -> bool {
        self.0 & Self::NOSIGNAL != 0
    }
}

/// What a sender says of a message besides its bytes.
pub(crate) type Note = [u8; 24];

/// What a message is made of, before it is on the network.
pub(crate) trait Payload {
    fn len(&self) -> usize;
    fn is_there(&mut self, _len: usize) -> bool {
        true
    }
    fn is_near(&self) -> bool {
        true
    }
    fn more_follows(&self) -> bool;
    fn note(&self) -> Option<&Note> {
        None
    }
    fn take_atomic<const SIZE: usize>(&mut self, to: &mut Piece<SIZE>) -> bool {
        let mut bytes = vec![0; self.len()];
        let is_read = bytes.len() <= SIZE && self.read_atomic(&mut bytes);
        if is_read {
            to.fill(bytes.into_iter());
        }
        is_read
    }
    fn put_back(&mut self) {}
    fn go_back(&mut self, _len: usize) {}
    fn go_on(&mut self, _len: usize) {}
    /// Copies as many bytes as `to` has, from byte `from` on; tells whether they could be read.
    fn read_part(&mut self, from: usize, to: &mut [u8]) -> bool;
    /// Copies the message to the front of `to`; tells whether it could be read.
    fn read_atomic(&mut self, to: &mut [u8]) -> bool;
    /// Copies the first bytes of the message to `to`; tells whether they could be read.
    fn peek(&mut self, to: &mut [u8]) -> bool {
        let mut bytes = vec![0; self.len()];
        let is_read = self.read_atomic(&mut bytes);
        if is_read {
            to.copy_from_slice(&bytes[..to.len()]);
        }
        is_read
    }
}

/// A message whose sender can wait.
pub(crate) trait Message: Payload {
    fn dont_wait(&self) -> bool;
    fn fetch(&mut self) -> Result<KVVec<u8>> {
        self.fetch_part(0, self.len())
    }
    fn fetch_part(&mut self, from: usize, len: usize) -> Result<KVVec<u8>>;
}

/// A message that a task has sent as one of several.
pub(crate) struct Part<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) flags: Flags,
    pub(crate) more: bool,
}

impl Payload for Part<'_> {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn more_follows(&self) -> bool {
        self.more || task::with(|task| task.more_follows.get())
    }

    fn read_atomic(&mut self, to: &mut [u8]) -> bool {
        to[..self.bytes.len()].copy_from_slice(self.bytes);
        true
    }

    fn read_part(&mut self, from: usize, to: &mut [u8]) -> bool {
        to.copy_from_slice(&self.bytes[from..][..to.len()]);
        true
    }
}

impl Message for Part<'_> {
    fn dont_wait(&self) -> bool {
        self.flags.dont_wait()
    }

    fn fetch_part(&mut self, from: usize, len: usize) -> Result<KVVec<u8>> {
        copy(&self.bytes[from..][..len])
    }
}

/// A message that a task sends.
pub(crate) struct Outgoing<'a> {
    bytes: &'a [u8],
    /// How many of them were fetched as records.
    taken: usize,
    flags: Flags,
    /// How often its memory is not there.
    faults: u32,
    /// What its control messages say of where it comes from, if they say that.
    origin: Option<Note>,
    note: Option<Note>,
}

impl<'a> Outgoing<'a> {
    pub(crate) fn new(bytes: &'a [u8], flags: u32) -> Self {
        Self::with_faults(bytes, flags, 0)
    }

    pub(crate) fn with_faults(bytes: &'a [u8], flags: u32, faults: u32) -> Self {
        Self {
            bytes,
            taken: 0,
            flags: Flags(flags),
            faults,
            origin: None,
            note: None,
        }
    }

    /// One that says where it comes from.
    pub(crate) fn from_afar(bytes: &'a [u8], flags: u32, origin: Note) -> Self {
        Self {
            origin: Some(origin),
            ..Self::new(bytes, flags | Flags::CONTROL)
        }
    }

    pub(crate) fn take_note(&mut self, kind: u32) -> Result {
        assert_eq!(kind, IPN_SO_ORIGIN);
        self.note = Some(self.origin.ok_or(EINVAL)?);
        Ok(())
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    pub(crate) fn has_destination(&self) -> bool {
        self.flags.0 & Flags::TO != 0
    }

    pub(crate) fn has_control(&self) -> bool {
        self.flags.0 & Flags::CONTROL != 0
    }

    pub(crate) fn fetch_next(&mut self, to: &mut Piece) {
        let rest = self.bytes[self.taken..].iter().take(PIECE);
        to.fill(rest.copied());
        self.taken += to.len();
    }

    pub(crate) fn next_part(&mut self, len: usize, more: bool) -> Part<'a> {
        let bytes = &self.bytes[self.taken..][..len];
        self.taken += len;
        let flags = self.flags;
        Part { bytes, flags, more }
    }

    pub(crate) fn skip(&mut self, len: usize) {
        self.taken += len;
    }

    pub(crate) fn give_back(&mut self, len: usize) {
        self.taken -= len;
    }
}

impl Message for Outgoing<'_> {
    fn dont_wait(&self) -> bool {
        self.flags.dont_wait()
    }

    fn fetch_part(&mut self, from: usize, len: usize) -> Result<KVVec<u8>> {
        if task::fails() {
            return Err(Errno::FAULT.into());
        }
        copy(&self.bytes[from..][..len])
    }
}

fn copy(bytes: &[u8]) -> Result<KVVec<u8>> {
    let mut copy =
        KVVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT).map_err(|_| Errno::NOBUFS)?;
    for &byte in bytes {
        copy.push_within_capacity(byte).map_err(|_| Errno::NOBUFS)?;
    }
    Ok(copy)
}

impl Payload for Outgoing<'_> {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn is_there(&mut self, _len: usize) -> bool {
        !task::fails()
    }

    fn is_near(&self) -> bool {
        false
    }

    fn note(&self) -> Option<&Note> {
        self.note.as_ref()
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

    fn read_part(&mut self, from: usize, to: &mut [u8]) -> bool {
        if self.faults != 0 {
            self.faults -= 1;
            return false;
        }
        let len = to.len();
        to.copy_from_slice(&self.bytes[from..][..len]);
        !task::fails()
    }
}

/// The place for a message that a task receives.
pub(crate) struct Incoming<'a> {
    got: &'a mut Got,
    room: usize,
    kept: usize,
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
    /// What a time stamp would tell, to who wants it.
    pub(crate) stamp: Option<u64>,
    /// Which port has sent it, for who asks.
    pub(crate) sender: Option<u32>,
    /// The user that took that port then.
    pub(crate) sent_by: Option<u32>,
    /// Which message of its port it is, for who asks: `struct ipn_sequence`.
    pub(crate) sequence: Option<Vec<u8>>,
    /// What was missed before it: some `struct ipn_gap`.
    pub(crate) gaps: Option<Vec<u8>>,
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(got: &'a mut Got, room: usize, flags: u32) -> Self {
        Self {
            got,
            room,
            kept: 0,
            flags: Flags(flags),
            copies: 0,
        }
    }

    pub(crate) fn room(&self) -> usize {
        self.room - self.kept
    }

    pub(crate) fn keep(&mut self) {
        self.kept = self.got.bytes.len();
    }

    pub(crate) fn kept(&self) -> usize {
        self.kept
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
        let len = bytes.len().min(self.room());
        self.got.bytes.extend_from_slice(&bytes[..len]);
        true
    }

    pub(crate) fn revert(&mut self, len: usize) {
        let left = self.got.bytes.len() - len;
        self.got.bytes.truncate(left);
    }

    pub(crate) fn revert_to(&mut self, len: usize) {
        self.got.bytes.truncate(len);
        self.kept = len;
    }

    pub(crate) fn add_control<T>(&mut self, sock: &Sock<T>, stamp: u64) {
        self.got.drops = sock.drops();
        self.got.stamp = Some(stamp);
    }

    pub(crate) fn add_sender(&mut self, port: u32, who: &Identity) {
        self.got.sender = Some(port);
        self.got.sent_by = Some(who.uid());
    }

    pub(crate) fn add_note(&mut self, kind: u32, bytes: &[u8]) {
        let place = match kind {
            IPN_SO_SEQUENCE => &mut self.got.sequence,
            IPN_SO_GAPS => &mut self.got.gaps,
            _ => panic!("a control message of type {kind}"),
        };
        assert!(place.replace(bytes.to_vec()).is_none(), "each once");
    }
}

/// The time of day: the one that a test has set, or 1.
pub(crate) fn real_time() -> u64 {
    task::with(|task| task.time.get())
}

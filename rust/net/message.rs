// SPDX-License-Identifier: GPL-2.0

//! Messages on their way between user space and the ring: `struct msghdr`.

use crate::rust::{
    bindings,
    mm::piece::{Piece, PIECE},
};
use core::marker::PhantomData;
use kernel::{
    ffi::c_int,
    iov::{IovIterDest, IovIterSource},
    prelude::*,
};

/// Flags of `send(2)` and `recv(2)`.
#[derive(Clone, Copy)]
pub(crate) struct Flags(u32);

impl Flags {
    /// `MSG_DONTWAIT`, or a non-blocking descriptor.
    pub(crate) fn dont_wait(self) -> bool {
        self.0 & bindings::MSG_DONTWAIT != 0
    }

    /// `MSG_PEEK`: the message stays.
    pub(crate) fn peek(self) -> bool {
        self.0 & bindings::MSG_PEEK != 0
    }

    /// `MSG_TRUNC`: return the message's length, not that of what fitted.
    pub(crate) fn truncated_length(self) -> bool {
        self.0 & bindings::MSG_TRUNC != 0
    }

    /// `MSG_OOB`.
    pub(crate) fn out_of_band(self) -> bool {
        self.0 & bindings::MSG_OOB != 0
    }

    /// `MSG_ERRQUEUE`.
    pub(crate) fn error_queue(self) -> bool {
        self.0 & bindings::MSG_ERRQUEUE != 0
    }

    /// `MSG_NOSIGNAL`.
    pub(crate) fn no_signal(self) -> bool {
        self.0 & bindings::MSG_NOSIGNAL != 0
    }
}

/// What a sender says of a message besides its bytes, in a control message.
pub(crate) type Note = [u8; 24];

/// What a message is made of, before it is on the network.
pub(crate) trait Payload {
    /// Bytes of the message.
    fn len(&self) -> usize;

    /// Copies the `len` bytes from byte `from` on, which follow on those that were copied before, to `to` without
    /// sleeping; tells whether they could be read.
    ///
    /// When not, for want of a page or for good, the message is as it was.
    ///
    /// # Safety
    ///
    /// `to` must have room for `len` bytes, to which nobody holds a reference.
    unsafe fn copy_atomic(&mut self, from: usize, to: *mut u8, len: usize) -> bool;

    /// Whether the next `len` bytes can be read now, without sleeping. They may be gone when they are.
    fn is_there(&mut self, _len: usize) -> bool {
        true
    }

    /// Whether it is in memory of the kernel's, from where it is soon copied.
    fn is_near(&self) -> bool {
        true
    }

    /// Whether the sender may send more in the same system call.
    fn more_follows(&self) -> bool;

    /// What its sender says of it besides, if it does.
    fn note(&self) -> Option<&Note> {
        None
    }

    /// Copies the message, which is no longer than the piece, there, without sleeping; tells whether it could be
    /// read. When not, the message is as it was.
    fn take_atomic<const SIZE: usize>(&mut self, to: &mut Piece<SIZE>) -> bool {
        let (len, mut is_read) = (self.len(), false);
        // SAFETY: There is room for `len` bytes, all of which are written where it is said so.
        unsafe {
            to.fill(|place| {
                is_read = len <= SIZE && self.copy_atomic(0, place, len);
                if is_read {
                    len
                } else {
                    0
                }
            });
        }
        is_read
    }

    /// The message was read in vain: it is as it was, to be read again.
    fn put_back(&mut self) {}

    /// Copies the first bytes of the message, which has as many as `to`, without sleeping; tells whether they could
    /// be read. The message is as it was.
    fn peek(&mut self, to: &mut [u8]) -> bool {
        // SAFETY: `to` is long enough, and the reference to it is not used meanwhile.
        let is_read = unsafe { self.copy_atomic(0, to.as_mut_ptr(), to.len()) };
        if is_read {
            self.go_back(to.len());
        }
        is_read
    }

    /// The last `len` bytes were copied, or fetched, in vain: they are to be read again.
    fn go_back(&mut self, _len: usize) {}

    /// The next `len` bytes are not read.
    fn go_on(&mut self, _len: usize) {}

    /// Copies the message to the front of `to` without sleeping; tells whether it could be read.
    ///
    /// When not, or where it does not fit, the message is as it was.
    fn read_atomic(&mut self, to: &mut [u8]) -> bool {
        let len = self.len();
        // SAFETY: `to` is long enough, and the reference to it is not used meanwhile.
        len <= to.len() && unsafe { self.copy_atomic(0, to.as_mut_ptr(), len) }
    }
}

/// A message whose sender can wait for room, and has it copied where it may sleep.
pub(crate) trait Message: Payload {
    /// Whether its sender waits for nothing.
    fn dont_wait(&self) -> bool;

    /// Fetches the message into memory of its own, where a page fault may sleep.
    ///
    /// No memory: `ENOBUFS`; not readable: `EFAULT`, and the message is as it was.
    fn fetch(&mut self) -> Result<KVVec<u8>> {
        self.fetch_part(0, self.len())
    }

    /// The same of the `len` bytes from byte `from` on, which follow on those that were copied or fetched before.
    fn fetch_part(&mut self, from: usize, len: usize) -> Result<KVVec<u8>>;
}

/// A message that a process has sent as one of several.
pub(crate) struct Part<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// Flags of the call.
    pub(crate) flags: Flags,
    /// Whether there are others behind it.
    pub(crate) more: bool,
}

impl Payload for Part<'_> {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn more_follows(&self) -> bool {
        // SAFETY: It looks at its argument and the caller.
        self.more || unsafe { bindings::ipn_helper_more_follows(self.flags.0) }
    }

    unsafe fn copy_atomic(&mut self, from: usize, to: *mut u8, len: usize) -> bool {
        let Some(bytes) = self.bytes.get(from..from.saturating_add(len)) else {
            return false;
        };
        // SAFETY: `to` has room for `len` bytes by this function's requirements, and `bytes` has so many.
        unsafe { bindings::ipn_helper_copy(to.cast(), bytes.as_ptr().cast(), len) };
        true
    }
}

impl Message for Part<'_> {
    fn dont_wait(&self) -> bool {
        self.flags.dont_wait()
    }

    fn fetch_part(&mut self, from: usize, len: usize) -> Result<KVVec<u8>> {
        let part = self.bytes.get(from..from.saturating_add(len));
        let mut bytes = KVVec::new();
        let copied = bytes.extend_from_slice(part.ok_or(EFAULT)?, GFP_KERNEL_ACCOUNT);
        copied.map_err(|_| no_buffers())?;
        Ok(bytes)
    }
}

/// A message that a process sends as one of several, and that lies in its memory still.
pub(crate) struct LongPart<'a, 'b> {
    whole: &'a mut Outgoing<'b>,
    len: usize,
    more: bool,
}

impl Payload for LongPart<'_, '_> {
    fn len(&self) -> usize {
        self.len
    }

    fn is_there(&mut self, len: usize) -> bool {
        self.whole.has(len)
    }

    fn is_near(&self) -> bool {
        false
    }

    fn more_follows(&self) -> bool {
        self.more || self.whole.more_follows()
    }

    unsafe fn copy_atomic(&mut self, from: usize, to: *mut u8, len: usize) -> bool {
        // SAFETY: By this function's requirements.
        unsafe { self.whole.copy_atomic(from, to, len) }
    }

    fn put_back(&mut self) {
        self.whole.give_back(self.len);
    }

    fn go_back(&mut self, len: usize) {
        self.whole.give_back(len);
    }

    fn go_on(&mut self, len: usize) {
        self.whole.skip(len);
    }
}

impl Message for LongPart<'_, '_> {
    fn dont_wait(&self) -> bool {
        self.whole.dont_wait()
    }

    fn fetch_part(&mut self, _from: usize, len: usize) -> Result<KVVec<u8>> {
        self.whole.fetch_bytes(len)
    }
}

/// A message that a process sends.
///
/// # Invariants
///
/// `msg` is a valid `struct msghdr` of a `sendmsg` in progress, for `'a`, and `source` its iterator, in
/// which there were `len` bytes, of which `taken` were taken.
pub(crate) struct Outgoing<'a> {
    pub(super) msg: *mut bindings::msghdr,
    source: &'a mut IovIterSource<'a>,
    len: usize,
    taken: usize,
    pub(super) note: Option<Note>,
}

impl<'a> Outgoing<'a> {
    /// Wraps what `proto_ops.sendmsg` is given.
    ///
    /// C header: [`include/linux/socket.h`](srctree/include/linux/socket.h)
    ///
    /// # Safety
    ///
    /// `msg` must be valid and the caller's alone for `'a`, with `len` bytes in its iterator, which is
    /// one to be read from.
    pub(crate) unsafe fn from_raw(msg: *mut bindings::msghdr, len: usize) -> Self {
        // SAFETY: By this function's requirements; nothing else below uses the iterator.
        let source = unsafe { IovIterSource::from_raw((&raw mut (*msg).msg_iter).cast()) };
        // INVARIANT: by this function's requirements.
        Self {
            msg,
            source,
            len,
            taken: 0,
            note: None,
        }
    }

    /// The call's flags.
    pub(crate) fn flags(&self) -> Flags {
        // SAFETY: `msg` is valid by the invariants.
        Flags(unsafe { (*self.msg).msg_flags })
    }

    /// Whether it names a destination.
    pub(crate) fn has_destination(&self) -> bool {
        // SAFETY: `msg` is valid by the invariants.
        unsafe { (*self.msg).msg_namelen != 0 }
    }

    /// Fetches what comes next of the message, as much as a piece takes, where a page fault may sleep; that
    /// is all of `to` afterwards. Less: the rest is not readable.
    pub(crate) fn fetch_next(&mut self, to: &mut Piece) {
        let (from, len) = (self.source.as_raw(), PIECE.min(self.source.len()));
        // SAFETY: The iterator is valid, the piece has room for `len` bytes, and what was copied is initialised.
        unsafe { to.fill(|place| bindings::_copy_from_iter(place.cast(), len, from.cast())) };
        // INVARIANT: just taken.
        self.taken = self.taken.saturating_add(to.len());
    }

    /// What comes next of the message, `len` bytes, as one by itself; `more` comes behind it.
    pub(crate) fn next_part(&mut self, len: usize, more: bool) -> LongPart<'_, 'a> {
        LongPart {
            whole: self,
            len,
            more,
        }
    }

    /// Fetches the next `len` bytes into memory of their own: see [`Message::fetch`].
    fn fetch_bytes(&mut self, len: usize) -> Result<KVVec<u8>> {
        let mut bytes = KVVec::with_capacity(len, GFP_KERNEL_ACCOUNT).map_err(|_| no_buffers())?;
        let room = bytes.spare_capacity_mut();
        let copied = match room.get_mut(..len) {
            Some(room) => self.source.copy_from_iter_raw(room).len(),
            None => 0,
        };
        // SAFETY: So many bytes of the spare capacity were just written.
        unsafe { bytes.inc_len(copied) };
        // INVARIANT: just taken.
        self.taken = self.taken.saturating_add(copied);
        if copied != len {
            self.give_back(copied);
            return Err(EFAULT);
        }
        Ok(bytes)
    }

    /// Goes past `len` bytes, at most all that are left.
    pub(crate) fn skip(&mut self, len: usize) {
        let len = len.min(self.source.len());
        self.source.advance(len);
        // INVARIANT: just taken.
        self.taken = self.taken.saturating_add(len);
    }

    /// The last `len` bytes that were fetched, at most all, are to come once more.
    pub(crate) fn give_back(&mut self, len: usize) {
        let len = len.min(self.taken);
        // INVARIANT: they are put back below.
        self.taken = self.taken.saturating_sub(len);
        // SAFETY: By the invariants so many bytes were taken from the iterator, and are no more.
        unsafe { self.source.revert(len) };
    }
}

impl Message for Outgoing<'_> {
    fn dont_wait(&self) -> bool {
        self.flags().dont_wait()
    }

    fn fetch_part(&mut self, _from: usize, len: usize) -> Result<KVVec<u8>> {
        self.fetch_bytes(len)
    }
}

impl Outgoing<'_> {
    /// Whether the next `len` bytes can be read now, without sleeping.
    fn has(&mut self, len: usize) -> bool {
        // SAFETY: By the invariants it is a valid iterator.
        unsafe { bindings::ipn_helper_iter_is_there(self.source.as_raw().cast(), len) }
    }
}

impl Payload for Outgoing<'_> {
    fn len(&self) -> usize {
        self.len
    }

    fn is_there(&mut self, len: usize) -> bool {
        self.has(len)
    }

    fn is_near(&self) -> bool {
        false
    }

    fn more_follows(&self) -> bool {
        // SAFETY: It looks at its argument and the caller.
        unsafe { bindings::ipn_helper_more_follows(self.flags().0) }
    }

    fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    unsafe fn copy_atomic(&mut self, _from: usize, to: *mut u8, len: usize) -> bool {
        let from = self.source.as_raw().cast();
        // SAFETY: `from` is a valid iterator, and `to` has room by this function's requirements.
        let copied = unsafe { bindings::ipn_helper_copy_from_iter_nofault(to.cast(), len, from) };
        if copied != len {
            // SAFETY: So many bytes were just taken from the iterator.
            unsafe { self.source.revert(copied) };
            return false;
        }
        // INVARIANT: just taken.
        self.taken = self.taken.saturating_add(copied);
        true
    }

    fn put_back(&mut self) {
        self.give_back(self.taken);
    }

    fn go_back(&mut self, len: usize) {
        self.give_back(len);
    }

    fn go_on(&mut self, len: usize) {
        self.skip(len);
    }
}

/// The place for a message that a process receives.
///
/// # Invariants
///
/// `msg` is a valid `struct msghdr` of a `recvmsg` in progress, for `'a`, whose iterator is one to be
/// written to; at the end of it are `kept` bytes, and behind them `put` that the last copy has put there.
pub(crate) struct Incoming<'a> {
    pub(super) msg: *mut bindings::msghdr,
    room: usize,
    put: usize,
    kept: usize,
    flags: Flags,
    _msg: PhantomData<&'a mut bindings::msghdr>,
}

impl<'a> Incoming<'a> {
    /// Wraps what `proto_ops.recvmsg` is given.
    ///
    /// # Safety
    ///
    /// `msg` must be valid and the caller's alone for `'a`, with room for `room` bytes in its iterator,
    /// which is one to be written to.
    pub(crate) unsafe fn from_raw(msg: *mut bindings::msghdr, room: usize, flags: i32) -> Self {
        // INVARIANT: by this function's requirements.
        Self {
            msg,
            room,
            put: 0,
            kept: 0,
            flags: Flags(flags as u32),
            _msg: PhantomData,
        }
    }

    /// Bytes that fit, behind those that stay.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// The call's flags.
    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    fn set_flag(&mut self, flag: u32) {
        // SAFETY: `msg` is valid by the invariants.
        unsafe { (*self.msg).msg_flags |= flag };
    }

    /// Tells the receiver that its buffer was too short.
    pub(crate) fn set_truncated(&mut self) {
        self.set_flag(bindings::MSG_TRUNC);
    }

    /// Tells the receiver that this is a message, if an empty one, and not the end.
    pub(crate) fn set_end_of_record(&mut self) {
        self.set_flag(bindings::MSG_EOR);
    }

    /// Tells the receiver that this is an out-of-band message.
    pub(crate) fn set_out_of_band(&mut self) {
        self.set_flag(bindings::MSG_OOB);
    }

    /// Copies `len` bytes from `from`; tells whether they could be written.
    ///
    /// When not, the place is as it was.
    ///
    /// # Safety
    ///
    /// `from` must have `len` initialised bytes. They may change meanwhile.
    pub(crate) unsafe fn copy(&mut self, from: *const u8, len: usize) -> bool {
        let len = len.min(self.room);
        // SAFETY: `msg` is valid by the invariants, `from` has the bytes by this function's requirements.
        let copied =
            unsafe { bindings::_copy_to_iter(from.cast(), len, &raw mut (*self.msg).msg_iter) };
        self.account(len, copied)
    }

    /// Copies `bytes`; tells whether they could be written. When not, the place is as it was.
    pub(crate) fn copy_from(&mut self, bytes: &[u8]) -> bool {
        let bytes = bytes.get(..self.room).unwrap_or(bytes);
        let copied = self.place().copy_to_iter(bytes);
        self.account(bytes.len(), copied)
    }

    /// The iterator, for what is not done for each message: it is checked when it is asked for.
    fn place(&mut self) -> &mut IovIterDest<'a> {
        // SAFETY: By the invariants, and `self` is borrowed as long as the result.
        unsafe { IovIterDest::from_raw((&raw mut (*self.msg).msg_iter).cast()) }
    }

    /// Of `len` bytes, `copied` were put into the iterator: all of them stay there, or none.
    #[inline(always)]
    fn account(&mut self, len: usize, copied: usize) -> bool {
        // INVARIANT: just put there.
        self.put = copied;
        if copied != len {
            self.take_back_all();
        }
        copied == len
    }

    #[cold]
    fn take_back_all(&mut self) {
        self.revert(self.put);
    }

    /// Takes back the last `len` bytes of the last copy, at most all.
    pub(crate) fn revert(&mut self, len: usize) {
        let len = len.min(self.put);
        // INVARIANT: they are taken back below.
        self.put = self.put.saturating_sub(len);
        // SAFETY: By the invariants so many bytes were put into the iterator, and are there.
        unsafe { self.place().revert(len) };
    }

    /// What the last copy has put there stays; the next one goes behind it.
    pub(crate) fn keep(&mut self) {
        // INVARIANT: what was put there last are kept bytes now.
        self.kept = self.kept.saturating_add(self.put);
        self.room = self.room.saturating_sub(self.put);
        self.put = 0;
    }

    /// Bytes that stay.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// Takes back all but the first `len` of the bytes that stay.
    pub(crate) fn revert_to(&mut self, len: usize) {
        self.keep();
        let back = self.kept.saturating_sub(len);
        // INVARIANT: they are taken back below.
        self.kept = self.kept.saturating_sub(back);
        self.room = self.room.saturating_add(back);
        // SAFETY: By the invariants so many bytes were put into the iterator, and are there.
        unsafe { self.place().revert(back) };
    }
}

/// `ENOBUFS`.
fn no_buffers() -> Error {
    Error::from_errno((kernel::bindings::ENOBUFS as c_int).saturating_neg())
}

/// The time of day, in nanoseconds since the epoch.
pub(crate) fn real_time() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { bindings::ipn_helper_real_time() as u64 }
}

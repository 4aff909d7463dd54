// SPDX-License-Identifier: GPL-2.0

//! The memory of a ring: one piece, taken when the ring is made and charged to its maker.

use crate::{
    abi::{
        errno::{Errno, Result},
        record::{self, Record},
        uapi::{IPN_RING_MAGIC, IPN_RING_VERSION},
    },
    ring::layout::{Descriptor, Extent, Format, Memory, Notices, Positions},
    rust::{
        bindings,
        mm::{allocated, piece::Piece, shared_memory::SharedMemory},
        net::{
            filter,
            message::{Incoming, Payload},
            socket::Sock,
        },
        sync::atomic::Counter,
    },
};
use core::{mem::size_of, ptr::NonNull};
use kernel::prelude::*;

/// Bytes before the positions: the format.
pub(crate) const POSITIONS_AT: usize = size_of::<Format>();

/// Bytes before the notices: the positions too.
pub(crate) const NOTICES_AT: usize = POSITIONS_AT + size_of::<Positions>();

/// Bytes before the index: all of these, in a page of their own.
const INDEX_AT: usize = kernel::page::PAGE_SIZE;

/// The index is whole cache lines, so that no descriptor shares one with bytes.
const LINE: usize = 64;

/// An index of messages behind a page with the positions, and bytes of the messages behind that.
///
/// The bytes of a message are shared: a reader may copy them while a writer replaces them, and finds
/// out afterwards. In Rust's model of memory that is a data race, whatever becomes of the bytes. So
/// no Rust code touches them, and there are never Rust references to them: their address goes to C
/// functions that copy (`_copy_from_iter`, `_copy_to_iter`, `memcpy` in `ipn_helper_copy`). rustc sees
/// no more of those than that they are called, and what C does there is what the kernel's own
/// sequence locks do: a reader's plain accesses race with the writer's, and what they got is thrown
/// away, unless the sequence says afterwards that there was no race (`Documentation/locking/seqlock.rst`
/// of the kernel). Ours is `oldest`, with the barriers of [`Ring::is_not_overwritten`] and [`Ring::reserve`].
///
/// [`Ring::is_not_overwritten`]: crate::ring::Ring::is_not_overwritten
/// [`Ring::reserve`]: crate::ring::Ring::reserve
///
/// # Invariants
///
/// `shared` has `INDEX_AT` bytes, `messages` descriptors, and from `bytes_at`, a multiple of [`LINE`], on `bytes`
/// bytes, which end at `zeroes_at` at the latest, where there are [`filter::SHARED_INFO`] zeroes, which stay so;
/// all of it is less than 4 GiB. `messages` is not 0.
pub(crate) struct RingMemory {
    shared: SharedMemory,
    messages: u32,
    bytes: usize,
    bytes_at: usize,
    zeroes_at: usize,
    mtu: usize,
    /// Where each port has a ring: which message of the network each descriptor is of.
    sent_as: KVVec<Counter>,
}

impl RingMemory {
    /// Has the descriptors say which message of the network they are of. No memory: `ENOBUFS`.
    pub(crate) fn with_numbers(mut self) -> Result<Self> {
        let messages = self.messages as usize;
        let made = KVVec::with_capacity(messages, GFP_KERNEL_ACCOUNT);
        let mut sent_as = made.map_err(|_| Errno::NOBUFS)?;
        for _ in 0..messages {
            let pushed = sent_as.push_within_capacity(Counter::new(0));
            pushed.map_err(|_| Errno::NOBUFS)?;
        }
        self.sent_as = sent_as;
        Ok(self)
    }

    /// Bytes that these numbers take.
    pub(crate) fn bytes_of_numbers(messages: u32) -> u64 {
        allocated::of_size((messages as usize).saturating_mul(size_of::<Counter>()))
    }

    /// Bytes before those of messages.
    const fn bytes_at(messages: u32) -> usize {
        // At most 128 GiB: no overflow.
        (messages as usize)
            .saturating_mul(size_of::<Descriptor>())
            .saturating_add(INDEX_AT)
            .next_multiple_of(LINE)
    }

    /// Bytes that the memory of a ring takes: whole pages.
    pub(crate) fn bytes(extent: &Extent) -> u64 {
        (Self::bytes_at(extent.messages) as u64)
            .saturating_add(extent.bytes)
            .saturating_add((LINE - 1 + filter::SHARED_INFO) as u64)
            .div_ceil(kernel::page::PAGE_SIZE as u64)
            .saturating_mul(kernel::page::PAGE_SIZE as u64)
    }

    /// Takes memory for so many messages and bytes of them; `flags` are those that readers are to know.
    /// Not enough of it: `ENOBUFS`.
    pub(crate) fn new(messages: u32, bytes: u32, mtu: u32, flags: u32) -> Result<Self> {
        let bytes_at = Self::bytes_at(messages);
        let zeroes_at = (bytes as usize)
            .checked_add(bytes_at)
            .and_then(|size| size.checked_next_multiple_of(LINE))
            .ok_or(Errno::NOBUFS)?;
        if messages == 0 || zeroes_at.saturating_add(filter::SHARED_INFO) > u32::MAX as usize {
            return Err(Errno::NOBUFS);
        }
        let shared = SharedMemory::new(zeroes_at, filter::SHARED_INFO).ok_or(Errno::NOBUFS)?;
        let format = Format {
            magic: IPN_RING_MAGIC,
            version: IPN_RING_VERSION,
            messages,
            index_at: INDEX_AT as u32,
            bytes,
            bytes_at: bytes_at as u32,
            mtu,
            flags,
        };
        // SAFETY: Nobody has seen the memory, and it begins with a page for this.
        unsafe { shared.base().cast::<Format>().write(format) };
        // INVARIANT: just so allocated.
        Ok(Self {
            shared,
            messages,
            bytes: bytes as usize,
            bytes_at,
            zeroes_at,
            mtu: mtu as usize,
            sent_as: KVVec::new(),
        })
    }

    /// What readers may map.
    pub(crate) fn shared(&self) -> &SharedMemory {
        &self.shared
    }

    /// Where the `len` bytes at `at` begin; none where no message has so many.
    #[inline(always)]
    fn message(&self, at: u32, len: usize) -> Option<NonNull<u8>> {
        let at = at as usize;
        if len > self.mtu || at.wrapping_add(len) > self.bytes {
            return None;
        }
        // SAFETY: By the invariants nothing wraps, and so many bytes lie within the allocation.
        Some(unsafe { self.shared.base().add(self.bytes_at.wrapping_add(at)) })
    }

    /// Where the `len` bytes at `at` begin, and how many of them there are, at most the MTU: bytes that anyone may
    /// be writing. What comes from elsewhere must not reach beyond the memory.
    #[inline(always)]
    fn payload(&self, at: u32, len: usize) -> (NonNull<u8>, usize) {
        let at = (at as usize).min(self.bytes);
        let left = self.bytes.saturating_sub(at).min(self.mtu);
        // SAFETY: By the invariants nothing wraps, and so many bytes lie within the allocation.
        let first = unsafe { self.shared.base().add(self.bytes_at.wrapping_add(at)) };
        (first, len.min(left))
    }

    /// Copies a message to `at` without sleeping; tells whether all of it could be read.
    ///
    /// When not, the message is as it was, to be fetched in another way.
    pub(crate) fn fill(&self, at: u32, message: &mut impl Payload) -> bool {
        let len = message.len();
        let Some(payload) = self.message(at, len) else {
            return false;
        };
        // SAFETY: `payload` has `len` bytes, which only copying functions touch.
        unsafe { message.copy_atomic(payload.as_ptr(), len) }
    }

    /// Copies `front` and then `rest` to `at`, as many bytes as fit.
    pub(crate) fn fill_from(&self, at: u32, front: &[u8], rest: &[u8]) {
        let (payload, room) = self.payload(at, front.len().saturating_add(rest.len()));
        let first = front.len().min(room);
        let second = rest.len().min(room.saturating_sub(first));
        let payload = payload.as_ptr();
        // SAFETY: `payload` has `room` bytes; neither slice is a part of it, as no reference is.
        unsafe {
            if first != 0 {
                bindings::ipn_helper_copy(payload.cast(), front.as_ptr().cast(), first);
            }
            bindings::ipn_helper_copy(payload.add(first).cast(), rest.as_ptr().cast(), second);
        }
    }

    /// Copies `len` bytes at `at` to user space; tells whether they could be written.
    ///
    /// When not, `to` is as it was; so where no message has so many bytes.
    pub(crate) fn drain(&self, at: u32, len: usize, to: &mut Incoming<'_>) -> bool {
        let Some(payload) = self.message(at, len) else {
            return false;
        };
        // SAFETY: `payload` has `len` bytes, which only copying functions touch.
        unsafe { to.copy(payload.as_ptr(), len) }
    }

    /// Adds the message at `at` to the records in `to`, which may be `limit` bytes in all, behind
    /// `record`, whose `len` is that of the message; tells whether it had room. What can be no message has none.
    #[inline(always)]
    pub(crate) fn append(&self, at: u32, record: Record, limit: usize, to: &mut Piece) -> bool {
        let len = record.len as usize;
        let Some(payload) = self.message(at, len) else {
            return false;
        };
        // SAFETY: Nothing else writes to the piece. The first of the bytes are written as the header, which need
        // not be aligned, and the others as the message, of which there are `len`.
        unsafe {
            to.append(record::size(len), limit, |place| {
                place.cast::<Record>().write_unaligned(record);
                let place = place.add(record::HEADER);
                bindings::ipn_helper_copy(place.cast(), payload.as_ptr().cast(), len);
            })
        }
    }

    /// How many of the `len` bytes at `at` the filter of `sock` lets pass, if any; none of what can be no message.
    pub(crate) fn filtered<T>(&self, at: u32, len: usize, sock: &Sock<T>) -> Option<usize> {
        // SAFETY: By the invariants the memory is longer.
        let shared = unsafe { self.shared.base().add(self.zeroes_at) };
        let payload = self.message(at, len)?;
        // SAFETY: There are `len` bytes; by the invariants the zeroes are there, and less than 4 GiB away.
        unsafe { filter::passes(sock, payload, len, shared) }
    }

    /// Gives the `len` bytes at `at` to `look`, which may hand them to C functions that copy, as
    /// they change meanwhile.
    pub(crate) fn inspect<R>(
        &self,
        at: u32,
        len: usize,
        look: impl FnOnce(*const u8, usize) -> R,
    ) -> R {
        let (payload, len) = self.payload(at, len);
        look(payload.as_ptr(), len)
    }
}

impl Memory for RingMemory {
    fn positions(&self) -> &Positions {
        // SAFETY: The allocation begins with a page that has room for the positions, which are
        // atomics and were zeroed; what stands before them is a multiple of their alignment.
        unsafe { self.shared.base().add(POSITIONS_AT).cast().as_ref() }
    }

    fn notices(&self) -> &Notices {
        // SAFETY: As above.
        unsafe { self.shared.base().add(NOTICES_AT).cast().as_ref() }
    }

    #[inline(always)]
    fn descriptor(&self, index: u32) -> &Descriptor {
        // An index from elsewhere must not reach beyond the memory.
        let index = if index < self.messages { index } else { 0 };
        let at = (index as usize).wrapping_mul(size_of::<Descriptor>());
        // SAFETY: By the invariants nothing wraps, and the descriptor, made of atomics, lies within the index.
        unsafe {
            self.shared
                .base()
                .add(INDEX_AT.wrapping_add(at))
                .cast()
                .as_ref()
        }
    }

    fn clear(&self, at: u32, len: u32) {
        let (payload, len) = self.payload(at, len as usize);
        // SAFETY: `payload` has `len` bytes, which only C functions touch.
        unsafe { bindings::ipn_helper_clear(payload.as_ptr().cast(), len) }
    }

    fn sent_as(&self, index: u32) -> Option<&Counter> {
        self.sent_as.get(index as usize)
    }
}

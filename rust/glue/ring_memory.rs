// SPDX-License-Identifier: GPL-2.0

//! The memory of a ring: one piece, taken when the ring is made and charged to its maker.

use crate::{
    abi::{
        errno::{Errno, Result},
        record::{self, Record},
        uapi::{IPN_RING_MAGIC, IPN_RING_VERSION},
    },
    ring::layout::{Format, Header, Memory, Notices, Positions},
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
use core::{mem::size_of, ops::Range, ptr::NonNull};
use kernel::prelude::*;

/// Bytes before the positions: the format.
pub(crate) const POSITIONS_AT: usize = size_of::<Format>();

/// Bytes before the notices: the positions too.
pub(crate) const NOTICES_AT: usize = POSITIONS_AT + size_of::<Positions>();

/// Bytes before the first slot: all of these, in a page of their own.
const SLOTS_AT: usize = kernel::page::PAGE_SIZE;

/// Slots begin at cache lines.
const SLOT_ALIGN: usize = 64;

/// Slots of equal size behind a page with the positions.
///
/// The bytes of a slot are shared: a reader may copy them while a writer replaces them, and finds
/// out afterwards. In Rust's model of memory that is a data race, whatever becomes of the bytes. So
/// no Rust code touches them, and there are never Rust references to them: their address goes to C
/// functions that copy (`_copy_from_iter`, `_copy_to_iter`, `memcpy` in `ipn_helper_copy`). rustc sees
/// no more of those than that they are called, and what C does there is what the kernel's own
/// sequence locks do: a reader's plain accesses race with the writer's, and what they got is thrown
/// away, unless the sequence says afterwards that there was no race (`Documentation/locking/seqlock.rst`
/// of the kernel). Ours is `reserved`, with the barriers of [`Ring::is_not_overwritten`] and [`Ring::reserve`].
///
/// [`Ring::is_not_overwritten`]: crate::ring::Ring::is_not_overwritten
/// [`Ring::reserve`]: crate::ring::Ring::reserve
///
/// # Invariants
///
/// `shared` has `SLOTS_AT + slots * stride` bytes, which is `zeroes_at`, and behind them
/// [`filter::SHARED_INFO`] zeroes, which stay so; all of it is less than 4 GiB. `stride` is a multiple of [`SLOT_ALIGN`] and at least
/// `size_of::<Header>() + mtu`.
pub(crate) struct RingMemory {
    shared: SharedMemory,
    slots: u32,
    stride: usize,
    mtu: usize,
    zeroes_at: usize,
    /// Where each port has a ring: which message of the network each slot holds.
    sent_as: KVVec<Counter>,
}

impl RingMemory {
    /// Has the slots say which message of the network they hold. No memory: `ENOBUFS`.
    pub(crate) fn with_numbers(mut self) -> Result<Self> {
        let slots = self.slots as usize;
        let made = KVVec::with_capacity(slots, GFP_KERNEL_ACCOUNT);
        let mut sent_as = made.map_err(|_| Errno::NOBUFS)?;
        for _ in 0..slots {
            let pushed = sent_as.push_within_capacity(Counter::new(0));
            pushed.map_err(|_| Errno::NOBUFS)?;
        }
        self.sent_as = sent_as;
        Ok(self)
    }

    /// Bytes that these numbers take.
    pub(crate) fn bytes_of_numbers(slots: u32) -> u64 {
        allocated::of_size((slots as usize).saturating_mul(size_of::<Counter>()))
    }

    /// Bytes that one slot takes.
    const fn stride(mtu: u32) -> usize {
        // A message is at most 65,535 bytes: no overflow.
        size_of::<Header>()
            .saturating_add(mtu as usize)
            .next_multiple_of(SLOT_ALIGN)
    }

    /// Bytes that the memory of so many slots takes: whole pages.
    pub(crate) fn bytes(slots: u32, mtu: u32) -> u64 {
        u64::from(slots)
            .saturating_mul(Self::stride(mtu) as u64)
            .saturating_add(SLOTS_AT as u64)
            .saturating_add(filter::SHARED_INFO as u64)
            .div_ceil(kernel::page::PAGE_SIZE as u64)
            .saturating_mul(kernel::page::PAGE_SIZE as u64)
    }

    /// Takes memory for messages of up to `mtu` bytes; `flags` are those that readers are to know.
    /// Not enough of it: `ENOBUFS`.
    pub(crate) fn new(slots: u32, mtu: u32, flags: u32) -> Result<Self> {
        let stride = Self::stride(mtu);
        let zeroes_at = (slots as usize)
            .checked_mul(stride)
            .and_then(|size| size.checked_add(SLOTS_AT))
            .ok_or(Errno::NOBUFS)?;
        if zeroes_at.saturating_add(filter::SHARED_INFO) > u32::MAX as usize {
            return Err(Errno::NOBUFS);
        }
        let shared = SharedMemory::new(zeroes_at, filter::SHARED_INFO).ok_or(Errno::NOBUFS)?;
        let format = Format {
            magic: IPN_RING_MAGIC,
            version: IPN_RING_VERSION,
            pool: slots,
            slots,
            stride: stride as u32,
            slots_at: SLOTS_AT as u32,
            mtu,
            flags,
        };
        // SAFETY: Nobody has seen the memory, and it begins with a page for this.
        unsafe { shared.base().cast::<Format>().write(format) };
        // INVARIANT: just so allocated.
        Ok(Self {
            shared,
            slots,
            stride,
            mtu: mtu as usize,
            zeroes_at,
            sent_as: KVVec::new(),
        })
    }

    /// What readers may map.
    pub(crate) fn shared(&self) -> &SharedMemory {
        &self.shared
    }

    /// Where slot `index` begins.
    fn slot(&self, index: u32) -> NonNull<u8> {
        // An index from elsewhere must not reach beyond the memory.
        let index = if index < self.slots {
            index as usize
        } else {
            0
        };
        let at = index.wrapping_mul(self.stride).wrapping_add(SLOTS_AT);
        // SAFETY: By the invariants nothing has wrapped, and the slot lies within the allocation.
        unsafe { self.shared.base().add(at) }
    }

    /// Where the bytes of slot `index` begin: `mtu` bytes that anyone may be writing.
    fn payload(&self, index: u32) -> NonNull<u8> {
        // SAFETY: By the invariants a slot is longer than its header.
        unsafe { self.slot(index).add(size_of::<Header>()) }
    }

    /// Copies a message into slot `index` without sleeping; tells whether all of it could be read.
    ///
    /// When not, the message is as it was, to be fetched in another way.
    pub(crate) fn fill(&self, index: u32, message: &mut impl Payload) -> bool {
        let len = message.len();
        if len > self.mtu {
            return false;
        }
        // SAFETY: `payload` has `mtu` bytes, which only copying functions touch.
        unsafe { message.copy_atomic(self.payload(index).as_ptr(), len) }
    }

    /// Copies `front` and then `rest` into slot `index`, as many bytes as fit.
    pub(crate) fn fill_from(&self, index: u32, front: &[u8], rest: &[u8]) {
        let first = front.len().min(self.mtu);
        let second = rest.len().min(self.mtu.saturating_sub(first));
        let payload = self.payload(index).as_ptr();
        // SAFETY: `payload` has `mtu` bytes; neither slice is a part of it, as no reference is.
        unsafe {
            if first != 0 {
                bindings::ipn_helper_copy(payload.cast(), front.as_ptr().cast(), first);
            }
            bindings::ipn_helper_copy(payload.add(first).cast(), rest.as_ptr().cast(), second);
        }
    }

    /// Puts zeroes into some bytes of the message in slot `index`.
    pub(crate) fn clear(&self, index: u32, bytes: Range<u32>) {
        let first = (bytes.start as usize).min(self.mtu);
        let len = (bytes.end as usize).min(self.mtu).saturating_sub(first);
        // SAFETY: `payload` has `mtu` bytes, which only C functions touch.
        unsafe { bindings::ipn_helper_clear(self.payload(index).as_ptr().add(first).cast(), len) }
    }

    /// Copies `len` bytes of slot `index` to user space; tells whether they could be written.
    ///
    /// When not, `to` is as it was.
    pub(crate) fn drain(&self, index: u32, len: usize, to: &mut Incoming<'_>) -> bool {
        // SAFETY: `payload` has `mtu` bytes, which only copying functions touch.
        unsafe { to.copy(self.payload(index).as_ptr(), len.min(self.mtu)) }
    }

    /// Adds the message in slot `index` to the records in `to`, which may be `limit` bytes in all, behind
    /// `record`, whose `len` is that of the message; tells whether it had room.
    #[inline(always)]
    pub(crate) fn append(&self, index: u32, record: Record, limit: usize, to: &mut Piece) -> bool {
        let len = (record.len as usize).min(self.mtu);
        let payload = self.payload(index);
        // SAFETY: Nothing else writes to the piece. The first of the bytes are written as the header, which need
        // not be aligned, and the others as the message, of which the slot has `mtu`.
        unsafe {
            to.append(record::size(len), limit, |place| {
                place.cast::<Record>().write_unaligned(record);
                let place = place.add(record::HEADER);
                bindings::ipn_helper_copy(place.cast(), payload.as_ptr().cast(), len);
            })
        }
    }

    /// How many of the `len` bytes in slot `index` the filter of `sock` lets pass, if any.
    pub(crate) fn filtered<T>(&self, index: u32, len: usize, sock: &Sock<T>) -> Option<usize> {
        // SAFETY: By the invariants the memory is longer.
        let shared = unsafe { self.shared.base().add(self.zeroes_at) };
        // SAFETY: A slot has `mtu` bytes; by the invariants the zeroes are there, and less than 4 GiB away.
        unsafe { filter::passes(sock, self.payload(index), len.min(self.mtu), shared) }
    }

    /// Gives `len` bytes of slot `index` to `look`, which may hand them to C functions that copy, as
    /// they change meanwhile.
    pub(crate) fn inspect<R>(
        &self,
        index: u32,
        len: usize,
        look: impl FnOnce(*const u8, usize) -> R,
    ) -> R {
        look(self.payload(index).as_ptr(), len.min(self.mtu))
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

    fn header(&self, index: u32) -> &Header {
        // SAFETY: A slot begins with its header, made of atomics; slots are aligned enough.
        unsafe { self.slot(index).cast().as_ref() }
    }

    fn sent_as(&self, index: u32) -> Option<&Counter> {
        self.sent_as.get(index as usize)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The memory of a ring: one piece, taken when the ring is made and charged to its maker.

use crate::{
    abi::{
        errno::{Errno, Result},
        record::{self, Record},
        uapi::{IPN_RING_MAGIC, IPN_RING_VERSION},
    },
    ring::layout::{Descriptor, Extent, Format, Memory, Notices, Positions, SequenceOf},
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

/// Bytes before the index: all of these, in a page of their own. Where a process writes the ring, its positions, and the
/// index behind them.
pub(crate) const INDEX_AT: usize = kernel::page::PAGE_SIZE;

/// Who writes the memory of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    /// The kernel alone.
    Kernel,
    /// The same, and keeps more of each message ([`SequenceOf`]), behind the index.
    Sequences,
    /// A process, that which is behind [`INDEX_AT`]. The kernel has an index of its own.
    Process,
}

impl Writes {
    /// Bytes before the index that processes see.
    const fn index_at(self) -> usize {
        match self {
            Self::Kernel | Self::Sequences => INDEX_AT,
            Self::Process => INDEX_AT.saturating_add(size_of::<Positions>()),
        }
    }
}

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
/// `shared` has the bytes before the index that [`Writes`] says, `messages` descriptors, and from `bytes_at`, a multiple of
/// [`LINE`], on `bytes` bytes, which end at `zeroes_at` at the latest, where there are [`filter::SHARED_INFO`] zeroes,
/// which stay so; all of it is less than 4 GiB. With [`Writes::Sequences`] there is one for each descriptor behind the index.
/// `messages` is not 0, and at `index` there are as many descriptors, of
/// zeroes at first, which live as long as `shared`. What processes may write are pages behind the first, and neither the
/// zeroes nor, where there are two, that index.
pub(crate) struct RingMemory {
    shared: SharedMemory,
    index: NonNull<Descriptor>,
    writes: Writes,
    messages: u32,
    bytes: usize,
    bytes_at: usize,
    zeroes_at: usize,
    mtu: usize,
    /// Where each port has a ring: which message of the network each descriptor is of.
    sent_as: KVVec<Counter>,
}

// SAFETY: What is at `index` belongs to `shared`, and is made of atomics.
unsafe impl Send for RingMemory {}

// SAFETY: As above.
unsafe impl Sync for RingMemory {}

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
    const fn bytes_at(messages: u32, writes: Writes) -> usize {
        let sequences = match writes {
            Writes::Sequences => (messages as usize).saturating_mul(size_of::<SequenceOf>()),
            Writes::Kernel | Writes::Process => 0,
        };
        // At most some 100 GiB: no overflow.
        Self::sequences_at(messages, writes)
            .saturating_add(sequences)
            .next_multiple_of(LINE)
    }

    /// Bytes before what is kept besides, if it is: behind the index.
    const fn sequences_at(messages: u32, writes: Writes) -> usize {
        Self::index_bytes(messages).saturating_add(writes.index_at())
    }

    const fn index_bytes(messages: u32) -> usize {
        (messages as usize).saturating_mul(size_of::<Descriptor>())
    }

    /// Bytes that the memory of a ring takes: whole pages.
    pub(crate) fn bytes(extent: &Extent, writes: Writes) -> u64 {
        // What processes write ends with a page, and our own index is behind it.
        let more = match writes {
            Writes::Kernel | Writes::Sequences => 0,
            Writes::Process => {
                Self::index_bytes(extent.messages).saturating_add(kernel::page::PAGE_SIZE)
            }
        };
        (Self::bytes_at(extent.messages, writes) as u64)
            .saturating_add(extent.bytes)
            .saturating_add((LINE - 1 + filter::SHARED_INFO) as u64)
            .saturating_add(more as u64)
            .div_ceil(kernel::page::PAGE_SIZE as u64)
            .saturating_mul(kernel::page::PAGE_SIZE as u64)
    }

    /// Takes memory for so many messages and bytes of them; `flags` are those that readers are to know.
    /// Not enough of it: `ENOBUFS`.
    pub(crate) fn new(
        messages: u32,
        bytes: u32,
        mtu: u32,
        flags: u32,
        writes: Writes,
    ) -> Result<Self> {
        let bytes_at = Self::bytes_at(messages, writes);
        let (align, own_index) = match writes {
            Writes::Kernel | Writes::Sequences => (LINE, 0),
            Writes::Process => (kernel::page::PAGE_SIZE, Self::index_bytes(messages)),
        };
        let zeroes_at = (bytes as usize)
            .checked_add(bytes_at)
            .and_then(|size| size.checked_next_multiple_of(align))
            .ok_or(Errno::NOBUFS)?;
        let behind = filter::SHARED_INFO.next_multiple_of(LINE);
        let own_index_at = zeroes_at.saturating_add(behind);
        let behind = behind.saturating_add(own_index);
        if messages == 0 || zeroes_at.saturating_add(behind) > u32::MAX as usize {
            return Err(Errno::NOBUFS);
        }
        let shared = SharedMemory::new(zeroes_at, behind).ok_or(Errno::NOBUFS)?;
        let index_at = match writes {
            Writes::Kernel | Writes::Sequences => INDEX_AT,
            Writes::Process => own_index_at,
        };
        // SAFETY: So many bytes are there, and as many descriptors behind them.
        let index = unsafe { shared.base().add(index_at).cast() };
        let format = Format {
            magic: IPN_RING_MAGIC,
            version: IPN_RING_VERSION,
            messages,
            index_at: writes.index_at() as u32,
            bytes,
            bytes_at: bytes_at as u32,
            mtu,
            flags,
            written_at: match writes {
                Writes::Kernel | Writes::Sequences => 0,
                Writes::Process => INDEX_AT as u32,
            },
            sequences_at: match writes {
                Writes::Kernel | Writes::Process => 0,
                Writes::Sequences => Self::sequences_at(messages, writes) as u32,
            },
        };
        // SAFETY: Nobody has seen the memory, and it begins with a page for this.
        unsafe { shared.base().cast::<Format>().write(format) };
        // INVARIANT: just so allocated.
        Ok(Self {
            shared,
            index,
            writes,
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
    #[inline(always)]
    pub(crate) fn fill(&self, at: u32, message: &mut impl Payload) -> bool {
        let len = message.len();
        self.fill_part(at, message, 0, len)
    }

    /// The same of its `len` bytes from byte `from` on, which follow on those that were copied before.
    #[inline(always)]
    pub(crate) fn fill_part(
        &self,
        at: u32,
        message: &mut impl Payload,
        from: usize,
        len: usize,
    ) -> bool {
        let Some(payload) = self.message(at, len) else {
            return false;
        };
        // SAFETY: `payload` has `len` bytes, which only copying functions touch.
        unsafe { message.copy_atomic(from, payload.as_ptr(), len) }
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
            if second != 0 {
                bindings::ipn_helper_copy(payload.add(first).cast(), rest.as_ptr().cast(), second);
            }
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
        // It is at most the MTU.
        let size = record.len.wrapping_add(record::HEADER as u32);
        // SAFETY: Nothing else writes to the piece. The first of the bytes are written as the header, which need
        // not be aligned, and the others as the message, of which there are `len`: together that is not 0.
        unsafe {
            to.append(size, limit, |place| {
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

    /// Adds the `len` bytes at `at` to what a filter is shown; tells whether they had room.
    pub(crate) fn add_to(&self, at: u32, len: usize, sample: &mut Sample) -> bool {
        let (begin, end) = (sample.len, sample.len.saturating_add(len));
        let payload = self.message(at, len).filter(|_| end <= sample.room);
        let Some(payload) = payload else {
            return false;
        };
        // SAFETY: By the invariants so many bytes are there behind `begin`; those of the ring are in no slice.
        unsafe {
            let to = sample.lines.as_mut_ptr().cast::<u8>().add(begin);
            bindings::ipn_helper_copy(to.cast(), payload.as_ptr().cast(), len);
        }
        sample.len = end;
        true
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

/// The beginning of a message in parts, in one piece: what a filter is shown of it.
///
/// # Invariants
///
/// Behind `room` bytes, a multiple of 64, are [`filter::SHARED_INFO`] bytes that stay zeroes.
pub(crate) struct Sample {
    lines: KVVec<Line>,
    room: usize,
    len: usize,
}

/// So that what is in lines is aligned.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; LINE]);

impl Sample {
    /// Room for `len` bytes. No memory: `ENOMEM`.
    pub(crate) fn new(len: usize) -> kernel::error::Result<Self> {
        let room = len.next_multiple_of(LINE);
        let lines = room.saturating_add(filter::SHARED_INFO).div_ceil(LINE);
        let lines = KVVec::from_elem(Line([0; LINE]), lines, GFP_KERNEL_ACCOUNT)?;
        // INVARIANT: just so made.
        Ok(Self {
            lines,
            room,
            len: 0,
        })
    }

    /// How many of the bytes the filter of `sock` lets pass, if any.
    pub(crate) fn filtered<T>(&mut self, sock: &Sock<T>) -> Option<usize> {
        let begin = NonNull::new(self.lines.as_mut_ptr())?.cast::<u8>();
        // SAFETY: By the invariants so many bytes are there, and zeroes behind them.
        unsafe { filter::passes(sock, begin, self.len, begin.add(self.room)) }
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
    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor) {
        let next = index.wrapping_add(1);
        let next = if next < self.messages { next } else { 0 };
        // SAFETY: As below.
        (next, unsafe { self.index.add(next as usize).as_ref() })
    }

    #[inline(always)]
    fn descriptor(&self, index: u32) -> &Descriptor {
        // An index from elsewhere must not reach beyond the memory.
        let index = if index < self.messages { index } else { 0 };
        // SAFETY: By the invariants the descriptor, made of atomics, lies within the index.
        unsafe { self.index.add(index as usize).as_ref() }
    }

    fn told(&self) -> Option<&Positions> {
        if self.writes != Writes::Process {
            return None;
        }
        // SAFETY: By the invariants they are there, made of atomics, and at a page.
        Some(unsafe { self.shared.base().add(INDEX_AT).cast().as_ref() })
    }

    fn told_descriptor(&self, index: u32) -> &Descriptor {
        let index = if index < self.messages { index } else { 0 };
        let at = (index as usize).wrapping_mul(size_of::<Descriptor>());
        let at = self.writes.index_at().wrapping_add(at);
        // SAFETY: By the invariants nothing wraps, and the descriptor, made of atomics, lies within the index that
        // processes see.
        unsafe { self.shared.base().add(at).cast().as_ref() }
    }

    fn clear(&self, at: u32, len: u32) {
        // Of more than one message: the MTU is no bound.
        let at = (at as usize).min(self.bytes);
        let len = (len as usize).min(self.bytes.saturating_sub(at));
        // SAFETY: By the invariants nothing wraps, and so many bytes lie within the allocation, which only C functions
        // touch.
        unsafe {
            let first = self.shared.base().add(self.bytes_at.wrapping_add(at));
            bindings::ipn_helper_clear(first.as_ptr().cast(), len);
        }
    }

    fn sent_as(&self, index: u32) -> Option<&Counter> {
        self.sent_as.get(index as usize)
    }

    fn sequence_of(&self, index: u32) -> Option<&SequenceOf> {
        if self.writes != Writes::Sequences {
            return None;
        }
        let index = if index < self.messages { index } else { 0 };
        let at = (index as usize).wrapping_mul(size_of::<SequenceOf>());
        let at = Self::sequences_at(self.messages, self.writes).wrapping_add(at);
        // SAFETY: By the invariants nothing wraps, and one for each descriptor, made of atomics, lies behind the index.
        Some(unsafe { self.shared.base().add(at).cast().as_ref() })
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A network's ring and a port's cursor, mapped into this process.

use super::plain::bytes_mut;
use crate::reader::{Header, Memory};
use ipn_abi::{ipn_cursor, ipn_descriptor, ipn_ring, ipn_sequence, ipn_written};
use ipn_abi::{IPN_FLAG_LOSSLESS, IPN_FLAG_ONE_WRITER, IPN_FLAG_RELIABLE};
use ipn_abi::{IPN_MAP_CURSOR, IPN_MAP_RING, IPN_RING_MAGIC, IPN_RING_VERSION};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{
    fence, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};

pub(super) const WORD: usize = size_of::<u64>();

/// Bytes that every message takes, however short, or a multiple of so many: all of them are copied where there is room.
pub(crate) const SHORT: usize = 2 * WORD;

/// Copies words that others may be writing to; `to` has as many bytes.
#[inline]
fn copy_words(words: &[AtomicU64], to: &mut [u8]) {
    for (word, place) in words.iter().zip(to.chunks_exact_mut(WORD)) {
        place.copy_from_slice(&word.load(Relaxed).to_ne_bytes());
    }
}

/// The same, for which the processor may have an instruction, which is the quicker way from some words on.
///
/// # Safety
///
/// `to` must have as many bytes.
#[inline]
unsafe fn copy_many(words: &[AtomicU64], to: &mut [u8]) {
    #[cfg(not(target_arch = "x86_64"))]
    copy_words(words, to);
    // SAFETY: by this function's requirements there are so many words on both sides. That those that are read may
    // change meanwhile is nothing to an instruction.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "rep movsq",
            inout("rcx") words.len() => _,
            inout("rsi") words.as_ptr() => _,
            inout("rdi") to.as_mut_ptr() => _,
            options(nostack, preserves_flags),
        );
    }
}

/// A member of a structure in mapped memory, which the kernel and other threads may change.
macro_rules! member {
    ($kind:ident, $structure:expr, $name:ident) => {
        // SAFETY: by the invariants of what was mapped the structure is there, and aligned; all accesses
        // to it are atomic.
        unsafe { $kind::from_ptr(&raw mut (*$structure.as_ptr()).$name) }
    };
}
pub(super) use member;

/// What a ring is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) messages: u32,
    pub(crate) bytes: u32,
    pub(crate) mtu: u32,
    /// Whether senders wait for readers, if only for a while.
    pub(crate) waits: bool,
    /// Whether a process writes the ring, so that anything may stand there.
    pub(crate) is_written: bool,
    pub(super) index_at: usize,
    pub(super) bytes_at: usize,
    /// Where the positions are.
    pub(super) positions_at: usize,
    /// Where sequences are; 0: there are none.
    pub(super) sequences_at: usize,
}

impl Shape {
    /// What the header of a ring says. One of another version than this: `EPROTO`.
    pub(super) fn read(head: &Pages) -> Result<Self, Errno> {
        // A mapping is of whole pages.
        let ring = head.start.cast::<ipn_ring>();
        let magic = member!(AtomicU32, ring, magic).load(Relaxed);
        let version = member!(AtomicU32, ring, version).load(Relaxed);
        if (magic, version) != (IPN_RING_MAGIC, IPN_RING_VERSION) {
            return Err(Errno::PROTO);
        }
        let flags = member!(AtomicU32, ring, flags).load(Relaxed);
        let is_written = flags & IPN_FLAG_ONE_WRITER as u32 != 0;
        Ok(Self {
            messages: member!(AtomicU32, ring, messages).load(Relaxed),
            bytes: member!(AtomicU32, ring, bytes).load(Relaxed),
            mtu: member!(AtomicU32, ring, mtu).load(Relaxed),
            waits: flags & (IPN_FLAG_LOSSLESS | IPN_FLAG_RELIABLE) as u32 != 0,
            is_written,
            index_at: member!(AtomicU32, ring, index_at).load(Relaxed) as usize,
            bytes_at: member!(AtomicU32, ring, bytes_at).load(Relaxed) as usize,
            positions_at: match is_written {
                true => member!(AtomicU32, ring, written_at).load(Relaxed) as usize,
                false => offset_of!(ipn_ring, oldest),
            },
            sequences_at: member!(AtomicU32, ring, sequences_at).load(Relaxed) as usize,
        })
    }

    /// Bytes of the whole ring; of one that cannot be as the header describes it, none.
    pub(super) fn whole(&self) -> Option<usize> {
        let index = (self.messages as usize).checked_mul(size_of::<ipn_descriptor>())?;
        let index_end = index.checked_add(self.index_at)?;
        let positions_end = self.positions_at.checked_add(size_of::<ipn_written>())?;
        let sequences = (self.messages as usize).checked_mul(size_of::<ipn_sequence>())?;
        let sequences_end = sequences.checked_add(self.sequences_at)?;
        let is_sound = self.messages > 0
            && (self.sequences_at == 0
                || self.sequences_at >= index_end
                    && self.sequences_at % WORD == 0
                    && self.bytes_at >= sequences_end)
            && self.positions_at % align_of::<ipn_written>() == 0
            && positions_end <= self.index_at
            && self.index_at >= size_of::<ipn_ring>()
            && self.index_at % align_of::<ipn_descriptor>() == 0
            && self.bytes_at >= index_end
            && self.bytes_at % WORD == 0
            && self.bytes as usize % SHORT == 0
            && self.bytes >= self.mtu.max(1);
        let whole = (self.bytes as usize).checked_add(self.bytes_at)?;
        is_sound.then_some(whole)
    }
}

/// Pages of a socket, mapped into this process.
///
/// # Invariants
///
/// `start` is a mapping of `len` bytes, at least, that no other unmaps.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) start: NonNull<u8>,
    pub(super) len: usize,
}

// SAFETY: memory belongs to no thread.
unsafe impl Send for Pages {}
// SAFETY: what is done with it through shared references are atomic operations.
unsafe impl Sync for Pages {}

impl Pages {
    pub(super) fn map(
        fd: BorrowedFd<'_>,
        len: usize,
        access: ProtFlags,
        offset: u64,
    ) -> Result<Self, Errno> {
        let anywhere = ptr::null_mut();
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe { mmap(anywhere, len, access, MapFlags::SHARED, fd, offset) }?;
        let start = NonNull::new(start.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self { start, len })
    }

    /// Words that lie so many bytes from the beginning.
    ///
    /// # Safety
    ///
    /// They must be within the mapping, and aligned.
    #[inline]
    pub(super) unsafe fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        // SAFETY: by this function's requirements.
        unsafe { slice::from_raw_parts(self.start.add(offset).cast().as_ptr(), count) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let start = self.start.as_ptr().cast::<c_void>();
        // SAFETY: by the invariants it is ours, and it is borrowed no more. It cannot fail.
        let _ = unsafe { munmap(start, self.len) };
    }
}

/// A ring and a cursor.
///
/// # Invariants
///
/// `ring` has `shape.whole()` bytes and begins with an `ipn_ring` that says so; `cursor` begins with
/// an `ipn_cursor`.
#[derive(Debug)]
pub(crate) struct Mapping {
    ring: Pages,
    cursor: Pages,
    shape: Shape,
}

impl Mapping {
    /// Maps the ring and the cursor of a port, which is a mapped reader from then on.
    ///
    /// A ring of another version than this one: `EPROTO`.
    pub(crate) fn new(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        let map_ring = |len| Pages::map(fd, len, ProtFlags::READ, IPN_MAP_RING);
        let shape = Shape::read(&map_ring(size_of::<ipn_ring>())?)?;
        let ring = map_ring(shape.whole().ok_or(Errno::PROTO)?)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let cursor = Pages::map(fd, size_of::<ipn_cursor>(), access, IPN_MAP_CURSOR)?;
        Ok(Self {
            ring,
            cursor,
            shape,
        })
    }

    /// What the ring is like.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Messages that the port has lost.
    pub(crate) fn lost(&self) -> u64 {
        member!(AtomicU64, self.cursor(), lost).load(Relaxed)
    }

    /// The first message after the port came.
    pub(crate) fn since(&self) -> u64 {
        member!(AtomicU64, self.cursor(), since).load(Relaxed)
    }

    /// Whether what a reliable bus keeps of each message is there too.
    pub(crate) fn has_sequences(&self) -> bool {
        self.shape.sequences_at != 0
    }

    /// That of descriptor `index`, one of those that there are; of a network that is no reliable bus all 0.
    pub(super) fn sequence(&self, index: u32) -> ipn_sequence {
        assert!(index < self.shape.messages, "a descriptor of the ring");
        let mut told = ipn_sequence::default();
        if self.has_sequences() {
            let at = self.shape.sequences_at + index as usize * size_of::<ipn_sequence>();
            // SAFETY: by the invariants they lie within the ring, aligned; all words of them are atomic.
            let words = unsafe { self.ring.words(at, size_of::<ipn_sequence>() / WORD) };
            copy_words(words, bytes_mut(&mut told));
        }
        told
    }

    #[inline]
    fn ring(&self) -> NonNull<ipn_ring> {
        self.ring.start.cast()
    }

    /// The positions of whoever writes the ring.
    #[inline]
    fn positions(&self) -> NonNull<ipn_written> {
        // SAFETY: by the invariants they lie within the ring.
        unsafe { self.ring.start.add(self.shape.positions_at) }.cast()
    }

    #[inline]
    fn cursor(&self) -> NonNull<ipn_cursor> {
        self.cursor.start.cast()
    }

    /// Descriptor `index`, one of those that there are.
    #[inline]
    fn descriptor(&self, index: u32) -> NonNull<ipn_descriptor> {
        assert!(index < self.shape.messages, "a descriptor of the ring");
        let at = self.shape.index_at + index as usize * size_of::<ipn_descriptor>();
        // SAFETY: by the invariants the index lies within the ring.
        unsafe { self.ring.start.add(at) }.cast()
    }
}

impl Mapping {
    /// Copies `len` bytes, whose words lie so many bytes from the ring's beginning among the
    /// bytes of messages; `to` has room for them.
    #[inline(never)]
    fn copy_long(&self, data: usize, len: usize, to: &mut [u8]) {
        // SAFETY: the words of `len` bytes lie within the ring, and are aligned; all of them are
        // atomic.
        let words = |count| unsafe { self.ring.words(data, count) };
        if let Some(room) = to.get_mut(..len.next_multiple_of(WORD)) {
            // SAFETY: there are as many words.
            unsafe { copy_many(words(room.len() / WORD), room) };
            return;
        }
        let (room, rest) = to[..len].split_at_mut(len - len % WORD);
        let whole = room.len() / WORD;
        // SAFETY: as above.
        unsafe { copy_many(words(whole), room) };
        let last = words(whole + 1)[whole].load(Relaxed).to_ne_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

impl Memory for Mapping {
    type Buffer = [u8];

    #[inline]
    fn published(&self) -> u64 {
        member!(AtomicU64, self.positions(), published).load(Acquire)
    }

    #[inline]
    fn oldest(&self) -> u64 {
        fence(Acquire);
        member!(AtomicU64, self.positions(), oldest).load(Relaxed)
    }

    #[inline]
    fn head(&self) -> u32 {
        member!(AtomicU32, self.positions(), head).load(Relaxed)
    }

    #[inline]
    fn state(&self, index: u32) -> u64 {
        member!(AtomicU64, self.descriptor(index), state).load(Acquire)
    }

    #[inline]
    fn header(&self, index: u32) -> Header {
        let descriptor = self.descriptor(index);
        Header {
            len: member!(AtomicU32, descriptor, len).load(Relaxed),
            from: member!(AtomicU32, descriptor, from).load(Relaxed),
            stamp: member!(AtomicU64, descriptor, stamp).load(Relaxed),
            at: member!(AtomicU32, descriptor, at).load(Relaxed),
            back: member!(AtomicU32, descriptor, back).load(Relaxed),
        }
    }

    /// Copies as much of the message as `to` takes; and a few bytes more, where it has room.
    #[inline]
    fn copy(&self, header: Header, to: &mut [u8]) -> bool {
        let (len, at) = (header.len as usize, header.at as usize);
        let end = at + len.max(1).next_multiple_of(SHORT);
        if header.len > self.shape.mtu || at % WORD != 0 || end > self.shape.bytes as usize {
            return false;
        }
        let data = self.shape.bytes_at + at;
        let whole = end - at;
        match to.get_mut(..whole) {
            Some(room) if whole == SHORT => {
                // SAFETY: it was just seen that so many bytes are there, aligned for their words; all of
                // them are atomic.
                copy_words(unsafe { self.ring.words(data, SHORT / WORD) }, room);
            }
            // SAFETY: as above, and there is as much room.
            Some(room) => unsafe { copy_many(self.ring.words(data, whole / WORD), room) },
            None => self.copy_long(data, len.min(to.len()), to),
        }
        true
    }

    fn copy_part(&self, header: &Header, len: usize, from: usize, to: &mut [u8]) {
        let at = header.at as usize;
        let end = at + len.next_multiple_of(WORD);
        if at % WORD != 0 || end > self.shape.bytes as usize {
            return;
        }
        if let Some(to) = to.get_mut(from..) {
            self.copy_long(self.shape.bytes_at + at, len.min(to.len()), to);
        }
    }

    #[inline]
    fn position(&self) -> u64 {
        member!(AtomicU64, self.cursor(), position).load(Relaxed)
    }

    #[inline]
    fn pass(&self, number: u64) -> bool {
        let position = member!(AtomicU64, self.cursor(), position);
        position
            .compare_exchange(number, number.wrapping_add(1), Release, Relaxed)
            .is_ok()
    }

    #[inline]
    fn count_own(&self) {
        member!(AtomicU64, self.cursor(), own).fetch_add(1, Relaxed);
    }

    #[inline]
    fn awaits_room(&self) -> bool {
        fence(SeqCst);
        member!(AtomicU32, self.ring(), awaiting_room).load(Relaxed) != 0
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! What the one writer of a ring writes, mapped into this process.

use super::mapping::{member, Pages, Shape, WORD};
use crate::reader::{ready, Header};
use crate::writer::{Left, Memory};
use ipn_abi::{ipn_descriptor, ipn_ring, ipn_written};
use ipn_abi::{IPN_MAP_RING, IPN_MAP_WRITER};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::ProtFlags;
use std::ptr::NonNull;
use std::sync::atomic::{
    fence, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};

/// The head of a ring, to read, and what is behind that, to write.
///
/// # Invariants
///
/// `head` begins with an `ipn_ring`. `written` is what stands `shape.positions_at` bytes behind that, up to
/// `shape.whole()`.
#[derive(Debug)]
pub(crate) struct Written {
    head: Pages,
    written: Pages,
    shape: Shape,
    /// Where the index and the bytes of messages are in that.
    index_at: usize,
    bytes_at: usize,
}

impl Written {
    /// Maps what the writer of a port's network writes, which the port is from then on.
    ///
    /// A ring of another version than this one: `EPROTO`.
    pub(crate) fn new(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        let head = Pages::map(fd, size_of::<ipn_ring>(), ProtFlags::READ, IPN_MAP_RING)?;
        let shape = Shape::read(&head)?;
        let whole = shape.whole().ok_or(Errno::PROTO)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let written = Pages::map(fd, whole - shape.positions_at, access, IPN_MAP_WRITER)?;
        Ok(Self {
            head,
            written,
            shape,
            index_at: shape.index_at - shape.positions_at,
            bytes_at: shape.bytes_at - shape.positions_at,
        })
    }

    /// What the ring is like.
    #[inline]
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// What is there already.
    pub(crate) fn left(&self) -> Left {
        let positions = self.positions();
        let place = |index| member!(AtomicU32, self.descriptor(index), at).load(Relaxed);
        Left {
            oldest: member!(AtomicU64, positions, oldest).load(Relaxed),
            published: member!(AtomicU64, positions, published).load(Relaxed),
            head: member!(AtomicU32, positions, head).load(Relaxed),
            places: (0..self.shape.messages).map(place).collect(),
        }
    }

    /// Whether a port of the network has asked for time stamps.
    #[inline]
    pub(crate) fn is_stamped(&self) -> bool {
        member!(AtomicU32, self.ring(), stamped).load(Relaxed) != 0
    }

    #[inline]
    fn ring(&self) -> NonNull<ipn_ring> {
        self.head.start.cast()
    }

    #[inline]
    fn positions(&self) -> NonNull<ipn_written> {
        self.written.start.cast()
    }

    /// Descriptor `index`, one of those that there are.
    #[inline]
    fn descriptor(&self, index: u32) -> NonNull<ipn_descriptor> {
        assert!(index < self.shape.messages, "a descriptor of the ring");
        let at = self.index_at + index as usize * size_of::<ipn_descriptor>();
        // SAFETY: by the invariants the index lies within what is written.
        unsafe { self.written.start.add(at) }.cast()
    }
}

impl Memory for Written {
    type Bytes = [u8];

    #[inline]
    fn give_up(&self, oldest: u64) {
        member!(AtomicU64, self.positions(), oldest).store(oldest, Release);
        fence(Release);
    }

    #[inline]
    fn write(&self, at: u32, bytes: &[u8]) {
        let (at, words) = (at as usize, bytes.len().div_ceil(WORD));
        let end = at + words * WORD;
        assert!(at % WORD == 0 && end <= self.shape.bytes as usize);
        let data = self.bytes_at + at;
        // SAFETY: by the invariants, and as was just seen, so many words are there, and aligned; all of them are
        // atomic.
        let words = unsafe { self.written.words(data, words) };
        let (whole, last) = words.split_at(bytes.len() / WORD);
        let (mut fours, mut groups) = (whole.chunks_exact(4), bytes.chunks_exact(4 * WORD));
        for (four, group) in (&mut fours).zip(&mut groups) {
            store(four, group);
        }
        store(fours.remainder(), groups.remainder());
        if let Some(word) = last.first() {
            word.store(last_word(bytes), Relaxed);
        }
    }

    #[inline]
    fn describe(&self, index: u32, number: u64, header: &Header) {
        let descriptor = self.descriptor(index);
        member!(AtomicU64, descriptor, stamp).store(header.stamp, Relaxed);
        member!(AtomicU32, descriptor, len).store(header.len, Relaxed);
        member!(AtomicU32, descriptor, from).store(header.from, Relaxed);
        member!(AtomicU32, descriptor, at).store(header.at, Relaxed);
        member!(AtomicU32, descriptor, back).store(header.back, Relaxed);
        member!(AtomicU64, descriptor, state).store(ready(number), Release);
    }

    #[inline]
    fn publish(&self, head: u32, published: u64) {
        member!(AtomicU32, self.positions(), head).store(head, Relaxed);
        member!(AtomicU64, self.positions(), published).store(published, Release);
    }

    #[inline]
    fn awaits_message(&self) -> bool {
        fence(SeqCst);
        member!(AtomicU32, self.ring(), awaiting_message).load(Relaxed) != 0
    }

    #[inline]
    fn slowest(&self) -> u64 {
        // What its readers have read they have read before we write over it.
        member!(AtomicU64, self.ring(), slowest).load(Acquire)
    }
}

/// Stores whole words.
#[inline]
fn store(words: &[AtomicU64], bytes: &[u8]) {
    for (word, bytes) in words.iter().zip(bytes.chunks_exact(WORD)) {
        let mut eight = [0; WORD];
        eight.copy_from_slice(bytes);
        word.store(u64::from_ne_bytes(eight), Relaxed);
    }
}

/// The word that the last bytes of a message make, which are no whole one.
#[inline]
fn last_word(bytes: &[u8]) -> u64 {
    let count = bytes.len() % WORD;
    let word = match bytes.last_chunk::<WORD>() {
        Some(eight) => u64::from_le_bytes(*eight) >> (8 * (WORD - count)),
        None => {
            let last = bytes.iter().rev();
            last.fold(0, |word, byte| (word << 8) | u64::from(*byte))
        }
    };
    word.to_le()
}

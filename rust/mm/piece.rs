// SPDX-License-Identifier: GPL-2.0

//! A piece of memory on the stack, of which nothing is cleared before it is written.

use core::{
    mem::{size_of, MaybeUninit},
    ops::Deref,
};

/// Bytes of a piece: a part of a stack of 16 KiB that leaves room for others.
pub(crate) const PIECE: usize = 1536;

/// Bytes of which the last are cleared before they are written.
const WORD: usize = size_of::<u64>();

/// Up to `SIZE` bytes, which are whole words.
///
/// # Invariants
///
/// `len` is at most `SIZE`, and so many bytes are initialised.
pub(crate) struct Piece<const SIZE: usize = PIECE> {
    bytes: [MaybeUninit<u8>; SIZE],
    len: usize,
}

impl<const SIZE: usize> Piece<SIZE> {
    const IS_OF_WORDS: () = assert!(SIZE % WORD == 0);

    /// An empty one.
    #[inline]
    pub(crate) fn new() -> Self {
        let () = Self::IS_OF_WORDS;
        // INVARIANT: nothing is said to be initialised.
        Self {
            bytes: [const { MaybeUninit::uninit() }; SIZE],
            len: 0,
        }
    }

    /// Takes all bytes away.
    #[inline]
    pub(crate) fn clear(&mut self) {
        // INVARIANT: nothing is said to be initialised.
        self.len = 0;
    }

    /// Has `write` put bytes there in place of what was there, at most `SIZE`: it is handed the address of
    /// the first, and tells how many it has written.
    ///
    /// # Safety
    ///
    /// What `write` says must be initialised then, and be at most `SIZE`.
    pub(crate) unsafe fn fill(&mut self, write: impl FnOnce(*mut u8) -> usize) {
        // INVARIANT: By this function's requirements.
        self.len = write(self.bytes.as_mut_ptr().cast());
    }

    /// Has `write` put `more` bytes there, from the next multiple of 8 on, of at most `limit` in all; what is
    /// between are zeroes. Tells whether there was room.
    ///
    /// # Safety
    ///
    /// `more` must not be 0; `write` must initialise so many bytes from the address on that it is handed, and all that is there must
    /// have been put there so.
    #[inline(always)]
    pub(crate) unsafe fn append(
        &mut self,
        more: u32,
        limit: usize,
        write: impl FnOnce(*mut u8),
    ) -> bool {
        let begin = self.len.next_multiple_of(WORD);
        // Both are less than half of what a `usize` holds.
        let end = begin.wrapping_add(more as usize);
        if end > limit.min(SIZE) {
            return false;
        }
        // SAFETY: The word that the last byte is in, and all before it, are within the piece, which is as long
        // as some words. By this function's requirements `write` may write there.
        unsafe {
            let base = self.bytes.as_mut_ptr().cast::<u8>();
            let last = end.wrapping_sub(1) & !(WORD - 1);
            base.add(last).cast::<u64>().write_unaligned(0);
            write(base.add(begin));
        }
        // INVARIANT: just initialised, and before the beginning by the last call: up to the end of a word.
        self.len = end;
        true
    }
}

impl<const SIZE: usize> Deref for Piece<SIZE> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: By the invariants.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.len) }
    }
}

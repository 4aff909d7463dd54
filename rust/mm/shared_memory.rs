// SPDX-License-Identifier: GPL-2.0

//! Memory that the kernel and processes share, charged to who takes it.
//!
//! C header: [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)

use crate::rust::bindings;
use core::ptr::NonNull;
use kernel::alloc::allocator::VmallocPageIter;

/// Whole pages, which may be mapped into processes: their bytes change at any time.
///
/// # Invariants
///
/// `base` is a page-aligned allocation from vmalloc, of at least `size` bytes, rounded up to pages and
/// zeroed at first.
pub(crate) struct SharedMemory {
    base: NonNull<u8>,
    size: usize,
}

// SAFETY: The memory belongs to nobody's thread; who reaches into it minds the others.
unsafe impl Send for SharedMemory {}

// SAFETY: As above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// Takes zeroed memory, `size` bytes rounded up to pages, and of the kernel's own at least `behind` bytes
    /// that follow on the first `size`. Not enough of it: none.
    pub(crate) fn new(size: usize, behind: usize) -> Option<Self> {
        let whole = size.checked_add(behind)?;
        // SAFETY: vmalloc takes any size and returns NULL when it can't be had.
        let base = unsafe { bindings::ipn_helper_vmalloc(whole) };
        let base = NonNull::new(base.cast::<u8>())?;
        // INVARIANT: just so allocated and zeroed; vmalloc gives whole pages.
        Some(Self { base, size })
    }

    /// Where it begins: at a page.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// The pages.
    pub(crate) fn pages(&self) -> VmallocPageIter<'_> {
        // SAFETY: By the invariants the allocation is from vmalloc and has that size; it lives as long
        // as `self`.
        unsafe { VmallocPageIter::new(self.base, self.size) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: By the invariants it came from vmalloc, and nobody borrows it any more. Processes
        // that have mapped a page hold a reference to it.
        unsafe { bindings::vfree(self.base.as_ptr().cast()) }
    }
}

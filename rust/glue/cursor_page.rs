// SPDX-License-Identifier: GPL-2.0

//! The page in which a mapped reader keeps its position.

use crate::{
    abi::errno::{Errno, Result},
    ring::layout::Place,
    rust::mm::shared_memory::SharedMemory,
};
use core::ops::Deref;

/// A page with a [`Place`], charged to who maps it.
pub(crate) struct CursorPage(SharedMemory);

impl CursorPage {
    /// What it takes.
    pub(crate) const BYTES: u64 = kernel::page::PAGE_SIZE as u64;

    /// A page of zeroes. No memory: `ENOBUFS`.
    pub(crate) fn new() -> Result<Self> {
        SharedMemory::new(kernel::page::PAGE_SIZE, 0)
            .map(Self)
            .ok_or(Errno::NOBUFS)
    }

    /// What is mapped.
    pub(crate) fn memory(&self) -> &SharedMemory {
        &self.0
    }
}

impl Deref for CursorPage {
    type Target = Place;

    fn deref(&self) -> &Place {
        // SAFETY: The page has room for a place, which is made of atomics; all zeroes is one, and
        // whatever the process writes.
        unsafe { self.0.base().cast().as_ref() }
    }
}

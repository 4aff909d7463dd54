// SPDX-License-Identifier: GPL-2.0

//! `mmap(2)` of a socket.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::rust::mm::shared_memory::SharedMemory;
use core::marker::PhantomData;
use kernel::{
    bindings,
    mm::virt::{flags, VmaNew},
    page::PAGE_SIZE,
    prelude::*,
};

/// A mapping that a process is about to get.
///
/// # Invariants
///
/// `area` is undergoing its setup by `mmap(2)`, for `'a`.
pub(crate) struct NewMapping<'a> {
    area: &'a VmaNew,
    _area: PhantomData<&'a mut bindings::vm_area_struct>,
}

impl NewMapping<'_> {
    /// Wraps what `proto_ops.mmap` is given.
    ///
    /// # Safety
    ///
    /// `area` must be undergoing its setup by `mmap(2)`, and be the caller's alone, for `'a`.
    pub(crate) unsafe fn from_raw(area: *mut bindings::vm_area_struct) -> Self {
        // SAFETY: By this function's requirements.
        let area = unsafe { VmaNew::from_raw(area) };
        // INVARIANT: as above.
        Self {
            area,
            _area: PhantomData,
        }
    }

    /// The offset that was asked for, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        // SAFETY: By the invariants the area is valid, and nobody else changes it.
        let pages = unsafe { (*self.area.as_ptr()).vm_pgoff };
        (pages as u64).saturating_mul(PAGE_SIZE as u64)
    }

    /// Whether what the process writes there is seen by others (`MAP_SHARED`).
    pub(crate) fn is_shared(&self) -> bool {
        self.area.flags() & flags::SHARED != 0
    }

    /// Gives up the right to execute what is there, for good. Asked for: `EPERM`.
    pub(crate) fn forbid_execution(&self) -> Result {
        self.area.try_clear_mayexec().map_err(|_| EPERM)
    }

    /// Gives up the right to write there, for good. Asked for: `EPERM`.
    pub(crate) fn forbid_writing(&self) -> Result {
        self.area.try_clear_maywrite().map_err(|_| EPERM)
    }

    /// Whether it is longer than the memory it would show, from page `first` on.
    pub(crate) fn is_longer_than(&self, memory: &SharedMemory, first: usize) -> bool {
        let pages = memory.pages().page_count().saturating_sub(first);
        self.area.end().saturating_sub(self.area.start()) > pages.saturating_mul(PAGE_SIZE)
    }

    /// Shows the memory, from page `first` on and as much as there is place for.
    ///
    /// The mapping does not grow, and is left out of core dumps. It holds its pages, and the socket.
    pub(crate) fn show(&self, memory: &SharedMemory, first: usize) -> Result {
        self.area.set_dontexpand();
        self.area.set_dontdump();
        let area = self.area.set_mixedmap();
        let places = (area.start()..area.end()).step_by(PAGE_SIZE);
        places
            .zip(memory.pages().skip(first))
            .try_for_each(|(address, page)| area.vm_insert_page(address, &page))
    }
}

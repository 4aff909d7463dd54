// SPDX-License-Identifier: GPL-2.0

//! `rust/mmap.rs`.

use crate::rust::mm::shared_memory::SharedMemory;
use kernel::prelude::*;
use std::marker::PhantomData;

/// A mapping that a task is about to get.
pub(crate) struct NewMapping<'a> {
    offset: u64,
    /// `MAP_SHARED`.
    pub(crate) shared: bool,
    /// One of more than there is.
    pub(crate) too_long: bool,
    _area: PhantomData<&'a ()>,
}

impl NewMapping<'_> {
    pub(crate) fn new(offset: u64) -> Self {
        Self {
            offset,
            shared: true,
            too_long: false,
            _area: PhantomData,
        }
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    pub(crate) fn forbid_execution(&self) -> Result {
        Ok(())
    }

    pub(crate) fn forbid_writing(&self) -> Result {
        Ok(())
    }

    pub(crate) fn is_longer_than(&self, _memory: &SharedMemory, _first: usize) -> bool {
        self.too_long
    }

    pub(crate) fn show(&self, _memory: &SharedMemory, _first: usize) -> Result {
        Ok(())
    }
}

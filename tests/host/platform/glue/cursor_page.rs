// SPDX-License-Identifier: GPL-2.0

//! `rust/cursor_page.rs`: the page of a mapped reader. Who holds it may write to it, as the process
//! does.

use crate::{abi::errno::Result, ring::layout::Place, rust::mm::shared_memory::SharedMemory};
use std::{ops::Deref, sync::Arc};

#[derive(Clone)]
pub(crate) struct CursorPage(Arc<(Place, SharedMemory)>);

impl CursorPage {
    pub(crate) const BYTES: u64 = 4096;

    /// A page of zeroes.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Arc::new((Place::new(), SharedMemory))))
    }

    pub(crate) fn memory(&self) -> &SharedMemory {
        &self.0 .1
    }
}

impl Deref for CursorPage {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.0 .0
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The page of a mapped reader, on the heap; who holds it may write to it, as the process does.

use crate::ring::layout::Place;
use std::{ops::Deref, sync::Arc};

#[derive(Clone)]
pub(crate) struct CursorPage(Arc<Place>);

impl CursorPage {
    /// A page of zeroes.
    pub(crate) fn new() -> Self {
        let page = Self(Arc::new(Place::new()));
        // Loom's words are made when they are first touched.
        for word in [&page.position, &page.own, &page.lost] {
            word.load();
        }
        page
    }
}

impl Deref for CursorPage {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.0
    }
}

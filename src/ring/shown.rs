// SPDX-License-Identifier: GPL-2.0

//! Whether others see a ring's memory: processes that have mapped it.

use crate::rust::sync::atomic::AtomicU32;

/// Nobody has mapped the ring, or is to.
const UNSEEN: u32 = 0;
/// It is being cleared: what is written meanwhile is clean.
pub(super) const CLEARING: u32 = 1;
/// Others may see it.
pub(super) const SEEN: u32 = 2;

/// Whether others may see the memory. Written under the writers' lock.
pub(super) struct Shown(AtomicU32);

impl Shown {
    /// They do not.
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(UNSEEN))
    }

    /// How far that has come.
    pub(super) fn state(&self) -> u32 {
        self.0.load()
    }

    /// It has come so far.
    pub(super) fn set(&self, state: u32) {
        self.0.store(state);
    }

    /// Whether it is being cleared.
    #[inline]
    pub(super) fn is_clearing(&self) -> bool {
        self.0.load() == CLEARING
    }

    /// Whether they do, or are about to.
    #[inline]
    pub(super) fn is_shown(&self) -> bool {
        self.0.load() != UNSEEN
    }
}

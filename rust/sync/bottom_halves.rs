// SPDX-License-Identifier: GPL-2.0

//! Bottom halves, kept off this processor for a while.
//!
//! C header: [`include/linux/bottom_half.h`](srctree/include/linux/bottom_half.h)

use crate::rust::bindings;
use kernel::types::NotThreadSafe;

/// No bottom half runs on this processor, and no other task, until this is dropped. It nests.
///
/// On a kernel of `PREEMPT_RT` others do run: there nobody may spin until this task is done.
///
/// # Invariants
///
/// They were disabled once for it, on the processor that it is on.
pub(crate) struct BottomHalvesOff(NotThreadSafe);

impl BottomHalvesOff {
    /// From now on.
    #[inline]
    pub(crate) fn begin() -> Self {
        // SAFETY: It may be called anywhere but in a hard interrupt, where nobody sends.
        unsafe { bindings::ipn_helper_local_bh_disable() };
        // INVARIANT: just now.
        Self(NotThreadSafe)
    }
}

impl Drop for BottomHalvesOff {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the invariant they were disabled for it, and the task has not moved since.
        unsafe { bindings::ipn_helper_local_bh_enable() }
    }
}

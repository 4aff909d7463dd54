// SPDX-License-Identifier: GPL-2.0

//! The time.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

use crate::rust::bindings;

/// Monotonic milliseconds: jiffies, which never go back.
pub(crate) fn now_ms() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { bindings::ipn_helper_now_ms() }
}

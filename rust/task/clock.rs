// SPDX-License-Identifier: GPL-2.0

//! The time.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

use crate::rust::bindings;

/// Nanoseconds of `CLOCK_MONOTONIC_COARSE`: those of the last tick.
pub(crate) fn now_ns() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { bindings::ipn_helper_now_ns() }
}

/// Nanoseconds between two ticks.
pub(crate) fn tick_ns() -> u64 {
    // SAFETY: As above.
    unsafe { bindings::ipn_helper_tick_ns() }
}

/// Monotonic milliseconds: jiffies, which never go back.
pub(crate) fn now_ms() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { bindings::ipn_helper_now_ms() }
}

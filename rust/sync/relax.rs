// SPDX-License-Identifier: GPL-2.0

//! A moment in a loop that waits for another processor.

/// Lets the processor rest for a moment (`cpu_relax`). What is waited for must come without the caller's help.
#[inline]
pub(crate) fn relax() {
    core::hint::spin_loop();
}

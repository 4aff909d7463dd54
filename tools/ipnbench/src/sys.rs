// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`.

#![allow(unsafe_code)]

use std::arch::asm;

/// A profiler that looks at the guest's instructions counts from here on: see `tests/qemu/profile.c`.
#[inline(always)]
pub fn profile_on() {
    // SAFETY: it exchanges a register with itself.
    unsafe {
        asm!(
            ".byte 0x66, 0x87, 0xdb",
            options(nomem, nostack, preserves_flags)
        )
    }
}

/// And no longer.
#[inline(always)]
pub fn profile_off() {
    // SAFETY: it exchanges a register with itself.
    unsafe {
        asm!(
            ".byte 0x66, 0x87, 0xc9",
            options(nomem, nostack, preserves_flags)
        )
    }
}

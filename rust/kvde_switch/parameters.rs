// SPDX-License-Identifier: GPL-2.0

//! The parameters of the switch's module (`rust/kvde_switch/parameters.c`), as they are at this moment.

/// As in `rust/kvde_switch/parameters.h`.
mod ffi {
    extern "C" {
        pub(super) fn kvde_switch_max_addresses() -> u32;
        pub(super) fn kvde_switch_max_port_addresses() -> u32;
    }
}

/// Room for addresses in a network.
pub(crate) fn max_addresses() -> u32 {
    // SAFETY: It may be asked anywhere.
    unsafe { ffi::kvde_switch_max_addresses() }
}

/// Addresses learned at a port, unless a manager sets another limit.
pub(crate) fn max_port_addresses() -> u32 {
    // SAFETY: It may be asked anywhere.
    unsafe { ffi::kvde_switch_max_port_addresses() }
}

// SPDX-License-Identifier: GPL-2.0

//! The module's parameters (`rust/glue/parameters.c`), as they are at this moment: root may change them at
//! any time.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)

use crate::{
    network::shape::{Limits, Quota},
    rust::bindings,
};

/// The bounds of a network.
pub(crate) fn limits() -> Limits {
    // SAFETY: They may be asked anywhere.
    let (ports, bytes) = unsafe {
        (
            bindings::ipn_helper_max_ports(),
            bindings::ipn_helper_max_network_bytes(),
        )
    };
    Limits { ports, bytes }
}

/// What a user without `CAP_SYS_RESOURCE` may have.
pub(crate) fn quota() -> Quota {
    // SAFETY: They may be asked anywhere.
    let (networks, bytes) = unsafe {
        (
            bindings::ipn_helper_max_user_networks(),
            bindings::ipn_helper_max_user_bytes(),
        )
    };
    Quota { networks, bytes }
}

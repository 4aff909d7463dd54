// SPDX-License-Identifier: GPL-2.0

//! What the netlink family calls: `netlink.c`.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

use crate::{
    listing,
    rust::{bindings, glue::netlink::Dump},
};

/// Adds the next part of a dump, as much as there is room for.
///
/// # Safety
///
/// `dump` must be valid and the caller's alone, and the caller the reader.
#[no_mangle]
unsafe extern "C" fn ipn_rust_netlink_dump(dump: *mut bindings::ipn_dump) {
    // SAFETY: By this function's requirements.
    let mut dump = unsafe { Dump::from_raw(&mut *dump) };
    listing::dump(&mut dump);
}

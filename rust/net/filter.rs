// SPDX-License-Identifier: GPL-2.0

//! Socket filters (`SO_ATTACH_FILTER`, `SO_ATTACH_BPF`), which look at an `sk_buff`.
//!
//! C header: [`include/linux/filter.h`](srctree/include/linux/filter.h)

use crate::rust::{bindings, net::socket::Sock};
use core::ptr::NonNull;

/// Whether the socket has a filter.
pub(crate) fn is_attached<T>(sock: &Sock<T>) -> bool {
    // SAFETY: The socket is valid.
    unsafe { bindings::ipn_helper_sk_has_filter(sock.as_ptr()) }
}

/// Bytes of what stands behind a message that a filter is asked about: `struct skb_shared_info`.
pub(crate) const SHARED_INFO: usize = bindings::IPN_CONST_SHARED_INFO as usize;

/// How many of the `len` bytes of a message the socket's filter lets pass, if any: `sk_filter_trim_cap` only
/// shortens.
///
/// # Safety
///
/// There must be `len` bytes at `bytes`, which may change meanwhile, and no more than 4 GiB behind their
/// beginning [`SHARED_INFO`] zeroes at `shared`, which do not, aligned to 64 bytes.
pub(crate) unsafe fn passes<T>(
    sock: &Sock<T>,
    bytes: NonNull<u8>,
    len: usize,
    shared: NonNull<u8>,
) -> Option<usize> {
    // SAFETY: The socket is valid, the rest by this function's requirements. A filter of a socket only
    // reads the message, and keeps nothing of the `sk_buff`.
    let kept = unsafe {
        bindings::ipn_helper_sk_run_filter(
            sock.as_ptr(),
            bytes.as_ptr().cast(),
            len as u32,
            shared.as_ptr().cast(),
        )
    };
    usize::try_from(kept).ok()
}

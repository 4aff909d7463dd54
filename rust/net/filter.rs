// SPDX-License-Identifier: GPL-2.0

//! Socket filters (`SO_ATTACH_FILTER`, `SO_ATTACH_BPF`), which look at an `sk_buff`.

use crate::rust::{bindings, net::socket::Sock};
use kernel::prelude::*;

/// Whether the socket has a filter.
pub(crate) fn is_attached<T>(sock: &Sock<T>) -> bool {
    // SAFETY: The socket is valid.
    unsafe { bindings::ipn_helper_sk_has_filter(sock.as_ptr()) }
}

/// How many of the `len` bytes of a message the socket's filter lets pass, if any.
///
/// No memory for the `sk_buff`, so that the filter cannot be asked: `ENOMEM`.
///
/// # Safety
///
/// There must be `len` bytes at `bytes`, at most 65,535. They may change meanwhile: they are copied
/// once, before the filter looks at them.
pub(crate) unsafe fn passes<T>(
    sock: &Sock<T>,
    bytes: *const u8,
    len: usize,
) -> Result<Option<usize>> {
    // SAFETY: The socket is valid, the bytes by this function's requirements.
    let kept =
        unsafe { bindings::ipn_helper_sk_run_filter(sock.as_ptr(), bytes.cast(), len as u32) };
    if kept == ENOMEM.to_errno() as isize {
        return Err(ENOMEM);
    }
    Ok(usize::try_from(kept).ok().map(|kept| kept.min(len)))
}

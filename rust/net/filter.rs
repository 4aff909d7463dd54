// SPDX-License-Identifier: GPL-2.0

//! Socket filters (`SO_ATTACH_FILTER`, `SO_ATTACH_BPF`), which look at an `sk_buff`.

use crate::rust::{bindings, glue::ring_memory::RingMemory, net::socket::Sock};
use kernel::prelude::*;

/// Whether the socket has a filter.
pub(crate) fn is_attached<T>(sock: &Sock<T>) -> bool {
    // SAFETY: The socket is valid.
    unsafe { bindings::ipn_helper_sk_has_filter(sock.as_ptr()) }
}

/// How many bytes of a message of `len` in slot `index` the socket's filter lets pass, if any.
///
/// No memory for the `sk_buff`, so that nobody knows: `ENOMEM`.
pub(crate) fn passes<T>(
    sock: &Sock<T>,
    memory: &RingMemory,
    index: u32,
    len: usize,
) -> Result<Option<usize>> {
    memory.inspect(index, len, |bytes, len| {
        // SAFETY: The socket is valid and `bytes` has `len` bytes; they are copied once before the
        // filter looks at them. A message is at most 65,535 bytes long.
        let kept =
            unsafe { bindings::ipn_helper_sk_run_filter(sock.as_ptr(), bytes.cast(), len as u32) };
        if kept == ENOMEM.to_errno() as isize {
            return Err(ENOMEM);
        }
        Ok(usize::try_from(kept).ok().map(|kept| kept.min(len)))
    })
}

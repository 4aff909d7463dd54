// SPDX-License-Identifier: GPL-2.0
//! Numbers that a process shares with those that it forks.

use std::io;
use std::ptr;
use std::sync::atomic::AtomicU64;

/// So many numbers, all 0 at first, until the process ends.
pub fn numbers<const N: usize>() -> io::Result<&'static [AtomicU64; N]> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let size = size_of::<[AtomicU64; N]>();
    // SAFETY: a new mapping, wherever the kernel likes.
    let start = unsafe { libc::mmap(ptr::null_mut(), size, access, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping has that size, begins at a page and is never unmapped; all zeroes are numbers.
    Ok(unsafe { &*start.cast() })
}

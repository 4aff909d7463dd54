// SPDX-License-Identifier: GPL-2.0

//! System calls.

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// Makes the descriptor `number` one for the same file as `file`.
pub fn replace(number: BorrowedFd<'_>, file: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: both are open; `number` stays open, so that who owns it still does.
    let result = unsafe { libc::dup3(file.as_raw_fd(), number.as_raw_fd(), libc::O_CLOEXEC) };
    match result {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
        _ => Ok(()),
    }
}

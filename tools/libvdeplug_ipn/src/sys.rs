// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`: `rustix` puts a file in the place of one that its caller owns alone, and the
//! port owns this one.

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{dup3, DupFlags, Errno};
use std::mem::ManuallyDrop;

/// Makes the descriptor `number` one for the same file as `file`.
pub fn replace(number: BorrowedFd<'_>, file: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: it is open, and stays so, so that who owns it still does; this one does not close it.
    let number = unsafe { OwnedFd::from_raw_fd(number.as_raw_fd()) };
    dup3(file, &mut ManuallyDrop::new(number), DupFlags::CLOEXEC)
}

// SPDX-License-Identifier: GPL-2.0
//! Loading and unloading kernel modules.

use super::cvt_long;
use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// `finit_module(2)`.
pub fn load(file: &File, parameters: &CStr) -> io::Result<()> {
    let (fd, parameters) = (file.as_raw_fd(), parameters.as_ptr());
    // SAFETY: an open file and a C string.
    cvt_long(unsafe { libc::syscall(libc::SYS_finit_module, fd, parameters, 0) }).map(drop)
}

/// `delete_module(2)` with `O_NONBLOCK`: refused while in use.
pub fn unload(name: &CStr) -> io::Result<()> {
    // SAFETY: a C string.
    cvt_long(unsafe { libc::syscall(libc::SYS_delete_module, name.as_ptr(), libc::O_NONBLOCK) })
        .map(drop)
}

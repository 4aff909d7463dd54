// SPDX-License-Identifier: GPL-2.0
//! System calls, as they are: each function is one call, takes wrong arguments as well as right
//! ones, and gives back the errno as an [`std::io::Error`]. The only unsafe code of this program.
#![allow(unsafe_code)]

pub mod absent;
pub mod bpf;
pub mod call;
pub mod epoll;
pub mod late;
pub mod mapping;
pub mod memory;
pub mod message;
pub mod module;
pub mod mount;
pub mod netdev;
pub mod option;
pub mod poll;
pub mod privilege;
pub mod process;
pub mod shared;
pub mod signal;
pub mod socket;
pub mod trace;
pub mod tun;
pub mod uring;

use std::io;

/// The result of a system call that answers -1 and sets `errno`.
fn cvt(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// The same for calls that answer a length.
fn cvt_len(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// The same for calls made through `syscall()`.
fn cvt_long(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

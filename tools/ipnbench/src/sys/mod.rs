// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`: shared memory, marks for a profiler, and what `rustix` has no call for: `fork(2)`, `getrusage(2)`,
//! `recvmmsg(2)`, options and addresses that it does not know; its `sendmmsg` wants headers made anew
//! for each call, which would be measured.

#![allow(unsafe_code)]

pub mod batch;
pub mod packet;
pub mod process;
pub mod shared;
pub mod tipc;
pub mod tun;
pub mod uring;
pub mod usage;

use rustix::fd::{AsFd, AsRawFd};
#[cfg(target_arch = "x86_64")]
use std::arch::asm;
use std::ffi::c_int;
use std::io;

/// A profiler that looks at the guest's instructions counts from here on: see `tests/qemu/bench/profile.c`.
#[inline(always)]
pub fn profile_on() {
    // SAFETY: it exchanges a register with itself.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            ".byte 0x66, 0x87, 0xdb",
            options(nomem, nostack, preserves_flags)
        )
    }
}

/// And no longer.
#[inline(always)]
pub fn profile_off() {
    // SAFETY: it exchanges a register with itself.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            ".byte 0x66, 0x87, 0xc9",
            options(nomem, nostack, preserves_flags)
        )
    }
}

/// The result of a call that answers -1 and sets `errno`.
fn checked(result: c_int) -> io::Result<c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(result),
    }
}

/// Sets an option of a socket to some bytes.
fn set_option(socket: impl AsFd, level: c_int, option: c_int, value: &[u8]) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let len = value.len() as libc::socklen_t;
    // SAFETY: `value` is readable for the length given.
    let result = unsafe { libc::setsockopt(fd, level, option, value.as_ptr().cast(), len) };
    checked(result).map(drop)
}

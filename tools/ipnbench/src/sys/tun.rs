// SPDX-License-Identifier: GPL-2.0

//! Taps of the kernel's own kind: `/dev/net/tun`.

use super::checked;
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{open, Mode, OFlags};
use std::ffi::c_short;
use std::io;
use std::mem::zeroed;

/// A new tap of this name, without a header before its frames.
pub fn tap(name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let tap = open("/dev/net/tun", flags, Mode::empty())?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()).take(15) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI) as c_short;
    // SAFETY: the request takes an `ifreq`.
    checked(unsafe { libc::ioctl(tap.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })?;
    Ok(tap)
}

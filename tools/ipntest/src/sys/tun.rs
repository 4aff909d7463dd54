// SPDX-License-Identifier: GPL-2.0
//! Devices whose other end is a descriptor: `/dev/net/tun`.

use super::cvt;
use crate::sys::netdev::Request;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// Where they are made.
pub const PLACE: &str = "/dev/net/tun";

/// Makes a device of these flags (`IFF_TUN` or `IFF_TAP`, and more); what is written to the file
/// comes in by it. It goes with the file.
pub fn make(name: &str, flags: libc::c_int) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let file = options.custom_flags(libc::O_NONBLOCK).open(PLACE)?;
    let mut request = Request::of(name).with_flags(flags as u16);
    // SAFETY: the request takes a `struct ifreq`, which a `Request` is.
    cvt(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })?;
    Ok(file)
}

/// Says of what type the device is (`ARPHRD_*`). It must be down.
pub fn set_type(file: &File, kind: u16) -> io::Result<()> {
    let kind = libc::c_ulong::from(kind);
    // SAFETY: the argument is a number.
    cvt(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETLINK, kind) }).map(drop)
}

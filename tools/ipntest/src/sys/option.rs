// SPDX-License-Identifier: GPL-2.0
//! Options whose place is not empty when they are read.

use super::cvt;
use crate::sys::socket::Sock;
use std::io;
use std::os::fd::AsRawFd;

/// `getsockopt(2)` into a place that holds a question; the answer, as long as the kernel says.
pub fn ask(sock: &Sock, level: i32, name: i32, mut place: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut len = place.len() as libc::socklen_t;
    // SAFETY: `place` has the `len` bytes that the kernel is told of.
    cvt(unsafe {
        let value = place.as_mut_ptr().cast();
        libc::getsockopt(sock.as_raw_fd(), level, name, value, &mut len)
    })?;
    place.truncate(len as usize);
    Ok(place)
}

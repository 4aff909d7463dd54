// SPDX-License-Identifier: GPL-2.0

//! Many messages with a call: `sendmmsg(2)`, `recvmmsg(2)`.

use super::checked;
use rustix::fd::{AsFd, AsRawFd};
use std::ffi::c_uint;
use std::io;
use std::mem::zeroed;

/// Buffers for some messages of equal length, ready for a call.
pub struct Batch {
    bytes: Vec<u8>,
    len: usize,
    // They point into `bytes` and `parts`, whose memory stays where it is.
    headers: Vec<libc::mmsghdr>,
    _parts: Vec<libc::iovec>,
}

impl Batch {
    /// Room for `count` messages of `len` bytes.
    pub fn new(count: usize, len: usize) -> Self {
        let mut bytes = vec![0x5a; count * len];
        let parts = bytes.chunks_exact_mut(len).map(|chunk| libc::iovec {
            iov_base: chunk.as_mut_ptr().cast(),
            iov_len: len,
        });
        let mut parts: Vec<libc::iovec> = parts.collect();
        let headers = parts.iter_mut().map(|part| {
            // SAFETY: all zeroes is a valid `mmsghdr`.
            let mut header: libc::mmsghdr = unsafe { zeroed() };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header
        });
        Self {
            headers: headers.collect(),
            len,
            bytes,
            _parts: parts,
        }
    }

    /// Every message is to say this.
    pub fn fill(&mut self, message: &[u8]) {
        let chunks = self.bytes.chunks_exact_mut(self.len);
        chunks.for_each(|chunk| chunk.copy_from_slice(message));
    }

    /// Sends all.
    pub fn send(&mut self, socket: impl AsFd) -> io::Result<()> {
        let (fd, count) = (socket.as_fd().as_raw_fd(), self.headers.len() as c_uint);
        // SAFETY: the headers point to memory of this batch, which nobody else uses meanwhile.
        let result = unsafe { libc::sendmmsg(fd, self.headers.as_mut_ptr(), count, 0) };
        self.check(checked(result)?)
    }

    /// Receives as many as there is room for.
    pub fn receive(&mut self, socket: impl AsFd, flags: i32) -> io::Result<()> {
        let (fd, count) = (socket.as_fd().as_raw_fd(), self.headers.len() as c_uint);
        let (headers, timeout) = (self.headers.as_mut_ptr(), std::ptr::null_mut());
        // SAFETY: as for `send`; there is no time-out.
        let result = unsafe { libc::recvmmsg(fd, headers, count, flags, timeout) };
        self.check(checked(result)?)
    }

    /// All of them whole, or the figure is worth nothing.
    fn check(&self, count: i32) -> io::Result<()> {
        let whole = |header: &libc::mmsghdr| header.msg_len as usize == self.len;
        if count as usize == self.headers.len() && self.headers.iter().all(whole) {
            return Ok(());
        }
        let text = format!("{count} messages of {}", self.headers.len());
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

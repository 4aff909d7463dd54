// SPDX-License-Identifier: GPL-2.0
//! Memory that is fresh, read-only or gone.

use super::socket::Sock;
use super::{cvt, cvt_len};
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

/// Size of a page.
pub const PAGE: usize = 4096;

/// Pages of our own.
pub struct Pages {
    start: NonNull<u8>,
    count: usize,
}

impl Pages {
    /// Maps pages that nobody touched yet.
    pub fn fresh(count: usize) -> io::Result<Pages> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, wherever the kernel likes.
        let start = unsafe { libc::mmap(ptr::null_mut(), count * PAGE, access, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mmap gave 0"))?;
        Ok(Pages { start, count })
    }

    /// The address of a byte.
    pub fn address(&self, offset: usize) -> usize {
        assert!(offset <= self.count * PAGE, "an offset inside the mapping");
        self.start.as_ptr() as usize + offset
    }

    /// Makes one page inaccessible: to the kernel as if it were unmapped, and nobody else gets it.
    pub fn forbid(&self, page: usize) -> io::Result<()> {
        self.protect(page, libc::PROT_NONE)
    }

    /// Makes one page read-only.
    pub fn freeze(&self, page: usize) -> io::Result<()> {
        self.protect(page, libc::PROT_READ)
    }

    fn protect(&self, page: usize, access: i32) -> io::Result<()> {
        assert!(page < self.count, "a page inside the mapping");
        let address = self.address(page * PAGE) as *mut libc::c_void;
        // SAFETY: the page is inside our mapping and no reference to it exists.
        cvt(unsafe { libc::mprotect(address, PAGE, access) }).map(drop)
    }

    /// Writes bytes; the pages must be accessible.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        assert!(
            offset + bytes.len() <= self.count * PAGE,
            "bytes inside the mapping"
        );
        // SAFETY: in range, and this is the only borrow of the mapping.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(offset), bytes.len())
        }
    }

    /// Reads bytes; the pages must be accessible.
    pub fn read(&self, offset: usize, len: usize) -> Vec<u8> {
        assert!(
            offset + len <= self.count * PAGE,
            "bytes inside the mapping"
        );
        // SAFETY: in range; anonymous memory is initialised with zeroes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset), len) }.to_vec()
    }

    /// `recv(2)` into the mapping.
    pub fn recv(
        &mut self,
        sock: &Sock,
        offset: usize,
        len: usize,
        flags: i32,
    ) -> io::Result<usize> {
        assert!(
            offset + len <= self.count * PAGE,
            "a buffer inside the mapping"
        );
        let address = self.address(offset) as *mut libc::c_void;
        // SAFETY: the buffer is inside our mapping; where it may not be written: EFAULT.
        cvt_len(unsafe { libc::recv(sock.as_raw_fd(), address, len, flags) })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: our mapping, and no reference to it is left.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.count * PAGE) };
    }
}

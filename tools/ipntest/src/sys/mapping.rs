// SPDX-License-Identifier: GPL-2.0
//! Memory of a network, mapped: what the kernel lets a process do with it, and what not.

use super::socket::Sock;
use super::{cvt, cvt_len};
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A mapping of a socket.
#[derive(Debug)]
pub struct Area {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: memory belongs to no thread.
unsafe impl Send for Area {}
// SAFETY: what is reached through shared references is atomic, or copied by the kernel.
unsafe impl Sync for Area {}

impl Area {
    /// `mmap(2)`, with 64 bits for the offset.
    pub fn map(sock: &Sock, len: usize, access: i32, flags: i32, offset: i64) -> io::Result<Area> {
        // SAFETY: a new mapping, wherever the kernel likes.
        let start = unsafe {
            libc::mmap64(
                ptr::null_mut(),
                len,
                access,
                flags,
                sock.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mmap gave 0"))?;
        Ok(Area { start, len })
    }

    /// Its size, in bytes.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Where it is.
    pub fn address(&self) -> usize {
        self.start.as_ptr() as usize
    }

    fn at<T>(&self, offset: usize) -> &T {
        assert!(
            offset + size_of::<T>() <= self.len && offset % align_of::<T>() == 0,
            "within the mapping"
        );
        // SAFETY: it is within the mapping and aligned; only atomic types are asked for.
        unsafe { self.start.add(offset).cast().as_ref() }
    }

    /// A word of 64 bits, which others may write.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        self.at(offset)
    }

    /// A word of 32 bits, which others may write.
    pub fn half(&self, offset: usize) -> &AtomicU32 {
        self.at(offset)
    }

    /// `mprotect(2)` of all of it.
    pub fn protect(&self, access: i32) -> io::Result<()> {
        // SAFETY: what is not readable any more is not read, but in tests that end by it.
        cvt(unsafe { libc::mprotect(self.start.as_ptr().cast(), self.len, access) }).map(drop)
    }

    /// `madvise(2)` of all of it.
    pub fn advise(&self, advice: i32) -> io::Result<()> {
        // SAFETY: whatever becomes of the pages, no Rust value lies in them.
        cvt(unsafe { libc::madvise(self.start.as_ptr().cast(), self.len, advice) }).map(drop)
    }

    /// `mremap(2)` to another length, anywhere.
    pub fn resize(&mut self, len: usize) -> io::Result<()> {
        // SAFETY: nobody borrows the mapping.
        let moved = unsafe {
            libc::mremap(
                self.start.as_ptr().cast(),
                self.len,
                len,
                libc::MREMAP_MAYMOVE,
            )
        };
        if moved == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.start = NonNull::new(moved.cast()).ok_or_else(|| io::Error::other("mremap gave 0"))?;
        self.len = len;
        Ok(())
    }

    /// Puts fresh memory in its place (`MAP_FIXED`).
    pub fn cover(&self) -> io::Result<()> {
        let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let start = self.start.as_ptr().cast();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the mapping is ours, and no Rust value lies in it.
        let covered = unsafe { libc::mmap(start, self.len, access, flags, -1, 0) };
        match covered {
            libc::MAP_FAILED => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// `process_vm_writev(2)` of 8 bytes to it, by this very process.
    pub fn write_by_vm(&self, offset: usize) -> io::Result<usize> {
        let bytes = [0xff_u8; 8];
        let local = libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        };
        let remote = libc::iovec {
            iov_base: (self.address() + offset) as *mut _,
            iov_len: bytes.len(),
        };
        // SAFETY: our own process; where it may not be written the kernel says so.
        cvt_len(unsafe {
            libc::process_vm_writev(super::process::process_id(), &local, 1, &remote, 1, 0)
        })
    }

    /// `read(2)` of 8 bytes into it.
    pub fn read_into(&self, offset: usize, file: &impl AsRawFd) -> io::Result<usize> {
        let to = (self.address() + offset) as *mut _;
        // SAFETY: no Rust value lies there; where it may not be written the kernel says so.
        cvt_len(unsafe { libc::read(file.as_raw_fd(), to, 8) })
    }

    /// `recv(2)` of 8 bytes into it.
    pub fn recv_into(&self, sock: &Sock, flags: i32) -> io::Result<usize> {
        let to = self.start.as_ptr().cast();
        // SAFETY: no Rust value lies there; where it may not be written the kernel says so.
        cvt_len(unsafe { libc::recv(sock.as_raw_fd(), to, 8, flags) })
    }

    /// `vmsplice(2)` of its first page into a pipe.
    pub fn give_to(&self, pipe: &impl AsRawFd, flags: u32) -> io::Result<usize> {
        let page = libc::iovec {
            iov_base: self.start.as_ptr().cast(),
            iov_len: 4096.min(self.len),
        };
        // SAFETY: the page is there; the pipe only reads it.
        cvt_len(unsafe { libc::vmsplice(pipe.as_raw_fd(), &page, 1, flags) })
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        // SAFETY: our mapping, and no reference to it is left.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Memory whose pages do not come until they are told to (userfaultfd): who touches one sleeps in the fault.

use super::memory::{Pages, PAGE};
use super::poll::poll;
use super::socket::Sock;
use super::{cvt, cvt_len, cvt_long};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `UFFDIO_API`, `UFFDIO_REGISTER` and `UFFDIO_ZEROPAGE` of `linux/userfaultfd.h`.
const API: u32 = 0xc018_aa3f;
const REGISTER: u32 = 0xc020_aa00;
const ZEROPAGE: u32 = 0xc020_aa04;

/// A page that nobody has touched, and that comes when told to.
pub struct Absent {
    pages: Pages,
    faults: OwnedFd,
}

// SAFETY: memory belongs to no thread.
unsafe impl Send for Absent {}
// SAFETY: what is there is reached by the kernel alone.
unsafe impl Sync for Absent {}

impl Absent {
    /// Maps one.
    pub fn page() -> io::Result<Absent> {
        let pages = Pages::fresh(1)?;
        // SAFETY: it takes flags alone.
        let fd =
            unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC | libc::O_NONBLOCK) };
        let fd = cvt_long(fd)?;
        // SAFETY: the kernel just gave us this descriptor.
        let faults = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        let absent = Absent { pages, faults };
        absent.call(API, &mut [0xaa, 0, 0])?;
        let missing = 1;
        absent.call(
            REGISTER,
            &mut [absent.address() as u64, PAGE as u64, missing, 0],
        )?;
        Ok(absent)
    }

    /// Where it is.
    pub fn address(&self) -> usize {
        self.pages.address(0)
    }

    /// Whether somebody waits for it.
    pub fn is_awaited(&self) -> bool {
        poll(&self.faults, libc::POLLIN, 0).is_ok_and(|events| events & libc::POLLIN != 0)
    }

    /// It comes, full of zeroes.
    pub fn comes(&self) -> io::Result<()> {
        self.call(ZEROPAGE, &mut [self.address() as u64, PAGE as u64, 0, 0])
    }

    /// `recv(2)` into it.
    pub fn recv(&self, sock: &Sock, len: usize, flags: i32) -> io::Result<usize> {
        assert!(len <= PAGE, "a buffer inside the page");
        let address = self.address() as *mut libc::c_void;
        // SAFETY: the buffer is inside our mapping, of which there are no references.
        cvt_len(unsafe { libc::recv(sock.as_raw_fd(), address, len, flags) })
    }

    /// `getsockopt(2)` with its value in it.
    pub fn getsockopt(&self, sock: &Sock, level: i32, name: i32, room: u32) -> io::Result<()> {
        assert!(room as usize <= PAGE, "a value inside the page");
        let (address, mut room) = (self.address() as *mut libc::c_void, room);
        // SAFETY: as above; the length is read and written.
        cvt(unsafe { libc::getsockopt(sock.as_raw_fd(), level, name, address, &mut room) })
            .map(drop)
    }

    fn call(&self, request: u32, argument: &mut [u64]) -> io::Result<()> {
        // SAFETY: the argument is as long as the request's number tells, and writable.
        cvt(unsafe { libc::ioctl(self.faults.as_raw_fd(), request as _, argument.as_mut_ptr()) })
            .map(drop)
    }
}

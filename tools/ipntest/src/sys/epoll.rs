// SPDX-License-Identifier: GPL-2.0
//! `epoll`.

use super::cvt;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// An epoll instance.
pub struct Epoll(OwnedFd);

impl Epoll {
    /// `epoll_create1(2)`.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: no pointers.
        let fd = cvt(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the kernel just gave us this descriptor.
        Ok(Epoll(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    fn control(&self, op: i32, file: &impl AsRawFd, events: i32, tag: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: events as u32,
            u64: tag,
        };
        // SAFETY: `event` is ours and only read.
        cvt(unsafe { libc::epoll_ctl(self.0.as_raw_fd(), op, file.as_raw_fd(), &mut event) })
            .map(drop)
    }

    /// Watches a descriptor.
    pub fn add(&self, file: &impl AsRawFd, events: i32, tag: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, file, events, tag)
    }

    /// Watches it for something else.
    pub fn modify(&self, file: &impl AsRawFd, events: i32, tag: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, file, events, tag)
    }

    /// Waits for up to 64 events: (what came, whose).
    pub fn wait(&self, limit_ms: i32) -> io::Result<Vec<(i32, u64)>> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        let room = events.len() as i32;
        // SAFETY: `events` has room for as many as are asked for.
        let n = cvt(unsafe {
            libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), room, limit_ms)
        })?;
        Ok(events[..n as usize]
            .iter()
            .map(|e| (e.events as i32, e.u64))
            .collect())
    }
}

impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `io_uring`.

use io_uring::{opcode, squeue, types, IoUring};
use rustix::fd::{AsFd, AsRawFd};
use std::io;

/// A ring for as many requests as are submitted at once, and a buffer that they share.
pub struct Uring {
    ring: IoUring,
    /// Leaked: an unfinished request may use it for ever.
    bytes: *mut [u8],
}

impl Uring {
    /// A ring for `count` requests with messages of `len` bytes.
    pub fn new(count: usize, len: usize) -> io::Result<Self> {
        Ok(Self {
            ring: IoUring::new(count as u32)?,
            bytes: Box::into_raw(vec![0x5a; len].into_boxed_slice()),
        })
    }

    /// Sends so many messages with one call.
    pub fn send(&mut self, socket: impl AsFd, count: usize) -> io::Result<()> {
        let fd = types::Fd(socket.as_fd().as_raw_fd());
        let (start, len) = (self.bytes.cast::<u8>(), self.bytes.len() as u32);
        self.run(opcode::Send::new(fd, start, len).build(), count)
    }

    /// Receives so many messages with one call.
    pub fn receive(&mut self, socket: impl AsFd, count: usize, flags: i32) -> io::Result<()> {
        let fd = types::Fd(socket.as_fd().as_raw_fd());
        let (start, len) = (self.bytes.cast::<u8>(), self.bytes.len() as u32);
        let receive = opcode::Recv::new(fd, start, len).flags(flags);
        self.run(receive.build(), count)
    }

    fn run(&mut self, request: squeue::Entry, count: usize) -> io::Result<()> {
        for _ in 0..count {
            // SAFETY: the buffer is there for ever, and what lands in it is looked at by nobody.
            unsafe { self.ring.submission().push(&request) }.map_err(io::Error::other)?;
        }
        self.ring.submit_and_wait(count)?;
        let mut whole = 0;
        for ended in self.ring.completion() {
            match usize::try_from(ended.result()) {
                Ok(len) if len == self.bytes.len() => whole += 1,
                Ok(_) => {}
                Err(_) => return Err(io::Error::from_raw_os_error(-ended.result())),
            }
        }
        if whole == count {
            return Ok(());
        }
        let text = format!("{whole} messages of {count}");
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

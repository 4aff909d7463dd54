// SPDX-License-Identifier: GPL-2.0
//! `io_uring`, with buffers that live as long as the process.

use super::poll::poll;
use super::socket::Sock;
use io_uring::{opcode, squeue, types, IoUring};
use std::collections::HashMap;
use std::io;
use std::os::fd::AsRawFd;

/// A ring, and the buffers of what is under way.
pub struct Uring {
    ring: IoUring,
    buffers: HashMap<u64, Buffer>,
}

/// A receive buffer: leaked, and only the kernel touches it until its request has ended.
struct Buffer {
    start: *mut u8,
    len: usize,
}

impl Buffer {
    fn new(len: usize) -> Buffer {
        let bytes: &'static mut [u8] = Box::leak(vec![0; len].into());
        Buffer {
            start: bytes.as_mut_ptr(),
            len,
        }
    }

    /// Its first bytes, once the request has ended.
    fn take(self, len: usize) -> Vec<u8> {
        // SAFETY: leaked, initialised memory, and the kernel is done with it.
        unsafe { std::slice::from_raw_parts(self.start, len.min(self.len)) }.to_vec()
    }
}

/// A request that has ended.
#[derive(Debug)]
pub struct Completion {
    /// The tag it was given.
    pub tag: u64,
    /// Its result: a length, or an errno.
    pub result: io::Result<usize>,
    /// What a receive brought.
    pub data: Vec<u8>,
}

/// Who does the work of a ring, and when.
#[derive(Clone, Copy, Debug)]
pub enum Worker {
    /// The caller, when it submits and whenever it is interrupted.
    Caller,
    /// The caller, only when it submits and waits (`IORING_SETUP_DEFER_TASKRUN`).
    WaitingCaller,
    /// A thread of the kernel (`IORING_SETUP_SQPOLL`).
    Thread,
}

impl Uring {
    /// A ring of 64 entries.
    pub fn new() -> io::Result<Uring> {
        Uring::with(Worker::Caller)
    }

    /// The same with another worker.
    pub fn with(worker: Worker) -> io::Result<Uring> {
        let mut builder = IoUring::builder();
        match worker {
            Worker::Caller => &mut builder,
            Worker::WaitingCaller => builder.setup_single_issuer().setup_defer_taskrun(),
            Worker::Thread => builder.setup_sqpoll(10),
        };
        Ok(Uring {
            ring: builder.build(64)?,
            buffers: HashMap::new(),
        })
    }

    /// Starts sends, all by one call, with the tags 0, 1, and so on.
    pub fn send_all(&mut self, sock: &Sock, messages: &[&[u8]]) -> io::Result<()> {
        for (tag, data) in (0..).zip(messages) {
            let data: &'static [u8] = Box::leak((*data).into());
            let fd = types::Fd(sock.as_raw_fd());
            let entry = opcode::Send::new(fd, data.as_ptr(), data.len() as u32).build();
            // SAFETY: the buffer was leaked, so it outlives the request.
            unsafe { self.ring.submission().push(&entry.user_data(tag)) }
                .map_err(io::Error::other)?;
        }
        self.ring.submit().map(drop)
    }

    /// Starts a send, tag 0, and a receive, tag 1, and waits for the end of both: all in one call.
    pub fn ask(&mut self, sock: &Sock, data: &[u8], room: usize) -> io::Result<()> {
        let data: &'static [u8] = Box::leak(data.into());
        let buffer = Buffer::new(room);
        let (pointer, len) = (buffer.start, buffer.len as u32);
        self.buffers.insert(1, buffer);
        let fd = types::Fd(sock.as_raw_fd());
        let send = opcode::Send::new(fd, data.as_ptr(), data.len() as u32);
        let recv = opcode::Recv::new(fd, pointer, len);
        let entries = [send.build().user_data(0), recv.build().user_data(1)];
        // SAFETY: both buffers were leaked, so they outlive the requests.
        unsafe { self.ring.submission().push_multiple(&entries) }.map_err(io::Error::other)?;
        self.ring.submit_and_wait(2).map(drop)
    }

    fn push(&mut self, entry: squeue::Entry, tag: u64) -> io::Result<()> {
        let entry = entry.user_data(tag);
        // SAFETY: every buffer in an entry was leaked, so it outlives the request.
        unsafe { self.ring.submission().push(&entry) }.map_err(io::Error::other)?;
        self.ring.submit().map(drop)
    }

    /// Starts a send.
    pub fn send(&mut self, sock: &Sock, data: &[u8], flags: i32, tag: u64) -> io::Result<()> {
        let data: &'static [u8] = Box::leak(data.into());
        let fd = types::Fd(sock.as_raw_fd());
        self.push(
            opcode::Send::new(fd, data.as_ptr(), data.len() as u32)
                .flags(flags)
                .build(),
            tag,
        )
    }

    /// Starts a receive.
    pub fn recv(&mut self, sock: &Sock, room: usize, flags: i32, tag: u64) -> io::Result<()> {
        let buffer = Buffer::new(room);
        let (pointer, len) = (buffer.start, buffer.len as u32);
        self.buffers.insert(tag, buffer);
        let fd = types::Fd(sock.as_raw_fd());
        self.push(
            opcode::Recv::new(fd, pointer, len).flags(flags).build(),
            tag,
        )
    }

    /// Starts a send and, once it has succeeded, a receive on another socket.
    pub fn send_then_recv(
        &mut self,
        from: &Sock,
        data: &[u8],
        to: &Sock,
        room: usize,
        tags: (u64, u64),
    ) -> io::Result<()> {
        let data: &'static [u8] = Box::leak(data.into());
        let buffer = Buffer::new(room);
        let (pointer, len) = (buffer.start, buffer.len as u32);
        self.buffers.insert(tags.1, buffer);
        let (from, to) = (types::Fd(from.as_raw_fd()), types::Fd(to.as_raw_fd()));
        let send = opcode::Send::new(from, data.as_ptr(), data.len() as u32);
        let send = send.build().flags(squeue::Flags::IO_LINK).user_data(tags.0);
        let recv = opcode::Recv::new(to, pointer, len)
            .build()
            .user_data(tags.1);
        // SAFETY: both buffers were leaked, so they outlive the requests.
        unsafe { self.ring.submission().push_multiple(&[send, recv]) }.map_err(io::Error::other)?;
        self.ring.submit().map(drop)
    }

    /// Starts a poll.
    pub fn poll(&mut self, sock: &Sock, events: i16, tag: u64) -> io::Result<()> {
        let fd = types::Fd(sock.as_raw_fd());
        self.push(opcode::PollAdd::new(fd, events as u32).build(), tag)
    }

    /// Cancels what has this tag.
    pub fn cancel(&mut self, target: u64, tag: u64) -> io::Result<()> {
        self.push(opcode::AsyncCancel::new(target).build(), tag)
    }

    /// Shuts a socket down.
    pub fn shutdown(&mut self, sock: &Sock, how: i32, tag: u64) -> io::Result<()> {
        let fd = types::Fd(sock.as_raw_fd());
        self.push(opcode::Shutdown::new(fd, how).build(), tag)
    }

    /// What has ended, without waiting.
    pub fn ended(&mut self) -> Vec<Completion> {
        let Uring { ring, buffers } = self;
        ring.completion()
            .map(|entry| {
                let result = match entry.result() {
                    len @ 0.. => Ok(len as usize),
                    errno => Err(io::Error::from_raw_os_error(-errno)),
                };
                let buffer = buffers.remove(&entry.user_data());
                let len = result.as_ref().map_or(0, |len| *len);
                let data = buffer.map_or(Vec::new(), |buffer| buffer.take(len));
                Completion {
                    tag: entry.user_data(),
                    result,
                    data,
                }
            })
            .collect()
    }

    /// Waits until this many requests have ended, each wait at most `limit_ms`.
    pub fn wait(&mut self, count: usize, limit_ms: i32) -> io::Result<Vec<Completion>> {
        let mut ended = self.ended();
        while ended.len() < count {
            if poll(&self.ring, libc::POLLIN, limit_ms)? == 0 {
                let text = format!("{} of {count} requests ended in {limit_ms} ms", ended.len());
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            ended.extend(self.ended());
        }
        Ok(ended)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Ways to get a message from one process to several others.

mod hub;
mod netlink;
mod pipe;
mod udp;
mod unix;

use rustix::fd::AsFd;
use rustix::net::{RecvFlags, SendFlags};
use std::io;

/// What is sent to whom.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Bytes of a message.
    pub bytes: usize,
    /// Who receives it.
    pub receivers: usize,
}

/// A way for messages, with one sender.
pub trait Medium {
    /// Sends a message to all receivers.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// A receiver takes a message that waits.
    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()>;
}

/// A medium; none where it cannot carry such messages.
pub type Opened = io::Result<Option<Box<dyn Medium>>>;

/// A kind of medium.
pub struct Kind {
    /// Its name in records and tables.
    pub name: &'static str,
    /// Opens one.
    pub open: fn(Setting) -> Opened,
}

/// All of them.
pub const MEDIA: &[Kind] = &[hub::KIND, pipe::KIND, unix::KIND, netlink::KIND, udp::KIND];

/// Sends a whole message to a socket.
fn send(socket: impl AsFd, message: &[u8]) -> io::Result<()> {
    let len = rustix::net::send(socket, message, SendFlags::empty())?;
    whole(len, message)
}

/// Takes a message from a socket.
fn receive(socket: impl AsFd, room: &mut [u8]) -> io::Result<()> {
    let (len, _) = rustix::net::recv(socket, &mut *room, RecvFlags::DONTWAIT)?;
    whole(len, room)
}

/// A message is whole, or the figure is worth nothing.
fn whole(len: usize, expected: &[u8]) -> io::Result<()> {
    if len == expected.len() {
        return Ok(());
    }
    let text = format!("{len} bytes of a message of {}", expected.len());
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

// SPDX-License-Identifier: GPL-2.0

//! Ways to get a message from one process to several others.

mod batch;
pub mod bridge;
mod device;
mod filtered;
pub mod hub;
pub mod kinds;
mod mapped;
pub mod netlink;
mod pipe;
mod records;
mod relay;
pub mod shared;
pub mod switch;
mod tipc;
pub mod udp;
mod unix;
mod uring;
mod vde;
mod written;

use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{RecvFlags, SendFlags};
use serde::{Deserialize, Serialize};
use std::io;

/// What is sent to whom.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Bytes of a message.
    pub bytes: usize,
    /// Who receives it.
    pub receivers: usize,
    /// Whether a receiver sleeps until a message comes; otherwise that is an error.
    pub sleep: bool,
}

/// A way for messages, with one sender.
pub trait Medium {
    /// Sends a message to all receivers.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// A receiver takes a message.
    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()>;

    /// Sends so many messages.
    fn send_many(&mut self, message: &[u8], count: usize) -> io::Result<()> {
        (0..count).try_for_each(|_| self.send(message))
    }

    /// A receiver takes so many.
    fn receive_many(&mut self, receiver: usize, room: &mut [u8], count: usize) -> io::Result<()> {
        (0..count).try_for_each(|_| self.receive(receiver, room))
    }
}

/// A medium; none where it cannot carry such messages.
pub type Opened = io::Result<Option<Box<dyn Medium>>>;

/// Sockets that send, each to all or to one; and those that receive.
pub type Sockets = (Vec<OwnedFd>, Vec<OwnedFd>);

/// What a medium is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Messages of any kind, to all.
    Bus,
    /// Ethernet frames: with one receiver to its address, with more to all.
    Ethernet,
    /// The same, where one end is a network device.
    Device,
}

/// What a kind of medium is to the reader of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// AF_IPN.
    Ours,
    /// What a user could take instead.
    Peer,
    /// Something that shows where a limit is.
    Aside,
}

/// A kind of medium.
pub struct Kind {
    /// Its name in records and tables.
    pub name: &'static str,
    /// What it is compared with.
    pub group: Group,
    /// Whether AF_IPN is compared with it.
    pub role: Role,
    /// How many messages wait together while it is measured.
    pub depth: usize,
    /// Whether receivers are processes that it wakes.
    pub wakes: bool,
    /// Opens one.
    pub open: fn(Setting) -> Opened,
}

/// How many messages wait together, of most media.
const DEPTH: usize = 8;

/// The address of who sends frames.
pub const SENDER: [u8; 6] = [2, 0, 0, 0, 0, 1];
/// The address of who receives them, if there is one.
const STATION: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// Everybody's address.
pub const BROADCAST: [u8; 6] = [0xff; 6];
/// Bytes of the shortest frame here: as on a wire, but for the checksum.
pub const FRAME_MIN: usize = 60;
/// Bytes of the longest.
const FRAME_MAX: usize = 1514;
/// What the frames carry: a protocol that is left to experiments.
pub const PROTOCOL: u16 = 0x88b5;

impl Setting {
    /// A message: long ones are Ethernet frames to the receivers.
    pub fn message(&self) -> Vec<u8> {
        let to = match self.receivers {
            1 => STATION,
            _ => BROADCAST,
        };
        self.padded(frame(to, SENDER))
    }

    /// A frame by which a switch learns where the receiver is.
    fn answer(&self) -> Vec<u8> {
        self.padded(frame(SENDER, STATION))
    }

    fn padded(&self, mut frame: Vec<u8>) -> Vec<u8> {
        frame.resize(self.bytes, 0x5a);
        frame
    }

    /// Whether the messages are such as an Ethernet of usual size carries.
    fn is_ethernet(&self) -> bool {
        (FRAME_MIN..=FRAME_MAX).contains(&self.bytes)
    }

    /// The flags with which a receiver receives.
    fn flags(&self) -> RecvFlags {
        match self.sleep {
            true => RecvFlags::empty(),
            false => RecvFlags::DONTWAIT,
        }
    }
}

/// The header of a frame.
pub fn frame(to: [u8; 6], from: [u8; 6]) -> Vec<u8> {
    [&to[..], &from, &PROTOCOL.to_be_bytes()].concat()
}

/// Sends a whole message to a socket.
pub fn send(socket: impl AsFd, message: &[u8]) -> io::Result<()> {
    let len = rustix::net::send(socket, message, SendFlags::empty())?;
    whole(len, message)
}

/// Takes a message from a socket.
pub fn receive(socket: impl AsFd, room: &mut [u8], flags: RecvFlags) -> io::Result<()> {
    let (len, _) = rustix::net::recv(socket, &mut *room, flags)?;
    whole(len, room)
}

/// A message is whole, or the figure is worth nothing.
pub fn whole(len: usize, expected: &[u8]) -> io::Result<()> {
    if len == expected.len() {
        return Ok(());
    }
    let text = format!("{len} bytes of a message of {}", expected.len());
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

/// Runs `ip` with these words.
pub fn ip(words: &str) -> io::Result<()> {
    let ran = std::process::Command::new("ip")
        .args(words.split(' '))
        .output()?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    Err(io::Error::other(format!("ip {words}: {}", said.trim())))
}

// SPDX-License-Identifier: GPL-2.0

//! The hub, whose receivers have mapped its memory and take messages without a system call.

use super::hub::Hub;
use super::{send, whole, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use ipn::{Content, Port, Receiver};
use rustix::net::RecvFlags;
use std::io;

/// The hub.
pub const KIND: Kind = Kind {
    name: "hub mapped",
    group: Group::Bus,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Mapped {
    sender: Port,
    receivers: Vec<Receiver>,
    sleep: bool,
}

/// Has ports receive out of mapped memory.
pub fn map(ports: Vec<Port>) -> io::Result<Vec<Receiver>> {
    let receivers = ports.into_iter().map(|port| {
        let receiver = port.into_receiver().map_err(io::Error::other)?;
        match receiver.not_mapped() {
            None => Ok(receiver),
            Some(error) => Err(io::Error::other(error.to_string())),
        }
    });
    receivers.collect()
}

/// Receives a message, for which it waits.
pub fn receive(receiver: &mut Receiver, room: &mut [u8]) -> io::Result<()> {
    let found = receiver.recv_with(RecvFlags::empty());
    match found.map_err(io::Error::other)?.0 {
        Content::Message(bytes) => {
            whole(bytes.len(), room)?;
            room.copy_from_slice(bytes);
            Ok(())
        }
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Takes messages that are there. They lie in the receiver's own buffer.
pub fn take(receiver: &mut Receiver, room: &mut [u8], count: usize) -> io::Result<()> {
    for _ in 0..count {
        match receiver.take_bytes().map_err(io::Error::other)? {
            Some(bytes) => whole(bytes.len(), room)?,
            None => return Err(io::ErrorKind::WouldBlock.into()),
        }
    }
    Ok(())
}

fn open(setting: Setting) -> Opened {
    let hub = Hub::new(setting)?;
    Ok(Some(Box::new(Mapped {
        receivers: map(hub.receivers)?,
        sender: hub.sender,
        sleep: setting.sleep,
    })))
}

impl Medium for Mapped {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        let receiver = &mut self.receivers[receiver];
        match self.sleep {
            true => self::receive(receiver, room),
            false => take(receiver, room, 1),
        }
    }

    fn receive_many(&mut self, receiver: usize, room: &mut [u8], count: usize) -> io::Result<()> {
        take(&mut self.receivers[receiver], room, count)
    }
}

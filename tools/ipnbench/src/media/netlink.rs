// SPDX-License-Identifier: GPL-2.0

//! Netlink multicast between processes: a group of NETLINK_USERSOCK.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use rustix::fd::OwnedFd;
use rustix::net::netlink::{SocketAddrNetlink, USERSOCK};
use rustix::net::{bind, connect, socket, AddressFamily, RecvFlags, SocketType};
use std::io;

/// The group.
pub const KIND: Kind = Kind {
    name: "netlink",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Netlink {
    sender: OwnedFd,
    receivers: Vec<OwnedFd>,
    flags: RecvFlags,
}

fn open_socket() -> io::Result<OwnedFd> {
    let kind = SocketType::RAW;
    Ok(socket(AddressFamily::NETLINK, kind, Some(USERSOCK))?)
}

/// A socket that sends to a group, which is a bit.
pub fn sender(group: u32) -> io::Result<OwnedFd> {
    let sender = open_socket()?;
    connect(&sender, &SocketAddrNetlink::new(0, group))?;
    Ok(sender)
}

/// A socket that receives what goes to a group.
pub fn receiver(group: u32) -> io::Result<OwnedFd> {
    let receiver = open_socket()?;
    bind(&receiver, &SocketAddrNetlink::new(0, group))?;
    Ok(receiver)
}

fn open(setting: Setting) -> Opened {
    let receivers = (0..setting.receivers).map(|_| receiver(1));
    let receivers = receivers.collect::<io::Result<_>>()?;
    Ok(Some(Box::new(Netlink {
        sender: sender(1)?,
        receivers,
        flags: setting.flags(),
    })))
}

impl Medium for Netlink {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        // What goes to a group goes to the kernel too, which does not listen.
        match send(&self.sender, message) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            other => other,
        }
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver], room, self.flags)
    }
}

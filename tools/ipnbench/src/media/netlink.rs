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

/// The group, as a bit.
const GROUP: u32 = 1;

fn open_socket() -> io::Result<OwnedFd> {
    let kind = SocketType::RAW;
    Ok(socket(AddressFamily::NETLINK, kind, Some(USERSOCK))?)
}

fn open(setting: Setting) -> Opened {
    let sender = open_socket()?;
    connect(&sender, &SocketAddrNetlink::new(0, GROUP))?;
    let receivers = (0..setting.receivers).map(|_| {
        let receiver = open_socket()?;
        bind(&receiver, &SocketAddrNetlink::new(0, GROUP))?;
        Ok(receiver)
    });
    let receivers = receivers.collect::<io::Result<_>>()?;
    Ok(Some(Box::new(Netlink {
        sender,
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

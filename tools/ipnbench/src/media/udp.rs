// SPDX-License-Identifier: GPL-2.0

//! UDP multicast on the loopback device.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, Sockets, DEPTH};
use rustix::fd::OwnedFd;
use rustix::net::sockopt;
use rustix::net::{bind, connect, ipproto, socket, AddressFamily, RecvFlags, SocketType};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The group.
pub const KIND: Kind = Kind {
    name: "UDP multicast",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Udp {
    sockets: Sockets,
    flags: RecvFlags,
}

/// The address of a group, by its number.
fn group(number: u8) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(239, 192, 0, number), 7777)
}

fn open_socket() -> io::Result<OwnedFd> {
    let kind = SocketType::DGRAM;
    Ok(socket(AddressFamily::INET, kind, Some(ipproto::UDP))?)
}

/// A socket that receives what goes to a group.
pub fn receiver(number: u8) -> io::Result<OwnedFd> {
    let (receiver, group) = (open_socket()?, group(number));
    sockopt::set_socket_reuseaddr(&receiver, true)?;
    bind(&receiver, &group)?;
    sockopt::set_ip_add_membership(&receiver, group.ip(), &Ipv4Addr::LOCALHOST)?;
    Ok(receiver)
}

/// A socket that sends to a group.
pub fn sender(number: u8) -> io::Result<OwnedFd> {
    let sender = open_socket()?;
    sockopt::set_ip_multicast_if(&sender, &Ipv4Addr::LOCALHOST)?;
    connect(&sender, &group(number))?;
    Ok(sender)
}

/// The socket that sends, and those that receive.
pub fn sockets(setting: Setting) -> io::Result<Sockets> {
    let receivers = (0..setting.receivers).map(|_| receiver(1));
    let receivers = receivers.collect::<io::Result<_>>()?;
    Ok((vec![sender(1)?], receivers))
}

fn open(setting: Setting) -> Opened {
    Ok(Some(Box::new(Udp {
        sockets: sockets(setting)?,
        flags: setting.flags(),
    })))
}

impl Medium for Udp {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sockets.0[0], message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.sockets.1[receiver], room, self.flags)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! UDP multicast on the loopback device.

use super::{receive, send, Kind, Medium, Opened, Setting};
use rustix::fd::OwnedFd;
use rustix::net::sockopt;
use rustix::net::{bind, connect, ipproto, socket, AddressFamily, SocketType};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

pub const KIND: Kind = Kind {
    name: "UDP multicast",
    open,
};

struct Udp {
    sender: OwnedFd,
    receivers: Vec<OwnedFd>,
}

const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 192, 0, 1), 7777);

fn open_socket() -> io::Result<OwnedFd> {
    let kind = SocketType::DGRAM;
    Ok(socket(AddressFamily::INET, kind, Some(ipproto::UDP))?)
}

fn open(setting: Setting) -> Opened {
    let receivers = (0..setting.receivers).map(|_| {
        let receiver = open_socket()?;
        sockopt::set_socket_reuseaddr(&receiver, true)?;
        bind(&receiver, &GROUP)?;
        sockopt::set_ip_add_membership(&receiver, GROUP.ip(), &Ipv4Addr::LOCALHOST)?;
        Ok(receiver)
    });
    let receivers = receivers.collect::<io::Result<_>>()?;
    let sender = open_socket()?;
    sockopt::set_ip_multicast_if(&sender, &Ipv4Addr::LOCALHOST)?;
    connect(&sender, &GROUP)?;
    Ok(Some(Box::new(Udp { sender, receivers })))
}

impl Medium for Udp {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver], room)
    }
}

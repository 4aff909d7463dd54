// SPDX-License-Identifier: GPL-2.0

//! AF_UNIX datagrams: a pair of sockets for each receiver, and a send on each.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, Sockets, DEPTH};
use rustix::net::RecvFlags;
use std::io;
use std::os::unix::net::UnixDatagram;

/// The pairs.
pub const KIND: Kind = Kind {
    name: "AF_UNIX x N",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Unix {
    sockets: Sockets,
    flags: RecvFlags,
}

/// The ends that send, and those that receive.
pub fn sockets(setting: Setting) -> io::Result<Sockets> {
    let pairs = (0..setting.receivers).map(|_| UnixDatagram::pair());
    pairs
        .map(|pair| pair.map(|(to, from)| (to.into(), from.into())))
        .collect()
}

fn open(setting: Setting) -> Opened {
    Ok(Some(Box::new(Unix {
        sockets: sockets(setting)?,
        flags: setting.flags(),
    })))
}

impl Medium for Unix {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.sockets.0.iter().try_for_each(|to| send(to, message))
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.sockets.1[receiver], room, self.flags)
    }
}

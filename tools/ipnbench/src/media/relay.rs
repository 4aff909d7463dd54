// SPDX-License-Identifier: GPL-2.0

//! A daemon that sends what it receives to all others, over AF_UNIX, as that of D-Bus does.
//!
//! Where receivers sleep, the daemon is a process. Otherwise what it does is part of a send.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use crate::sys::process::Child;
use rustix::fd::OwnedFd;
use rustix::net::{socketpair, AddressFamily, RecvFlags, SocketFlags, SocketType};
use std::io;

/// The relay.
pub const KIND: Kind = Kind {
    name: "relay",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

type Pair = (OwnedFd, OwnedFd);

struct Relay {
    sender: Pair,
    receivers: Vec<Pair>,
    room: Vec<u8>,
    flags: RecvFlags,
    daemon: Option<Child>,
}

fn pair() -> io::Result<Pair> {
    let (family, flags) = (AddressFamily::UNIX, SocketFlags::empty());
    Ok(socketpair(family, SocketType::SEQPACKET, flags, None)?)
}

fn open(setting: Setting) -> Opened {
    let receivers = (0..setting.receivers).map(|_| pair());
    let mut relay = Relay {
        sender: pair()?,
        receivers: receivers.collect::<Result<_, _>>()?,
        room: vec![0; setting.bytes],
        flags: setting.flags(),
        daemon: None,
    };
    if setting.sleep {
        relay.daemon = Some(Child::start(|| loop {
            relay.pass_on()?;
        })?);
    }
    Ok(Some(Box::new(relay)))
}

impl Relay {
    /// What the daemon does.
    fn pass_on(&mut self) -> io::Result<()> {
        receive(&self.sender.1, &mut self.room, RecvFlags::empty())?;
        let mut receivers = self.receivers.iter();
        receivers.try_for_each(|(to, _)| send(to, &self.room))
    }
}

impl Medium for Relay {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender.0, message)?;
        match self.daemon {
            Some(_) => Ok(()),
            None => self.pass_on(),
        }
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver].1, room, self.flags)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(daemon) = &self.daemon {
            daemon.kill();
        }
    }
}

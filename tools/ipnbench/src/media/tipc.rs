// SPDX-License-Identifier: GPL-2.0

//! A group of TIPC, on this host alone.

use super::{receive, send, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use crate::sys::tipc::group_member;
use rustix::fd::OwnedFd;
use rustix::net::RecvFlags;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

/// The group.
pub const KIND: Kind = Kind {
    name: "TIPC group",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

/// Members beyond which joining alone takes minutes: each tells all others.
const MEMBERS_MAX: usize = 65;
/// A group's number must not be that of an earlier one, whose members may still be going.
static NEXT_GROUP: AtomicU32 = AtomicU32::new(4711);

struct Tipc {
    sender: OwnedFd,
    receivers: Vec<OwnedFd>,
    flags: RecvFlags,
}

fn open(setting: Setting) -> Opened {
    if setting.receivers >= MEMBERS_MAX {
        return Ok(None);
    }
    let group = NEXT_GROUP.fetch_add(1, Ordering::Relaxed);
    let receivers = (1..=setting.receivers).map(|number| group_member(group, number as u32));
    let receivers = receivers.collect::<Result<_, _>>()?;
    Ok(Some(Box::new(Tipc {
        sender: group_member(group, 0)?,
        receivers,
        flags: setting.flags(),
    })))
}

impl Medium for Tipc {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver], room, self.flags)
    }
}

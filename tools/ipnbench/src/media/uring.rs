// SPDX-License-Identifier: GPL-2.0

//! The hub, by `io_uring`: 32 requests a call.

use super::batch::{LONGEST, TOGETHER};
use super::hub::Hub;
use super::{Group, Kind, Medium, Opened, Role, Setting};
use crate::sys::uring::Uring;
use std::io;

/// The hub.
pub const HUB: Kind = Kind {
    name: "hub by io_uring",
    group: Group::Bus,
    role: Role::Ours,
    depth: TOGETHER,
    wakes: false,
    open,
};

struct Queued {
    hub: Hub,
    ring: Uring,
}

fn open(setting: Setting) -> Opened {
    if setting.bytes > LONGEST {
        return Ok(None);
    }
    Ok(Some(Box::new(Queued {
        hub: Hub::new(setting)?,
        ring: Uring::new(TOGETHER, setting.bytes)?,
    })))
}

impl Medium for Queued {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.send_many(message, 1)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        self.receive_many(receiver, room, 1)
    }

    fn send_many(&mut self, _: &[u8], count: usize) -> io::Result<()> {
        self.ring.send(&self.hub.sender, count)
    }

    fn receive_many(&mut self, receiver: usize, _: &mut [u8], count: usize) -> io::Result<()> {
        let flags = self.hub.flags.bits() as i32;
        let receiver = &self.hub.receivers[receiver];
        self.ring.receive(receiver, count, flags)
    }
}

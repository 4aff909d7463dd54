// SPDX-License-Identifier: GPL-2.0

//! Pipes in packet mode: one for each receiver, and a write to each.

use super::{whole, Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use rustix::fd::OwnedFd;
use rustix::pipe::{pipe_with, PipeFlags, PIPE_BUF};
use std::io;

/// The pipes.
pub const KIND: Kind = Kind {
    name: "pipe x N",
    group: Group::Bus,
    role: Role::Peer,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Pipes(Vec<(OwnedFd, OwnedFd)>);

fn open(setting: Setting) -> Opened {
    // What is longer becomes several packets.
    if setting.bytes > PIPE_BUF {
        return Ok(None);
    }
    let mut flags = PipeFlags::DIRECT;
    flags.set(PipeFlags::NONBLOCK, !setting.sleep);
    let pipes = (0..setting.receivers).map(|_| pipe_with(flags));
    Ok(Some(Box::new(Pipes(pipes.collect::<Result<_, _>>()?))))
}

impl Medium for Pipes {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.0
            .iter()
            .try_for_each(|(_, to)| whole(rustix::io::write(to, message)?, message))
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        whole(rustix::io::read(&self.0[receiver].0, &mut *room)?, room)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! 32 messages a call: `sendmmsg(2)` and `recvmmsg(2)`, of the hub and, to compare, of sockets that
//! the kernel serves in the same way.

use super::hub::Hub;
use super::{udp, unix, Group, Kind, Medium, Opened, Role, Setting, Sockets};
use crate::sys::batch::Batch;
use rustix::fd::OwnedFd;
use std::io;

/// The hub.
pub const HUB: Kind = Kind {
    name: "hub by 32",
    group: Group::Bus,
    role: Role::Ours,
    depth: TOGETHER,
    wakes: false,
    open: |setting| {
        open(setting, || {
            let hub = Hub::new(setting)?;
            Ok((
                vec![hub.sender.into()],
                hub.receivers.into_iter().map(OwnedFd::from).collect(),
            ))
        })
    },
};

/// A pair of AF_UNIX sockets for each receiver.
pub const UNIX: Kind = Kind {
    name: "AF_UNIX by 32",
    group: Group::Bus,
    role: Role::Aside,
    depth: TOGETHER,
    wakes: false,
    open: |setting| open(setting, || unix::sockets(setting)),
};

/// UDP multicast.
pub const UDP: Kind = Kind {
    name: "UDP by 32",
    group: Group::Bus,
    role: Role::Aside,
    depth: TOGETHER,
    wakes: false,
    open: |setting| open(setting, || udp::sockets(setting)),
};

/// Messages of a call.
pub const TOGETHER: usize = 32;
/// Longest message of which so many are sent at once.
pub const LONGEST: usize = 1514;

struct Batched {
    sockets: Sockets,
    sent: Batch,
    received: Batch,
    flags: i32,
}

fn open(setting: Setting, sockets: impl FnOnce() -> io::Result<Sockets>) -> Opened {
    if setting.bytes > LONGEST {
        return Ok(None);
    }
    let mut sent = Batch::new(TOGETHER, setting.bytes);
    sent.fill(&setting.message());
    Ok(Some(Box::new(Batched {
        sockets: sockets()?,
        sent,
        received: Batch::new(TOGETHER, setting.bytes),
        flags: setting.flags().bits() as i32,
    })))
}

/// It knows nothing but batches.
impl Medium for Batched {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn receive(&mut self, _: usize, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn send_many(&mut self, _: &[u8], _: usize) -> io::Result<()> {
        let Self { sockets, sent, .. } = self;
        sockets.0.iter().try_for_each(|sender| sent.send(sender))
    }

    fn receive_many(&mut self, receiver: usize, _: &mut [u8], _: usize) -> io::Result<()> {
        self.received.receive(&self.sockets.1[receiver], self.flags)
    }
}

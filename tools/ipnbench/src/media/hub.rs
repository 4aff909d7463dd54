// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN hub, with a call for each message.

use super::{receive, send, Group, Kind, Medium, Role, Setting, DEPTH};
use ipn::{Builder, Policy, Port};
use rustix::net::RecvFlags;
use std::io;

/// The hub.
pub const KIND: Kind = Kind {
    name: "hub",
    group: Group::Bus,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open: |setting| Ok(Some(Box::new(Hub::new(setting)?))),
};

/// What a network had room for before it was given bytes instead: the default of `IPN_SO_MSGPOOLSIZE`.
pub const POOL_BEFORE: u32 = 256;

/// The hub with that room.
pub const BEFORE: Kind = Kind {
    name: "hub of 256 messages",
    group: Group::Bus,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open: |setting| {
        let builder = Builder::new().policy(Policy::HUB).pool(POOL_BEFORE);
        Ok(Some(Box::new(Hub::of(&builder, setting)?)))
    },
};

/// Messages for which networks have room here, when they are long.
const POOL: u32 = 32;
/// What a network carries that nobody has told otherwise.
const MTU: usize = 1514;

/// A network and its ports.
pub struct Hub {
    /// Who sends.
    pub sender: Port,
    /// Who receive.
    pub receivers: Vec<Port>,
    /// How they do.
    pub flags: RecvFlags,
}

impl Hub {
    /// A lossy hub.
    pub fn new(setting: Setting) -> io::Result<Self> {
        Self::of(&Builder::new().policy(Policy::HUB), setting)
    }

    /// A network of any kind.
    pub fn of(builder: &Builder, setting: Setting) -> io::Result<Self> {
        let path = "/tmp/ipnbench";
        let mut builder = builder.clone().ports(setting.receivers as u32 + 1);
        if setting.bytes > MTU {
            builder = builder.mtu(setting.bytes as u32).pool(POOL);
        }
        let sender = builder
            .bind(path)
            .and_then(|manager| Ok(manager.connect()?));
        let sender = sender.map_err(io::Error::other)?;
        let receivers = (0..setting.receivers).map(|_| Port::connect(path));
        let receivers = receivers.collect::<Result<_, _>>();
        std::fs::remove_file(path)?;
        Ok(Self {
            sender,
            receivers: receivers.map_err(io::Error::other)?,
            flags: setting.flags(),
        })
    }
}

impl Medium for Hub {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver], room, self.flags)
    }
}

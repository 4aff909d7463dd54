// SPDX-License-Identifier: GPL-2.0

//! The options of a network to be, their bounds and what they cost.

use crate::abi::errno::{Errno, Result};
use crate::abi::uapi::*;
use crate::ring::layout::{size_of, Extent};

/// Bounds that the module's parameters set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most ports of a network.
    pub(crate) ports: u32,
    /// Most bytes that a network takes.
    pub(crate) bytes: u64,
}

/// What one user may have in all networks together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    /// Most networks.
    pub(crate) networks: u32,
    /// Most bytes of them.
    pub(crate) bytes: u64,
}

/// What a network is made of: the options that count before it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Longest message, in bytes.
    pub(crate) mtu: u32,
    /// Number of ports.
    pub(crate) ports: u32,
    /// How much a ring holds.
    pub(crate) room: Room,
    /// `IPN_FLAG_*`.
    pub(crate) flags: u32,
    /// Mode bits of the file, before the umask.
    pub(crate) mode: u32,
}

/// How much a ring holds: what was said of it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Nothing: `IPN_BYTES_DEFAULT`, but four of the longest messages at least.
    Default,
    /// So many messages of the longest.
    Messages(u32),
    /// So many bytes of messages, each rounded up to 16.
    Bytes(u32),
}

impl Shape {
    /// What a network has unless told.
    pub(crate) const DEFAULT: Self = Self {
        mtu: IPN_MTU_DEFAULT,
        ports: IPN_NUMNODES_DEFAULT,
        room: Room::Default,
        flags: 0,
        mode: IPN_MODE_DEFAULT,
    };

    /// What a network of the policy `protocol` has unless told, within the bounds of now. On a switch a
    /// full frame of a VLAN passes, as through a bridge (`is_skb_forwardable`, net/core/dev.c).
    pub(crate) fn default_within(protocol: u32, limits: &Limits) -> Self {
        Self {
            mtu: if protocol == IPN_VDESWITCH {
                IPN_MTU_VDESWITCH
            } else {
                IPN_MTU_DEFAULT
            },
            ports: IPN_NUMNODES_DEFAULT.min(limits.ports),
            ..Self::DEFAULT
        }
    }

    /// Whether a network of this shape has more ports than one may have, since the bound was lowered:
    /// `ENOBUFS`.
    pub(crate) fn check_ports(&self, limits: &Limits) -> Result {
        if self.ports <= limits.ports {
            Ok(())
        } else {
            Err(Errno::NOBUFS)
        }
    }

    /// Whether `option` is one of a network to be.
    pub(crate) fn has(option: u32) -> bool {
        (IPN_SO_MTU..=IPN_SO_BYTES).contains(&option)
    }

    /// Sets an option. Out of bounds: `EINVAL`; not one of these: `ENOPROTOOPT`.
    pub(crate) fn set(&mut self, option: u32, value: i32, limits: &Limits) -> Result {
        let within = |min, max| match u32::try_from(value) {
            Ok(value) if (min..=max).contains(&value) => Ok(value),
            _ => Err(Errno::INVAL),
        };
        match option {
            IPN_SO_MTU => self.mtu = within(IPN_MTU_MIN, IPN_MTU_MAX)?,
            IPN_SO_NUMNODES => self.ports = within(IPN_NUMNODES_MIN, limits.ports)?,
            IPN_SO_MSGPOOLSIZE => {
                self.room = Room::Messages(within(IPN_MSGPOOLSIZE_MIN, IPN_MSGPOOLSIZE_MAX)?);
            }
            IPN_SO_BYTES => self.room = Room::Bytes(within(IPN_BYTES_MIN, IPN_BYTES_MAX)?),
            IPN_SO_FLAGS => {
                let flags = within(0, u32::MAX)?;
                if flags & !(IPN_FLAG_LOSSLESS | IPN_FLAG_EXCL | IPN_FLAG_FLEXMTU) != 0 {
                    return Err(Errno::INVAL);
                }
                self.flags = flags;
            }
            IPN_SO_MODE => self.mode = within(0, 0o777)?,
            _ => return Err(Errno::NOPROTOOPT),
        }
        Ok(())
    }

    /// Gets an option. Not one of these: `ENOPROTOOPT`.
    pub(crate) fn get(&self, option: u32) -> Result<u32> {
        Ok(match option {
            IPN_SO_MTU => self.mtu,
            IPN_SO_NUMNODES => self.ports,
            IPN_SO_MSGPOOLSIZE => self.pool(),
            IPN_SO_BYTES => match self.room {
                Room::Messages(_) => 0,
                _ => self.extent().bytes as u32,
            },
            IPN_SO_FLAGS => self.flags,
            IPN_SO_MODE => self.mode,
            _ => return Err(Errno::NOPROTOOPT),
        })
    }

    /// How much a ring of it holds.
    pub(crate) fn extent(&self) -> Extent {
        match self.room {
            Room::Default => {
                let least = size_of(self.mtu).saturating_mul(4);
                Extent::of_bytes(IPN_BYTES_DEFAULT.max(least), self.mtu)
            }
            Room::Messages(pool) => Extent::of_pool(pool, self.mtu),
            Room::Bytes(bytes) => Extent::of_bytes(bytes, self.mtu),
        }
    }

    /// How many of the longest messages a ring of it holds.
    pub(crate) fn pool(&self) -> u32 {
        self.extent().pool(self.mtu)
    }

    /// Whether a ring of it has room for the longest message. Not: `EINVAL`.
    pub(crate) fn check_room(&self) -> Result {
        if self.extent().bytes >= size_of(self.mtu).into() {
            Ok(())
        } else {
            Err(Errno::INVAL)
        }
    }

    /// Whether a sender waits for the slowest reader.
    pub(crate) fn is_lossless(&self) -> bool {
        self.flags & IPN_FLAG_LOSSLESS != 0
    }

    /// Whether only its creator may manage the network.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.flags & IPN_FLAG_EXCL != 0
    }
}

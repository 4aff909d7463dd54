// SPDX-License-Identifier: GPL-2.0

//! The options of a network to be, their bounds and what they cost.

use crate::abi::errno::{Errno, Result};
use crate::abi::uapi::*;
use crate::ring::layout::{part_of, size_of, Extent, Parts};

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
    /// Whether it is a hub: long messages go in parts, and there may be one writer.
    pub(crate) is_hub: bool,
    /// Of a reliable bus: milliseconds that a message stays for who has not read it.
    pub(crate) window: u32,
    /// The same: bytes a second that a port may send; 0: as many as it can.
    pub(crate) rate: u32,
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
        is_hub: true,
        window: IPN_WINDOW_DEFAULT,
        rate: 0,
    };

    /// What a network of the policy `protocol` has unless told, a reliable bus or not, within the bounds of now. On a
    /// switch a full frame of a VLAN passes, as through a bridge (`is_skb_forwardable`, net/core/dev.c).
    pub(crate) fn default_within(protocol: u32, is_reliable: bool, limits: &Limits) -> Self {
        Self {
            mtu: if protocol == IPN_VDESWITCH {
                IPN_MTU_VDESWITCH
            } else {
                IPN_MTU_DEFAULT
            },
            ports: IPN_NUMNODES_DEFAULT.min(limits.ports),
            flags: if is_reliable { IPN_FLAG_RELIABLE } else { 0 },
            is_hub: protocol <= IPN_BROADCAST,
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
        (IPN_SO_MTU..=IPN_SO_RATE).contains(&option)
    }

    /// Sets an option. Out of bounds: `EINVAL`; not one of these: `ENOPROTOOPT`.
    pub(crate) fn set(&mut self, option: u32, value: i32, limits: &Limits) -> Result {
        let within = |min, max| match u32::try_from(value) {
            Ok(value) if (min..=max).contains(&value) => Ok(value),
            _ => Err(Errno::INVAL),
        };
        match option {
            IPN_SO_MTU => {
                let most = match self.is_hub {
                    true => IPN_MTU_MAX,
                    false => IPN_MTU_MAX_POLICY,
                };
                self.mtu = within(IPN_MTU_MIN, most)?;
            }
            IPN_SO_NUMNODES => self.ports = within(IPN_NUMNODES_MIN, limits.ports)?,
            IPN_SO_MSGPOOLSIZE => {
                self.room = Room::Messages(within(IPN_MSGPOOLSIZE_MIN, IPN_MSGPOOLSIZE_MAX)?);
            }
            IPN_SO_BYTES => self.room = Room::Bytes(within(IPN_BYTES_MIN, IPN_BYTES_MAX)?),
            IPN_SO_FLAGS => {
                let flags = within(0, u32::MAX)?;
                let kind = self.flags & IPN_FLAG_RELIABLE;
                let of_all = IPN_FLAG_EXCL | IPN_FLAG_FLEXMTU;
                let of_its_kind = match self.is_hub {
                    _ if kind != 0 => IPN_FLAG_RELIABLE | IPN_FLAG_HISTORY | IPN_FLAG_EVICT,
                    true => IPN_FLAG_LOSSLESS | IPN_FLAG_ONE_WRITER,
                    false => IPN_FLAG_LOSSLESS,
                };
                if flags & !(of_all | of_its_kind) != 0 {
                    return Err(Errno::INVAL);
                }
                self.flags = flags | kind;
            }
            IPN_SO_WINDOW if self.is_reliable() => self.window = within(0, IPN_WINDOW_MAX)?,
            IPN_SO_RATE if self.is_reliable() => self.rate = within(0, IPN_RATE_MAX)?,
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
                Room::Bytes(bytes) => held(bytes),
                Room::Default => held(self.default_bytes()),
            },
            IPN_SO_FLAGS => self.flags,
            IPN_SO_WINDOW if self.is_reliable() => self.window,
            IPN_SO_RATE if self.is_reliable() => self.rate,
            IPN_SO_MODE => self.mode,
            _ => return Err(Errno::NOPROTOOPT),
        })
    }

    /// How its messages go that are too long for one copy.
    pub(crate) fn parts(&self) -> Parts {
        match self.is_hub && !self.has_one_writer() {
            true => Parts {
                bytes: part_of(self.mtu),
            },
            false => Parts::NONE,
        }
    }

    /// Bytes of messages that a ring holds unless told.
    fn default_bytes(&self) -> u32 {
        let least = size_of(self.mtu).saturating_mul(4);
        IPN_BYTES_DEFAULT.max(least)
    }

    /// How much a ring of it holds.
    pub(crate) fn extent(&self) -> Extent {
        let (mtu, parts) = (self.mtu, self.parts());
        match self.room {
            Room::Default => Extent::of_bytes(self.default_bytes(), mtu, parts),
            Room::Messages(pool) => Extent::of_pool(pool, mtu, parts),
            Room::Bytes(bytes) => Extent::of_bytes(bytes, mtu, parts),
        }
    }

    /// How many of the longest messages a ring of it holds.
    pub(crate) fn pool(&self) -> u32 {
        self.extent().pool(self.mtu, self.parts())
    }

    /// Whether a ring of it has room for the longest message. Not: `EINVAL`.
    pub(crate) fn check_room(&self) -> Result {
        match self.room {
            Room::Bytes(bytes) if held(bytes) < size_of(self.mtu) => Err(Errno::INVAL),
            _ => Ok(()),
        }
    }

    /// Whether a sender waits for the slowest reader.
    pub(crate) fn is_lossless(&self) -> bool {
        self.flags & IPN_FLAG_LOSSLESS != 0
    }

    /// Whether one port sends, which maps the ring to write.
    pub(crate) fn has_one_writer(&self) -> bool {
        self.flags & IPN_FLAG_ONE_WRITER != 0
    }

    /// Whether it is a reliable bus.
    pub(crate) fn is_reliable(&self) -> bool {
        self.flags & IPN_FLAG_RELIABLE != 0
    }

    /// Whether a sender waits, for the slowest reader or for as long as a message stays.
    pub(crate) fn waits(&self) -> bool {
        self.flags & (IPN_FLAG_LOSSLESS | IPN_FLAG_RELIABLE) != 0
    }

    /// Whether a port may begin with what was sent before it came.
    pub(crate) fn has_history(&self) -> bool {
        self.flags & IPN_FLAG_HISTORY != 0
    }

    /// Whether a reader that is later than the window finds the end.
    pub(crate) fn evicts(&self) -> bool {
        self.flags & IPN_FLAG_EVICT != 0
    }

    /// Nanoseconds that a message stays.
    pub(crate) fn window_ns(&self) -> u64 {
        u64::from(self.window).saturating_mul(1_000_000)
    }

    /// Whether only its creator may manage the network.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.flags & IPN_FLAG_EXCL != 0
    }
}

/// Bytes of messages that a ring of so many holds.
fn held(bytes: u32) -> u32 {
    bytes & !15
}

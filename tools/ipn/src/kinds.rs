// SPDX-License-Identifier: GPL-2.0

//! The small types that shape a network: its policy, its flags, its sockets'
//! directions.

use crate::number;
use crate::text::Shown;
use ipn_abi as abi;
use std::error;
use std::fmt;
use std::str::FromStr;

/// The delivery policy of a network, a socket's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy(u32);

impl Policy {
    /// When joining whatever the network has; when creating a hub.
    pub const ANY: Self = Self(abi::IPN_ANY);
    /// Each message to every port but its sender.
    pub const HUB: Self = Self(abi::IPN_HUB);
    /// An Ethernet switch that learns addresses.
    pub const SWITCH: Self = Self(abi::IPN_VDESWITCH);
    /// Reserved for a layer-3 switch.
    pub const SWITCH_L3: Self = Self(abi::IPN_VDESWITCH_L3);

    /// The policy registered under `number`.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number that it is registered under.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ANY => f.write_str("any"),
            Self::HUB => f.write_str("hub"),
            Self::SWITCH => f.write_str("switch"),
            Self::SWITCH_L3 => f.write_str("switch-l3"),
            Self(number) => number.fmt(f),
        }
    }
}

/// A name as it is written, `broadcast` for a hub, or a number.
impl FromStr for Policy {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        match text {
            "any" => Ok(Self::ANY),
            "hub" | "broadcast" => Ok(Self::HUB),
            "switch" => Ok(Self::SWITCH),
            "switch-l3" => Ok(Self::SWITCH_L3),
            _ => match number::whole(text) {
                Some(number @ 0..=abi::IPN_PROTO_MAX) => Ok(Self(number)),
                _ => Err(BadPolicy(text.into())),
            },
        }
    }
}

/// A text that names no policy: it tells which, and what does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPolicy(Box<str>);

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no policy is called {}; known are any, hub, switch, switch-l3 and the numbers 0 to {}",
            Shown::bytes(self.0.as_bytes()),
            abi::IPN_PROTO_MAX
        )
    }
}

impl error::Error for BadPolicy {}

bitflags::bitflags! {
    /// The flags of a network.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Flags: u32 {
        /// A sender waits for the slowest reader; nothing is lost.
        const LOSSLESS = abi::IPN_FLAG_LOSSLESS as u32;
        /// There is one manager; binding never joins.
        const EXCLUSIVE = abi::IPN_FLAG_EXCL as u32;
        /// Devices may change the MTU.
        const FLEXIBLE_MTU = abi::IPN_FLAG_FLEXMTU as u32;
        /// Of a hub: one port sends, which maps the network's memory: a [`Producer`](crate::Producer).
        const ONE_WRITER = abi::IPN_FLAG_ONE_WRITER as u32;
        /// It is a reliable bus, which ports of [`SocketType::Reliable`] make: those always have it.
        const RELIABLE = abi::IPN_FLAG_RELIABLE as u32;
        /// Of a reliable bus: a port may begin with what was sent before it came.
        const HISTORY = abi::IPN_FLAG_HISTORY as u32;
        /// Of a reliable bus: a reader later than the window finds the end.
        const EVICT = abi::IPN_FLAG_EVICT as u32;
        /// The network has ended. It can only be read.
        const TERMINATED = abi::IPN_FLAG_TERMINATED as u32;

        const _ = !0;
    }
}

/// What a port does; there is no fourth. A reader of a lossless network that does not read stops the
/// senders, so a port should not receive what it will not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Send and receive, as far as the file's mode allows.
    #[default]
    Both,
    /// Only receive.
    Receive,
    /// Only send.
    Send,
}

/// The socket type; all behave alike but `SOCK_RDM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SocketType {
    /// `SOCK_RAW`.
    #[default]
    Raw,
    /// `SOCK_DGRAM`.
    Datagram,
    /// `SOCK_SEQPACKET`.
    SeqPacket,
    /// `SOCK_RDM`: a reliable bus, see [`Builder::reliable`](crate::Builder::reliable).
    Reliable,
}

impl SocketType {
    pub(crate) fn raw(self) -> rustix::net::SocketType {
        match self {
            Self::Raw => rustix::net::SocketType::RAW,
            Self::Datagram => rustix::net::SocketType::DGRAM,
            Self::SeqPacket => rustix::net::SocketType::SEQPACKET,
            Self::Reliable => rustix::net::SocketType::RDM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_back_as_it_is_written() {
        for number in 0..=abi::IPN_PROTO_MAX {
            let policy = Policy::new(number);
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert_eq!("broadcast".parse(), Ok(Policy::HUB));
        for wrong in ["", "64", "-1", "+1", " 1", "hub ", "hubs"] {
            let error = wrong.parse::<Policy>().expect_err("a wrong policy");
            let error = error.to_string();
            assert!(error.contains("hub") && error.contains(wrong), "{error}");
        }
    }
}

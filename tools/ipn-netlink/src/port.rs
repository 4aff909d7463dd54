// SPDX-License-Identifier: GPL-2.0

//! A port, as the kernel tells of it.

use crate::attributes::{there, Attributes};
use crate::Error;
use ipn::{DropReason, FileNumbers};
use ipn_abi::*;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

/// What has a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A socket.
    Socket,
    /// A socket that has mapped the ring.
    Mapped,
    /// A network device that the network has made.
    Tap,
    /// A network device that was taken.
    Grab,
    /// An observer, which sees every message and is no reader.
    Observer,
    /// One that this program is too old for.
    Other(u32),
}

impl From<u32> for Kind {
    fn from(number: u32) -> Self {
        match number {
            IPN_PORT_SOCKET => Self::Socket,
            IPN_PORT_MAPPED => Self::Mapped,
            IPN_PORT_TAP => Self::Tap,
            IPN_PORT_GRAB => Self::Grab,
            IPN_PORT_OBSERVER => Self::Observer,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket => f.write_str("socket"),
            Self::Mapped => f.write_str("mapped"),
            Self::Tap => f.write_str("tap"),
            Self::Grab => f.write_str("grab"),
            Self::Observer => f.write_str("observer"),
            Self::Other(number) => write!(f, "kind {number}"),
        }
    }
}

/// A port's network device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its number in its network namespace.
    pub index: u32,
    /// Its name; none: the kernel does not tell.
    pub name: OsString,
}

/// A port.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// The file of its network.
    pub network: FileNumbers,
    /// Its number there.
    pub number: u32,
    /// What has it.
    pub kind: Kind,
    /// The process that took it, in the reader's namespace of processes; none where it is not in that.
    pub pid: Option<u32>,
    /// The user who took it.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// The command that took it.
    pub command: OsString,
    /// Whether it can receive.
    pub receives: bool,
    /// Whether it can send.
    pub sends: bool,
    /// What its owner says of it.
    pub description: OsString,
    /// Its device, if it is one.
    pub device: Option<Device>,
    /// Messages that it has sent.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Messages that it has received.
    pub received: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Messages that it has lost.
    pub lost: u64,
    /// Messages that its filter has refused.
    pub refused: u64,
    /// Messages between its position and the newest.
    pub lag: u64,
    /// How long it has been waiting in a call, if it is.
    pub waiting: Option<Duration>,
    /// When it was taken, since the machine began (`CLOCK_BOOTTIME`): with its number that tells one
    /// holder from the next.
    pub since: Option<Duration>,
    /// Messages of it or for it that were lost, by reason: what it has lost and its filter refused, and
    /// what its device or its network's policy dropped. None stands for a reason that there was not.
    pub drops: Vec<(DropReason, u64)>,
    /// Of a reliable bus, which others have not: messages that it has sent and that had to wait, for readers or
    /// for its rate.
    pub waited: Option<u64>,
    /// The same: bytes that it has sent in the last whole second.
    pub pace: Option<u64>,
}

impl Port {
    /// A port of which no more is known than its network and number.
    #[must_use]
    pub fn new(network: FileNumbers, number: u32) -> Self {
        Self {
            network,
            number,
            kind: Kind::Socket,
            pid: None,
            uid: None,
            gid: None,
            command: OsString::new(),
            receives: false,
            sends: false,
            description: OsString::new(),
            device: None,
            sent: 0,
            sent_bytes: 0,
            received: 0,
            received_bytes: 0,
            lost: 0,
            refused: 0,
            lag: 0,
            waiting: None,
            since: None,
            drops: Vec::new(),
            waited: None,
            pace: None,
        }
    }

    /// The port that the attributes of a message tell of.
    ///
    /// # Errors
    ///
    /// They are no attributes, one has another length than its kind, or it is not said which port.
    pub fn parse(attributes: &[u8]) -> Result<Self, Error> {
        Self::of(&Attributes::parse(attributes)?)
    }

    pub(crate) fn of(attributes: &Attributes<'_>) -> Result<Self, Error> {
        let large = |number| attributes.u64(number).map(Option::unwrap_or_default);
        let text = |number| attributes.text(number).unwrap_or_default();
        let direction = attributes.u32(IPN_A_DIRECTION)?.unwrap_or_default();
        let index = attributes.u32(IPN_A_IFINDEX)?;
        Ok(Self {
            network: attributes.file()?,
            number: there(attributes.u32(IPN_A_PORT)?, "port")?,
            kind: attributes.u32(IPN_A_KIND)?.unwrap_or_default().into(),
            pid: attributes.u32(IPN_A_PID)?.filter(|pid| *pid != 0),
            uid: attributes.u32(IPN_A_UID)?,
            gid: attributes.u32(IPN_A_GID)?,
            command: text(IPN_A_COMM),
            receives: direction & IPN_PORT_RECEIVES != 0,
            sends: direction & IPN_PORT_SENDS != 0,
            description: text(IPN_A_DESCRIPTION),
            device: index.map(|index| Device {
                index,
                name: text(IPN_A_IFNAME),
            }),
            sent: large(IPN_A_SENT)?,
            sent_bytes: large(IPN_A_SENT_BYTES)?,
            received: large(IPN_A_RECEIVED)?,
            received_bytes: large(IPN_A_RECEIVED_BYTES)?,
            lost: large(IPN_A_LOST)?,
            refused: large(IPN_A_REFUSED)?,
            lag: large(IPN_A_LAG)?,
            waiting: attributes.u64(IPN_A_WAITING)?.map(Duration::from_millis),
            since: attributes.u64(IPN_A_SINCE)?.map(Duration::from_nanos),
            drops: attributes.drops(IPN_A_DROPS)?,
            waited: attributes.u64(IPN_A_WAITED)?,
            pace: attributes.u64(IPN_A_PACE)?,
        })
    }
}

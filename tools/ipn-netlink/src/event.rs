// SPDX-License-Identifier: GPL-2.0

//! What happens to networks.

use crate::attributes::Attributes;
use crate::{Error, Network, Port};
use ipn::DropReason;
use ipn_abi::*;

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// A network was made.
    NetworkMade,
    /// A network has ended.
    NetworkEnded,
    /// A port was taken.
    PortTaken,
    /// A port was left.
    PortLeft,
    /// A port has lost messages, for [`Event::reason`]. A network tells of losses once a second at most.
    Lost,
    /// A port's device has gone by itself.
    DeviceGone,
}

impl What {
    fn of(command: u8) -> Option<Self> {
        Some(match command.into() {
            IPN_CMD_NETWORK_MADE => Self::NetworkMade,
            IPN_CMD_NETWORK_ENDED => Self::NetworkEnded,
            IPN_CMD_PORT_TAKEN => Self::PortTaken,
            IPN_CMD_PORT_LEFT => Self::PortLeft,
            IPN_CMD_LOST => Self::Lost,
            IPN_CMD_DEVICE_GONE => Self::DeviceGone,
            _ => return None,
        })
    }

    /// Its name in a word, as programs may have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NetworkMade => "network-made",
            Self::NetworkEnded => "network-ended",
            Self::PortTaken => "port-taken",
            Self::PortLeft => "port-left",
            Self::Lost => "lost",
            Self::DeviceGone => "device-gone",
        }
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What has happened.
    pub what: What,
    /// To which network. What the event does not tell is zero or empty.
    pub network: Network,
    /// To which of its ports, if to one. The same holds.
    pub port: Option<Port>,
    /// Why messages were lost, if they were. How many for that reason [`Port::drops`] tells.
    pub reason: Option<DropReason>,
}

impl Event {
    /// The event of a message's command and attributes; none: this program is too old for it.
    ///
    /// # Errors
    ///
    /// Those of [`Network::parse`].
    pub fn parse(command: u8, attributes: &[u8]) -> Result<Option<Self>, Error> {
        let Some(what) = What::of(command) else {
            return Ok(None);
        };
        let attributes = Attributes::parse(attributes)?;
        let port = match attributes.u32(IPN_A_PORT)? {
            Some(_) => Some(Port::of(&attributes)?),
            None => None,
        };
        let network = Network::of(&attributes)?;
        let reason = attributes.u32(IPN_A_REASON)?.map(DropReason::from);
        Ok(Some(Self {
            what,
            network,
            port,
            reason,
        }))
    }

    /// An event, as a program may make one.
    #[must_use]
    pub fn new(what: What, network: Network, port: Option<Port>) -> Self {
        Self {
            what,
            network,
            port,
            reason: None,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The switch's addresses: which station is at which port.

use crate::mac_address::MacAddress;
use std::time::Duration;

/// An address that the switch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// The station.
    pub address: MacAddress,
    /// Its VLAN, 0 where the switch does not filter.
    pub vlan: u16,
    /// The port it is at.
    pub port: u32,
    /// Whether a manager set it.
    pub fixed: bool,
    /// How long ago a frame came from it, or it was set.
    pub age: Duration,
}

impl Address {
    /// One that was learned just now.
    pub const fn new(address: MacAddress, vlan: u16, port: u32) -> Self {
        Self {
            address,
            vlan,
            port,
            fixed: false,
            age: Duration::ZERO,
        }
    }
}

/// What a flush removes: addresses that fit every field that is given.
///
/// ```
/// use ipn::switch::Flush;
/// // Those that were learned at port 3.
/// let flush = Flush::new().port(3);
/// assert_eq!((flush.port, flush.fixed), (Some(3), false));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Flush {
    /// Only at this port.
    pub port: Option<u32>,
    /// Only this station.
    pub address: Option<MacAddress>,
    /// Only in this VLAN.
    pub vlan: Option<u16>,
    /// Static addresses as well.
    pub fixed: bool,
}

impl Flush {
    /// All that were learned.
    pub const fn new() -> Self {
        Self {
            port: None,
            address: None,
            vlan: None,
            fixed: false,
        }
    }

    /// Only those at this port, or at any.
    #[must_use]
    pub fn port(mut self, port: impl Into<Option<u32>>) -> Self {
        self.port = port.into();
        self
    }

    /// Only this station, or any.
    #[must_use]
    pub fn address(mut self, address: impl Into<Option<MacAddress>>) -> Self {
        self.address = address.into();
        self
    }

    /// Only those in this VLAN, or in any.
    #[must_use]
    pub fn vlan(mut self, vlan: impl Into<Option<u16>>) -> Self {
        self.vlan = vlan.into();
        self
    }

    /// Whether static addresses go as well.
    #[must_use]
    pub const fn fixed(mut self, fixed: bool) -> Self {
        self.fixed = fixed;
        self
    }
}

/// How many addresses may be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Of the whole network.
    pub network: u32,
    /// Of one port.
    pub port: u32,
}

impl Limits {
    /// So many of the whole network, and so many of one port.
    pub const fn new(network: u32, port: u32) -> Self {
        Self { network, port }
    }
}

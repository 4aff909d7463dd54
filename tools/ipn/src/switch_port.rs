// SPDX-License-Identifier: GPL-2.0

//! What the switch keeps of a port.

/// A port of the switch. The settings stay when its holder leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SwitchPort {
    /// Its number.
    pub port: u32,
    /// Whether a socket holds it.
    pub held: bool,
    /// Whether sources of frames are learned.
    pub learning: bool,
    /// Whether it is kept apart from other such ports.
    pub isolated: bool,
    /// Whether only static addresses send by it.
    pub locked: bool,
    /// Whether it gets frames for stations that are not known.
    pub flood: bool,
    /// Whether it gets multicast.
    pub mcast_flood: bool,
    /// Whether it gets broadcast.
    pub bcast_flood: bool,
    /// How many addresses are learned there.
    pub addresses: u32,
}

impl SwitchPort {
    /// Whether all its flags are as at first. Its VLANs are not looked at.
    pub const fn is_as_at_first(&self) -> bool {
        self.learning
            && !self.isolated
            && !self.locked
            && self.flood
            && self.mcast_flood
            && self.bcast_flood
    }
}

/// A port's part in a VLAN.
///
/// ```
/// use ipn::switch::Vlan;
/// assert_eq!(Vlan::new(1).pvid(true).untagged(true), Vlan::AT_FIRST);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vlan {
    /// The VLAN: 1 to 4094.
    pub vlan: u16,
    /// Whether frames that come untagged belong to it.
    pub pvid: bool,
    /// Whether its frames leave untagged.
    pub untagged: bool,
}

impl Vlan {
    /// The only one of a port at first.
    pub const AT_FIRST: Self = Self::new(1).pvid(true).untagged(true);

    /// A VLAN whose frames come and leave tagged.
    pub const fn new(vlan: u16) -> Self {
        Self {
            vlan,
            pvid: false,
            untagged: false,
        }
    }

    /// Whether frames that come untagged belong to it.
    #[must_use]
    pub const fn pvid(mut self, pvid: bool) -> Self {
        self.pvid = pvid;
        self
    }

    /// Whether its frames leave untagged.
    #[must_use]
    pub const fn untagged(mut self, untagged: bool) -> Self {
        self.untagged = untagged;
        self
    }
}

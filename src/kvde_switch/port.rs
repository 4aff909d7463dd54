// SPDX-License-Identifier: GPL-2.0

//! A port of the switch: its settings, and whether anybody is there.

use super::verdict::Flooding;
use super::vlan::PortVlans;

/// A port of the switch.
///
/// The settings belong to the number, as those of a socket in the wall: they are made before anybody
/// plugs in and stay when they leave. For joining needs no privilege here, and a member that is
/// kept in a VLAN or apart must not get out by joining again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// Whether the port is held. [`Ports`](super::ports::Ports) sets it.
    pub(super) present: bool,
    /// The next port that is held, if this one is.
    pub(super) next: u16,
    /// Whether the sources of frames that arrive here are learned. On at first.
    pub learning: bool,
    /// Whether the port is kept apart from all others that are isolated, too. Off at first.
    pub isolated: bool,
    /// Whether only stations send by the port whose addresses were set static there
    /// (`BR_PORT_LOCKED`). Nothing is learned then. Off at first.
    pub locked: bool,
    /// Whether frames for stations that are not known leave by the port (`BR_FLOOD`). On at first.
    pub flood: bool,
    /// Whether multicast does (`BR_MCAST_FLOOD`). On at first.
    pub mcast_flood: bool,
    /// Whether broadcast does (`BR_BCAST_FLOOD`). On at first.
    pub bcast_flood: bool,
    /// The VLANs of the port, which count when the switch filters.
    pub vlans: PortVlans,
}

impl Port {
    /// A port that is not held, in no VLAN: for memory that [`Switch::new`] or [`Switch::resize`]
    /// will fill.
    ///
    /// [`Switch::new`]: super::forward::Switch::new
    /// [`Switch::resize`]: super::forward::Switch::resize
    pub const EMPTY: Self = Self {
        present: false,
        next: u16::MAX,
        learning: true,
        isolated: false,
        locked: false,
        flood: true,
        mcast_flood: true,
        bcast_flood: true,
        vlans: PortVlans::EMPTY,
    };

    /// Gives the port the settings it has at first. Its holder stays.
    pub fn reset(&mut self) {
        self.learning = true;
        self.isolated = false;
        self.locked = false;
        self.flood = true;
        self.mcast_flood = true;
        self.bcast_flood = true;
        self.vlans.reset();
    }

    /// Whether frames of a kind that are for all leave by the port.
    pub(super) const fn floods(&self, kind: Flooding) -> bool {
        match kind {
            Flooding::Unknown => self.flood,
            Flooding::Multicast => self.mcast_flood,
            Flooding::Broadcast => self.bcast_flood,
        }
    }

    /// Whether the port is held.
    pub const fn is_present(&self) -> bool {
        self.present
    }
}

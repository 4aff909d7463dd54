// SPDX-License-Identifier: GPL-2.0

//! What the switch decided for a frame, and the counts of it.

use super::vlan::{Edit, Membership};

/// Why a frame is delivered to no port (but to a mirror port).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DropReason {
    /// It is shorter than an Ethernet header.
    TooShort,
    /// It comes from a port that is not held.
    NoPort,
    /// Its source is the address of a group, or zero.
    InvalidSource,
    /// It is for the bridge itself: to 01:80:C2:00:00:01 to 0F.
    Reserved,
    /// It ends within its VLAN tag.
    MalformedTag,
    /// The port it comes from is not in its VLAN.
    VlanIngress,
    /// The port it is for is not in its VLAN.
    VlanEgress,
    /// The station it is for is where it comes from.
    SamePort,
    /// The port it comes from and the one it is for are both isolated.
    Isolated,
    /// It is for all, and no other port may have it.
    NoReceiver,
    /// The port it comes from is locked, and its source was not set there.
    Locked,
}

impl DropReason {
    /// All reasons, in the order of the counters.
    pub const ALL: [Self; 11] = [
        Self::TooShort,
        Self::NoPort,
        Self::InvalidSource,
        Self::Reserved,
        Self::MalformedTag,
        Self::VlanIngress,
        Self::VlanEgress,
        Self::SamePort,
        Self::Isolated,
        Self::NoReceiver,
        Self::Locked,
    ];

    /// Its number among the reasons of all networks, `IPN_DROP_*` of `include/uapi/linux/af_ipn.h`.
    pub const fn number(self) -> u32 {
        (self as u32).wrapping_add(16)
    }

    /// The name of the counter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::NoPort => "no_port",
            Self::InvalidSource => "invalid_source",
            Self::Reserved => "reserved",
            Self::MalformedTag => "malformed_tag",
            Self::VlanIngress => "vlan_ingress",
            Self::VlanEgress => "vlan_egress",
            Self::SamePort => "same_port",
            Self::Isolated => "isolated",
            Self::NoReceiver => "no_receiver",
            Self::Locked => "locked",
        }
    }
}

/// Why a frame is for all (`enum br_pkt_type`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flooding {
    /// The station it is for is not known.
    Unknown,
    /// It is for a group.
    Multicast,
    /// It is for all stations.
    Broadcast,
}

/// Where a frame goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)] // To know which one it is must not take decoding what is in it.
pub enum Target {
    /// Nowhere.
    Drop(DropReason),
    /// To the port where its station is.
    Port(u16, Edit),
    /// To every port that may have it.
    Flood,
}

impl Target {
    /// Whether what came was a frame, from a port that is there: such are mirrored.
    pub(super) const fn is_of_a_frame(&self) -> bool {
        !matches!(
            self,
            Self::Drop(DropReason::NoPort) | Self::Drop(DropReason::TooShort)
        )
    }
}

/// What the switch decided for a frame.
pub(super) struct Verdict {
    /// The port it came from.
    pub(super) from: u16,
    /// Where it goes.
    pub(super) target: Target,
    /// The VLAN it is in, once that is known.
    pub(super) membership: Membership,
    /// Whether the port it came from is isolated.
    pub(super) isolated: bool,
    /// If it is for all, why.
    pub(super) flooding: Flooding,
}

/// How many frames went where. Every frame is counted once, mirrored or not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SwitchCounters {
    /// Frames for the port where their station is.
    pub unicast: u64,
    /// Frames for all ports that may have them.
    pub flooded: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl SwitchCounters {
    /// Frames dropped for a reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped.get(reason as usize).copied().unwrap_or(0)
    }

    /// Counts a frame that goes there.
    pub(super) fn count(&mut self, target: Target) {
        if let Some(counter) = self.counter(target) {
            *counter = counter.wrapping_add(1);
        }
    }

    /// Takes back what [`Self::count`] did: the frame found no room.
    pub(super) fn take_back(&mut self, target: Target) {
        if let Some(counter) = self.counter(target) {
            *counter = counter.wrapping_sub(1);
        }
    }

    fn counter(&mut self, target: Target) -> Option<&mut u64> {
        match target {
            Target::Port(..) => Some(&mut self.unicast),
            Target::Flood => Some(&mut self.flooded),
            Target::Drop(reason) => self.dropped.get_mut(reason as usize),
        }
    }
}

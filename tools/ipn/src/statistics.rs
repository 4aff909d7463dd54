// SPDX-License-Identifier: GPL-2.0

//! The counters of a switch: `struct ipn_switch_stats`.

use crate::drop_reason::DropReason;
use ipn_abi::ipn_switch_stats;

macro_rules! statistics {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// The counters of a switch. Each frame is counted once: as unicast, flooded,
        /// or dropped for a reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Statistics {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Statistics {
            /// All counters with their names.
            pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }

            /// All of them, or it is not compiled.
            pub(crate) fn of(counters: &ipn_switch_stats) -> Self {
                let ipn_switch_stats { $($name),* } = *counters;
                Self { $($name),* }
            }
        }
    };
}

impl Statistics {
    /// The frames that were dropped, by reason.
    pub fn drops(&self) -> impl Iterator<Item = (DropReason, u64)> {
        [
            (DropReason::TooShort, self.drop_too_short),
            (DropReason::NoPort, self.drop_no_port),
            (DropReason::InvalidSource, self.drop_invalid_source),
            (DropReason::Reserved, self.drop_reserved),
            (DropReason::MalformedTag, self.drop_malformed_tag),
            (DropReason::VlanIngress, self.drop_vlan_ingress),
            (DropReason::VlanEgress, self.drop_vlan_egress),
            (DropReason::SamePort, self.drop_same_port),
            (DropReason::Isolated, self.drop_isolated),
            (DropReason::NoReceiver, self.drop_no_receiver),
            (DropReason::Locked, self.drop_locked),
        ]
        .into_iter()
    }
}

statistics! {
    /// Frames for the port of their station.
    unicast,
    /// Frames for all ports that may have them.
    flooded,
    /// Dropped: no whole Ethernet header.
    drop_too_short,
    /// Dropped: from a port that no socket holds.
    drop_no_port,
    /// Dropped: from a group's address, or from zero.
    drop_invalid_source,
    /// Dropped: for the bridge itself.
    drop_reserved,
    /// Dropped: ends within its VLAN tag.
    drop_malformed_tag,
    /// Dropped: the port it comes from is not in its VLAN.
    drop_vlan_ingress,
    /// Dropped: the port it is for is not in its VLAN.
    drop_vlan_egress,
    /// Dropped: its station is where it comes from.
    drop_same_port,
    /// Dropped: between isolated ports.
    drop_isolated,
    /// Dropped: for all, and no other port may have it.
    drop_no_receiver,
    /// Addresses learned.
    learned,
    /// Stations that moved to another port.
    moved,
    /// Addresses removed for their age.
    aged,
    /// Frames whose source was not learned, as no learned address could give way.
    limited,
    /// Frames whose source was not learned for the port's limit.
    port_limited,
    /// Addresses that gave way to others, or to a lower limit.
    evicted,
    /// Addresses flushed, or gone with their port.
    flushed,
    /// Addresses that are learned now.
    addresses,
    /// Addresses that are static now.
    static_addresses,
    /// Room for addresses of both kinds.
    capacity,
    /// Dropped: the port it comes from is locked, and its source was not set there.
    drop_locked,
}

// SPDX-License-Identifier: GPL-2.0

//! Why messages were lost.

use ipn_abi as abi;
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $number:ident, $name:literal, $why:literal;)*) => {
        /// Why messages were lost (`IPN_DROP_*`): one list for hub and switch, devices and programs.
        ///
        /// It is shown as its name in counters and trace points, such as `too_long`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DropReason {
            $($(#[$doc])* $reason,)*
            /// A policy of another module's, or one that this program is too old for.
            Other(u32),
        }

        impl DropReason {
            /// All that have a name, by their numbers.
            pub const KNOWN: &'static [Self] = &[$(Self::$reason),*];

            /// Its number.
            #[must_use]
            pub fn number(self) -> u32 {
                match self {
                    $(Self::$reason => abi::$number,)*
                    Self::Other(number) => number,
                }
            }

            /// What it means, in a few words that go on after "lost:".
            #[must_use]
            pub fn why(self) -> &'static str {
                match self {
                    $(Self::$reason => $why,)*
                    Self::Other(_) => "for a reason of its policy's",
                }
            }
        }

        impl From<u32> for DropReason {
            fn from(number: u32) -> Self {
                match number {
                    $(abi::$number => Self::$reason,)*
                    other => Self::Other(other),
                }
            }
        }

        impl fmt::Display for DropReason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$reason => f.pad($name),)*
                    Self::Other(number) => f.pad(&format!("reason_{number}")),
                }
            }
        }
    };
}

reasons! {
    /// A reader was too slow for them.
    Overrun = IPN_DROP_OVERRUN, "overrun", "a reader was too slow for them";
    /// The socket filter of the port that would have them refused them.
    Filtered = IPN_DROP_FILTERED, "filtered", "the port's filter refused them";
    /// They are longer than the MTU of the network or device.
    TooLong = IPN_DROP_TOO_LONG, "too_long", "longer than the MTU of network or device";
    /// There was no room, and a device can not wait.
    NoRoom = IPN_DROP_NO_ROOM, "no_room", "no room, and a device can not wait";
    /// There was no memory for them.
    NoMemory = IPN_DROP_NO_MEMORY, "no_memory", "no memory for them";
    /// The network has ended, or the send side is shut.
    Shut = IPN_DROP_SHUT, "shut", "the network has ended, or the port may not send";
    /// The device is down, without carrier, or gone.
    DeviceDown = IPN_DROP_DEVICE_DOWN, "device_down", "the device is down, without carrier, or gone";
    /// A device's packets that are no Ethernet frames.
    NoFrame = IPN_DROP_NO_FRAME, "no_frame", "no Ethernet frames";
    /// Of a switch: shorter than an Ethernet header.
    TooShort = IPN_DROP_TOO_SHORT, "too_short", "shorter than an Ethernet header";
    /// Of a switch: from a port that is not held.
    NoPort = IPN_DROP_NO_PORT, "no_port", "from a port that is not held";
    /// Of a switch: the source is a group, or zero.
    InvalidSource = IPN_DROP_INVALID_SOURCE, "invalid_source", "their source is a group, or zero";
    /// Of a switch: for the bridge itself.
    Reserved = IPN_DROP_RESERVED, "reserved", "for the bridge itself";
    /// Of a switch: they end within their VLAN tags.
    MalformedTag = IPN_DROP_MALFORMED_TAG, "malformed_tag", "they end within their VLAN tags";
    /// Of a switch: the port they come from is not in their VLAN.
    VlanIngress = IPN_DROP_VLAN_INGRESS, "vlan_ingress", "the port they come from is not in their VLAN";
    /// Of a switch: the port they are for is not in their VLAN.
    VlanEgress = IPN_DROP_VLAN_EGRESS, "vlan_egress", "the port they are for is not in their VLAN";
    /// Of a switch: their station is where they come from.
    SamePort = IPN_DROP_SAME_PORT, "same_port", "their station is where they come from";
    /// Of a switch: both ports are isolated.
    Isolated = IPN_DROP_ISOLATED, "isolated", "both ports are isolated";
    /// Of a switch: for all, and no other port may have them.
    NoReceiver = IPN_DROP_NO_RECEIVER, "no_receiver", "for all, and no other port may have them";
    /// Of a switch: their port is locked, and their source not set.
    Locked = IPN_DROP_LOCKED, "locked", "their port is locked, and their source not set";
    /// Of a policy of another module's, whose reasons are counted as one.
    Policy = IPN_DROP_POLICY, "policy", "for a reason of its policy's";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_reason_that_has_it() {
        for number in 0..200 {
            assert_eq!(DropReason::from(number).number(), number);
        }
        assert_eq!(DropReason::from(9), DropReason::Other(9));
        assert_eq!(DropReason::Other(9).to_string(), "reason_9");
    }

    #[test]
    fn names_and_meanings_tell_reasons_apart() {
        let mut names: Vec<_> = DropReason::KNOWN.iter().map(ToString::to_string).collect();
        assert!(names
            .iter()
            .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), DropReason::KNOWN.len());
        assert!(DropReason::KNOWN
            .iter()
            .all(|reason| !reason.why().is_empty()));
    }

    /// The counters of a switch are its reasons, with the same names.
    #[test]
    fn a_switch_counts_by_reason() {
        let statistics = crate::switch::Statistics {
            drop_locked: 3,
            drop_vlan_egress: 2,
            flooded: 9,
            ..Default::default()
        };
        let drops: Vec<_> = statistics
            .drops()
            .filter(|(_, count)| *count != 0)
            .collect();
        assert_eq!(
            drops,
            [(DropReason::VlanEgress, 2), (DropReason::Locked, 3)]
        );
        let named = statistics
            .counters()
            .filter_map(|(name, count)| Some((name.strip_prefix("drop_")?, count)));
        let all: Vec<_> = statistics
            .drops()
            .map(|(reason, count)| (reason.to_string(), count))
            .collect();
        let named: Vec<_> = named
            .map(|(name, count)| (name.to_owned(), count))
            .collect();
        assert_eq!(all, named);
    }
}

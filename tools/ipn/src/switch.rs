// SPDX-License-Identifier: GPL-2.0

//! The Ethernet switch: what a manager sets, and what a member sees.
//!
//! The numbers and structures are those of `include/uapi/linux/ipn_switch.h`.

use crate::abi;
use crate::error::Error;
use crate::operation::Operation;
use crate::socket::Socket;
use crate::sys;
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::ffi::c_int;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Bytes asked for at once.
const CHUNK: usize = 16384;
const NO_PORT: u32 = u32::MAX;
const LEARNING: u32 = 1;
const ISOLATED: u32 = 2;
const HELD: u32 = 4;
const LOCKED: u32 = 8;
const FLOOD: u32 = 16;
const MCAST_FLOOD: u32 = 32;
const BCAST_FLOOD: u32 = 64;
const STATIC: u32 = 1;
const FLUSH_PORT: u32 = 1;
const FLUSH_ADDRESS: u32 = 2;
const FLUSH_VLAN: u32 = 4;
const FLUSH_STATIC: u32 = 8;
const PVID: u16 = 1;
const UNTAGGED: u16 = 2;

/// An option: its number, and what it is called in an error.
type Name = (c_int, &'static str);

const AGEING: Name = (1, "the ageing time");
const LIMITS: Name = (2, "the limits of addresses");
const FILTERING: Name = (3, "the VLAN filter");
const MIRROR: Name = (4, "the mirror port");
const GROUP_FWD: Name = (5, "the mask of forwarded groups");
const STATS: Name = (6, "the statistics");
const PORT: Name = (7, "a port");
const FDB: Name = (8, "the addresses");
const FDB_ADD: Name = (9, "a static address");
const FDB_DEL: Name = (10, "(delete) an address");
const FDB_FLUSH: Name = (11, "(flush) addresses");
const VLANS: Name = (12, "the VLANs of a port");
const VLAN_ADD: Name = (13, "a VLAN of a port");
const VLAN_DEL: Name = (14, "(delete) a VLAN of a port");

/// The address of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for MacAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text} is no MAC address, which is as 02:00:00:00:00:01");
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            // No sign, which the standard library takes.
            let is_byte = |part: &&str| part.len() == 2 && !part.starts_with('+');
            let part = parts.next().filter(is_byte);
            *byte = part
                .and_then(|part| u8::from_str_radix(part, 16).ok())
                .ok_or_else(wrong)?;
        }
        match parts.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(wrong()),
        }
    }
}

/// An address that the switch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What a flush removes: addresses that fit every field that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// How many addresses may be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole network.
    pub network: u32,
    /// Of one port.
    pub port: u32,
}

/// A port of the switch. The settings stay when its holder leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub const AT_FIRST: Self = Self {
        vlan: 1,
        pvid: true,
        untagged: true,
    };
}

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

            fn from_bytes(bytes: &[u8]) -> Self {
                let mut counters = bytes
                    .chunks_exact(8)
                    .map(|counter| counter.try_into().map_or(0, u64::from_ne_bytes));
                Self {
                    $($name: counters.next().unwrap_or(0),)*
                }
            }
        }
    };
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

/// The switch behind a socket: [`Network::switch`](crate::Network::switch).
#[derive(Debug, Clone, Copy)]
pub struct Switch<'a> {
    socket: &'a Socket,
}

/// Words one after the other.
fn words(fields: &[u32]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|field| field.to_ne_bytes())
        .collect()
}

/// The word of some number in an answer.
fn word(bytes: &[u8], number: usize) -> u32 {
    let at = 4 * number;
    let field = bytes
        .get(at..at + 4)
        .and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_ne_bytes)
}

/// The half word at some byte of an answer.
fn half(bytes: &[u8], at: usize) -> u16 {
    let field = bytes
        .get(at..at + 2)
        .and_then(|field| field.try_into().ok());
    field.map_or(0, u16::from_ne_bytes)
}

/// A `struct ipn_switch_fdb`.
fn address_bytes(address: MacAddress, vlan: u16, port: u32) -> Vec<u8> {
    let (vlan, port) = (vlan.to_ne_bytes(), port.to_ne_bytes());
    [&address.0[..], &vlan, &port, &[0; 12]].concat()
}

/// A `struct ipn_switch_vlan`.
fn vlan_bytes(port: u32, vlan: u16, flags: u16) -> Vec<u8> {
    let (vlan, flags) = (vlan.to_ne_bytes(), flags.to_ne_bytes());
    [&port.to_ne_bytes()[..], &vlan, &flags].concat()
}

impl<'a> Switch<'a> {
    pub(crate) fn of(socket: &'a Socket) -> Self {
        Self { socket }
    }

    fn get(&self, name: Name, question: &[u32], room: usize) -> Result<Vec<u8>, Error> {
        let (option, text) = name;
        let mut bytes = words(question);
        bytes.resize(room, 0);
        let len = sys::get_bytes(self.socket.as_fd(), level(), option, &mut bytes)
            .map_err(|errno| self.socket.error(Operation::GetOption(text), errno))?;
        bytes.truncate(len);
        Ok(bytes)
    }

    fn set(&self, name: Name, value: &[u8]) -> Result<(), Error> {
        let (option, text) = name;
        sys::set_bytes(self.socket.as_fd(), level(), option, value)
            .map_err(|errno| self.socket.error(Operation::SetOption(text), errno))
    }

    /// How long a silent station is remembered; `None` is for ever.
    pub fn ageing(&self) -> Result<Option<Duration>, Error> {
        let bytes = self.get(AGEING, &[], 8)?;
        let millis = bytes.try_into().map_or(0, u64::from_ne_bytes);
        Ok((millis != u64::MAX).then(|| Duration::from_millis(millis)))
    }

    /// Sets how long a silent station is remembered. Nothing is learned with zero.
    pub fn set_ageing(&self, ageing: Option<Duration>) -> Result<(), Error> {
        let millis = ageing.map_or(u64::MAX, |ageing| {
            u64::try_from(ageing.as_millis()).unwrap_or(u64::MAX)
        });
        self.set(AGEING, &millis.to_ne_bytes())
    }

    /// How many addresses may be learned.
    pub fn limits(&self) -> Result<Limits, Error> {
        let bytes = self.get(LIMITS, &[], 8)?;
        Ok(Limits {
            network: word(&bytes, 0),
            port: word(&bytes, 1),
        })
    }

    /// Sets how many addresses may be learned; where there are more, the oldest go.
    pub fn set_limits(&self, limits: Limits) -> Result<(), Error> {
        self.set(LIMITS, &words(&[limits.network, limits.port]))
    }

    /// Whether VLANs count.
    pub fn filtering(&self) -> Result<bool, Error> {
        Ok(word(&self.get(FILTERING, &[], 4)?, 0) != 0)
    }

    /// Has VLANs count, or tags pass unread.
    pub fn set_filtering(&self, filtering: bool) -> Result<(), Error> {
        self.set(FILTERING, &words(&[filtering.into()]))
    }

    /// The port that gets a copy of every frame.
    pub fn mirror(&self) -> Result<Option<u32>, Error> {
        let port = word(&self.get(MIRROR, &[], 4)?, 0);
        Ok((port != NO_PORT).then_some(port))
    }

    /// Chooses the port that gets a copy of every frame, one that a socket holds.
    pub fn set_mirror(&self, port: Option<u32>) -> Result<(), Error> {
        self.set(MIRROR, &words(&[port.unwrap_or(NO_PORT)]))
    }

    /// Which reserved groups are forwarded: bit 14 is 01:80:c2:00:00:0e, and so on.
    pub fn forwarded_groups(&self) -> Result<u16, Error> {
        Ok(word(&self.get(GROUP_FWD, &[], 4)?, 0) as u16)
    }

    /// Chooses which reserved groups are forwarded; bits 0 to 2 cannot be set.
    pub fn set_forwarded_groups(&self, mask: u16) -> Result<(), Error> {
        self.set(GROUP_FWD, &words(&[mask.into()]))
    }

    /// The counters.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        Ok(Statistics::from_bytes(&self.get(STATS, &[], 1024)?))
    }

    /// A port and its settings.
    pub fn port(&self, port: u32) -> Result<SwitchPort, Error> {
        let bytes = self.get(PORT, &[port], 16)?;
        let flags = word(&bytes, 1);
        Ok(SwitchPort {
            port,
            held: flags & HELD != 0,
            learning: flags & LEARNING != 0,
            isolated: flags & ISOLATED != 0,
            locked: flags & LOCKED != 0,
            flood: flags & FLOOD != 0,
            mcast_flood: flags & MCAST_FLOOD != 0,
            bcast_flood: flags & BCAST_FLOOD != 0,
            addresses: word(&bytes, 3),
        })
    }

    /// Has sources of frames that come in by a port learned, or not.
    pub fn set_learning(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, LEARNING, on)
    }

    /// Keeps a port apart from other such ports, or not.
    pub fn set_isolated(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, ISOLATED, on)
    }

    /// Has only those stations send by a port whose addresses are static there, or any.
    pub fn set_locked(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, LOCKED, on)
    }

    /// Has a port get frames for stations that are not known, or not.
    pub fn set_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, FLOOD, on)
    }

    /// Has a port get multicast, or not.
    pub fn set_mcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, MCAST_FLOOD, on)
    }

    /// Has a port get broadcast, or not.
    pub fn set_bcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, BCAST_FLOOD, on)
    }

    fn set_flag(&self, port: u32, flag: u32, on: bool) -> Result<(), Error> {
        let flags = if on { flag } else { 0 };
        self.set(PORT, &words(&[port, flags, flag, 0]))
    }

    /// All addresses that the switch knows, in ascending order.
    pub fn addresses(&self) -> Result<Vec<Address>, Error> {
        let mut all = Vec::new();
        let mut cursor = 0;
        loop {
            let bytes = self.get(FDB, &[cursor], CHUNK)?;
            let entries = bytes.get(8..).unwrap_or_default().chunks_exact(24);
            all.extend(entries.map(|entry| Address {
                address: MacAddress(entry[..6].try_into().unwrap_or_default()),
                vlan: half(entry, 6),
                port: word(entry, 2),
                fixed: word(entry, 3) & STATIC != 0,
                age: Duration::from_millis(entry[16..].try_into().map_or(0, u64::from_ne_bytes)),
            }));
            cursor = word(&bytes, 0);
            if cursor == 0 {
                break;
            }
        }
        all.sort_by_key(|entry| (entry.vlan, entry.address));
        all.dedup_by_key(|entry| (entry.vlan, entry.address));
        Ok(all)
    }

    /// Sets a static address, in the place of whatever is known of it.
    pub fn add_address(&self, address: MacAddress, vlan: u16, port: u32) -> Result<(), Error> {
        self.set(FDB_ADD, &address_bytes(address, vlan, port))
    }

    /// Deletes an address, at this port or at any.
    pub fn delete_address(
        &self,
        address: MacAddress,
        vlan: u16,
        port: Option<u32>,
    ) -> Result<(), Error> {
        let port = port.unwrap_or(NO_PORT);
        self.set(FDB_DEL, &address_bytes(address, vlan, port))
    }

    /// Removes addresses.
    pub fn flush(&self, what: &Flush) -> Result<(), Error> {
        let named = [
            (FLUSH_PORT, what.port.is_some()),
            (FLUSH_ADDRESS, what.address.is_some()),
            (FLUSH_VLAN, what.vlan.is_some()),
            (FLUSH_STATIC, what.fixed),
        ];
        let named = named
            .iter()
            .filter(|(_, is)| *is)
            .fold(0, |all, (flag, _)| all | flag);
        let address = what.address.map_or([0; 6], |address| address.0);
        let value = [
            &words(&[named, what.port.unwrap_or(0)])[..],
            &address,
            &what.vlan.unwrap_or(0).to_ne_bytes(),
        ];
        self.set(FDB_FLUSH, &value.concat())
    }

    /// The VLANs of a port in ascending order.
    pub fn vlans(&self, port: u32) -> Result<Vec<Vlan>, Error> {
        let mut all = Vec::new();
        let mut cursor = 0;
        loop {
            let bytes = self.get(VLANS, &[port, cursor], CHUNK)?;
            let entries = bytes.get(16..).unwrap_or_default().chunks_exact(8);
            all.extend(entries.map(|entry| Vlan {
                vlan: half(entry, 4),
                pvid: half(entry, 6) & PVID != 0,
                untagged: half(entry, 6) & UNTAGGED != 0,
            }));
            cursor = word(&bytes, 1);
            if cursor == 0 {
                return Ok(all);
            }
        }
    }

    /// Puts a port into a VLAN, or changes its part there.
    pub fn add_vlan(&self, port: u32, vlan: Vlan) -> Result<(), Error> {
        let pvid = if vlan.pvid { PVID } else { 0 };
        let untagged = if vlan.untagged { UNTAGGED } else { 0 };
        self.set(VLAN_ADD, &vlan_bytes(port, vlan.vlan, pvid | untagged))
    }

    /// Takes a port out of a VLAN; tells whether it was in it.
    pub fn delete_vlan(&self, port: u32, vlan: u16) -> Result<bool, Error> {
        match self.set(VLAN_DEL, &vlan_bytes(port, vlan, 0)) {
            Err(error) if error.errno() == Errno::NOENT => Ok(false),
            result => result.map(|()| true),
        }
    }
}

/// The level of the switch's options.
fn level() -> c_int {
    abi::IPN_VDESWITCH as c_int
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_is_written() {
        let address = MacAddress([2, 0, 0xab, 0, 0xff, 9]);
        assert_eq!(address.to_string(), "02:00:ab:00:ff:09");
        assert_eq!(address.to_string().parse(), Ok(address));
        for wrong in [
            "",
            "02:00",
            "2:0:0:0:0:1",
            "02:00:00:00:00:0g",
            "02:00:00:00:00:01:02",
        ] {
            let error = wrong.parse::<MacAddress>().expect_err("a wrong address");
            assert!(error.contains("MAC"), "{error}");
        }
    }

    #[test]
    fn structures_have_the_sizes_of_the_header() {
        let address = MacAddress([2, 0, 0, 0, 0, 1]);
        assert_eq!(address_bytes(address, 0x102, 3).len(), 24);
        assert_eq!(vlan_bytes(1, 2, 3).len(), 8);
        assert_eq!(half(&address_bytes(address, 0x102, 3), 6), 0x102);
        assert_eq!(word(&address_bytes(address, 0x102, 3), 2), 3);
    }

    #[test]
    fn counters_are_read_in_order() {
        let bytes: Vec<u8> = (1_u64..=23).flat_map(u64::to_ne_bytes).collect();
        let statistics = Statistics::from_bytes(&bytes);
        assert_eq!((statistics.unicast, statistics.capacity), (1, 22));
        assert_eq!(statistics.drop_locked, 23);
        let counters: Vec<u64> = statistics.counters().map(|(_, counter)| counter).collect();
        assert_eq!(counters, (1..=23).collect::<Vec<_>>());
        assert_eq!(Statistics::from_bytes(&bytes[..12]).unicast, 1);
    }
}

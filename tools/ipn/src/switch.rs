// SPDX-License-Identifier: GPL-2.0

//! The Ethernet switch: what a manager sets, and what a member sees.
//!
//! The numbers and structures are those of `include/uapi/linux/ipn_switch.h`.

use crate::abi;
use crate::error::Error;
use crate::operation::Operation;
use crate::socket::Socket;
pub use crate::statistics::Statistics;
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn ageing(&self) -> Result<Option<Duration>, Error> {
        let bytes = self.get(AGEING, &[], 8)?;
        let millis = bytes.try_into().map_or(0, u64::from_ne_bytes);
        Ok((millis != u64::MAX).then(|| Duration::from_millis(millis)))
    }

    /// Sets how long a silent station is remembered. Nothing is learned with zero.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `EINVAL`:
    /// it is out of bounds.
    pub fn set_ageing(&self, ageing: Option<Duration>) -> Result<(), Error> {
        let millis = ageing.map_or(u64::MAX, |ageing| {
            u64::try_from(ageing.as_millis()).unwrap_or(u64::MAX)
        });
        self.set(AGEING, &millis.to_ne_bytes())
    }

    /// How many addresses may be learned.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn limits(&self) -> Result<Limits, Error> {
        let bytes = self.get(LIMITS, &[], 8)?;
        Ok(Limits {
            network: word(&bytes, 0),
            port: word(&bytes, 1),
        })
    }

    /// Sets how many addresses may be learned; where there are more, the oldest go.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `EINVAL`:
    /// a number is out of bounds.
    pub fn set_limits(&self, limits: Limits) -> Result<(), Error> {
        self.set(LIMITS, &words(&[limits.network, limits.port]))
    }

    /// Whether VLANs count.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn filtering(&self) -> Result<bool, Error> {
        Ok(word(&self.get(FILTERING, &[], 4)?, 0) != 0)
    }

    /// Has VLANs count, or tags pass unread.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    pub fn set_filtering(&self, filtering: bool) -> Result<(), Error> {
        self.set(FILTERING, &words(&[filtering.into()]))
    }

    /// The port that gets a copy of every frame.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn mirror(&self) -> Result<Option<u32>, Error> {
        let port = word(&self.get(MIRROR, &[], 4)?, 0);
        Ok((port != NO_PORT).then_some(port))
    }

    /// Chooses the port that gets a copy of every frame, one that a socket holds.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port, or a free one.
    pub fn set_mirror(&self, port: Option<u32>) -> Result<(), Error> {
        self.set(MIRROR, &words(&[port.unwrap_or(NO_PORT)]))
    }

    /// Which reserved groups are forwarded: bit 14 is 01:80:c2:00:00:0e, and so on.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn forwarded_groups(&self) -> Result<u16, Error> {
        Ok(word(&self.get(GROUP_FWD, &[], 4)?, 0) as u16)
    }

    /// Chooses which reserved groups are forwarded; bits 0 to 2 cannot be set.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `EINVAL`:
    /// one of bits 0 to 2 is set.
    pub fn set_forwarded_groups(&self, mask: u16) -> Result<(), Error> {
        self.set(GROUP_FWD, &words(&[mask.into()]))
    }

    /// The counters.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        Ok(Statistics::from_bytes(&self.get(STATS, &[], 1024)?))
    }

    /// A port and its settings.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EADDRNOTAVAIL`: no such port.
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_learning(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, LEARNING, on)
    }

    /// Keeps a port apart from other such ports, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_isolated(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, ISOLATED, on)
    }

    /// Has only those stations send by a port whose addresses are static there, or any.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_locked(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, LOCKED, on)
    }

    /// Has a port get frames for stations that are not known, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, FLOOD, on)
    }

    /// Has a port get multicast, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_mcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, MCAST_FLOOD, on)
    }

    /// Has a port get broadcast, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_bcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, BCAST_FLOOD, on)
    }

    fn set_flag(&self, port: u32, flag: u32, on: bool) -> Result<(), Error> {
        let flags = if on { flag } else { 0 };
        self.set(PORT, &words(&[port, flags, flag, 0]))
    }

    /// All addresses that the switch knows, in ascending order.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port, or a free one. `EINVAL`: no station's address, or no such
    /// VLAN. `ENOSPC`: the table is full of static addresses.
    pub fn add_address(&self, address: MacAddress, vlan: u16, port: u32) -> Result<(), Error> {
        self.set(FDB_ADD, &address_bytes(address, vlan, port))
    }

    /// Deletes an address, at this port or at any.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `ENOENT`:
    /// no such address.
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port. `EINVAL`: no station's address, or no such VLAN.
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EADDRNOTAVAIL`: no such port.
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
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port. `EINVAL`: no such VLAN.
    pub fn add_vlan(&self, port: u32, vlan: Vlan) -> Result<(), Error> {
        let pvid = if vlan.pvid { PVID } else { 0 };
        let untagged = if vlan.untagged { UNTAGGED } else { 0 };
        self.set(VLAN_ADD, &vlan_bytes(port, vlan.vlan, pvid | untagged))
    }

    /// Takes a port out of a VLAN; tells whether it was in it.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port. `EINVAL`: no such VLAN.
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
#[path = "switch_tests.rs"]
mod tests;

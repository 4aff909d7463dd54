// SPDX-License-Identifier: GPL-2.0

//! The Ethernet switch: what a manager sets, and what a member sees.
//!
//! The numbers and structures are those of `include/uapi/linux/ipn_switch.h`.

use crate::error::Error;
pub use crate::fdb::{Address, Flush, Limits};
pub use crate::mac_address::{BadMacAddress, MacAddress};
use crate::operation::Operation;
use crate::socket::Socket;
pub use crate::statistics::Statistics;
pub use crate::switch_port::{SwitchPort, Vlan};
use crate::sys;
use crate::sys::plain::{bytes, bytes_mut, AddressChunk, Plain, VlanChunk};
use ipn_abi::*;
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::ffi::c_int;
use std::time::Duration;

/// The level of the switch's options.
const LEVEL: c_int = IPN_VDESWITCH as c_int;

/// An option: its number, and what it is called in an error.
type Name = (u32, &'static str);

const AGEING: Name = (IPN_SWITCH_AGEING, "the ageing time");
const LIMITS: Name = (IPN_SWITCH_LIMITS, "the limits of addresses");
const FILTERING: Name = (IPN_SWITCH_FILTERING, "the VLAN filter");
const MIRROR: Name = (IPN_SWITCH_MIRROR, "the mirror port");
const GROUP_FWD: Name = (IPN_SWITCH_GROUP_FWD, "the mask of forwarded groups");
const STATS: Name = (IPN_SWITCH_STATS, "the statistics");
const PORT: Name = (IPN_SWITCH_PORT, "a port");
const FDB: Name = (IPN_SWITCH_FDB, "the addresses");
const FDB_ADD: Name = (IPN_SWITCH_FDB_ADD, "a static address");
const FDB_DEL: Name = (IPN_SWITCH_FDB_DEL, "(delete) an address");
const FDB_FLUSH: Name = (IPN_SWITCH_FDB_FLUSH, "(flush) addresses");
const VLANS: Name = (IPN_SWITCH_VLANS, "the VLANs of a port");
const VLAN_ADD: Name = (IPN_SWITCH_VLAN_ADD, "a VLAN of a port");
const VLAN_DEL: Name = (IPN_SWITCH_VLAN_DEL, "(delete) a VLAN of a port");

/// The switch behind a socket: [`Network::switch`](crate::Network::switch).
#[derive(Debug, Clone, Copy)]
pub struct Switch<'a> {
    socket: &'a Socket,
}

impl<'a> Switch<'a> {
    pub(crate) fn of(socket: &'a Socket) -> Self {
        Self { socket }
    }

    fn get<T: Plain>(&self, name: Name, value: &mut T) -> Result<(), Error> {
        let (option, text) = name;
        match sys::get_bytes(
            self.socket.as_fd(),
            LEVEL,
            option as c_int,
            bytes_mut(value),
        ) {
            Ok(_) => Ok(()),
            Err(errno) => Err(self.socket.error(Operation::GetOption(text), errno)),
        }
    }

    fn set<T: Plain>(&self, name: Name, value: &T) -> Result<(), Error> {
        let (option, text) = name;
        sys::set_bytes(self.socket.as_fd(), LEVEL, option as c_int, bytes(value))
            .map_err(|errno| self.socket.error(Operation::SetOption(text), errno))
    }

    /// How long a silent station is remembered; `None` is for ever.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn ageing(&self) -> Result<Option<Duration>, Error> {
        let mut millis = 0_u64;
        self.get(AGEING, &mut millis)?;
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
        self.set(AGEING, &millis)
    }

    /// How many addresses may be learned.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn limits(&self) -> Result<Limits, Error> {
        let mut limits = ipn_switch_limits::default();
        self.get(LIMITS, &mut limits)?;
        let ipn_switch_limits { network, port } = limits;
        Ok(Limits { network, port })
    }

    /// Sets how many addresses may be learned; where there are more, the oldest go.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `EINVAL`:
    /// a number is out of bounds.
    pub fn set_limits(&self, limits: Limits) -> Result<(), Error> {
        let Limits { network, port } = limits;
        self.set(LIMITS, &ipn_switch_limits { network, port })
    }

    /// Whether VLANs count.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn filtering(&self) -> Result<bool, Error> {
        let mut filtering = 0_u32;
        self.get(FILTERING, &mut filtering)?;
        Ok(filtering != 0)
    }

    /// Has VLANs count, or tags pass unread.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    pub fn set_filtering(&self, filtering: bool) -> Result<(), Error> {
        self.set(FILTERING, &u32::from(filtering))
    }

    /// The port that gets a copy of every frame.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn mirror(&self) -> Result<Option<u32>, Error> {
        let mut port = 0;
        self.get(MIRROR, &mut port)?;
        Ok((port != IPN_SWITCH_NO_PORT).then_some(port))
    }

    /// Chooses the port that gets a copy of every frame, one that a socket holds.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port, or a free one.
    pub fn set_mirror(&self, port: Option<u32>) -> Result<(), Error> {
        self.set(MIRROR, &port.unwrap_or(IPN_SWITCH_NO_PORT))
    }

    /// Which reserved groups are forwarded: bit 14 is 01:80:c2:00:00:0e, and so on.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn forwarded_groups(&self) -> Result<u16, Error> {
        let mut mask = 0_u32;
        self.get(GROUP_FWD, &mut mask)?;
        Ok(mask as u16)
    }

    /// Chooses which reserved groups are forwarded; bits 0 to 2 cannot be set.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's. `EINVAL`:
    /// one of bits 0 to 2 is set.
    pub fn set_forwarded_groups(&self, mask: u16) -> Result<(), Error> {
        self.set(GROUP_FWD, &u32::from(mask))
    }

    /// The counters.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        let mut counters = ipn_switch_stats::default();
        self.get(STATS, &mut counters)?;
        Ok(Statistics::of(&counters))
    }

    /// A port and its settings.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EADDRNOTAVAIL`: no such port.
    pub fn port(&self, port: u32) -> Result<SwitchPort, Error> {
        let mut found = ipn_switch_port {
            port,
            ..Default::default()
        };
        self.get(PORT, &mut found)?;
        let has = |flag| found.flags & flag != 0;
        Ok(SwitchPort {
            port,
            held: has(IPN_SWITCH_PORT_HELD),
            learning: has(IPN_SWITCH_PORT_LEARNING),
            isolated: has(IPN_SWITCH_PORT_ISOLATED),
            locked: has(IPN_SWITCH_PORT_LOCKED),
            flood: has(IPN_SWITCH_PORT_FLOOD),
            mcast_flood: has(IPN_SWITCH_PORT_MCAST_FLOOD),
            bcast_flood: has(IPN_SWITCH_PORT_BCAST_FLOOD),
            addresses: found.addresses,
        })
    }

    /// Has sources of frames that come in by a port learned, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_learning(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_LEARNING, on)
    }

    /// Keeps a port apart from other such ports, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_isolated(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_ISOLATED, on)
    }

    /// Has only those stations send by a port whose addresses are static there, or any.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_locked(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_LOCKED, on)
    }

    /// Has a port get frames for stations that are not known, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_FLOOD, on)
    }

    /// Has a port get multicast, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_mcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_MCAST_FLOOD, on)
    }

    /// Has a port get broadcast, or not.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port.
    pub fn set_bcast_flood(&self, port: u32, on: bool) -> Result<(), Error> {
        self.set_flag(port, IPN_SWITCH_PORT_BCAST_FLOOD, on)
    }

    fn set_flag(&self, port: u32, flag: u32, on: bool) -> Result<(), Error> {
        let value = ipn_switch_port {
            port,
            flags: if on { flag } else { 0 },
            mask: flag,
            addresses: 0,
        };
        self.set(PORT, &value)
    }

    /// All addresses that the switch knows, in ascending order.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch.
    pub fn addresses(&self) -> Result<Vec<Address>, Error> {
        let mut all = Vec::new();
        let mut chunk = AddressChunk::default();
        loop {
            self.get(FDB, &mut chunk)?;
            let entries = chunk.entries.iter().take(chunk.head.count as usize);
            all.extend(entries.map(|entry| Address {
                address: MacAddress(entry.address),
                vlan: entry.vlan,
                port: entry.port,
                fixed: entry.flags & IPN_SWITCH_FDB_STATIC != 0,
                age: Duration::from_millis(entry.age),
            }));
            if chunk.head.cursor == 0 {
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
        self.set(FDB_ADD, &entry(address, vlan, port))
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
        let port = port.unwrap_or(IPN_SWITCH_NO_PORT);
        self.set(FDB_DEL, &entry(address, vlan, port))
    }

    /// Removes addresses.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port. `EINVAL`: no station's address, or no such VLAN.
    pub fn flush(&self, what: &Flush) -> Result<(), Error> {
        let named = [
            (IPN_SWITCH_FLUSH_PORT, what.port.is_some()),
            (IPN_SWITCH_FLUSH_ADDRESS, what.address.is_some()),
            (IPN_SWITCH_FLUSH_VLAN, what.vlan.is_some()),
            (IPN_SWITCH_FLUSH_STATIC, what.fixed),
        ];
        let named = named.iter().filter(|(_, is)| *is);
        let value = ipn_switch_flush {
            match_: named.fold(0, |all, (flag, _)| all | flag),
            port: what.port.unwrap_or(0),
            address: what.address.map_or([0; 6], |address| address.0),
            vlan: what.vlan.unwrap_or(0),
        };
        self.set(FDB_FLUSH, &value)
    }

    /// The VLANs of a port in ascending order.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EADDRNOTAVAIL`: no such port.
    pub fn vlans(&self, port: u32) -> Result<Vec<Vlan>, Error> {
        let mut all = Vec::new();
        let mut chunk = VlanChunk::default();
        loop {
            chunk.head.port = port;
            self.get(VLANS, &mut chunk)?;
            let entries = chunk.entries.iter().take(chunk.head.count as usize);
            all.extend(entries.map(|entry| Vlan {
                vlan: entry.vlan,
                pvid: entry.flags & IPN_SWITCH_VLAN_PVID != 0,
                untagged: entry.flags & IPN_SWITCH_VLAN_UNTAGGED != 0,
            }));
            if chunk.head.cursor == 0 {
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
        let pvid = if vlan.pvid { IPN_SWITCH_VLAN_PVID } else { 0 };
        let untagged = match vlan.untagged {
            true => IPN_SWITCH_VLAN_UNTAGGED,
            false => 0,
        };
        let vlan = vlan.vlan;
        let flags = pvid | untagged;
        self.set(VLAN_ADD, &ipn_switch_vlan { port, vlan, flags })
    }

    /// Takes a port out of a VLAN; tells whether it was in it.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`: the network is no switch. `EACCES`: the socket is no manager's.
    /// `EADDRNOTAVAIL`: no such port. `EINVAL`: no such VLAN.
    pub fn delete_vlan(&self, port: u32, vlan: u16) -> Result<bool, Error> {
        let flags = 0;
        match self.set(VLAN_DEL, &ipn_switch_vlan { port, vlan, flags }) {
            Err(error) if error.errno() == Errno::NOENT => Ok(false),
            result => result.map(|()| true),
        }
    }
}

/// An address to be added or deleted.
fn entry(address: MacAddress, vlan: u16, port: u32) -> ipn_switch_fdb {
    ipn_switch_fdb {
        address: address.0,
        vlan,
        port,
        ..Default::default()
    }
}

#[cfg(test)]
#[path = "switch_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! The options of the switch: from bytes to settings and back.
//!
//! The structures are those of `include/uapi/linux/ipn_switch.h`, which says what they mean. What is
//! refused has changed nothing.

mod bytes;
mod error;

pub use error::OptionError;

use core::ops::DerefMut;

use super::fdb::table::{Limits, PortAddresses, Slot};
use super::fdb::{Flush, StaticError};
use super::forward::{Switch, GROUP_FWD_RESTRICTED};
use super::frame::MacAddress;
use super::port::Port;
use super::verdict::DropReason;
use super::vlan::{is_vlan, VlanFlags};
use bytes::{Reader, Writer};

/// The numbers of the header, under its names without `IPN_SWITCH_`.
pub mod numbers {
    #![allow(missing_docs)] // The header has the comments.

    pub const AGEING: u32 = 1;
    pub const LIMITS: u32 = 2;
    pub const FILTERING: u32 = 3;
    pub const MIRROR: u32 = 4;
    pub const GROUP_FWD: u32 = 5;
    pub const STATS: u32 = 6;
    pub const PORT: u32 = 7;
    pub const FDB: u32 = 8;
    pub const FDB_ADD: u32 = 9;
    pub const FDB_DEL: u32 = 10;
    pub const FDB_FLUSH: u32 = 11;
    pub const VLANS: u32 = 12;
    pub const VLAN_ADD: u32 = 13;
    pub const VLAN_DEL: u32 = 14;
    pub const NO_PORT: u32 = u32::MAX;
    pub const PORT_LEARNING: u32 = 1;
    pub const PORT_ISOLATED: u32 = 2;
    pub const PORT_HELD: u32 = 4;
    pub const PORT_LOCKED: u32 = 8;
    pub const PORT_FLOOD: u32 = 16;
    pub const PORT_MCAST_FLOOD: u32 = 32;
    pub const PORT_BCAST_FLOOD: u32 = 64;
    pub const FDB_STATIC: u32 = 1;
    pub const FLUSH_PORT: u32 = 1;
    pub const FLUSH_ADDRESS: u32 = 2;
    pub const FLUSH_VLAN: u32 = 4;
    pub const FLUSH_STATIC: u32 = 8;
    pub const VLAN_PVID: u16 = 1;
    pub const VLAN_UNTAGGED: u16 = 2;
}
use numbers::*;

impl From<StaticError> for OptionError {
    fn from(error: StaticError) -> Self {
        match error {
            StaticError::NotAStation | StaticError::NotAVlan => Self::Invalid,
            StaticError::NoSuchPort => Self::NoSuchPort,
            StaticError::Full => Self::Full,
        }
    }
}

/// What came of an option.
type Result<T = ()> = core::result::Result<T, OptionError>;

/// Something that has to be so.
fn require(so: bool) -> Result {
    so.then_some(()).ok_or(OptionError::Invalid)
}

impl<S, A, P> Switch<S, A, P>
where
    S: DerefMut<Target = [Slot]>,
    A: DerefMut<Target = [PortAddresses]>,
    P: DerefMut<Target = [Port]>,
{
    /// Sets an option.
    ///
    /// # Errors
    ///
    /// See [`OptionError`]. Then nothing has changed.
    pub fn set_option(&mut self, option: u32, value: &[u8], now: u64) -> Result {
        let mut value = Reader::new(value);
        match option {
            AGEING => {
                let ageing_ms = value.last_u64()?;
                self.table_mut().set_ageing_ms(ageing_ms, now);
            }
            LIMITS => {
                let network = value.u32()?;
                let port = value.last_u32()?;
                require(network <= self.table().capacity())?;
                self.table_mut().set_limits(Limits { network, port }, now);
            }
            FILTERING => {
                let filtering = value.last_u32()?;
                require(filtering <= 1)?;
                self.settings_mut().vlan_filtering = filtering == 1;
            }
            MIRROR => {
                self.settings_mut().mirror = match value.last_u32()? {
                    NO_PORT => None,
                    port => Some(self.held_port(port)?),
                };
            }
            GROUP_FWD => {
                let mask = u16::try_from(value.last_u32()?).map_err(|_| OptionError::Invalid)?;
                require(mask & GROUP_FWD_RESTRICTED == 0)?;
                self.settings_mut().group_fwd_mask = mask;
            }
            PORT => self.set_port(value)?,
            FDB_ADD => {
                let (address, vid, port) = read_address(value)?;
                let port = self.held_port(port)?;
                self.set_static(port, address, vid, now)?;
            }
            FDB_DEL => self.delete_address(value, now)?,
            FDB_FLUSH => self.flush(value, now)?,
            VLAN_ADD => {
                let (port, vid, flags) = self.read_vlan(value, VLAN_PVID | VLAN_UNTAGGED)?;
                let flags = VlanFlags {
                    pvid: flags & VLAN_PVID != 0,
                    untagged: flags & VLAN_UNTAGGED != 0,
                };
                let port = self.port_mut(port).ok_or(OptionError::NoSuchPort)?;
                (port.vlans.add(vid, flags)).map_err(|_| OptionError::Invalid)?;
            }
            VLAN_DEL => {
                let (port, vid, _) = self.read_vlan(value, 0)?;
                let there = self
                    .port(port)
                    .is_some_and(|port| port.vlans.flags(vid).is_some());
                if !there {
                    return Err(OptionError::NotFound);
                }
                self.remove_vlan(port, vid, now);
            }
            _ => return Err(OptionError::Unknown),
        }
        Ok(())
    }

    /// Gets an option: `value` holds what the caller gave, and takes the answer. Returns its length.
    ///
    /// # Errors
    ///
    /// See [`OptionError`].
    pub fn get_option(&self, option: u32, value: &mut [u8], now: u64) -> Result<usize> {
        let settings = self.settings();
        let limits = self.table().limits();
        let mut asked = Reader::new(value);
        match option {
            AGEING => Writer::new(value).u64(self.table().ageing_ms()).end(),
            LIMITS => Writer::new(value)
                .u32(limits.network)
                .u32(limits.port)
                .end(),
            FILTERING => Writer::new(value).u32(settings.vlan_filtering.into()).end(),
            MIRROR => Writer::new(value)
                .u32(settings.mirror.map_or(NO_PORT, u32::from))
                .end(),
            GROUP_FWD => Writer::new(value).u32(settings.group_fwd_mask.into()).end(),
            STATS => Ok(self.write_stats(value)),
            PORT => {
                let port = self.port_number(asked.u32()?)?;
                self.write_port(port, value)
            }
            FDB => {
                let cursor = asked.u32()?;
                self.write_addresses(cursor, value, now)
            }
            VLANS => {
                let port = self.port_number(asked.u32()?)?;
                let cursor = asked.u32()?;
                self.write_vlans(port, cursor, value)
            }
            _ => Err(OptionError::Unknown),
        }
    }

    /// The port of a number.
    fn port_number(&self, port: u32) -> Result<u16> {
        u16::try_from(port)
            .ok()
            .filter(|port| self.port(*port).is_some())
            .ok_or(OptionError::NoSuchPort)
    }

    /// The port of a number, if it is held.
    fn held_port(&self, port: u32) -> Result<u16> {
        let port = self.port_number(port)?;
        match self.port(port) {
            Some(there) if there.is_present() => Ok(port),
            _ => Err(OptionError::NoSuchPort),
        }
    }

    /// Sets those flags of a port that `mask` names.
    fn set_port(&mut self, mut value: Reader<'_>) -> Result {
        let (port, flags, mask) = (value.u32()?, value.u32()?, value.u32()?);
        require(value.last_u32()? == 0)?;
        const SETTINGS: u32 = PORT_LEARNING
            | PORT_ISOLATED
            | PORT_LOCKED
            | PORT_FLOOD
            | PORT_MCAST_FLOOD
            | PORT_BCAST_FLOOD;
        require(mask & !SETTINGS == 0 && flags & !mask == 0)?;
        let port = self.port_number(port)?;
        let port = self.port_mut(port).ok_or(OptionError::NoSuchPort)?;
        for (flag, setting) in [
            (PORT_LEARNING, &mut port.learning),
            (PORT_ISOLATED, &mut port.isolated),
            (PORT_LOCKED, &mut port.locked),
            (PORT_FLOOD, &mut port.flood),
            (PORT_MCAST_FLOOD, &mut port.mcast_flood),
            (PORT_BCAST_FLOOD, &mut port.bcast_flood),
        ] {
            if mask & flag != 0 {
                *setting = flags & flag != 0;
            }
        }
        Ok(())
    }

    fn delete_address(&mut self, value: Reader<'_>, now: u64) -> Result {
        let (address, vid, port) = read_address(value)?;
        let port = match port {
            NO_PORT => None,
            port => Some(self.port_number(port)?),
        };
        let what = Flush {
            port,
            address: Some(address),
            vid: Some(vid),
            fixed: true,
        };
        match self.table_mut().flush(&what, now) {
            0 => Err(OptionError::NotFound),
            _ => Ok(()),
        }
    }

    fn flush(&mut self, mut value: Reader<'_>, now: u64) -> Result {
        let (named, port) = (value.u32()?, value.u32()?);
        let (address, vid) = (MacAddress::new(value.take()?), value.last_u16()?);
        let names = |flag| named & flag != 0;
        require(named & !(FLUSH_PORT | FLUSH_ADDRESS | FLUSH_VLAN | FLUSH_STATIC) == 0)?;
        require(names(FLUSH_PORT) || port == 0)?;
        require(names(FLUSH_ADDRESS) || address.to_u64() == 0)?;
        require(names(FLUSH_VLAN) || vid == 0)?;
        require(vid == 0 || is_vlan(vid))?;
        let what = Flush {
            port: match names(FLUSH_PORT) {
                true => Some(self.port_number(port)?),
                false => None,
            },
            address: names(FLUSH_ADDRESS).then_some(address),
            vid: names(FLUSH_VLAN).then_some(vid),
            fixed: names(FLUSH_STATIC),
        };
        self.table_mut().flush(&what, now);
        Ok(())
    }

    /// A port, a VLAN, and flags of which only these are allowed.
    fn read_vlan(&self, mut value: Reader<'_>, allowed: u16) -> Result<(u16, u16, u16)> {
        let (port, vid, flags) = (value.u32()?, value.u16()?, value.last_u16()?);
        require(is_vlan(vid) && flags & !allowed == 0)?;
        Ok((self.port_number(port)?, vid, flags))
    }

    fn write_port(&self, number: u16, value: &mut [u8]) -> Result<usize> {
        let port = self.port(number).ok_or(OptionError::NoSuchPort)?;
        let flags = [
            (PORT_LEARNING, port.learning),
            (PORT_ISOLATED, port.isolated),
            (PORT_HELD, port.is_present()),
            (PORT_LOCKED, port.locked),
            (PORT_FLOOD, port.flood),
            (PORT_MCAST_FLOOD, port.mcast_flood),
            (PORT_BCAST_FLOOD, port.bcast_flood),
        ];
        let flags = flags.iter().filter(|(_, up)| *up);
        Writer::new(value)
            .u32(number.into())
            .u32(flags.fold(0, |all, (flag, _)| all | flag))
            .u32(0)
            .u32(self.table().learned_at(number).unwrap_or(0))
            .end()
    }

    fn write_addresses(&self, cursor: u32, value: &mut [u8], now: u64) -> Result<usize> {
        let (head, mut place) = value.split_at_mut_checked(8).ok_or(OptionError::Invalid)?;
        let (mut next, mut count) = (cursor, 0);
        for (after, entry) in self.table().entries(cursor, now) {
            let Some((slot, rest)) = place.split_at_mut_checked(24) else {
                // There is more than there is room for.
                require(count > 0)?;
                return finish_chunk(Writer::new(head).u32(next).u32(count), count, 24);
            };
            Writer::new(slot)
                .bytes(&entry.address.octets())
                .u16(entry.vid)
                .u32(entry.port.into())
                .u32(if entry.fixed { FDB_STATIC } else { 0 })
                .u64(entry.age_ms)
                .end()?;
            (place, next, count) = (rest, after, count.saturating_add(1));
        }
        finish_chunk(Writer::new(head).u32(0).u32(count), count, 24)
    }

    fn write_vlans(&self, number: u16, cursor: u32, value: &mut [u8]) -> Result<usize> {
        let port = self.port(number).ok_or(OptionError::NoSuchPort)?;
        let (head, mut place) = value.split_at_mut_checked(16).ok_or(OptionError::Invalid)?;
        let head = Writer::new(head).u32(number.into());
        let mut count = 0;
        for (vid, flags) in port
            .vlans
            .iter()
            .filter(|(vid, _)| u32::from(*vid) >= cursor)
        {
            let Some((slot, rest)) = place.split_at_mut_checked(8) else {
                require(count > 0)?;
                return finish_chunk(head.u32(vid.into()).u32(count).u32(0), count, 8);
            };
            let pvid = if flags.pvid { VLAN_PVID } else { 0 };
            let untagged = if flags.untagged { VLAN_UNTAGGED } else { 0 };
            Writer::new(slot)
                .u32(number.into())
                .u16(vid)
                .u16(pvid | untagged)
                .end()?;
            (place, count) = (rest, count.saturating_add(1));
        }
        finish_chunk(head.u32(0).u32(count).u32(0), count, 8)
    }

    fn write_stats(&self, value: &mut [u8]) -> usize {
        let switch = self.counters();
        let table = self.table().counters();
        let [dropped @ .., locked] = DropReason::ALL.map(|reason| switch.dropped(reason));
        let first = [switch.unicast, switch.flooded];
        // What came to be counted later stands behind what programs knew already.
        let last = [
            table.learned,
            table.moved,
            table.aged,
            table.limited,
            table.port_limited,
            table.evicted,
            table.flushed,
            self.table().learned().into(),
            self.table().fixed().into(),
            self.table().capacity().into(),
            locked,
        ];
        let all = first.into_iter().chain(dropped).chain(last);
        let mut written: usize = 0;
        for (place, counter) in value.chunks_exact_mut(8).zip(all) {
            place.copy_from_slice(&counter.to_ne_bytes());
            written = written.saturating_add(8);
        }
        written
    }
}

/// The length of a chunk with this head and so many entries of a size.
fn finish_chunk(head: Writer<'_>, count: u32, size: usize) -> Result<usize> {
    let head = head.end()?;
    Ok((count as usize).saturating_mul(size).saturating_add(head))
}

/// Address, VLAN and port of a `struct ipn_switch_fdb` that is set.
fn read_address(mut value: Reader<'_>) -> Result<(MacAddress, u16, u32)> {
    let (address, vid, port) = (MacAddress::new(value.take()?), value.u16()?, value.u32()?);
    require(value.u32()? == 0 && value.last_u64()? == 0)?;
    require(vid == 0 || is_vlan(vid))?;
    Ok((address, vid, port))
}

// SPDX-License-Identifier: GPL-2.0

//! The MAC table as a manager sees it, who words it as `bridge fdb` does: show, set static, flush.

mod ranking;
pub mod siphash;
mod slot;
mod store;
pub mod table;

use core::ops::DerefMut;

use super::frame::MacAddress;
use super::vlan::is_vlan;
use slot::{Link, PortAddresses, Slot, State};
use store::MAX_PROBES;
use table::{address_of, count, key_of, MacTable, EXPIRE_STEP};

/// Why a static address cannot be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StaticError {
    /// The address is that of a group, or zero.
    NotAStation,
    /// The VLAN is neither one nor 0.
    NotAVlan,
    /// There is no such port.
    NoSuchPort,
    /// There is no room, and no learned address that could give way.
    Full,
}

/// What a flush removes: the addresses that fit every field given.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flush {
    /// Only addresses at this port.
    pub port: Option<u16>,
    /// Only this address.
    pub address: Option<MacAddress>,
    /// Only addresses in this VLAN.
    pub vid: Option<u16>,
    /// Static addresses as well.
    pub fixed: bool,
}

impl Flush {
    fn fits(&self, slot: &Slot) -> bool {
        let (address, vid) = address_of(slot.key);
        self.port.is_none_or(|port| port == slot.port)
            && self.address.is_none_or(|wanted| wanted == address)
            && self.vid.is_none_or(|wanted| wanted == vid)
            && (self.fixed || slot.state == State::Learned)
    }
}

/// An address in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The station.
    pub address: MacAddress,
    /// The VLAN it is in, 0 without VLAN filtering.
    pub vid: u16,
    /// The port it is at.
    pub port: u16,
    /// Milliseconds since a frame came from it; of a static address, since it was set.
    pub age_ms: u64,
    /// Whether a manager set it.
    pub fixed: bool,
}

impl<S, P> MacTable<S, P>
where
    S: DerefMut<Target = [Slot]>,
    P: DerefMut<Target = [PortAddresses]>,
{
    /// Sets a static address, in the place of whatever is known of it. It does not age or move, and
    /// stays until it is flushed or its port leaves. Returns the port the station was at before.
    ///
    /// A manager's word counts more than what a frame taught: in a full table a learned address gives
    /// way, the oldest of the port that has the most.
    ///
    /// # Errors
    ///
    /// See [`StaticError`]. Then nothing has changed.
    pub fn set_static(
        &mut self,
        port: u16,
        address: MacAddress,
        vid: u16,
        now: u64,
    ) -> Result<Option<u16>, StaticError> {
        let now = self.tick(now);
        if !address.is_station() {
            return Err(StaticError::NotAStation);
        }
        if vid != 0 && !is_vlan(vid) {
            return Err(StaticError::NotAVlan);
        }
        if self.store.learned_at(port).is_none() {
            return Err(StaticError::NoSuchPort);
        }
        self.expire(now, EXPIRE_STEP);
        let key = key_of(address, vid);
        let (found, probes) = self.store.find(key);
        let mut before = None;
        if let Some((at, slot)) = found {
            let (known_at, state) = (slot.port, slot.state);
            if !self.expire_one(at, now) {
                before = Some(known_at);
                match state {
                    State::Static => self.store.remove(at),
                    _ => self.evict(at),
                };
            }
        } else {
            let has_room = probes < MAX_PROBES && (!self.store.is_full() || self.make_room(port));
            if !has_room {
                return Err(StaticError::Full);
            }
        }
        self.store.insert(port, key, State::Static, now);
        Ok(before)
    }

    /// Removes addresses. Returns how many there were, without those that were too old anyway.
    ///
    /// With a port this walks the port's addresses, with an address and a VLAN it searches for one,
    /// and else it walks the table.
    pub fn flush(&mut self, what: &Flush, now: u64) -> u32 {
        self.expire(now, u32::MAX);
        let mut removed: u32 = 0;
        let mut flush = |table: &mut Self, at| {
            let fits = table.store.get(at).is_some_and(|slot| what.fits(slot));
            if fits && table.discard(at) {
                removed = removed.saturating_add(1);
            }
        };
        if let (Some(address), Some(vid)) = (what.address, what.vid) {
            if let Some((at, _)) = self.store.find(key_of(address, vid)).0 {
                flush(self, at);
            }
        } else if let Some(port) = what.port {
            for state in [State::Learned, State::Static] {
                let mut at = self.store.first_at(port, state);
                while at != Link::NONE {
                    let next = self.store.next_at_port(at);
                    flush(self, at);
                    at = next;
                }
            }
        } else {
            for at in self.store.links(0) {
                flush(self, at);
            }
        }
        removed
    }

    /// Removes an address that a manager, or its port, does away with.
    fn discard(&mut self, at: Link) -> bool {
        let state = self.store.get(at).map(|slot| slot.state);
        if state == Some(State::Learned) {
            count(&mut self.counters.flushed);
        }
        self.store.remove(at)
    }

    /// Forgets all addresses of a port that has left, static ones as well
    /// (`br_fdb_delete_by_port()`).
    pub fn forget_port(&mut self, port: u16) {
        for state in [State::Learned, State::Static] {
            loop {
                let at = self.store.first_at(port, state);
                if !self.expire_one(at, self.clock) && !self.discard(at) {
                    break;
                }
            }
        }
    }

    /// Whether an address was set static at this port.
    #[inline(never)] // Only locked ports need it.
    pub fn is_static_at(&self, port: u16, address: MacAddress, vid: u16) -> bool {
        let (found, _) = self.store.find(key_of(address, vid));
        found.is_some_and(|(_, slot)| slot.state == State::Static && slot.port == port)
    }

    /// What the table knows of an address.
    pub fn entry(&self, address: MacAddress, vid: u16, now: u64) -> Option<Entry> {
        let (_, slot) = self.store.find(key_of(address, vid)).0?;
        self.entry_of(slot, now)
    }

    /// All addresses in no order, each with where to go on after it: a caller that reads the table
    /// in pieces passes the last such number as `from`, and 0 first. An address that stays in the
    /// table all the while is seen exactly once.
    pub fn entries(&self, from: u32, now: u64) -> impl Iterator<Item = (u32, Entry)> + '_ {
        self.store
            .links(from)
            .filter_map(move |at| Some((at, self.store.get(at)?)))
            .filter_map(move |(at, slot)| Some((at.number_after(), self.entry_of(slot, now)?)))
    }

    fn entry_of(&self, slot: &Slot, now: u64) -> Option<Entry> {
        if self.is_expired(slot, now) {
            return None;
        }
        let (address, vid) = address_of(slot.key);
        Some(Entry {
            address,
            vid,
            port: slot.port,
            age_ms: self.clock.max(now).saturating_sub(slot.updated),
            fixed: slot.state == State::Static,
        })
    }
}

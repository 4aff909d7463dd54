// SPDX-License-Identifier: GPL-2.0

//! The MAC table without any of its cleverness: a map, searched through for every question.

use std::collections::HashMap;

use af_ipn_core::kvde_switch::fdb::table::{Learning, Limits, TableCounters};
use af_ipn_core::kvde_switch::fdb::{Entry, Flush, StaticError};
use af_ipn_core::kvde_switch::frame::MacAddress;

#[derive(Clone, Copy, Debug)]
struct Known {
    port: u16,
    updated: u64,
    /// Orders what was updated in the same millisecond.
    turn: u64,
    fixed: bool,
}

/// What is known of each address in each VLAN.
#[derive(Debug)]
pub struct NaiveTable {
    known: HashMap<(MacAddress, u16), Known>,
    slots: usize,
    ports: u16,
    pub limits: Limits,
    ageing_ms: u64,
    clock: u64,
    turns: u64,
    pub counters: TableCounters,
}

impl NaiveTable {
    pub fn new(slots: usize, ports: u16, limits: Limits, ageing_ms: u64) -> Self {
        Self {
            known: HashMap::new(),
            slots,
            ports,
            limits,
            ageing_ms,
            clock: 0,
            turns: 0,
            counters: TableCounters::default(),
        }
    }

    fn is_too_old(&self, known: &Known, now: u64) -> bool {
        !known.fixed && now.max(self.clock) - known.updated >= self.ageing_ms
    }

    /// Sets the clock, and removes what is too old.
    fn tick(&mut self, now: u64) -> u64 {
        self.clock = self.clock.max(now);
        let (clock, ageing_ms) = (self.clock, self.ageing_ms);
        let before = self.known.len();
        self.known
            .retain(|_, known| known.fixed || clock - known.updated < ageing_ms);
        self.counters.aged += (before - self.known.len()) as u64;
        self.clock
    }

    pub fn expire(&mut self, now: u64) {
        self.tick(now);
    }

    fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    pub fn is_static_at(&self, port: u16, address: MacAddress, vid: u16) -> bool {
        let known = self.known.get(&(address, vid));
        known.is_some_and(|known| known.fixed && known.port == port)
    }

    pub fn learned(&self) -> usize {
        self.known.values().filter(|known| !known.fixed).count()
    }

    pub fn learned_at(&self, port: u16) -> usize {
        self.known
            .values()
            .filter(|known| !known.fixed && known.port == port)
            .count()
    }

    pub fn fixed(&self) -> usize {
        self.known.values().filter(|known| known.fixed).count()
    }

    fn is_full(&self) -> bool {
        self.known.len() >= self.slots
    }

    pub fn lookup(&self, address: MacAddress, vid: u16, now: u64) -> Option<u16> {
        let known = self.known.get(&(address, vid))?;
        (!self.is_too_old(known, now)).then_some(known.port)
    }

    /// Where several ports have the most addresses, `gone` tells whose oldest was chosen to give way.
    pub fn learn(
        &mut self,
        port: u16,
        address: MacAddress,
        vid: u16,
        now: u64,
        gone: impl Fn(MacAddress, u16) -> bool,
    ) -> Learning {
        let now = self.tick(now);
        if self.ageing_ms == 0 || port >= self.ports || !address.is_station() {
            return Learning::Ignored;
        }
        let turn = self.turn();
        let room_here = self.learned_at(port) < self.limits.port as usize;
        let room = self.learned() < self.limits.network as usize && !self.is_full();
        let learned = Known {
            port,
            updated: now,
            turn,
            fixed: false,
        };
        match self.known.get(&(address, vid)).copied() {
            Some(known) if known.fixed => Learning::Static,
            Some(known) if known.port == port => {
                if known.updated != now {
                    self.known.insert((address, vid), learned);
                }
                Learning::Refreshed
            }
            _ if !room_here => {
                self.counters.port_limited += 1;
                Learning::Limited
            }
            Some(Known { port: from, .. }) => {
                self.known.insert((address, vid), learned);
                self.counters.moved += 1;
                Learning::Moved { from }
            }
            None if !room && !self.make_room(port, gone) => {
                self.counters.limited += 1;
                Learning::Limited
            }
            None => {
                self.known.insert((address, vid), learned);
                self.counters.learned += 1;
                Learning::New
            }
        }
    }

    /// The learned address not heard of for the longest time, of one port or of all.
    fn oldest(&self, port: Option<u16>) -> Option<(MacAddress, u16)> {
        self.known
            .iter()
            .filter(|(_, known)| !known.fixed && port.is_none_or(|port| known.port == port))
            .min_by_key(|(_, known)| (known.updated, known.turn))
            .map(|(key, _)| *key)
    }

    /// Removes it.
    fn evict_oldest(&mut self, port: Option<u16>) {
        if let Some(key) = self.oldest(port) {
            self.known.remove(&key);
            self.counters.evicted += 1;
        }
    }

    /// Removes the oldest address of the port that has the most: of this one if it is one of them, else
    /// of the one whose oldest is `gone`.
    fn make_room(&mut self, port: u16, gone: impl Fn(MacAddress, u16) -> bool) -> bool {
        let counts = (0..self.ports).map(|port| self.learned_at(port));
        let most = counts.max().unwrap_or(0);
        if most == 0 {
            return false;
        }
        let fullest = |port: &u16| self.learned_at(*port) == most;
        let chosen = |port: &u16| {
            let oldest = self.oldest(Some(*port));
            oldest.is_some_and(|(address, vid)| gone(address, vid))
        };
        let mut others = (0..self.ports).filter(fullest).filter(chosen);
        let gives = Some(port).filter(fullest).or_else(|| others.next());
        let gives = gives.expect("the oldest address of a port that has the most gave way");
        self.evict_oldest(Some(gives));
        true
    }

    pub fn set_static(
        &mut self,
        port: u16,
        address: MacAddress,
        vid: u16,
        now: u64,
        gone: impl Fn(MacAddress, u16) -> bool,
    ) -> Result<Option<u16>, StaticError> {
        let now = self.tick(now);
        if !address.is_station() {
            return Err(StaticError::NotAStation);
        }
        if vid > 4094 {
            return Err(StaticError::NotAVlan);
        }
        if port >= self.ports {
            return Err(StaticError::NoSuchPort);
        }
        let before = self.known.remove(&(address, vid));
        if before.is_some_and(|known| !known.fixed) {
            self.counters.evicted += 1;
        }
        if self.is_full() && !self.make_room(port, gone) {
            return Err(StaticError::Full);
        }
        let turn = self.turn();
        self.known.insert(
            (address, vid),
            Known {
                port,
                updated: now,
                turn,
                fixed: true,
            },
        );
        Ok(before.map(|known| known.port))
    }

    pub fn flush(&mut self, what: &Flush, now: u64) -> u32 {
        self.tick(now);
        let mut removed = 0;
        let counters = &mut self.counters;
        self.known.retain(|(address, vid), known| {
            let stays = what.port.is_some_and(|port| port != known.port)
                || what.address.is_some_and(|wanted| wanted != *address)
                || what.vid.is_some_and(|wanted| wanted != *vid)
                || (known.fixed && !what.fixed);
            if !stays {
                removed += 1;
                counters.flushed += u64::from(!known.fixed);
            }
            stays
        });
        removed
    }

    pub fn forget_port(&mut self, port: u16) {
        let what = Flush {
            port: Some(port),
            fixed: true,
            ..Flush::default()
        };
        self.flush(&what, self.clock);
    }

    pub fn set_ageing_ms(&mut self, ageing_ms: u64, now: u64) {
        self.tick(now);
        self.ageing_ms = ageing_ms;
    }

    pub fn set_limits(&mut self, limits: Limits, now: u64) {
        self.tick(now);
        self.limits = limits;
        while self.learned() > limits.network as usize {
            self.evict_oldest(None);
        }
        for port in 0..self.ports {
            while self.learned_at(port) > limits.port as usize {
                self.evict_oldest(Some(port));
            }
        }
    }

    pub fn resize(&mut self, ports: u16) {
        for port in ports..self.ports {
            self.forget_port(port);
        }
        self.ports = ports;
    }

    /// All that is not too old, in order of address and VLAN.
    pub fn entries(&self, now: u64) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .known
            .iter()
            .filter(|(_, known)| !self.is_too_old(known, now))
            .map(|((address, vid), known)| Entry {
                address: *address,
                vid: *vid,
                port: known.port,
                age_ms: now.max(self.clock) - known.updated,
                fixed: known.fixed,
            })
            .collect();
        entries.sort_by_key(|entry| (entry.address, entry.vid));
        entries
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The MAC table: which port a station is at.
//!
//! A hash table in memory that its owner takes once, time and randomness passed in. The rules are
//! those of the Linux bridge (`net/bridge/br_fdb.c`) and IEEE 802.1Q, 8.7 and 8.8; where they differ it
//! is said.
//!
//! **Bounded.** There are at most as many addresses as slots, and within that, learned ones have a
//! limit per network and one per port. A port at its limit learns nothing more until one of its
//! addresses ages out, so that frames to the station are flooded.
//!
//! **Shared.** In a full table the port that has the most addresses gives up its oldest for a new one.
//! So a port that fills the table cannot keep a station at another from being known, nor take the place
//! of those of a port that has fewer.
//!
//! **Constant time per frame.** The hash is keyed with a secret, there are two chains per slot, and
//! a chain takes no more than [`MAX_PROBES`] addresses, so a search is short whatever addresses
//! are sent: with a full table 1.25 probes on average for a hit, 0.5 for a miss. Most searches take
//! not even the hash: a few slots are remembered by a cheaper one, as guesses. Learned
//! addresses are linked in the order in which they were last heard of, all together and per port.
//! Hence the oldest is known without a search, and the limits count live addresses exactly. Only an
//! address that comes, moves or goes takes more: its port's rank (`ranking`) changes.
//!
//! **A port that leaves is forgotten at once.** Its own list is walked, and nothing else. That is one
//! step per address, and each address had cost its sender a frame. (A generation number per port
//! would take no walk, but leave dead addresses in the table, in the way of live ones and in
//! every count.)
//!
//! What a manager does with the table is in [`fdb`](super).

use core::ops::DerefMut;

use super::super::frame::MacAddress;
use super::siphash::HashKey;
use super::slot::{Link, State};
use super::store::MacStore;

pub use super::slot::{PortAddresses, Slot};
pub use super::store::MAX_PROBES;

/// How long an address is remembered unless told otherwise, in milliseconds: as 802.1Q, 8.8.3, and the
/// Linux bridge have it.
pub const DEFAULT_AGEING_MS: u64 = 300_000;

/// How many addresses that are too old are removed, at most, when one comes in.
pub(super) const EXPIRE_STEP: u32 = 2;

/// The bounds of what is learned. Static addresses do not count here, but take slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Learned addresses of the whole table. The number of slots bounds them as well.
    pub network: u32,
    /// Learned addresses of one port.
    pub port: u32,
}

/// What came of learning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learning {
    /// The address was not known: it is now.
    New,
    /// The address was known to be there.
    Refreshed,
    /// The station was at another port.
    Moved {
        /// That port.
        from: u16,
    },
    /// The address is static, here or elsewhere, and stays so.
    Static,
    /// A limit is reached: what is known of the address, if anything, stays as it was.
    Limited,
    /// Nothing is learned from such an address, at such a port, or at all.
    Ignored,
}

/// What happened so far. What is learned now is `learned - aged - evicted - flushed`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TableCounters {
    /// Addresses learned.
    pub learned: u64,
    /// Stations that moved to another port.
    pub moved: u64,
    /// Addresses removed for their age.
    pub aged: u64,
    /// Frames whose source was not learned for lack of room: there was no learned address to give way.
    pub limited: u64,
    /// Frames whose source was not learned because its port has as many as it may.
    pub port_limited: u64,
    /// Learned addresses that gave way: to a static one, to another in a full table, or to a lower
    /// limit.
    pub evicted: u64,
    /// Learned addresses flushed, or gone with their port.
    pub flushed: u64,
}

/// Counts one more.
pub(super) fn count(counter: &mut u64) {
    *counter = counter.wrapping_add(1);
}

/// The MAC table, in memory given by its owner: `S` holds the slots, `P` what is kept per port.
///
/// # Invariants
///
/// `limits` are kept at all times. No address was updated later than `clock`.
pub struct MacTable<S, P> {
    pub(super) store: MacStore<S, P>,
    limits: Limits,
    ageing_ms: u64,
    /// The latest time seen. It does not run backwards, whatever is passed in.
    pub(super) clock: u64,
    pub(super) counters: TableCounters,
}

impl<S, P> MacTable<S, P>
where
    S: DerefMut<Target = [Slot]>,
    P: DerefMut<Target = [PortAddresses]>,
{
    /// Makes an empty table. What the memory holds is overwritten.
    pub fn new(slots: S, ports: P, key: HashKey, limits: Limits) -> Self {
        Self {
            store: MacStore::new(slots, ports, key),
            limits,
            ageing_ms: DEFAULT_AGEING_MS,
            clock: 0,
            counters: TableCounters::default(),
        }
    }

    /// The port a station is at, if that is known and not too old. A group never is.
    ///
    /// (The Linux bridge goes on using an address that is too old until its timer has removed it.)
    #[inline(always)]
    pub fn lookup(&self, address: MacAddress, vid: u16, now: u64) -> Option<u16> {
        let (_, slot) = self.store.find(key_of(address, vid)).0?;
        (!self.is_expired(slot, now)).then_some(slot.port)
    }

    /// How many slots a search for the address looks at: [`MAX_PROBES`] at most.
    pub fn probes(&self, address: MacAddress, vid: u16) -> u32 {
        self.store.search(key_of(address, vid)).1
    }

    /// Learns that a station is at a port: a frame came from it there.
    ///
    /// Groups and zero are not learned, nor is anything with an ageing time of 0 (such a bridge
    /// always floods: `br_fdb_update()`). A static address does not move. (On the Linux bridge
    /// that is `sticky`; `static` alone only prevents ageing there.)
    #[inline(always)]
    pub fn learn(&mut self, port: u16, address: MacAddress, vid: u16, now: u64) -> Learning {
        let now = self.tick(now);
        let has_port = self.store.learned_at(port).is_some();
        if self.ageing_ms == 0 || !has_port || !address.is_station() {
            return Learning::Ignored;
        }
        let key = key_of(address, vid);
        let (found, probes) = self.store.find(key);
        let Some((at, slot)) = found else {
            return self.learn_new(port, key, probes, now);
        };
        let from = slot.port;
        if slot.state == State::Static {
            Learning::Static
        } else if self.is_expired(slot, now) {
            self.store.remove(at);
            count(&mut self.counters.aged);
            // It leaves its own place in the chain.
            self.learn_new(port, key, 0, now)
        } else if from != port {
            self.learn_moved(port, at, from, now)
        } else {
            // The lists are right as they are for all frames of one instant but the first.
            if slot.updated != now {
                self.store.refresh(at, now);
            }
            Learning::Refreshed
        }
    }

    /// Learns that a station is no longer at a port, but at another.
    ///
    /// If that may have no more it stays where it was known to be: who names others' addresses must not
    /// have the frames for them flooded. (The Linux bridge, which has no such limit, moves it.)
    #[inline(never)]
    fn learn_moved(&mut self, port: u16, at: Link, from: u16, now: u64) -> Learning {
        if !self.has_room_at(port, now) {
            return Learning::Limited;
        }
        self.store.relocate(at, port, now);
        count(&mut self.counters.moved);
        Learning::Moved { from }
    }

    /// Learns an address that is not in the table. `probes` is how long its chain was.
    #[inline(never)]
    fn learn_new(&mut self, port: u16, key: u64, probes: u32, now: u64) -> Learning {
        self.expire(now, EXPIRE_STEP);
        if !self.has_room_at(port, now) {
            return Learning::Limited;
        }
        let full = self.store.learned() >= self.limits.network || self.store.is_full();
        if probes >= MAX_PROBES || (full && !self.make_room(port)) {
            count(&mut self.counters.limited);
            return Learning::Limited;
        }
        self.store.insert(port, key, State::Learned, now);
        count(&mut self.counters.learned);
        Learning::New
    }

    /// Whether one more address may be learned at a port. If need be, its oldest one makes room.
    fn has_room_at(&mut self, port: u16, now: u64) -> bool {
        let has_room = self.store.learned_at(port) < Some(self.limits.port)
            || self.expire_one(self.store.first_at(port, State::Learned), now);
        if !has_room {
            count(&mut self.counters.port_limited);
        }
        has_room
    }

    /// Makes room for an address at a port in a full table: the oldest one of the port that has the
    /// most goes. Among several of them it is the port's own, if that is one of them. Returns whether
    /// there was one.
    pub(super) fn make_room(&mut self, port: u16) -> bool {
        let fullest = self.store.fullest(port);
        self.evict(self.store.first_at(fullest, State::Learned))
    }

    /// Removes addresses that are too old, the oldest first, but no more than `most`. Returns how
    /// many were removed.
    ///
    /// Nothing depends on this being called: an address that is too old is not used, is not counted
    /// against a limit, and makes room when room is needed.
    pub fn expire(&mut self, now: u64, most: u32) -> u32 {
        let now = self.tick(now);
        let mut removed = 0;
        while removed < most && self.expire_one(self.store.oldest(), now) {
            removed = removed.saturating_add(1);
        }
        removed
    }

    /// Removes an address if it is too old.
    pub(super) fn expire_one(&mut self, at: Link, now: u64) -> bool {
        let expired = (self.store.get(at)).is_some_and(|slot| self.is_expired(slot, now));
        if expired {
            self.store.remove(at);
            count(&mut self.counters.aged);
        }
        expired
    }

    /// Removes a learned address that is not too old.
    pub(super) fn evict(&mut self, at: Link) -> bool {
        let removed = self.store.remove(at);
        if removed {
            count(&mut self.counters.evicted);
        }
        removed
    }

    pub(super) fn is_expired(&self, slot: &Slot, now: u64) -> bool {
        let age = self.clock.max(now).saturating_sub(slot.updated);
        slot.state == State::Learned && age >= self.ageing_ms
    }

    pub(super) fn tick(&mut self, now: u64) -> u64 {
        self.clock = self.clock.max(now);
        self.clock
    }

    /// How long an address is remembered, in milliseconds.
    pub const fn ageing_ms(&self) -> u64 {
        self.ageing_ms
    }

    /// Sets how long an address is remembered, those already known included. 0: not at all;
    /// `u64::MAX`: for ever.
    pub fn set_ageing_ms(&mut self, ageing_ms: u64, now: u64) {
        // What was too old until now shall not come back.
        self.expire(now, u32::MAX);
        self.ageing_ms = ageing_ms;
    }

    /// The bounds of what is learned.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the bounds of what is learned. Where there is more, the oldest addresses go.
    ///
    /// (The Linux bridge lets what is above a new `fdb_max_learned` stay.)
    pub fn set_limits(&mut self, limits: Limits, now: u64) {
        self.expire(now, u32::MAX);
        self.limits = limits;
        while self.store.learned() > limits.network && self.evict(self.store.oldest()) {}
        for port in 0..self.store.port_count() {
            while self.store.learned_at(port) > Some(limits.port)
                && self.evict(self.store.first_at(port, State::Learned))
            {}
        }
    }

    /// Takes memory for another number of ports, and gives the old memory back. The addresses at
    /// ports that are no more are forgotten.
    pub fn resize(&mut self, ports: P) -> P {
        for port in u16::try_from(ports.len()).unwrap_or(u16::MAX)..self.store.port_count() {
            self.forget_port(port);
        }
        self.store.replace_ports(ports)
    }

    /// How many addresses are learned, too old ones that were not yet removed included.
    pub const fn learned(&self) -> u32 {
        self.store.learned()
    }

    /// How many addresses are static.
    pub const fn fixed(&self) -> u32 {
        self.store.fixed()
    }

    /// How many addresses are learned at a port. `None` when there is no such port.
    pub fn learned_at(&self, port: u16) -> Option<u32> {
        self.store.learned_at(port)
    }

    /// How many addresses there is room for.
    pub fn capacity(&self) -> u32 {
        self.store.capacity()
    }

    /// How often a learned address moved, or gave way to another: what was known of it before does not hold.
    pub const fn displaced(&self) -> u64 {
        self.counters.moved.wrapping_add(self.counters.evicted)
    }

    /// What happened so far.
    pub const fn counters(&self) -> &TableCounters {
        &self.counters
    }
}

/// An address and its VLAN in one word: what the table is searched by.
pub(super) fn key_of(address: MacAddress, vid: u16) -> u64 {
    (address.to_u64() << 16) | u64::from(vid)
}

pub(super) fn address_of(key: u64) -> (MacAddress, u16) {
    let [.., high, low] = key.to_be_bytes();
    let vid = u16::from_be_bytes([high, low]);
    (MacAddress::from_u64(key >> 16), vid)
}

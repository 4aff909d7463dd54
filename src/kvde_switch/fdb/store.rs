// SPDX-License-Identifier: GPL-2.0

//! Where an address is kept: hash chains to find it by, lists to know the oldest by.
//!
//! This is the mechanism below the [MAC table](super::table), which has the rules.

use core::ops::DerefMut;

use super::ranking;
use super::siphash::HashKey;
use super::slot::{Link, List, Order, PortAddresses, Slot, State};

/// How many addresses a search looks at, at most. With random chains not even one of this length is
/// to be expected in 10^12 full tables of a million addresses.
pub const MAX_PROBES: u32 = 16;

/// More slots than this are not used.
const MAX_SLOTS: u32 = 1 << 24;

/// Places for hints: enough that the stations which talk on a network of usual size have one each.
const HINTS: usize = 1 << HINT_BITS;
const HINT_BITS: u32 = 7;

/// Where addresses were last put or heard of: a guess at the slot of an address, which spares the hash.
/// Addresses that share a place take it from each other.
///
/// A guess is right if its slot holds the very address, as no address is in two. So none is ever
/// withdrawn, whatever becomes of its slot. It takes no secret to make others lose their places: their
/// searches take the hash then, as without hints.
struct Hints([Link; HINTS]);

impl Hints {
    const NONE: Self = Self([Link::NONE; HINTS]);

    /// The place of a key: the top of its product with 2^64 over the golden ratio, by which addresses
    /// in a row have places of their own.
    const fn place(key: u64) -> usize {
        const SHIFT: u32 = u64::BITS - HINT_BITS;
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> SHIFT) as usize
    }

    fn get(&self, key: u64) -> Link {
        self.0.get(Self::place(key)).copied().unwrap_or(Link::NONE)
    }

    fn set(&mut self, key: u64, at: Link) {
        if let Some(hint) = self.0.get_mut(Self::place(key)) {
            *hint = at;
        }
    }
}

/// Addresses in slots.
///
/// # Invariants
///
/// - A slot below `fresh` is either free and in the free chain, or holds an address and is in the
///   chain of that address' hash and in the list of its port that fits its state; a learned one
///   also in `by_age`. A slot from `fresh` on holds nothing.
/// - A list of learned addresses is in ascending order of `updated`, as long as times passed in
///   ascend.
/// - `learned` and `fixed` are the numbers of slots in these states, `count` of a port the number of
///   its learned ones, by which the ports are [ranked](ranking).
pub(super) struct MacStore<S, P> {
    slots: S,
    ports: P,
    key: HashKey,
    hints: Hints,
    by_age: List,
    free: Link,
    fresh: u32,
    learned: u32,
    fixed: u32,
}

impl<S, P> MacStore<S, P>
where
    S: DerefMut<Target = [Slot]>,
    P: DerefMut<Target = [PortAddresses]>,
{
    pub(super) fn new(mut slots: S, mut ports: P, key: HashKey) -> Self {
        slots.fill(Slot::EMPTY);
        ports.fill(PortAddresses::EMPTY);
        ranking::rank(&mut ports, &[]);
        Self {
            slots,
            ports,
            key,
            hints: Hints::NONE,
            by_age: List::EMPTY,
            free: Link::NONE,
            fresh: 0,
            learned: 0,
            fixed: 0,
        }
    }

    /// How many addresses there is room for.
    pub(super) fn capacity(&self) -> u32 {
        u32::try_from(self.slots.len()).map_or(MAX_SLOTS, |count| count.min(MAX_SLOTS))
    }

    pub(super) const fn learned(&self) -> u32 {
        self.learned
    }

    pub(super) const fn fixed(&self) -> u32 {
        self.fixed
    }

    pub(super) fn is_full(&self) -> bool {
        self.learned.saturating_add(self.fixed) >= self.capacity()
    }

    /// How many ports there can be.
    pub(super) fn port_count(&self) -> u16 {
        u16::try_from(self.ports.len()).unwrap_or(u16::MAX)
    }

    /// How many addresses are learned at a port. `None` when there is no such port.
    pub(super) fn learned_at(&self, port: u16) -> Option<u32> {
        self.ports.get(usize::from(port)).map(|port| port.count)
    }

    /// The port with the most learned addresses; the one given, if no other has more.
    pub(super) fn fullest(&self, rather: u16) -> u16 {
        match ranking::first(&self.ports) {
            Some(first) if self.learned_at(first) > self.learned_at(rather) => first,
            _ => rather,
        }
    }

    /// What a slot holds, if anything.
    pub(super) fn get(&self, at: Link) -> Option<&Slot> {
        at.of(&self.slots).filter(|slot| slot.state != State::Free)
    }

    /// The links that may lead to an address, from that to slot number `from` on.
    pub(super) fn links(&self, from: u32) -> impl Iterator<Item = Link> {
        (from..self.fresh).map(Link::to)
    }

    /// The learned address that was not heard of for the longest time.
    pub(super) const fn oldest(&self) -> Link {
        self.by_age.first()
    }

    /// The first address of a port in this state: of the learned ones, the oldest.
    pub(super) fn first_at(&self, port: u16, state: State) -> Link {
        self.ports
            .get(usize::from(port))
            .map_or(Link::NONE, |port| port.list(state).first())
    }

    /// The address after this one, of the same port and in the same state.
    pub(super) fn next_at_port(&self, at: Link) -> Link {
        at.of(&self.slots)
            .map_or(Link::NONE, |slot| slot.next(Order::Port))
    }

    /// Searches for a key. Returns its slot, if there is one, and how many slots of its chain that took.
    #[inline(always)]
    pub(super) fn find(&self, key: u64) -> (Option<(Link, &Slot)>, u32) {
        let hint = self.hints.get(key);
        match self.get(hint) {
            Some(slot) if slot.key == key => (Some((hint, slot)), 0),
            _ => self.search(key),
        }
    }

    /// The same without a hint.
    #[inline(never)]
    pub(super) fn search(&self, key: u64) -> (Option<(Link, &Slot)>, u32) {
        let mut at = self.chain(key).copied().unwrap_or(Link::NONE);
        let mut probes: u32 = 0;
        while let Some(slot) = at.of(&self.slots) {
            probes = probes.saturating_add(1);
            if slot.key == key {
                return (Some((at, slot)), probes);
            }
            if probes >= MAX_PROBES {
                break;
            }
            at = slot.chain;
        }
        (None, probes)
    }

    /// Puts an address that is not there into a slot. The caller has seen that there is room, in the
    /// store and in the chain; else, or when there is no such port, nothing happens.
    pub(super) fn insert(&mut self, port: u16, key: u64, state: State, now: u64) {
        if state == State::Free || self.learned_at(port).is_none() {
            return;
        }
        let Some(at) = self.take_free() else {
            return;
        };
        let mut chain = at;
        if let Some(head) = self.chain_mut(key) {
            core::mem::swap(&mut chain, head);
        }
        if let Some(slot) = at.of_mut(&mut self.slots) {
            slot.chain = chain;
            slot.port = port;
            slot.state = state;
            slot.key = key;
            slot.updated = now;
        }
        self.hints.set(key, at);
        self.enlist(at, port, state);
    }

    /// Takes an address out. Returns whether there was one.
    pub(super) fn remove(&mut self, at: Link) -> bool {
        let Some(&Slot {
            port,
            state,
            key,
            chain,
            ..
        }) = self.get(at)
        else {
            return false;
        };
        self.delist(at, port, state);
        self.unchain(at, key, chain);
        if let Some(slot) = at.of_mut(&mut self.slots) {
            slot.state = State::Free;
            slot.chain = self.free;
            self.free = at;
        }
        true
    }

    /// Notes that an address was heard of, at the port it is known to be at.
    pub(super) fn refresh(&mut self, at: Link, now: u64) {
        let Some(slot) = at.of_mut(&mut self.slots) else {
            return;
        };
        slot.updated = now;
        let port = slot.port;
        self.hints.set(slot.key, at);
        self.by_age.renew(&mut self.slots, Order::Age, at);
        if let Some(port) = self.ports.get_mut(usize::from(port)) {
            port.learned.renew(&mut self.slots, Order::Port, at);
        }
    }

    /// Moves a learned address to another port, where it was heard of.
    pub(super) fn relocate(&mut self, at: Link, port: u16, now: u64) {
        let Some(slot) = at.of_mut(&mut self.slots) else {
            return;
        };
        let before = core::mem::replace(&mut slot.port, port);
        slot.updated = now;
        self.delist(at, before, State::Learned);
        self.enlist(at, port, State::Learned);
    }

    /// Takes memory for another number of ports, and gives the old memory back. The addresses of
    /// ports that are no more must have been removed.
    pub(super) fn replace_ports(&mut self, mut ports: P) -> P {
        ports.fill(PortAddresses::EMPTY);
        for (new, old) in ports.iter_mut().zip(self.ports.iter()) {
            *new = *old;
        }
        ranking::rank(&mut ports, &self.ports);
        core::mem::replace(&mut self.ports, ports)
    }

    /// Appends a slot to the lists it belongs in.
    fn enlist(&mut self, at: Link, port: u16, state: State) {
        let learned = state == State::Learned;
        if learned {
            self.by_age.append(&mut self.slots, Order::Age, at);
            self.learned = self.learned.saturating_add(1);
        } else {
            self.fixed = self.fixed.saturating_add(1);
        }
        if let Some(there) = self.ports.get_mut(usize::from(port)) {
            (there.list_mut(state)).append(&mut self.slots, Order::Port, at);
        }
        if learned {
            ranking::count_up(&mut self.ports, port);
        }
    }

    /// Takes a slot out of the lists it is in.
    fn delist(&mut self, at: Link, port: u16, state: State) {
        let learned = state == State::Learned;
        if learned {
            self.by_age.remove(&mut self.slots, Order::Age, at);
            self.learned = self.learned.saturating_sub(1);
        } else {
            self.fixed = self.fixed.saturating_sub(1);
        }
        if let Some(there) = self.ports.get_mut(usize::from(port)) {
            (there.list_mut(state)).remove(&mut self.slots, Order::Port, at);
        }
        if learned {
            ranking::count_down(&mut self.ports, port);
        }
    }

    /// Takes a slot out of its chain: whatever led to it leads to the `next` one now.
    fn unchain(&mut self, at: Link, key: u64, next: Link) {
        let Some(head) = self.chain_mut(key) else {
            return;
        };
        if *head == at {
            *head = next;
            return;
        }
        let mut before = *head;
        for _ in 0..MAX_PROBES {
            let Some(slot) = before.of_mut(&mut self.slots) else {
                return;
            };
            if slot.chain == at {
                slot.chain = next;
                return;
            }
            before = slot.chain;
        }
    }

    /// A slot that holds nothing: one that was given back, or one never used.
    fn take_free(&mut self) -> Option<Link> {
        if let Some(slot) = self.free.of(&self.slots) {
            let next = slot.chain;
            return Some(core::mem::replace(&mut self.free, next));
        }
        if self.fresh >= self.capacity() {
            return None;
        }
        let at = Link::to(self.fresh);
        self.fresh = self.fresh.saturating_add(1);
        Some(at)
    }

    /// The number of the chain a key belongs in: the hash, scaled to the number of chains, which is
    /// twice that of slots.
    fn chain_number(&self, key: u64) -> u64 {
        let chains = u64::from(self.capacity()).wrapping_mul(2);
        (self.key.hash(key) >> 32).wrapping_mul(chains) >> 32
    }

    fn chain(&self, key: u64) -> Option<&Link> {
        let number = self.chain_number(key);
        let [even, odd] = &self.slots.get((number >> 1) as usize)?.heads;
        Some(if number & 1 == 0 { even } else { odd })
    }

    fn chain_mut(&mut self, key: u64) -> Option<&mut Link> {
        let number = self.chain_number(key);
        let [even, odd] = &mut self.slots.get_mut((number >> 1) as usize)?.heads;
        Some(if number & 1 == 0 { even } else { odd })
    }
}

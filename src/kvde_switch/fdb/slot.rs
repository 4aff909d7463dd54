// SPDX-License-Identifier: GPL-2.0

//! The memory of the MAC table: slots, and the lists that run through them.
//!
//! Lists are links of slot numbers, so that the whole table is one array that its owner takes once.

use core::mem;

/// The number of a slot, or none.
///
/// Stored as one more than the number, so that a zeroed link is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link(u32);

impl Link {
    pub(super) const NONE: Self = Self(0);

    /// The link to slot number `index`.
    pub(super) const fn to(index: u32) -> Self {
        Self(index.wrapping_add(1))
    }

    /// The number of the slot; of none, one that no slot has.
    const fn index(self) -> usize {
        self.0.wrapping_sub(1) as usize
    }

    /// The number of the slot that lies behind this one.
    pub(super) const fn number_after(self) -> u32 {
        self.0
    }

    /// The slot.
    pub(super) fn of(self, slots: &[Slot]) -> Option<&Slot> {
        slots.get(self.index())
    }

    /// The slot, to be changed.
    pub(super) fn of_mut(self, slots: &mut [Slot]) -> Option<&mut Slot> {
        slots.get_mut(self.index())
    }
}

/// The neighbours of a slot in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    prev: Link,
    next: Link,
}

impl Links {
    const NONE: Self = Self {
        prev: Link::NONE,
        next: Link::NONE,
    };
}

/// What a slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nothing.
    Free,
    /// An address that a frame taught.
    Learned,
    /// An address that a manager set.
    Static,
}

/// Room for one address, and the heads of two hash chains: so an array of slots is a hash table
/// with twice as many chains as addresses. 48 octets.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The chains that begin here. They have nothing to do with the address in this slot.
    pub(super) heads: [Link; 2],
    /// The next slot of the same chain, or of the free slots.
    pub(super) chain: Link,
    pub(super) port: u16,
    pub(super) state: State,
    /// Address and VLAN.
    pub(super) key: u64,
    /// When a frame last came from the address, in milliseconds.
    pub(super) updated: u64,
    by_age: Links,
    by_port: Links,
}

impl Slot {
    /// A slot that holds nothing.
    pub const EMPTY: Self = Self {
        heads: [Link::NONE; 2],
        chain: Link::NONE,
        port: 0,
        state: State::Free,
        key: 0,
        updated: 0,
        by_age: Links::NONE,
        by_port: Links::NONE,
    };

    fn links_mut(&mut self, order: Order) -> &mut Links {
        match order {
            Order::Age => &mut self.by_age,
            Order::Port => &mut self.by_port,
        }
    }

    /// The slot that follows in a list.
    pub(super) const fn next(&self, order: Order) -> Link {
        match order {
            Order::Age => self.by_age.next,
            Order::Port => self.by_port.next,
        }
    }
}

/// Which of a slot's two lists is meant.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// All learned addresses, the one longest unheard of first.
    Age,
    /// The same of one port; or the static addresses of one port.
    Port,
}

/// A doubly linked list through slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    first: Link,
    last: Link,
}

impl List {
    pub(super) const EMPTY: Self = Self {
        first: Link::NONE,
        last: Link::NONE,
    };

    pub(super) const fn first(&self) -> Link {
        self.first
    }

    /// Appends a slot that is in no list of this order.
    pub(super) fn append(&mut self, slots: &mut [Slot], order: Order, at: Link) {
        let Some(slot) = at.of_mut(slots) else {
            return;
        };
        *slot.links_mut(order) = Links {
            prev: self.last,
            next: Link::NONE,
        };
        match self.last.of_mut(slots) {
            Some(last) => last.links_mut(order).next = at,
            None => self.first = at,
        }
        self.last = at;
    }

    /// Takes a slot out of this list.
    pub(super) fn remove(&mut self, slots: &mut [Slot], order: Order, at: Link) {
        let Some(slot) = at.of_mut(slots) else {
            return;
        };
        let Links { prev, next } = mem::replace(slot.links_mut(order), Links::NONE);
        match prev.of_mut(slots) {
            Some(slot) => slot.links_mut(order).next = next,
            None => self.first = next,
        }
        match next.of_mut(slots) {
            Some(slot) => slot.links_mut(order).prev = prev,
            None => self.last = prev,
        }
    }

    /// Moves a slot of this list to its end.
    pub(super) fn renew(&mut self, slots: &mut [Slot], order: Order, at: Link) {
        if self.last != at {
            self.remove(slots, order, at);
            self.append(slots, order, at);
        }
    }
}

/// The addresses of one port: the ends of its lists, and what `ranking` keeps. 24
/// octets.
#[derive(Clone, Copy, Debug)]
pub struct PortAddresses {
    pub(super) learned: List,
    pub(super) fixed: List,
    /// How many are learned.
    pub(super) count: u32,
    /// The port's place among all, by how many are learned.
    pub(super) place: u16,
    /// The port at the place that has the number of this one.
    pub(super) ranked: u16,
}

impl PortAddresses {
    /// A port without addresses.
    pub const EMPTY: Self = Self {
        learned: List::EMPTY,
        fixed: List::EMPTY,
        count: 0,
        place: 0,
        ranked: 0,
    };

    /// The list that a slot in this state is in.
    pub(super) const fn list(&self, state: State) -> &List {
        match state {
            State::Static => &self.fixed,
            State::Learned | State::Free => &self.learned,
        }
    }

    /// The same, to be changed.
    pub(super) fn list_mut(&mut self, state: State) -> &mut List {
        match state {
            State::Static => &mut self.fixed,
            State::Learned | State::Free => &mut self.learned,
        }
    }
}

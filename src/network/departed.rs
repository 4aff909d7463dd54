// SPDX-License-Identifier: GPL-2.0

//! Ports that were left after they had sent: whose the messages are that may still be read.
//!
//! A message has the number of the port that sent it, which another may have by now. So a network numbers all
//! that is sent on it, and notes with a port from which to which of these numbers it was held.

use core::ops::DerefMut;

/// A port that was held from message `first` of the network to before message `end`.
pub(crate) struct Held<W> {
    /// Its number.
    pub(crate) port: u32,
    /// The first message that it may have sent.
    pub(crate) first: u64,
    /// The message after the last.
    pub(crate) end: u64,
    /// Who held it.
    pub(crate) who: W,
}

/// The last ports that were left, in that order, in memory for so many; guarded by the network's lock.
pub(crate) struct Departed<C> {
    places: C,
    /// How many were ever left.
    count: u64,
}

/// How far a search has come.
pub(crate) enum Search<'a, W> {
    /// It is this one.
    Found(&'a Held<W>),
    /// Not among those that were looked at: go on with this one.
    GoOn(u64),
    /// None is known.
    Unknown,
}

/// Ports that are looked at between two times that others may hold the lock.
const LOOKED_AT: u64 = 256;

impl<W, C: DerefMut<Target = [Option<Held<W>>]>> Departed<C> {
    /// None yet, in memory for so many.
    pub(crate) fn new(places: C) -> Self {
        Self { places, count: 0 }
    }

    /// The memory.
    pub(crate) fn places(&self) -> &C {
        &self.places
    }

    fn place(&self, number: u64) -> Option<usize> {
        let at = number.checked_rem(self.places.len() as u64)?;
        Some(at as usize)
    }

    fn get(&self, number: u64) -> Option<&Held<W>> {
        self.places.get(self.place(number)?)?.as_ref()
    }

    /// A port is left. What it takes the place of is to be freed without the lock.
    pub(crate) fn push(&mut self, held: Held<W>) -> Option<Held<W>> {
        let at = self.place(self.count)?;
        self.count = self.count.wrapping_add(1);
        self.places.get_mut(at)?.replace(held)
    }

    /// The number of the first that was left after message `message` had been sent.
    fn first_after(&self, message: u64) -> u64 {
        let (mut low, mut high) = (
            self.count.saturating_sub(self.places.len() as u64),
            self.count,
        );
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle) {
                Some(held) if held.end > message => high = middle,
                _ => low = middle.wrapping_add(1),
            }
        }
        low
    }

    /// Looks for who held `port` when it sent message `message` of the network; `from` is where to go on.
    pub(crate) fn search(&self, port: u32, message: u64, from: Option<u64>) -> Search<'_, W> {
        let from = from.unwrap_or(0).max(self.first_after(message));
        let until = from.saturating_add(LOOKED_AT).min(self.count);
        let mut all = (from..until).filter_map(|number| self.get(number));
        match all.find(|held| held.port == port) {
            Some(held) if held.first <= message => Search::Found(held),
            // Before that one, it is not known any more.
            Some(_) => Search::Unknown,
            None if until == self.count => Search::Unknown,
            None => Search::GoOn(until),
        }
    }
}

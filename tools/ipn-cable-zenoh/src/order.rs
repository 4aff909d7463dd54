// SPDX-License-Identifier: GPL-2.0

//! The batches of another cable in their order: which is next, and which are missing.

use crate::batch::Label;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// What has come of another cable.
#[derive(Debug)]
pub struct Order<T> {
    /// The number of the batch to come next; none: nothing has come yet.
    next: Option<u64>,
    /// The highest number that is known of.
    newest: u64,
    /// Batches that came before others that are missing.
    held: BTreeMap<u64, T>,
    /// Since when the first of those that are missing is missing.
    since: Option<Instant>,
}

/// What has become of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It has come before.
    Known,
    /// It waits for others.
    Held,
    /// There was no room for it: it is missing.
    Refused,
    /// It is in its order.
    Delivered,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self {
            next: None,
            newest: 0,
            held: BTreeMap::new(),
            since: None,
        }
    }
}

impl<T> Order<T> {
    /// Takes a batch, if there is room for it, and hands out what is in order now. What is older than the
    /// oldest that the other cable has is given up.
    pub fn take(
        &mut self,
        label: Label,
        batch: T,
        has_room: bool,
        now: Instant,
        mut out: impl FnMut(T),
    ) -> Taken {
        let Label { number, oldest } = label;
        self.newest = self.newest.max(number);
        // Who comes later has missed nothing.
        let next = *self.next.get_or_insert(number);
        self.give_up(oldest, &mut out);
        let taken = match number {
            _ if number < self.next.unwrap_or(next) || self.held.contains_key(&number) => {
                Taken::Known
            }
            _ if !has_room => Taken::Refused,
            _ => {
                self.held.insert(number, batch);
                Taken::Held
            }
        };
        self.hand_out(&mut out);
        let is_behind = self.missing().is_some();
        if !is_behind {
            self.since = None;
        } else if self.since.is_none() || self.next != Some(next) {
            self.since = Some(now);
        }
        match taken {
            Taken::Held if self.next > Some(number) => Taken::Delivered,
            taken => taken,
        }
    }

    /// Whether it is the one to come next, or the first that comes.
    pub fn is_next(&self, number: u64) -> bool {
        self.next.is_none_or(|next| next == number)
    }

    /// Which are missing, as far as is known: up to the first that is there, or the newest.
    pub fn missing(&self) -> Option<RangeInclusive<u64>> {
        let next = self.next?;
        let last = match self.held.first_key_value() {
            Some((first, _)) => first - 1,
            None => self.newest,
        };
        (next <= last).then_some(next..=last)
    }

    /// Gives up what has been missing for longer than that: how many batches.
    pub fn give_up_after(&mut self, patience: Duration, now: Instant, out: impl FnMut(T)) -> u64 {
        let is_over = |since: Instant| now.duration_since(since) > patience;
        match self.missing() {
            Some(missing) if self.since.is_some_and(is_over) => {
                self.since = None;
                self.give_up(missing.end() + 1, out);
                missing.end() - missing.start() + 1
            }
            _ => 0,
        }
    }

    /// Nobody will send again what is before that one.
    fn give_up(&mut self, before: u64, mut out: impl FnMut(T)) {
        while self
            .held
            .first_key_value()
            .is_some_and(|(first, _)| *first < before)
        {
            if let Some((number, batch)) = self.held.pop_first() {
                self.next = Some(number + 1);
                out(batch);
            }
        }
        self.next = self.next.max(Some(before));
        self.hand_out(out);
    }

    fn hand_out(&mut self, mut out: impl FnMut(T)) {
        while let Some(batch) = self.next.and_then(|next| self.held.remove(&next)) {
            self.next = self.next.map(|next| next + 1);
            out(batch);
        }
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;

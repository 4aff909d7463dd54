// SPDX-License-Identifier: GPL-2.0
//! What a reliable bus has besides a lossy network: sequences, a window, a pace, a history, and gaps that are told.

use super::moment::{Moment, Sure};
use super::network::{Id, Network};
use super::port::Port;
use crate::outcome::Told;
use crate::program::ORIGIN;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is kept of a message besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Note {
    told: Told,
    sent: Moment,
}

/// What a network that is a reliable bus has besides.
#[derive(Debug, Default)]
pub struct Bus {
    /// That of each message; of a part: when it was sent.
    notes: Vec<Note>,
    /// The sequence of the last message of each port.
    sequences: BTreeMap<u32, u64>,
    /// Those before it were found to be older than the window.
    pub(super) aged: usize,
    /// Ports that were evicted.
    pub evicted: u64,
}

/// With what a port begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum History {
    /// What is sent from now on.
    #[default]
    None,
    /// So many messages before that.
    Last(i32),
    /// The messages of the last so many milliseconds.
    Since(i32),
}

impl Network {
    /// When message `at` was sent.
    fn sent_at(&self, at: usize) -> Moment {
        let bus = self.bus.as_ref();
        bus.and_then(|bus| bus.notes.get(at))
            .map_or(Moment::default(), |note| note.sent)
    }

    /// What is told of message `at`.
    pub fn told(&self, at: usize) -> Told {
        let bus = self.bus.as_ref();
        bus.and_then(|bus| bus.notes.get(at))
            .map_or(Told::default(), |note| note.told)
    }

    /// What the next message of a port is to say of itself.
    pub fn number_next(&mut self, holder: Id, origin: [u8; ORIGIN]) -> Told {
        let Some(number) = self.number(holder) else {
            return Told::default();
        };
        let skipped = self
            .port_mut(holder)
            .map_or(0, |port| std::mem::take(&mut port.skips));
        let Some(bus) = &mut self.bus else {
            return Told::default();
        };
        let last = bus.sequences.entry(number as u32).or_default();
        *last += skipped + 1;
        Told {
            sequence: *last,
            skipped,
            origin,
        }
    }

    /// Something was sent.
    pub(super) fn note(&mut self, told: Told) {
        let sent = self.now;
        if let Some(bus) = &mut self.bus {
            bus.notes.push(Note { told, sent });
        }
    }

    /// Whether message `at` is older than the window.
    fn is_aged(&self, at: usize) -> Sure {
        match self.shape.window {
            0 => Sure::Yes,
            ms => {
                let window = Duration::from_millis(ms as u64);
                self.now.is_later(self.sent_at(at), window)
            }
        }
    }

    /// Where the slowest reader stands of those that are not late.
    fn slowest(&self, stands: impl Fn(&Port) -> usize) -> usize {
        let waits_for = |port: &&Port| port.receives && !port.observes;
        let readers = self.ports.iter().flatten().filter(waits_for);
        let standing = readers.map(stands).filter(|at| *at >= self.oldest());
        standing.min().unwrap_or(self.published())
    }

    /// Whether a message of `len` bytes has room on a reliable bus. Where that depends on time, or on whether a worker has
    /// been there, it is as it `seems`.
    pub(super) fn bus_has_room(&mut self, len: usize, seems: bool) -> bool {
        let slowest = self.slowest(|port| self.next_of_others(port));
        if self.fits(slowest, len) {
            return true;
        }
        let aged = self.bus.as_ref().map_or(0, |bus| bus.aged);
        let mut free = slowest.max(aged).max(self.oldest());
        let mut is_sure = true;
        let has_room = loop {
            if self.fits(free, len) {
                break true;
            }
            if free >= self.published() {
                break false;
            }
            match self.is_aged(free) {
                Sure::No => break false,
                Sure::Maybe => is_sure = false,
                Sure::Yes => {}
            }
            free += 1;
            if let Some(bus) = self.bus.as_mut().filter(|_| is_sure) {
                bus.aged = free;
            }
        };
        let has_worker = std::mem::replace(&mut self.has_worker, true);
        match (has_room, is_sure) {
            (true, true) => return true,
            (true, false) => {
                if seems {
                    if let Some(bus) = &mut self.bus {
                        bus.aged = free;
                    }
                    // How many more go is not known.
                    self.is_unsure |= self.shape.at_once() != 0;
                }
                return seems;
            }
            _ => {}
        }
        let slowest = self.slowest(|port| self.next_wanted(port));
        let may_have = has_worker && self.fits(slowest, len);
        if may_have && seems {
            self.go_on(len);
        }
        may_have && seems
    }

    /// Whether the pace of a port lets it send.
    pub fn is_paced(&self, holder: Id, seems: bool) -> bool {
        let Some(port) = self.port(holder).filter(|_| self.shape.rate != 0) else {
            return true;
        };
        match port.pace.lets_send(self.now) {
            Sure::No => false,
            Sure::Maybe => seems,
            Sure::Yes => true,
        }
    }

    /// Where a port begins. None: that can not be said.
    pub fn begin_with(&self, history: History) -> Option<usize> {
        let published = self.published();
        match history {
            History::None => Some(published),
            History::Last(count) => {
                let held = (self.oldest()..published).rev();
                let mut messages = held.filter(|at| self.is_message(*at));
                let first = messages.nth(count as usize - 1);
                Some(first.unwrap_or(self.oldest()))
            }
            History::Since(ms) => {
                let time = Duration::from_millis(ms as u64);
                let is_before = |at: &usize| self.now.is_later(self.sent_at(*at), time);
                let mut first = self.oldest();
                while first < published {
                    match is_before(&first) {
                        Sure::No => break,
                        Sure::Maybe => return None,
                        Sure::Yes => first += 1,
                    }
                }
                Some(first)
            }
        }
    }

    /// What a port knows of senders that begins there.
    pub(super) fn introduce(&self, port: &mut Port) {
        port.missed.senders = self.ports.len() as u32;
        if port.position != self.published() {
            let held = self.oldest()..self.published();
            let of_whom = held
                .filter(|at| self.is_message(*at))
                .map(|at| self.sender(at));
            port.missed.unknown = of_whom.collect();
        }
    }

    /// The next message for a port, as of [`Network::next`]. What it has missed before that, or what was skipped before
    /// what it refuses, is counted; with `stops` it goes on behind that by another call.
    pub(super) fn next_of_bus(&mut self, holder: Id, stops: bool) -> Option<Vec<u8>> {
        let mut port = self.port(holder)?.clone();
        let before = self.census();
        let mut found = None;
        while port.receives && port.position < self.published() {
            let at = port.position;
            if at < self.oldest() {
                let others = (at..self.oldest()).filter(|at| !self.is_none_for(&port, *at));
                let lost: Vec<_> = others.map(|at| self.lost_with(&port, at)).collect();
                port.position = self.oldest();
                port.lost += port.missed.miss_run(&lost);
                port.vague |= port.missed.is_vague;
                if !lost.is_empty() {
                    self.is_unsure |= port.mapped;
                    self.evict(&mut port);
                }
                continue;
            }
            if self.is_none_for(&port, at) {
                port.position += 1;
                continue;
            }
            let whose = self.lost_with(&port, at);
            let Some(bytes) = self.bytes(at) else {
                port.position += 1;
                port.lost += port.missed.miss_one(whose);
                self.is_unsure |= port.mapped;
                self.evict(&mut port);
                continue;
            };
            if stops && port.missed.is_due {
                break;
            }
            found = port.wanted(bytes).map(<[u8]>::to_vec);
            if found.is_some() {
                break;
            }
            port.lost += port.missed.miss_skipped(at, whose);
            port.missed.hear(whose.0);
            port.position += 1;
        }
        *self.port_mut(holder)? = port;
        self.tell(before);
        found
    }

    /// Whose message `at` is, and what was skipped before it that is not counted yet.
    fn lost_with(&self, port: &Port, at: usize) -> (u32, u64) {
        let skipped = port.missed.uncounted(at, self.told(at).skipped);
        (self.sender(at), skipped)
    }

    fn evict(&mut self, port: &mut Port) {
        if self.shape.evicts() && !port.missed.is_evicted {
            port.missed.is_evicted = true;
            port.receives = false;
            if let Some(bus) = &mut self.bus {
                bus.evicted += 1;
            }
        }
    }

    /// The port is to take the message that it reads next: whether it is told first that others before it never came.
    pub fn meets_gap(&mut self, holder: Id) -> bool {
        let Some(mut port) = self.port(holder).cloned() else {
            return false;
        };
        let at = port.position;
        if self.told(at).skipped == 0 {
            return false;
        }
        let whose = self.lost_with(&port, at);
        port.lost += port.missed.miss_skipped(at, whose);
        let tells = port.missed.tell();
        if let Some(place) = self.port_mut(holder) {
            *place = port;
        }
        tells
    }

    /// Whether messages before the one that a port reads next never came.
    pub fn is_behind_skipped(&self, holder: Id) -> bool {
        let port = self.port(holder);
        port.is_some_and(|port| self.told(port.position).skipped != 0)
    }

    /// Whether a port stands at what it has missed, which who looks for a message counts. One that is mapped is not told so.
    pub(super) fn is_late(&self, holder: Id) -> bool {
        let port = self
            .port(holder)
            .filter(|port| port.receives && !port.mapped);
        port.is_some_and(|port| {
            let at = port.position;
            let is_gone = at < self.oldest() || self.bytes(at).is_none() && self.is_message(at);
            self.bus.is_some() && at < self.published() && is_gone
        })
    }

    /// Whether message `at`, which goes now, may have been refused before by a worker for a port that has not come to it.
    pub(super) fn may_have_refused(&self, at: usize) -> bool {
        let has_not_come = |port: &&Port| port.is_gone_through() && port.position <= at;
        let mut ports = self.ports.iter().flatten().filter(has_not_come);
        let bytes = self.bytes(at);
        self.has_worker
            && ports.any(|port| {
                let refuses = bytes.is_some_and(|bytes| port.wanted(bytes).is_none());
                refuses && !self.is_none_for(port, at)
            })
    }

    /// Whether a worker may have looked through what waits for a port.
    pub fn may_have_worked(&self, port: &Port) -> bool {
        self.has_worker && port.is_gone_through()
    }

    /// Milliseconds since the oldest message was sent that is left, at least and at most.
    pub fn age(&self) -> (u64, u64) {
        match self.oldest() == self.published() {
            true => (0, 0),
            false => self.now.since(self.sent_at(self.oldest())),
        }
    }
}

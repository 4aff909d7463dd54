// SPDX-License-Identifier: GPL-2.0
//! A hub network as af_ipn(7) describes it: a log of messages, and ports that stand somewhere in it.

use super::bus::{Bus, History};
use super::moment::Moment;
use super::port::Port;
use super::shape::{taken, Shape};
use crate::outcome::Told;
use crate::program::ORIGIN;
use ipntest::abi::*;
use std::collections::VecDeque;

/// The number of a socket of the model.
pub type Id = usize;

/// Out-of-band messages that a port holds.
const OOB_QUEUED: usize = 16;

/// The one port that maps the ring to write.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    /// Its socket.
    pub holder: Id,
    /// What it publishes counts.
    pub is_heard: bool,
}

/// A message that is held, or a part of one.
#[derive(Debug)]
struct Held {
    /// Its bytes, which those of one in parts are not; of a part: none.
    bytes: Vec<u8>,
    /// Where it is.
    place: usize,
    /// Where it ends.
    end: usize,
    /// Its first part, or itself.
    first: usize,
}

/// A network.
#[derive(Debug)]
pub struct Network {
    /// What it was made of; `ports` as it is now.
    pub shape: Shape,
    /// The address as its creator gave it.
    pub path: String,
    /// Its ports, by number.
    pub ports: Vec<Option<Port>>,
    /// It has ended.
    pub terminated: bool,
    /// Sockets that are bound or connected to it.
    pub users: usize,
    /// Who sent each message; of a part: nobody.
    from: Vec<Option<Id>>,
    /// The number of the port that sent each.
    senders: Vec<u32>,
    /// What is held of the last ones.
    held: VecDeque<Held>,
    /// Processes may have mapped the ring.
    pub shown: bool,
    /// The port that has mapped the ring to write.
    pub writer: Option<Writer>,
    /// Something was written there that may make no sense: the network may have ended, or not.
    pub wild: bool,
    /// A sender has found no room, so a worker may look through the ports with a filter, at any time.
    pub(super) has_worker: bool,
    /// When it is looked at.
    pub now: Moment,
    /// What it has besides as a reliable bus.
    pub bus: Option<Bus>,
    /// What a reader has missed depends on what can not be known.
    pub is_unsure: bool,
}

impl Network {
    /// An empty one.
    pub fn new(shape: Shape, path: String) -> Network {
        Network {
            shape,
            path,
            ports: vec![None; shape.ports as usize],
            terminated: false,
            users: 0,
            from: Vec::new(),
            senders: Vec::new(),
            held: VecDeque::new(),
            shown: false,
            writer: None,
            wild: false,
            has_worker: false,
            now: Moment::default(),
            bus: shape.is_reliable().then(Bus::default),
            is_unsure: false,
        }
    }

    /// Whether it is in use, so that it takes memory and is listed.
    pub fn is_used(&self) -> bool {
        self.users != 0
    }

    /// Whether it can be joined.
    pub fn is_live(&self) -> bool {
        self.is_used() && !self.terminated
    }

    /// `IPN_SO_FLAGS` as they are read.
    pub fn flags(&self) -> i32 {
        let ended = if self.terminated {
            IPN_FLAG_TERMINATED
        } else {
            0
        };
        self.shape.flags | ended
    }

    /// Senders wait for readers.
    pub fn is_lossless(&self) -> bool {
        self.shape.flags & IPN_FLAG_LOSSLESS != 0
    }

    /// Messages that were ever sent.
    pub fn sent(&self) -> usize {
        self.from.iter().flatten().count()
    }

    /// The same, parts counted by themselves: the number of the next one.
    pub fn published(&self) -> usize {
        self.from.len()
    }

    /// Senders wait, for readers or for messages to grow old.
    fn waits(&self) -> bool {
        self.is_lossless() || self.bus.is_some()
    }

    /// Whether something is a message, and not a part of one.
    pub(super) fn is_message(&self, at: usize) -> bool {
        self.from.get(at).is_some_and(Option::is_some)
    }

    /// The number of the port that sent a message.
    pub(super) fn sender(&self, at: usize) -> u32 {
        self.senders.get(at).copied().unwrap_or(0)
    }

    /// The first message that is still held.
    pub(super) fn oldest(&self) -> usize {
        self.published() - self.held.len()
    }

    /// The port of a socket.
    pub fn port(&self, holder: Id) -> Option<&Port> {
        self.ports
            .iter()
            .flatten()
            .find(|port| port.holder == holder)
    }

    /// The same, to be changed.
    pub fn port_mut(&mut self, holder: Id) -> Option<&mut Port> {
        self.ports
            .iter_mut()
            .flatten()
            .find(|port| port.holder == holder)
    }

    /// The number of the port of a socket.
    pub fn number(&self, holder: Id) -> Option<i32> {
        let is_it = |port: &Option<Port>| port.as_ref().is_some_and(|port| port.holder == holder);
        self.ports.iter().position(is_it).map(|at| at as i32)
    }

    /// How many can receive, and how many can send.
    pub fn census(&self) -> (i32, i32) {
        let ports = || self.ports.iter().flatten();
        let receivers = ports()
            .filter(|port| port.receives && !port.observes)
            .count();
        (
            receivers as i32,
            ports().filter(|port| port.sends).count() as i32,
        )
    }

    /// Something may have changed the census: those who want it are told if so.
    pub(super) fn tell(&mut self, before: (i32, i32)) {
        let now = self.census();
        if now == before {
            return;
        }
        for port in self.ports.iter_mut().flatten().filter(|port| port.told) {
            if port.oob.len() == OOB_QUEUED {
                port.oob.pop_back();
            }
            port.oob.push_back(now);
        }
    }

    /// Which port a socket that wants this one gets, or why none.
    pub fn choose(&self, wanted: i32) -> Result<usize, i32> {
        if wanted == -1 {
            return self
                .ports
                .iter()
                .position(Option::is_none)
                .ok_or(libc::EADDRNOTAVAIL);
        }
        match self.ports.get(wanted as usize) {
            None => Err(libc::EADDRNOTAVAIL),
            Some(Some(_)) => Err(libc::EADDRINUSE),
            Some(None) => Ok(wanted as usize),
        }
    }

    /// A port is taken: it sees what is sent from now on, or begins with some of what was. Where that can not be said, it
    /// begins anywhere.
    pub fn join(&mut self, number: usize, mut port: Port, history: History) {
        let before = self.census();
        let begin = self.begin_with(history);
        self.is_unsure |= begin.is_none();
        port.position = begin.unwrap_or(self.published());
        self.introduce(&mut port);
        self.ports[number] = Some(port);
        self.tell(before);
    }

    /// A socket gives its port back.
    pub fn leave(&mut self, holder: Id) {
        let before = self.census();
        if let Some(number) = self.number(holder) {
            self.ports[number as usize] = None;
        }
        self.writer = self.writer.filter(|writer| writer.holder != holder);
        self.tell(before);
    }

    /// A socket gives directions up.
    pub fn shut(&mut self, holder: Id, receive: bool, send: bool) {
        let before = self.census();
        if let Some(port) = self.port_mut(holder) {
            port.receives &= !receive;
            port.sends &= !send;
        }
        if let Some(writer) = &mut self.writer {
            writer.is_heard &= !(send && writer.holder == holder);
        }
        self.tell(before);
    }

    /// A port writes a position into its cursor.
    pub fn scribble(&mut self, holder: Id, position: u64) {
        if let Some(port) = self.port_mut(holder) {
            port.claimed = Some(position);
            port.vague = true;
        }
    }

    /// What ports claim of their positions is believed, where it can be.
    fn believe(&mut self) {
        let sent = self.published() as u64;
        for port in self.ports.iter_mut().flatten() {
            let can_be = |claimed: &u64| *claimed > port.position as u64 && *claimed <= sent;
            if let Some(claimed) = port.claimed.filter(can_be) {
                port.position = claimed as usize;
                port.claimed = None;
            }
        }
    }

    /// The port is looked at by its holder: what it claims is believed, or forgotten.
    pub fn correct(&mut self, holder: Id) {
        self.believe();
        if let Some(port) = self.port_mut(holder) {
            port.claimed = None;
        }
    }

    /// The newest message but so many, if it is still held, and no part.
    pub fn back(&self, back: usize) -> Option<&[u8]> {
        let at = self.published().checked_sub(back + 1)?;
        self.from[at].and_then(|_| self.bytes(at))
    }

    /// Whether a message of `len` bytes can be sent without waiting: each receiver can read all that it has not.
    /// Where that depends on whether a worker has been there, it is as it `seems`.
    pub fn has_room(&mut self, len: usize, seems: bool) -> bool {
        self.believe();
        if self.bus.is_some() {
            return self.bus_has_room(len, seems);
        }
        if !self.is_lossless() || self.all_have_room(len, |port| self.next_of_others(port)) {
            return true;
        }
        let may_have = std::mem::replace(&mut self.has_worker, true)
            && self.all_have_room(len, |port| self.next_wanted(port));
        if may_have && seems {
            self.go_on(len);
        }
        may_have && seems
    }

    /// Whether each receiver leaves room where it stands there.
    fn all_have_room(&self, len: usize, position: impl Fn(&Port) -> usize) -> bool {
        let waits_for = |port: &Port| port.receives && !port.observes;
        let has_room = |port: &Port| !waits_for(port) || self.fits(position(port), len);
        self.ports.iter().flatten().all(has_room)
    }

    /// Whether a message of `len` bytes has room where a reader at `position` can read all that it has not.
    pub(super) fn fits(&self, position: usize, len: usize) -> bool {
        let kept = self.published() - self.needed_from(position);
        let parts = self.shape.parts(len);
        if parts.is_empty() {
            return self.place(kept, len).is_some();
        }
        let Some(oldest) = self.held.len().checked_sub(kept) else {
            return false;
        };
        let used = match (self.held.get(oldest), self.held.back()) {
            (Some(first), Some(last)) if first.place < last.end => last.end - first.place,
            (Some(first), Some(last)) => self.shape.room() - (first.place - last.end),
            // As nothing is kept, nothing is left at the end of the memory that is not counted.
            _ => 0,
        };
        let descriptors = kept + parts.len() + 1;
        let fits = self.shape.needed(len) <= self.shape.room() - used;
        fits && (descriptors <= self.shape.messages() || kept == 0)
    }

    /// The first that a reader at `position` has to find: where a message that it has not read is in parts,
    /// those may be behind it.
    fn needed_from(&self, position: usize) -> usize {
        let number = |at: usize| at.checked_sub(self.oldest());
        let unread = (position..self.published()).filter_map(number);
        let firsts = unread.filter_map(|at| Some(self.held.get(at)?.first));
        firsts.min().unwrap_or(position).min(position)
    }

    /// Where a message of `len` bytes goes beside the newest `kept`, if it has room.
    fn place(&self, kept: usize, len: usize) -> Option<usize> {
        let (size, room) = (taken(len), self.shape.room());
        let oldest = self.held.len().checked_sub(kept)?;
        if kept >= self.shape.messages() {
            return None;
        }
        let (Some(first), Some(last)) = (self.held.get(oldest), self.held.back()) else {
            return (size <= room).then_some(0);
        };
        let (behind, before) = match first.place < last.end {
            true => (room - last.end, first.place),
            false => (first.place - last.end, 0),
        };
        match size {
            _ if size <= behind => Some(last.end),
            _ if size <= before => Some(0),
            _ => None,
        }
    }

    /// A worker has gone past what ports refuse, at least as far as leaves room for a message of `len` bytes.
    pub(super) fn go_on(&mut self, len: usize) {
        let leaves_room = |position: &usize| self.fits(*position, len);
        let first = (self.oldest()..self.published()).find(leaves_room);
        let first = first.unwrap_or(self.published());
        let ports = self.ports.iter_mut().flatten();
        for port in ports.filter(|port| port.is_gone_through()) {
            port.position = port.position.max(first);
        }
    }

    /// A port's own call goes past what its filter refuses.
    pub fn look_through(&mut self, holder: Id) {
        let is_filtered = self.port(holder).is_some_and(Port::is_gone_through);
        if self.waits() && is_filtered {
            self.next(holder);
        }
    }

    /// Whether a worker may or may not have gone past messages that a port refuses.
    pub fn is_uncertain(&self, holder: Id) -> bool {
        let moves =
            |port: &Port| !port.observes && self.next_wanted(port) != self.next_of_others(port);
        self.has_worker && self.port(holder).is_some_and(moves)
    }

    /// Whether a message is none for a port: its own, or a part.
    pub(super) fn is_none_for(&self, port: &Port, at: usize) -> bool {
        self.from
            .get(at)
            .is_some_and(|from| from.is_none_or(|from| from == port.holder))
    }

    /// Where a port stands when its own messages are left out.
    pub(super) fn next_of_others(&self, port: &Port) -> usize {
        let mut at = port.position;
        while self.is_none_for(port, at) {
            at += 1;
        }
        at
    }

    /// The same when those are left out too that its filter refuses.
    pub(super) fn next_wanted(&self, port: &Port) -> usize {
        let refuses = |at| {
            let bytes = self.bytes(at).filter(|_| port.is_filtered());
            bytes.is_some_and(|bytes| port.wanted(bytes).is_none())
        };
        let mut at = port.position;
        while self.is_none_for(port, at) || refuses(at) {
            at += 1;
        }
        at
    }

    /// The bytes of a message that is still held, as all of its parts are.
    pub(super) fn bytes(&self, at: usize) -> Option<&[u8]> {
        let number = at.checked_sub(self.oldest())?;
        let held = self.held.get(number)?;
        (held.first >= self.oldest()).then_some(&held.bytes)
    }

    /// A message of `len` bytes is begun, or a part: of a full ring the oldest are gone, even if it is not sent, but none
    /// from `keep` on that does not have to. Where it goes.
    fn begin(&mut self, len: usize, keep: usize) -> usize {
        let mut place = self.place(self.held.len(), len);
        if place.is_none() {
            let waits_for = |port: &&Port| port.receives && !port.observes;
            let readers = self.ports.iter().flatten().filter(waits_for);
            let slowest = readers.map(|port| port.position).min();
            let keep = match (self.is_lossless(), slowest, &self.bus) {
                (true, Some(slowest), _) => keep.min(self.needed_from(slowest)),
                (_, _, Some(bus)) => keep.min(self.needed_from(bus.aged)),
                _ => keep,
            };
            let few = match self.shape.has_one_writer() {
                // The writer gives up what it must.
                true => usize::MAX,
                false => self.shape.messages() - self.shape.at_once(),
            };
            // What others have mapped is cleared, so there are bounds to it.
            let mut more = if self.shown {
                IPN_RING_PART as usize
            } else {
                usize::MAX
            };
            while place.is_none() || (self.held.len() > few && self.oldest() < keep && more != 0) {
                self.is_unsure |= self.bus.is_some() && self.may_have_refused(self.oldest());
                let gone = self.held.pop_front();
                match place {
                    None => place = self.place(self.held.len(), len),
                    Some(_) => {
                        let size = gone.map_or(0, |gone| gone.end - gone.place);
                        more = more.saturating_sub(size);
                    }
                }
            }
        }
        place.unwrap_or(0)
    }

    /// The message or part that is next is there, at `place`. Its bytes take `len`.
    fn push(
        &mut self,
        from: Option<Id>,
        bytes: Vec<u8>,
        (place, len): (usize, usize),
        first: usize,
        told: Told,
    ) {
        self.note(told);
        let number = from.and_then(|from| self.number(from));
        self.from.push(from);
        self.senders.push(number.unwrap_or(0) as u32);
        let end = place + taken(len);
        self.held.push_back(Held {
            bytes,
            place,
            end,
            first,
        });
    }

    /// The parts of a message of `len` bytes are there, as far as they are within the first `good` bytes; which is the
    /// first of them.
    fn push_parts(&mut self, len: usize, good: usize) -> Option<usize> {
        let mut first = None;
        let mut end = 0;
        for part in self.shape.parts(len) {
            end += part;
            let place = self.begin(part, first.unwrap_or(usize::MAX));
            if end > good {
                break;
            }
            let number = self.published();
            first = first.or(Some(number));
            self.push(None, Vec::new(), (place, part), number, Told::default());
        }
        first
    }

    /// A message is sent, from there.
    pub fn send(&mut self, holder: Id, bytes: Vec<u8>, origin: [u8; ORIGIN]) {
        let number = self.published();
        let (now, rate) = (self.now, self.shape.rate);
        if let Some(port) = self.port_mut(holder) {
            port.sent += 1;
            port.sent_bytes += bytes.len() as u64;
            port.pace.send(now, bytes.len(), rate);
        }
        let (len, first) = match self.push_parts(bytes.len(), bytes.len()) {
            None => (bytes.len(), number),
            Some(first) => (0, first),
        };
        let place = self.begin(len, first);
        let told = self.number_next(holder, origin);
        self.push(Some(holder), bytes, (place, len), first, told);
    }

    /// A message of `len` bytes is begun, of which only the first `good` can be read.
    pub fn fail(&mut self, len: usize, good: usize) {
        if self.push_parts(len, good).is_none() && self.shape.parts(len).is_empty() {
            self.begin(len, usize::MAX);
        }
    }

    /// The next message for a port, if there is one, as far as it wants it. What it refuses before that is
    /// gone, and what it has lost is counted.
    pub fn next(&mut self, holder: Id) -> Option<Vec<u8>> {
        if self.bus.is_some() {
            return self.next_of_bus(holder, true);
        }
        let mut port = self.port(holder).filter(|port| port.receives)?.clone();
        let mut found = None;
        while found.is_none() && port.position < self.published() {
            let is_none = self.is_none_for(&port, port.position);
            let bytes = self.bytes(port.position);
            port.lost += u64::from(bytes.is_none() && !is_none);
            found = bytes
                .filter(|_| !is_none)
                .and_then(|bytes| port.wanted(bytes));
            port.position += usize::from(found.is_none());
        }
        let found = found.map(<[u8]>::to_vec);
        *self.port_mut(holder)? = port;
        found
    }

    /// The number of the message that a port reads next, and that of the port that sent it, once
    /// [`Network::next`] has found it.
    pub fn next_numbers(&self, holder: Id) -> (u64, u32) {
        let at = self.port(holder).map_or(0, |port| port.position);
        (at as u64, self.sender(at))
    }

    /// Whether the next message for a port is found without going past any that its filter refuses.
    pub fn refuses_none(&self, holder: Id) -> bool {
        let stands = |port: &Port| self.next_wanted(port) == self.next_of_others(port);
        self.port(holder).is_none_or(stands)
    }

    /// The port is done with the message that it reads next.
    pub fn take(&mut self, holder: Id) {
        let at = self.port(holder).map_or(0, |port| port.position);
        let (from, len) = (self.sender(at), self.bytes(at).map_or(0, <[u8]>::len));
        if let Some(port) = self.port_mut(holder) {
            // A message counts as far as the filter lets it pass.
            port.received += 1;
            port.received_bytes += port.cut(len) as u64;
            port.missed.hear(from);
            port.position += 1;
        }
    }

    /// Whether a message waits for a port. One with a filter looks at them for that.
    pub fn is_readable(&mut self, holder: Id) -> bool {
        if self
            .port(holder)
            .is_some_and(|port| port.missed.is_due && !port.mapped)
        {
            let receives = self.port(holder).is_some_and(|port| port.receives);
            // What was missed by now is counted.
            self.next(holder);
            return receives;
        }
        if self.port(holder).is_some_and(Port::is_filtered) || self.is_late(holder) {
            let found = self.next(holder).is_some();
            return found || self.port(holder).is_some_and(|port| port.missed.is_due);
        }
        self.port(holder).is_some_and(|port| {
            let is_one = |at| !self.is_none_for(port, at) && self.bytes(at).is_some();
            port.receives && (port.position..self.published()).any(is_one)
        })
    }
}

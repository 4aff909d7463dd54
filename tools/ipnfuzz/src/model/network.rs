// SPDX-License-Identifier: GPL-2.0
//! A hub network as af_ipn(7) describes it: a log of messages, and ports that stand somewhere in it.

use crate::program::Filter;
use ipntest::abi::*;
use std::collections::VecDeque;

/// The number of a socket of the model.
pub type Id = usize;

/// Out-of-band messages that a port holds.
const OOB_QUEUED: usize = 16;

/// The options that make a network.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Longest message.
    pub mtu: i32,
    /// Number of ports.
    pub ports: i32,
    /// Messages of the longest held; where it is 0, `bytes` says how much.
    pub pool: i32,
    /// Bytes of messages held, unless `pool` says how much.
    pub bytes: i32,
    /// `IPN_FLAG_*`.
    pub flags: i32,
    /// Mode bits.
    pub mode: i32,
}

impl Shape {
    /// Unless told.
    pub const DEFAULT: Shape = Shape {
        mtu: 1514,
        ports: 64,
        pool: 0,
        bytes: 0,
        flags: 0,
        mode: 0o700,
    };

    /// Bytes that one of the longest messages takes.
    fn longest(&self) -> usize {
        taken(self.mtu as usize)
    }

    /// Bytes of messages that a ring holds.
    pub fn room(&self) -> usize {
        match (self.pool, self.bytes) {
            (0, 0) => (128 << 10).max(4 * self.longest()),
            (0, bytes) => bytes as usize & !15,
            (pool, _) => (pool as usize + 1) * self.longest(),
        }
    }

    /// Whether the longest message has room.
    pub fn is_enough(&self) -> bool {
        self.room() >= self.longest()
    }

    /// What `IPN_SO_BYTES` says.
    pub fn said_bytes(&self) -> i32 {
        if self.pool == 0 {
            self.room() as i32
        } else {
            0
        }
    }

    /// What `IPN_SO_MSGPOOLSIZE` says.
    pub fn said_pool(&self) -> i32 {
        if self.pool != 0 {
            return self.pool;
        }
        let sure = (self.room() + 16).saturating_sub(self.longest()) / self.longest();
        sure.clamp(1, self.lasting()) as i32
    }

    /// Messages that a ring holds, but for those that are given up at once.
    fn lasting(&self) -> usize {
        match self.pool {
            0 => (self.room() / self.longest().min(128)).clamp(1, 65536),
            pool => pool as usize,
        }
    }

    /// Messages that a ring holds at most.
    pub fn messages(&self) -> usize {
        self.lasting() + self.lasting() / 32
    }

    /// Of those, how many are given up at once for one more.
    fn at_once(&self) -> usize {
        self.lasting() / 32
    }

    /// The least and the most bytes that it counts for: its ring and a page for each port's cursor,
    /// and some for tables, which depends on the kernel's allocator.
    pub fn bytes(&self) -> (u64, u64) {
        const PAGE: u64 = 4096;
        let ring = PAGE + 32 * self.messages() as u64 + self.room() as u64;
        let least = ring.next_multiple_of(PAGE) + self.ports as u64 * PAGE;
        let senders = self.lasting() as u64 * 64;
        (least, least + 4 * PAGE + self.ports as u64 * 32 + senders)
    }
}

/// Bytes that a message takes of a ring's.
fn taken(len: usize) -> usize {
    len.next_multiple_of(16).max(16)
}

/// Who holds a port, and what it can do.
#[derive(Clone, Debug)]
pub struct Port {
    /// The socket.
    pub holder: Id,
    /// It can receive.
    pub receives: bool,
    /// It can send.
    pub sends: bool,
    /// It is no reader, and no sender waits for it.
    pub observes: bool,
    /// It gets out-of-band messages.
    pub told: bool,
    /// The message that it reads next.
    position: usize,
    /// How many it has lost, as far as it has read.
    pub lost: u32,
    /// Out-of-band messages: readers and writers.
    pub oob: VecDeque<(i32, i32)>,
    /// Its cursor is mapped.
    pub mapped: bool,
    /// What it wants of messages.
    pub filter: Option<Filter>,
    /// What was written into its cursor as its position, and not yet looked at.
    claimed: Option<u64>,
    /// What it has lost is no more known, for it wrote into its cursor.
    pub vague: bool,
}

impl Port {
    /// One that is not plugged in yet.
    pub fn new(holder: Id, receives: bool, sends: bool, told: bool) -> Port {
        Port {
            holder,
            receives,
            sends,
            observes: false,
            told,
            position: 0,
            lost: 0,
            oob: VecDeque::new(),
            mapped: false,
            filter: None,
            claimed: None,
            vague: false,
        }
    }

    /// What the port gets of a message, if it wants it.
    fn wanted<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let odd = || bytes.first().is_some_and(|byte| byte % 2 == 1);
        match self.filter {
            None | Some(Filter::All) => Some(bytes),
            Some(Filter::Nothing | Filter::First(0)) => None,
            Some(Filter::First(len)) => Some(&bytes[..bytes.len().min(len as usize)]),
            Some(Filter::Odd) => odd().then_some(bytes),
        }
    }

    /// Whether others go past what its filter refuses: a mapped reader goes on by itself.
    fn is_filtered(&self) -> bool {
        self.receives && self.filter.is_some() && !self.mapped
    }

    /// The same where a sender, or who attaches the filter, has it done: nobody waits for an observer.
    fn is_gone_through(&self) -> bool {
        self.is_filtered() && !self.observes
    }
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
    /// Who sent each message.
    from: Vec<Id>,
    /// The number of the port that sent each.
    senders: Vec<u32>,
    /// The bytes of the last ones.
    data: VecDeque<Vec<u8>>,
    /// Where those are.
    places: VecDeque<usize>,
    /// A sender has found no room, so a worker may look through the ports with a filter, at any time.
    has_worker: bool,
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
            data: VecDeque::new(),
            places: VecDeque::new(),
            has_worker: false,
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
        self.from.len()
    }

    /// The first message that is still held.
    fn oldest(&self) -> usize {
        self.sent() - self.data.len()
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
    fn tell(&mut self, before: (i32, i32)) {
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

    /// A port is taken: it sees what is sent from now on.
    pub fn join(&mut self, number: usize, mut port: Port) {
        let before = self.census();
        port.position = self.sent();
        self.ports[number] = Some(port);
        self.tell(before);
    }

    /// A socket gives its port back.
    pub fn leave(&mut self, holder: Id) {
        let before = self.census();
        if let Some(number) = self.number(holder) {
            self.ports[number as usize] = None;
        }
        self.tell(before);
    }

    /// A socket gives directions up.
    pub fn shut(&mut self, holder: Id, receive: bool, send: bool) {
        let before = self.census();
        if let Some(port) = self.port_mut(holder) {
            port.receives &= !receive;
            port.sends &= !send;
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
        let sent = self.sent() as u64;
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

    /// The newest message but so many, if it is still held.
    pub fn back(&self, back: usize) -> Option<&Vec<u8>> {
        self.data.get(self.data.len().checked_sub(back + 1)?)
    }

    /// Whether a message of `len` bytes can be sent without waiting: each receiver can read all that it has not.
    /// Where that depends on whether a worker has been there, it is as it `seems`.
    pub fn has_room(&mut self, len: usize, seems: bool) -> bool {
        self.believe();
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
        let fits = |port: &Port| self.place(self.sent() - position(port), len).is_some();
        let has_room = |port: &Port| !waits_for(port) || fits(port);
        self.ports.iter().flatten().all(has_room)
    }

    /// Where a message of `len` bytes goes beside the newest `kept`, if it has room.
    fn place(&self, kept: usize, len: usize) -> Option<usize> {
        let (size, room) = (taken(len), self.shape.room());
        let oldest = self.data.len().checked_sub(kept)?;
        if kept >= self.shape.messages() {
            return None;
        }
        let (Some(tail), Some(newest), Some(last)) = (
            self.places.get(oldest),
            self.places.back(),
            self.data.back(),
        ) else {
            return (size <= room).then_some(0);
        };
        let head = newest + taken(last.len());
        let (behind, before) = match *tail < head {
            true => (room - head, *tail),
            false => (tail - head, 0),
        };
        match size {
            _ if size <= behind => Some(head),
            _ if size <= before => Some(0),
            _ => None,
        }
    }

    /// A worker has gone past what ports refuse, at least as far as leaves room for a message of `len` bytes.
    fn go_on(&mut self, len: usize) {
        let leaves_room = |kept: &usize| self.place(*kept, len).is_some();
        let kept = (0..=self.data.len()).rev().find(leaves_room);
        let first = self.sent() - kept.unwrap_or(0);
        let ports = self.ports.iter_mut().flatten();
        for port in ports.filter(|port| port.is_gone_through()) {
            port.position = port.position.max(first);
        }
    }

    /// A port's own call goes past what its filter refuses.
    pub fn look_through(&mut self, holder: Id) {
        let is_filtered = self.port(holder).is_some_and(Port::is_gone_through);
        if self.is_lossless() && is_filtered {
            self.next(holder);
        }
    }

    /// Whether a worker may or may not have gone past messages that a port refuses.
    pub fn is_uncertain(&self, holder: Id) -> bool {
        let moves =
            |port: &Port| !port.observes && self.next_wanted(port) != self.next_of_others(port);
        self.has_worker && self.port(holder).is_some_and(moves)
    }

    /// Where a port stands when its own messages are left out.
    fn next_of_others(&self, port: &Port) -> usize {
        let mut at = port.position;
        while self.from.get(at) == Some(&port.holder) {
            at += 1;
        }
        at
    }

    /// The same when those are left out too that its filter refuses.
    fn next_wanted(&self, port: &Port) -> usize {
        let refuses = |at| {
            let bytes = self.bytes(at).filter(|_| port.is_filtered());
            bytes.is_some_and(|bytes| port.wanted(bytes).is_none())
        };
        let mut at = port.position;
        while self.from.get(at) == Some(&port.holder) || refuses(at) {
            at += 1;
        }
        at
    }

    /// The bytes of a message that is still held.
    fn bytes(&self, at: usize) -> Option<&[u8]> {
        let number = at.checked_sub(self.oldest())?;
        self.data.get(number).map(Vec::as_slice)
    }

    /// A message of `len` bytes is begun: of a full ring the oldest are gone, even if it is not sent. Where it goes.
    pub fn begin(&mut self, len: usize) -> usize {
        let mut place = self.place(self.data.len(), len);
        if place.is_none() {
            let waits_for = |port: &&Port| port.receives && !port.observes;
            let readers = self.ports.iter().flatten().filter(waits_for);
            let slowest = readers.map(|port| port.position).min();
            let may_go = match (self.is_lossless(), slowest) {
                (true, Some(slowest)) => slowest.saturating_sub(self.oldest()),
                _ => usize::MAX,
            };
            let few = self.shape.messages() - self.shape.at_once();
            let mut gone = 0;
            while place.is_none() || (self.data.len() > few && gone < may_go) {
                self.data.pop_front();
                self.places.pop_front();
                gone += 1;
                place = place.or_else(|| self.place(self.data.len(), len));
            }
        }
        place.unwrap_or(0)
    }

    /// A message is sent.
    pub fn send(&mut self, holder: Id, bytes: Vec<u8>) {
        let place = self.begin(bytes.len());
        self.from.push(holder);
        let number = self.number(holder).map_or(0, |number| number as u32);
        self.senders.push(number);
        self.data.push_back(bytes);
        self.places.push_back(place);
    }

    /// The next message for a port, if there is one, as far as it wants it. What it refuses before that is
    /// gone, and what it has lost is counted.
    pub fn next(&mut self, holder: Id) -> Option<Vec<u8>> {
        let mut port = self.port(holder).filter(|port| port.receives)?.clone();
        let mut found = None;
        while found.is_none() && port.position < self.sent() {
            let own = self.from[port.position] == holder;
            let bytes = self.bytes(port.position);
            port.lost += u32::from(bytes.is_none() && !own);
            found = bytes.filter(|_| !own).and_then(|bytes| port.wanted(bytes));
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
        (at as u64, self.senders.get(at).copied().unwrap_or(0))
    }

    /// Whether the next message for a port is found without going past any that its filter refuses.
    pub fn refuses_none(&self, holder: Id) -> bool {
        let stands = |port: &Port| self.next_wanted(port) == self.next_of_others(port);
        self.port(holder).is_none_or(stands)
    }

    /// The port is done with the message that it reads next.
    pub fn take(&mut self, holder: Id) {
        if let Some(port) = self.port_mut(holder) {
            port.position += 1;
        }
    }

    /// Whether a message waits for a port. One with a filter looks at them for that.
    pub fn is_readable(&mut self, holder: Id) -> bool {
        if self.port(holder).is_some_and(Port::is_filtered) {
            return self.next(holder).is_some();
        }
        self.port(holder).is_some_and(|port| {
            let first = port.position.max(self.oldest());
            port.receives && (first..self.sent()).any(|at| self.from[at] != holder)
        })
    }
}

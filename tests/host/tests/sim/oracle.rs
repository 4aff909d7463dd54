// SPDX-License-Identifier: GPL-2.0

//! What must hold, whatever the schedule.
//!
//! The account knows of each message only who sent it on which network, and when the call began and
//! ended, by a clock that counts events; and of each port what it got. From that follows what else it
//! may have got, and what it must have got or been told to have lost.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

/// What a port is on: the network, and the port's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) network: usize,
    pub(crate) sock: usize,
}

/// A message that a task has tried to send.
#[derive(Debug)]
struct Sent {
    by: Port,
    len: usize,
    began: u64,
    /// When the call ended that sent it; none: it failed.
    ended: Option<u64>,
}

/// A port's past.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// When `connect` began and ended.
    began: u64,
    ended: u64,
    got: BTreeSet<u64>,
    /// Nothing else reaches it: `shutdown` or the end of the network began then.
    shut: Option<u64>,
}

/// The account of a run.
#[derive(Debug, Default)]
struct Books {
    clock: u64,
    sent: BTreeMap<u64, Sent>,
    ports: BTreeMap<Port, Past>,
    /// By a task on a port: the last message of each sender that it got.
    last: BTreeMap<(u32, Port, usize, u32), u64>,
}

/// What a task was told of a message.
pub(crate) struct Told {
    /// What it had room for.
    pub(crate) room: usize,
    /// Bytes of the message, as far as it knows.
    pub(crate) len: usize,
    /// Whether some are missing.
    pub(crate) truncated: bool,
    /// It only peeked.
    pub(crate) stays: bool,
}

/// The account of a run, for all tasks.
#[derive(Default)]
pub(crate) struct Account(Mutex<Books>);

/// What a message's first eight bytes say: the task that sent it, and its how manieth that is.
pub(crate) fn id(task: u32, number: u32) -> u64 {
    (u64::from(task) << 32) | u64::from(number)
}

/// The bytes of a message: its number, and what follows from it.
pub(crate) fn bytes(id: u64) -> Vec<u8> {
    let mut bytes = vec![0xff; 14];
    // An Ethernet frame to all, from a station of its own: both halves tell messages apart, should
    // one be torn.
    bytes[6..12].copy_from_slice(&[2, id as u8, 0, 0, 0, (id >> 32) as u8]);
    bytes[12..].copy_from_slice(&(id as u16).to_be_bytes());
    bytes.resize(14 + (id % 2) as usize, 7);
    bytes
}

/// The MTU of networks with messages in parts.
pub(crate) const LONG: u32 = 43;

/// The same on a network with this MTU: on one that takes longer ones some are, up to several parts.
pub(crate) fn bytes_for(id: u64, mtu: u32) -> Vec<u8> {
    let mut bytes = bytes(id);
    if mtu > 16 && id % 3 != 0 {
        let len = mtu as usize - (id % 7) as usize;
        // Each byte behind the beginning tells it too.
        let numbers = (0..).map(|at| (id as u8).wrapping_mul(31).wrapping_add(at));
        bytes.extend(numbers.take(len - bytes.len()));
    }
    bytes
}

/// The number of a message of which at least this much was received.
fn read_id(bytes: &[u8]) -> Option<u64> {
    let number = u16::from_be_bytes([*bytes.get(12)?, *bytes.get(13)?]);
    Some(id(u32::from(bytes[11]), u32::from(number)))
}

impl Books {
    /// A port got a message, and nobody knows which.
    fn note_cut(&mut self, port: Port, stays: bool) {
        if !stays {
            let past = self.ports.get_mut(&port).unwrap();
            past.got.insert(u64::MAX - self.clock);
            self.clock += 1;
        }
    }
}

impl Account {
    fn tick(&self) -> u64 {
        let mut books = self.0.lock().unwrap();
        books.clock += 1;
        books.clock
    }

    /// A moment.
    pub(crate) fn now(&self) -> u64 {
        self.tick()
    }

    /// A port was taken by a call that began at a moment.
    pub(crate) fn joined(&self, port: Port, began: u64) {
        let ended = self.tick();
        let past = Past {
            began,
            ended,
            ..Past::default()
        };
        self.0.lock().unwrap().ports.insert(port, past);
    }

    /// A direction of receiving is about to be shut.
    pub(crate) fn shuts(&self, port: Port) {
        let now = self.tick();
        if let Some(past) = self.0.lock().unwrap().ports.get_mut(&port) {
            past.shut.get_or_insert(now);
        }
    }

    /// A network is about to end.
    pub(crate) fn ends(&self, network: usize) {
        let now = self.tick();
        let books = &mut *self.0.lock().unwrap();
        for (port, past) in &mut books.ports {
            if port.network == network {
                past.shut.get_or_insert(now);
            }
        }
    }

    /// A message is about to be sent.
    pub(crate) fn sends(&self, id: u64, by: Port, len: usize) {
        let began = self.tick();
        let sent = Sent {
            by,
            len,
            began,
            ended: None,
        };
        self.0.lock().unwrap().sent.insert(id, sent);
    }

    /// It was sent.
    pub(crate) fn has_sent(&self, id: u64) {
        let now = self.tick();
        self.0.lock().unwrap().sent.get_mut(&id).unwrap().ended = Some(now);
    }

    /// A task got these bytes at a port.
    pub(crate) fn got(&self, task: u32, port: Port, got: &[u8], told: Told) {
        let Told {
            room,
            len,
            truncated,
            stays,
        } = told;
        let books = &mut *self.0.lock().unwrap();
        assert!(got.len() <= room, "more than there was room for");
        assert_eq!(truncated, len > room || (got.len() < len), "truncation");
        let Some(id) = read_id(got) else {
            assert!(room < 14, "a short message");
            let start: Vec<u8> = got.iter().copied().take(7).collect();
            assert!(bytes(0).starts_with(&start), "torn: {got:?}");
            books.note_cut(port, stays);
            return;
        };
        let sent = books.sent.get(&id).expect("a message that was sent");
        let mtu = if sent.len > 16 { LONG } else { 16 };
        assert!(bytes_for(id, mtu).starts_with(got), "torn: {got:?}");
        assert_eq!(sent.by.network, port.network, "of another network");
        assert_ne!(sent.by.sock, port.sock, "its own");
        assert!(len <= sent.len);
        if stays {
            return;
        }
        let by = sent.by.sock;
        let past = books.ports.get_mut(&port).unwrap();
        assert!(past.got.insert(id), "twice: {id:#x}");
        let last = books
            .last
            .entry((task, port, by, (id >> 32) as u32))
            .or_insert(0);
        assert!(*last <= id, "out of order: {id:#x} after {last:#x}");
        *last = id;
    }

    /// A task got a message at a port that was cut so that nobody knows which it was.
    pub(crate) fn cut(&self, port: Port, stays: bool) {
        self.0.lock().unwrap().note_cut(port, stays);
    }

    /// All tasks have ended, and the port was read to its end. `lost`: what it was told to have lost;
    /// `hub`: every message is for it; `filtered`: it refuses some.
    pub(crate) fn judge(&self, port: Port, lost: u64, lossless: bool, hub: bool, filtered: bool) {
        let books = self.0.lock().unwrap();
        let past = &books.ports[&port];
        for id in past.got.iter().filter(|&&id| id < u64::MAX / 2) {
            assert!(
                books.sent[id].ended.is_some(),
                "a message that was refused: {id:#x}"
            );
        }
        assert!(!lossless || lost == 0, "{lost} lost on a lossless network");
        let others = || {
            let others = books.sent.values();
            others.filter(|sent| {
                sent.by.network == port.network && sent.by.sock != port.sock && sent.ended.is_some()
            })
        };
        let accounted = past.got.len() as u64 + lost;
        let most = others()
            .filter(|sent| sent.ended > Some(past.began))
            .count() as u64;
        assert!(accounted <= most, "{accounted} of at most {most}: {past:?}");
        if hub && !filtered && past.shut.is_none() {
            let least = others().filter(|sent| sent.began > past.ended).count() as u64;
            assert!(
                accounted >= least,
                "{accounted} of at least {least}: {past:?}"
            );
        }
    }
}

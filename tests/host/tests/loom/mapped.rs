// SPDX-License-Identifier: GPL-2.0

//! Readers that take messages out of mapped memory: they lose nothing that they do not know of, and
//! a sender that waits for the room they make is woken.
//!
//! They run the `ipn` crate's own steps (`tools/ipn/src/reader.rs`) on what the module maps; what its
//! `receiver.rs` joins them with is written down once more here.

use crate::{
    explore,
    reader::{Found, Header, Memory, Reader},
    ring::layout::{Descriptor, Extent, Memory as _, Parts, Positions},
    rust::{
        glue::{cursor_page::CursorPage, ring_memory::RingMemory},
        sync::atomic::{full_barrier, read_barrier},
    },
    world::{self, in_parts, map_cursor, message, settle, shape, value, Got, Network, Port, Shape},
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// What the reader's process has of its port.
#[derive(Clone)]
pub(crate) struct Mapped {
    port: Arc<Port>,
    pub(crate) page: CursorPage,
    reader: Reader,
}

impl Memory for Mapped {
    type Buffer = Vec<u8>;

    fn published(&self) -> u64 {
        self.positions().published.load_acquire()
    }

    fn oldest(&self) -> u64 {
        read_barrier();
        self.positions().oldest.load()
    }

    fn head(&self) -> u32 {
        self.positions().head.load()
    }

    fn state(&self, index: u32) -> u64 {
        self.descriptor(index).state.load_acquire()
    }

    fn header(&self, index: u32) -> Header {
        let descriptor = self.descriptor(index);
        Header {
            at: descriptor.at.load(),
            len: descriptor.len.load(),
            from: descriptor.from.load(),
            stamp: descriptor.stamp.load(),
            back: descriptor.back.load(),
        }
    }

    fn copy(&self, header: Header, to: &mut Vec<u8>) -> bool {
        *to = self.memory().read(header.at, 16);
        true
    }

    fn copy_part(&self, header: &Header, len: usize, from: usize, to: &mut Vec<u8>) {
        to.truncate(from);
        to.extend(self.memory().read(header.at, len));
    }

    fn position(&self) -> u64 {
        self.page.position.load()
    }

    fn pass(&self, number: u64) -> bool {
        self.page.position.replace_release(number, number + 1)
    }

    fn count_own(&self) {
        self.page.own.add(1);
    }

    fn awaits_room(&self) -> bool {
        full_barrier();
        self.memory().notices().awaiting_room.load() != 0
    }
}

impl Mapped {
    /// `mmap`, before the port is used.
    pub(crate) fn new(network: &Network, pool: u32, port: &Arc<Port>) -> Self {
        let page = map_cursor(port);
        let since = page.since.load();
        Self {
            port: port.clone(),
            page,
            reader: Reader {
                messages: network.messages(pool),
                bytes: Extent::of_pool(pool, network.mtu(), network.parts()).bytes as u32,
                mtu: network.mtu(),
                port: port.number,
                since,
                lossless: network.waits(),
                in_parts: network.parts() != Parts::NONE,
                is_written: port.ring().is_written(),
            },
        }
    }

    fn memory(&self) -> &RingMemory {
        self.port.ring().memory()
    }

    /// What it is mapped, of the positions: where a process writes the ring, what that says.
    fn positions(&self) -> &Positions {
        let memory = self.memory();
        memory.told().unwrap_or(memory.positions())
    }

    /// The same of a descriptor.
    fn descriptor(&self, index: u32) -> &Descriptor {
        match self.reader.is_written {
            true => self.memory().told_descriptor(index),
            false => self.memory().descriptor(index),
        }
    }

    /// Takes what it finds in two looks beside a sender, and what is left when that is through.
    pub(crate) fn is_lapped<T>(&self, network: &Network, sender: JoinHandle<T>) {
        let mut got = Vec::new();
        got.extend(self.take().ok());
        got.extend(self.take().ok());
        sender.join().unwrap();
        self.settle(network, got);
    }

    /// Takes a message if there is one; a system call only wakes others.
    pub(crate) fn take(&self) -> Result<Got, Found> {
        let mut bytes = Vec::new();
        let (found, made_room) = self.reader.take(self, &mut bytes);
        if made_room {
            world::ask(&self.port);
        }
        match found {
            Found::Message(header) => {
                assert_eq!(header.len, 16, "a torn header");
                let value = value(&bytes);
                Ok(Got { value })
            }
            other => Err(other),
        }
    }

    /// Receives so many messages, waiting for each where there is none.
    pub(crate) fn receive(&self, network: &Network, messages: usize) -> Vec<Got> {
        let one = |_| match self.take() {
            Ok(taken) => taken,
            Err(_) => world::receive(network, &self.port).unwrap(),
        };
        (0..messages).map(one).collect()
    }

    /// Checks that every message is accounted for. All threads are done.
    pub(crate) fn settle(&self, network: &Network, got: Vec<Got>) -> Vec<u64> {
        let values = settle(network, &self.port, got);
        let lost = self.page.lost.load();
        assert_eq!(lost, u64::from(self.port.drops()), "what the page tells");
        values
    }
}

/// A thread that sends these values.
fn send(network: &Arc<Network>, port: &Arc<Port>, values: &'static [u64]) -> JoinHandle<()> {
    let (network, port) = (network.clone(), port.clone());
    thread::spawn(move || {
        for &value in values {
            network.send(&port, message(value), true).unwrap();
        }
    })
}

/// A reader that is lapped on a network of this shape.
fn lapped(shape: Shape) {
    explore(2, move || {
        let (network, ports) = Network::new(shape);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, &ports[1], &[100, 101, 102]);
        reader.is_lapped(&network, sender);
    });
}

#[test]
fn a_lapped_reader_gets_no_torn_message_and_counts_what_it_lost() {
    lapped(shape(1, 2, false));
}

#[test]
fn of_messages_in_parts_it_gets_all_or_counts_one() {
    lapped(in_parts(1, 2, false));
}

#[test]
fn a_sender_of_messages_in_parts_waits_for_it_and_is_woken() {
    explore(1, || {
        let (network, ports) = Network::new(in_parts(1, 2, true));
        network.shut_receive(&ports[1]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, &ports[1], &[100, 101]);
        let got = reader.receive(&network, 2);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101]);
    });
}

#[test]
fn a_sender_waits_for_a_mapped_reader_and_is_woken() {
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 2, true));
        network.shut_receive(&ports[1]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, &ports[1], &[100, 101]);
        let got = reader.receive(&network, 2);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101]);
    });
}

#[test]
fn a_mapped_reader_that_only_looks_wakes_senders_as_well() {
    // It never calls the kernel to receive, as one that spins.
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 2, true));
        network.shut_receive(&ports[1]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        network.send(&ports[1], message(100), true).unwrap();
        let sender = send(&network, &ports[1], &[101]);
        let got = reader.take().ok();
        sender.join().unwrap();
        let values = reader.settle(&network, got.into_iter().collect());
        assert_eq!(values, [100, 101]);
    });
}

#[test]
fn the_slowest_of_a_mapped_reader_and_another_counts() {
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 3, true));
        network.shut_receive(&ports[2]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        network.send(&ports[2], message(200), true).unwrap();
        let sender = send(&network, &ports[2], &[201]);
        let others = world::receive_now(&network, &ports[1]);
        let got = reader.take().ok();
        sender.join().unwrap();
        reader.settle(&network, got.into_iter().collect());
        settle(&network, &ports[1], others.into_iter().collect());
    });
}

#[test]
fn two_senders_wait_for_the_place_that_a_mapped_reader_makes() {
    explore(1, || {
        let (network, ports) = Network::new(shape(1, 3, true));
        ports[1..]
            .iter()
            .for_each(|sock| network.shut_receive(sock));
        let reader = Mapped::new(&network, 1, &ports[0]);
        let senders = [
            send(&network, &ports[1], &[100]),
            send(&network, &ports[2], &[200]),
        ];
        let got = reader.receive(&network, 2);
        senders.into_iter().for_each(|t| t.join().unwrap());
        reader.settle(&network, got);
    });
}

/// Both ports send, the mapped one reads meanwhile.
fn both_send(pool: u32, lossless: bool, own: &'static [u64], other: &'static [u64]) {
    let (network, ports) = Network::new(shape(pool, 2, lossless));
    if lossless {
        network.shut_receive(&ports[1]);
    }
    let reader = Mapped::new(&network, pool, &ports[0]);
    let senders = [
        send(&network, &ports[0], own),
        send(&network, &ports[1], other),
    ];
    let got = match lossless {
        true => reader.receive(&network, other.len()),
        false => reader.take().into_iter().collect(),
    };
    senders.into_iter().for_each(|t| t.join().unwrap());
    reader.settle(&network, got);
}

#[test]
fn a_lapped_port_counts_its_own_messages_apart() {
    explore(2, || both_send(1, false, &[0, 1], &[100]));
}

#[test]
fn its_own_messages_are_passed_once_by_it_or_for_it() {
    explore(1, || both_send(1, true, &[0], &[100]));
}

#[test]
fn what_a_mapped_port_sends_is_not_in_anybody_s_way() {
    // The port reads all of the other's and never looks again: its own must not fill the ring.
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 2, true));
        network.shut_receive(&ports[1]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        network.send(&ports[1], message(100), true).unwrap();
        let sender = send(&network, &ports[0], &[0, 1]);
        let got = reader.take().ok();
        sender.join().unwrap();
        let values = reader.settle(&network, got.into_iter().collect());
        assert_eq!(values, [100]);
    });
}

#[test]
fn a_reader_that_writes_nonsense_takes_no_message_from_another() {
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 3, true));
        network.shut_receive(&ports[2]);
        let page = Mapped::new(&network, 1, &ports[0]).page;
        let sender = send(&network, &ports[2], &[200, 201]);
        for nonsense in [u64::MAX, ports[0].joined + 1] {
            page.position.store(nonsense);
        }
        page.own.store(u64::MAX);
        let mut got = Vec::new();
        got.extend(world::receive(&network, &ports[1]));
        // It holds the sender up, as any reader may.
        network.leave(&ports[0]);
        got.extend(world::receive(&network, &ports[1]));
        sender.join().unwrap();
        assert_eq!(settle(&network, &ports[1], got), [200, 201]);
    });
}

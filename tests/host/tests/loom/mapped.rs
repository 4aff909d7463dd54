// SPDX-License-Identifier: GPL-2.0

//! Readers that take messages out of mapped memory: they lose nothing that they do not know of, and
//! whoever waits for the room they make is woken.
//!
//! They run the `ipn` crate's own steps (`tools/ipn/src/reader.rs`); what its `receiver.rs` joins
//! them with, and the module's `mapping.rs`, are written down once more here.

use crate::{
    account::settle,
    delivery::message,
    endpoint::Endpoint,
    explore,
    network::{Network, Shape},
    reader::{Found, Header, Memory, Reader},
    ring::{
        layout::{Memory as _, Meta},
        reader::Peek,
    },
    rust::{
        glue::cursor_page::CursorPage,
        sync::atomic::{full_barrier, read_barrier},
    },
    slots::Slots,
    transfer::{self, Got},
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// What the reader's process has of its port.
#[derive(Clone)]
struct Mapped {
    sock: Arc<Endpoint>,
    page: CursorPage,
    reader: Reader,
}

impl Memory for Mapped {
    type Buffer = Vec<u64>;

    fn published(&self) -> u64 {
        self.sock.ring.published()
    }

    fn reserved(&self) -> u64 {
        read_barrier();
        self.memory().positions().reserved.load()
    }

    fn header(&self, slot: u32) -> Header {
        let header = self.memory().header(slot);
        Header {
            len: header.len.load(),
            from: header.from.load(),
            stamp: header.stamp.load(),
        }
    }

    fn copy(&self, slot: u32, _: &Header, to: &mut Vec<u64>) {
        *to = self.memory().drain(slot);
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
    fn new(network: &Network, pool: u32, sock: &Arc<Endpoint>) -> Self {
        let page = CursorPage::new();
        sock.port.cursor.map(page.clone(), 0);
        Self {
            sock: sock.clone(),
            page,
            reader: Reader {
                pool,
                slots: pool + 1,
                port: sock.number,
                lossless: network.lossless,
            },
        }
    }

    fn memory(&self) -> &Slots {
        self.sock.ring.memory()
    }

    /// Takes a message if there is one; a system call only wakes others.
    fn take(&self, network: &Network) -> Result<Taken, Found> {
        let mut words = Vec::new();
        let (found, made_room) = self.reader.take(self, &mut words);
        if made_room {
            ask(network, &self.sock);
        }
        match found {
            Found::Message(header) => Ok(Taken { header, words }),
            other => Err(other),
        }
    }

    /// Receives so many messages, waiting for each where there is none.
    fn receive(&self, network: &Network, messages: usize) -> Vec<Taken> {
        let one = |_| match self.take(network) {
            Ok(taken) => taken,
            Err(_) => transfer::receive(network, &self.sock).unwrap().into(),
        };
        (0..messages).map(one).collect()
    }

    /// Checks that every message is accounted for. All threads are done.
    fn settle(&self, network: &Network, taken: Vec<Taken>) -> Vec<u64> {
        let log = network.members.lock().unwrap().log.clone();
        let got = taken.into_iter().map(|taken| {
            let Header { len, from, stamp } = taken.header;
            let at = log.iter().position(|sent| sent.1 == stamp);
            Got {
                number: self.sock.joined + at.expect("a message that was sent") as u64,
                meta: Meta { len, from, stamp },
                words: taken.words,
            }
        });
        let values = settle(network, &self.sock, got.collect());
        let lost = self.page.lost.load();
        assert_eq!(lost, self.sock.drops.load(), "what the page tells");
        values
    }
}

/// A message that was taken.
struct Taken {
    header: Header,
    words: Vec<u64>,
}

impl From<Got> for Taken {
    fn from(got: Got) -> Self {
        let Meta { len, from, stamp } = got.meta;
        Self {
            header: Header { len, from, stamp },
            words: got.words,
        }
    }
}

/// `FIONREAD`: `take_over` in `src/socket/mapping.rs`.
fn ask(network: &Network, sock: &Endpoint) {
    sock.reader().correct();
    if let Peek::Overrun = sock.reader().peek() {
        sock.drops.add(network.catch_up(sock));
    }
    if network.lossless {
        full_barrier();
        network.wake_senders();
    }
}

fn shape(pool: u32, ports: u32, lossless: bool) -> Shape {
    Shape {
        pool,
        ports,
        lossless,
        shared: true,
    }
}

/// A thread that sends these values.
fn send(network: &Arc<Network>, sock: &Arc<Endpoint>, values: &'static [u64]) -> JoinHandle<()> {
    let (network, sock) = (network.clone(), sock.clone());
    thread::spawn(move || {
        for &value in values {
            network.send(&sock, message(value), true).unwrap();
        }
    })
}

#[test]
fn a_lapped_reader_gets_no_torn_message_and_counts_what_it_lost() {
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 2, false));
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, &ports[1], &[100, 101, 102]);
        let mut got = Vec::new();
        got.extend(reader.take(&network).ok());
        got.extend(reader.take(&network).ok());
        sender.join().unwrap();
        reader.settle(&network, got);
    });
}

#[test]
fn a_sender_waits_for_a_mapped_reader_and_is_woken() {
    explore(2, || {
        let (network, ports) = Network::new(shape(1, 2, true));
        network.shut_receive(&ports[1]);
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, &ports[1], &[100, 101, 102]);
        let got = reader.receive(&network, 3);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101, 102]);
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
        let got = reader.take(&network).ok();
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
        let others = transfer::receive_now(&network, &ports[1]);
        let got = reader.take(&network).ok();
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
        false => reader.take(&network).into_iter().collect(),
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
    explore(2, || both_send(1, true, &[0], &[100]));
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
        let got = reader.take(&network).ok();
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
        got.extend(transfer::receive(&network, &ports[1]));
        // It holds the sender up, as any reader may.
        network.leave(0);
        got.extend(transfer::receive(&network, &ports[1]));
        sender.join().unwrap();
        assert_eq!(settle(&network, &ports[1], got), [200, 201]);
    });
}

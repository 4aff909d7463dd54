// SPDX-License-Identifier: GPL-2.0

//! A process that writes the ring: who reads beside it gets whole messages and counts what it lost, who sleeps is woken,
//! and a writer that waits for room goes on.
//!
//! It runs the `ipn` crate's own steps (`tools/ipn/src/writer.rs`) on what the module maps; what its `written.rs` and
//! `producer.rs` join them with is written down once more here.

use crate::{
    explore,
    mapped::Mapped,
    reader::Header,
    ring::layout::{ready, Memory as _, Positions},
    rust::{
        glue::ring_memory::RingMemory,
        sync::atomic::{full_barrier, write_barrier},
    },
    world::{
        self, bytes, map_writer, message, receive, receive_now, settle, shape, Got, Network, Port,
        Refused, Shape,
    },
    writer::{Left, Memory, Writer},
};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// What the writer's process has mapped.
struct Written(Arc<Port>);

impl Written {
    fn memory(&self) -> &RingMemory {
        self.0.ring().memory()
    }

    fn told(&self) -> &Positions {
        self.memory().told().unwrap()
    }
}

impl Memory for Written {
    type Bytes = [u8];

    fn give_up(&self, oldest: u64) {
        self.told().oldest.store_release(oldest);
        write_barrier();
    }

    fn write(&self, at: u32, bytes: &[u8]) {
        self.memory().fill_from(at, bytes, &[]);
    }

    fn describe(&self, index: u32, number: u64, header: &Header) {
        let descriptor = self.memory().told_descriptor(index);
        descriptor.stamp.store(header.stamp);
        descriptor.len.store(header.len);
        descriptor.from.store(header.from);
        descriptor.at.store(header.at);
        descriptor.back.store(header.back);
        descriptor.state.store_release(ready(number));
    }

    fn publish(&self, head: u32, published: u64) {
        self.told().head.store(head);
        self.told().published.store_release(published);
    }

    fn awaits_message(&self) -> bool {
        full_barrier();
        self.memory().notices().awaiting_message.load() != 0
    }

    fn slowest(&self) -> u64 {
        self.memory().notices().slowest.load_acquire()
    }
}

/// The process.
struct Producer {
    memory: Written,
    writer: Writer,
}

impl Producer {
    /// `mmap`, of a ring with so many places.
    fn new(network: &Network, pool: u32, port: &Arc<Port>) -> Self {
        map_writer(port);
        let memory = Written(port.clone());
        let place = |index| memory.memory().told_descriptor(index).at.load();
        let left = Left {
            oldest: memory.told().oldest.load(),
            published: memory.told().published.load(),
            head: memory.told().head.load(),
            places: (0..network.messages(pool)).map(place).collect(),
        };
        let writer = Writer::new((pool + 1) * 16, port.number, network.lossless, left);
        Self { memory, writer }
    }

    /// Sends a message, and waits for room.
    fn send(&mut self, network: &Network, value: u64) -> Result<(), Refused> {
        let bytes = bytes(&message(value));
        let at = loop {
            if let Some(at) = self.writer.claim(&self.memory, 16) {
                break at;
            }
            world::try_ask(&self.memory.0)?;
            if let Some(at) = self.writer.claim(&self.memory, 16) {
                break at;
            }
            world::poll_for_room(&self.memory.0);
        };
        self.memory.write(at, &bytes);
        let sent = (self.memory.0.number, value);
        network.log.lock().unwrap().push(sent);
        match self.writer.publish(&self.memory, at, 16, 0) {
            true => world::try_ask(&self.memory.0),
            false => Ok(()),
        }
    }
}

/// A thread that sends these values.
fn send(
    network: &Arc<Network>,
    mut producer: Producer,
    values: &'static [u64],
) -> JoinHandle<Producer> {
    let network = network.clone();
    thread::spawn(move || {
        for &value in values {
            producer.send(&network, value).unwrap();
        }
        producer
    })
}

/// A network of this shape, and the producer that its last port is.
fn network(shape: Shape) -> (Arc<Network>, Vec<Arc<Port>>, Producer) {
    let (network, ports) = Network::of_one_writer(shape);
    let producer = Producer::new(&network, shape.pool, ports.last().unwrap());
    (network, ports, producer)
}

/// A thread that looks for a message once.
fn receive_beside(network: &Arc<Network>, port: &Arc<Port>) -> JoinHandle<Option<Got>> {
    let (network, port) = (network.clone(), port.clone());
    thread::spawn(move || receive_now(&network, &port))
}

/// The second port looks as well, and once all is sent both get what is left.
fn settle_two(
    network: &Network,
    ports: &[Arc<Port>],
    reader: JoinHandle<Option<Got>>,
    sender: JoinHandle<Producer>,
) {
    let other = receive_now(network, &ports[1]);
    sender.join().unwrap();
    let one = reader.join().unwrap();
    for (port, got) in ports.iter().zip([one, other]) {
        settle(network, port, got.into_iter().collect());
    }
}

/// Receives until the end.
fn receive_all(network: &Network, port: &Port) -> Vec<u64> {
    let all = std::iter::from_fn(|| receive(network, port));
    all.map(|got| got.value).collect()
}

#[test]
fn who_reads_by_calls_gets_whole_messages_and_counts_what_it_lost() {
    for pool in [1, 2] {
        explore(2, move || {
            let (network, ports, producer) = network(shape(pool, 2, false));
            let sender = send(&network, producer, &[100, 101, 102]);
            let mut got = Vec::new();
            got.extend(receive_now(&network, &ports[0]));
            got.extend(receive_now(&network, &ports[0]));
            sender.join().unwrap();
            settle(&network, &ports[0], got);
            // Those that were gone before we heard of them too.
            assert_eq!(ports[1].port.sent.load(), 3);
            assert_eq!(network.sent(), 3);
        });
    }
}

#[test]
fn who_has_mapped_what_is_written_does_so_too() {
    for pool in [1, 2] {
        explore(2, move || {
            let (network, ports, producer) = network(shape(pool, 2, false));
            let reader = Mapped::new(&network, pool, &ports[0]);
            let sender = send(&network, producer, &[100, 101, 102]);
            reader.is_lapped(&network, sender);
        });
    }
}

#[test]
fn two_readers_take_over_what_is_published_at_once() {
    explore(2, || {
        let (network, ports, producer) = network(shape(1, 3, false));
        let reader = receive_beside(&network, &ports[0]);
        let sender = send(&network, producer, &[200, 201]);
        settle_two(&network, &ports, reader, sender);
    });
}

#[test]
fn what_another_takes_over_is_not_taken_for_what_was_there() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(2, 3, false));
        producer.send(&network, 200).unwrap();
        producer.send(&network, 201).unwrap();
        // Both are there for all; the next one has the descriptor of the first, and is elsewhere.
        world::ask(&ports[2]);
        let reader = receive_beside(&network, &ports[0]);
        let sender = send(&network, producer, &[202]);
        settle_two(&network, &ports, reader, sender);
    });
}

#[test]
fn who_sleeps_is_woken_by_a_writer_that_asks_for_it() {
    explore(2, || {
        let (network, ports, producer) = network(shape(2, 2, false));
        let sender = send(&network, producer, &[100, 101]);
        let got = (0..2).filter_map(|_| receive(&network, &ports[0]));
        let got: Vec<Got> = got.collect();
        sender.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}

#[test]
fn who_has_mapped_what_is_written_is_woken_as_well() {
    explore(2, || {
        let (network, ports, producer) = network(shape(2, 2, false));
        let reader = Mapped::new(&network, 2, &ports[0]);
        let sender = send(&network, producer, &[100, 101]);
        let got = reader.receive(&network, 2);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101]);
    });
}

#[test]
fn a_writer_waits_for_who_reads_by_calls_and_goes_on() {
    explore(2, || {
        let (network, ports, producer) = network(shape(1, 2, true));
        let sender = send(&network, producer, &[100, 101]);
        let got = (0..2).filter_map(|_| receive(&network, &ports[0]));
        let got: Vec<Got> = got.collect();
        sender.join().unwrap();
        assert_eq!(settle(&network, &ports[0], got), [100, 101]);
    });
}

#[test]
fn it_waits_for_who_has_mapped_what_it_writes_too() {
    explore(2, || {
        let (network, ports, producer) = network(shape(1, 2, true));
        let reader = Mapped::new(&network, 1, &ports[0]);
        let sender = send(&network, producer, &[100, 101]);
        let got = reader.receive(&network, 2);
        sender.join().unwrap();
        assert_eq!(reader.settle(&network, got), [100, 101]);
    });
}

#[test]
fn it_waits_for_a_mapped_reader_that_never_calls() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(1, 2, true));
        let reader = Mapped::new(&network, 1, &ports[0]);
        producer.send(&network, 100).unwrap();
        let sender = send(&network, producer, &[101]);
        let got = reader.take().ok();
        sender.join().unwrap();
        let values = reader.settle(&network, got.into_iter().collect());
        assert_eq!(values, [100, 101]);
    });
}

#[test]
fn it_waits_for_the_slowest() {
    explore(1, || {
        let (network, ports, mut producer) = network(shape(1, 3, true));
        let reader = Mapped::new(&network, 1, &ports[0]);
        producer.send(&network, 200).unwrap();
        let sender = send(&network, producer, &[201]);
        let others = receive_now(&network, &ports[1]);
        let got = reader.take().ok();
        sender.join().unwrap();
        reader.settle(&network, got.into_iter().collect());
        settle(&network, &ports[1], others.into_iter().collect());
    });
}

#[test]
fn it_goes_on_when_who_held_it_up_leaves() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(1, 2, true));
        producer.send(&network, 100).unwrap();
        let sender = send(&network, producer, &[101]);
        network.leave(&ports[0]);
        sender.join().unwrap();
    });
}

#[test]
fn what_was_published_before_the_end_comes_before_it() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(2, 2, false));
        let reader = {
            let (network, port) = (network.clone(), ports[0].clone());
            thread::spawn(move || receive_all(&network, &port))
        };
        producer.send(&network, 100).unwrap();
        network.terminate();
        assert_eq!(reader.join().unwrap(), [100]);
    });
}

#[test]
fn what_is_published_beside_the_end_comes_or_not() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(2, 2, false));
        producer.send(&network, 100).unwrap();
        let sender = {
            let network = network.clone();
            thread::spawn(move || producer.send(&network, 101))
        };
        network.terminate();
        let got = receive_all(&network, &ports[0]);
        assert!(got == [100] || got == [100, 101], "{got:?}");
        let sent = sender.join().unwrap();
        assert!(sent.is_ok() || sent == Err(Refused::Over));
        assert!(
            receive(&network, &ports[0]).is_none(),
            "nothing comes behind it"
        );
    });
}

#[test]
fn the_end_wakes_a_writer_that_waits_for_room() {
    explore(2, || {
        let (network, _ports, mut producer) = network(shape(1, 2, true));
        producer.send(&network, 100).unwrap();
        let sender = {
            let network = network.clone();
            thread::spawn(move || producer.send(&network, 101))
        };
        network.terminate();
        assert_eq!(sender.join().unwrap(), Err(Refused::Over));
    });
}

#[test]
fn another_writer_goes_on_where_one_left() {
    explore(2, || {
        let (network, ports, mut producer) = network(shape(2, 3, false));
        let reader = receive_beside(&network, &ports[0]);
        producer.send(&network, 200).unwrap();
        drop(producer);
        network.leave(&ports[2]);
        let mut other = Producer::new(&network, 2, &ports[1]);
        other.send(&network, 100).unwrap();
        other.send(&network, 101).unwrap();
        let got = reader.join().unwrap();
        settle(&network, &ports[0], got.into_iter().collect());
    });
}

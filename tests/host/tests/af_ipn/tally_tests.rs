// SPDX-License-Identifier: GPL-2.0

//! What a port that was overrun has lost: exactly, and without a look at the ring.

use crate::{
    heap::{self, Heap},
    ring::{
        layout::Meta,
        port::Port,
        reader::{Own, Reader},
        tally::Tally,
        Claim, GivenUp, PeekAt, Ring,
    },
    rust::sync::atomic::AtomicU32,
};
use proptest::{collection::vec, prelude::*};

/// Who sent what did not come about.
const NOBODY: u32 = u32::MAX;

/// A lossy network of ports that send, and now and then read all there is.
struct Bus {
    ring: Ring<Heap>,
    tally: Tally<Vec<u32>>,
    ports: Vec<Port>,
    /// Who sent what, from the first message on.
    log: Vec<u32>,
    /// The first message that each port may get.
    first: Vec<u64>,
    /// Messages that failed, as nobody knows yet.
    failed: Vec<(Claim, Meta)>,
}

impl Bus {
    fn new(pool: u32, ports: u32) -> Self {
        Self {
            ring: heap::ring(pool, 0),
            tally: Tally::new(vec![0; ports as usize]),
            ports: (0..ports).map(|_| Port::new()).collect(),
            log: Vec::new(),
            first: vec![0; ports as usize],
            failed: Vec::new(),
        }
    }

    /// The place of the next message.
    fn reserve(&mut self) -> Claim {
        let mut gone = Vec::new();
        let claim = self.ring.reserve(0, u64::MAX, |one| gone.push(one));
        for gone in gone {
            match gone {
                GivenUp::Message(from) => self.tally.remove(from),
                GivenUp::Void => self.tally.remove_void(),
                GivenUp::Failed(number, meta) => {
                    self.tally.pass_void();
                    self.forget(number, meta);
                }
            }
        }
        claim
    }

    /// A message that was counted did not come about.
    fn forget(&mut self, number: u64, meta: Meta) {
        self.tally.remove(meta.from);
        let sent = &self.ports[meta.from as usize].sent;
        sent.store(sent.load() - 1);
        for (port, _) in self
            .ports
            .iter()
            .zip(&self.first)
            .filter(|(_, first)| **first > number)
        {
            port.voids_before.add(1);
        }
    }

    /// A port's message fails, as nobody knows yet.
    fn fail(&mut self, from: u32) {
        let claim = self.reserve();
        let meta = Meta {
            from,
            ..Meta::default()
        };
        self.tally.add(from);
        self.ring.begin(claim, meta);
        self.log.push(NOBODY);
        self.count(from, claim.number);
        self.ring.fail(claim, 0);
        self.failed.push((claim, meta));
    }

    /// What failed is told.
    fn settle(&mut self) {
        for (claim, meta) in std::mem::take(&mut self.failed) {
            if self.ring.settle(claim) {
                self.tally.add_void();
                self.forget(claim.number, meta);
            }
        }
    }

    /// Another takes the number of a port.
    fn join(&mut self, number: u32) {
        let port = Port::new();
        port.cursor.start(self.ring.published());
        port.voids_before.store(self.tally.voids());
        self.ports[number as usize] = port;
        self.first[number as usize] = self.ring.published();
    }

    fn count(&self, from: u32, number: u64) {
        let port = &self.ports[from as usize];
        port.sent.add(1);
        if port.cursor.skip(number, || self.ring.published()) {
            port.own_skipped.add(1);
        }
    }

    fn send(&mut self, from: u32) {
        let claim = self.reserve();
        self.tally.add(from);
        self.ring.publish(
            claim,
            Meta {
                from,
                ..Meta::default()
            },
        );
        self.log.push(from);
        self.count(from, claim.number);
    }

    /// A port that was overrun goes on: what it lost, and how many descriptors were looked at for it.
    fn catch_up(&self, number: u32) -> (u64, u64) {
        let before = self.ring.memory().looks.load();
        let reader = Reader::new(
            &self.ring,
            &self.ports[number as usize],
            Own::new(Some(number), 0),
        );
        let lost = reader.catch_up(&self.tally);
        (lost, self.ring.memory().looks.load() - before)
    }

    /// What a port would lose now, counted one by one.
    fn lost_by(&self, number: u32) -> u64 {
        let cursor = &self.ports[number as usize].cursor;
        let from = cursor.position(|| self.ring.published()) as usize;
        let oldest = self.ring.oldest() as usize;
        let gap = self.log.get(from..oldest).unwrap_or(&[]);
        let others = |&&sender: &&u32| sender != number && sender != NOBODY;
        gap.iter().filter(others).count() as u64
    }

    /// A port reads what is there.
    fn read(&self, number: u32) {
        let port = &self.ports[number as usize];
        let oldest = port.cursor.position(|| self.ring.published());
        for at in oldest..self.ring.published() {
            if matches!(self.ring.peek_at(at), PeekAt::Empty) {
                // Not told yet.
                break;
            }
            if [number, NOBODY].contains(&self.log[at as usize]) {
                assert!(port.cursor.skip(at, || self.ring.published()));
                port.own_skipped.add(1);
            } else {
                assert!(port.cursor.consume(at, || self.ring.published()));
            }
        }
    }
}

#[test]
fn to_catch_up_is_as_much_work_whatever_the_ring_holds() {
    for pool in [1, 2, 256, 65536] {
        let mut bus = Bus::new(pool, 2);
        for round in 0..3 * (pool + 1) {
            bus.send(u32::from(round % 7 == 0));
        }
        for number in [0, 1] {
            let expected = bus.lost_by(number);
            let (lost, looks) = bus.catch_up(number);
            assert_eq!(lost, expected);
            assert_eq!(looks, 0, "descriptors of {pool}");
        }
    }
}

#[test]
fn who_was_not_overrun_has_lost_nothing() {
    let mut bus = Bus::new(4, 2);
    for _ in 0..4 {
        bus.send(1);
        assert_eq!(bus.catch_up(0).0, 0);
    }
    assert_eq!(bus.ports[0].cursor.position(|| bus.ring.published()), 0);
    bus.send(1);
    assert_eq!(bus.catch_up(0).0, 1);
    assert_eq!(bus.catch_up(0).0, 0);
}

#[test]
fn a_tally_that_grows_forgets_nothing() {
    let mut tally = Tally::new(vec![0; 2]);
    (0..3).for_each(|_| tally.add(1));
    assert_eq!(tally.grow(vec![0; 1]), [0], "less is not needed");
    assert_eq!(tally.grow(vec![0; 2]), [0; 2], "nor is as much");
    assert_eq!(tally.not_for(1, u64::MAX), 3);
    assert_eq!(tally.grow(vec![0; 4]), [0, 3]);
    (0..2).for_each(|_| tally.add(3));
    tally.remove(1);
    assert_eq!(
        [0, 1, 2, 3].map(|port| tally.not_for(port, u64::MAX)),
        [0, 2, 0, 2]
    );
    // Those of ports beyond the memory are nobody's.
    tally.add(9);
    tally.remove(9);
    assert_eq!(
        (tally.not_for(1, u64::MAX), tally.not_for(9, u64::MAX)),
        (2, 0)
    );
}

#[test]
fn its_memory_is_whole_cache_lines() {
    for ports in [1, 2, 15, 16, 17, 64, 4096] {
        let numbers = Tally::<Vec<u32>>::numbers(ports);
        assert!(numbers >= ports as usize);
        assert_eq!(numbers * size_of::<AtomicU32>() % 64, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whoever sends and reads when: each port learns exactly what it lost, and never of its own.
    #[test]
    fn what_is_lost_is_what_a_count_says(
        pool in 1..9_u32,
        steps in vec((0..4_u32, 0..4_u32, 0..10_u32), 1..200),
    ) {
        let mut bus = Bus::new(pool, 4);
        for (from, number, then) in steps {
            match then {
                0..2 => bus.fail(from),
                _ => bus.send(from),
            }
            match then {
                // Nobody leaves while it sends.
                2 => {
                    bus.settle();
                    bus.join(number);
                }
                3 => bus.settle(),
                _ => {}
            }
            if then > 4 {
                let expected = bus.lost_by(number);
                let (lost, looks) = bus.catch_up(number);
                prop_assert_eq!(lost, expected);
                prop_assert_eq!(looks, 0);
                bus.read(number);
            }
        }
    }
}

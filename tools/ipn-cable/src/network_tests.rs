// SPDX-License-Identifier: GPL-2.0

//! Buses joined by cables at random, over engines that lose and delay: whether everyone's account
//! balances. What a bus does is done here as plainly as can be.

use crate::engine::Source;
use crate::frame::{Author, Frame};
use crate::inlet::Inlet;
use crate::outlet::{Heard, Origin, Outlet};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Ports of cables are lower, those of authors from here on.
const AUTHOR: u32 = 100;

/// A message that lies on a bus.
#[derive(Debug, Clone, Copy)]
struct Item {
    heard: Heard,
    /// So many of its port were lost before it.
    skipped: u64,
}

#[derive(Debug, Default)]
struct Bus {
    items: Vec<Item>,
    sequences: BTreeMap<u32, u64>,
    skips: BTreeMap<u32, u64>,
}

impl Bus {
    fn put(&mut self, from: u32, origin: Option<Origin>) {
        let skipped = self.skips.remove(&from).unwrap_or(0);
        let sequence = self.sequences.entry(from).or_default();
        *sequence += 1 + skipped;
        let heard = Heard {
            from,
            sequence: *sequence,
            origin,
        };
        self.items.push(Item { heard, skipped });
    }

    /// What every reader would be told.
    fn lost(&self) -> u64 {
        let told: u64 = self.items.iter().map(|item| item.skipped).sum();
        told + self.skips.values().sum::<u64>()
    }

    /// What has come of others, in their order; nobody's comes twice.
    fn received(&self) -> BTreeMap<Author, Vec<u64>> {
        let mut received = BTreeMap::<_, Vec<_>>::new();
        for origin in self.items.iter().filter_map(|item| item.heard.origin) {
            let of = received.entry(origin.author).or_default();
            assert!(
                of.last().is_none_or(|last| *last < origin.sequence),
                "{origin:?} is not in order"
            );
            of.push(origin.sequence);
        }
        received
    }
}

#[derive(Debug)]
struct Cable {
    bus: usize,
    engine: usize,
    outlet: Outlet,
    inlet: Inlet,
    /// How far the bus was read to be sent, and was listened to.
    read: usize,
    listened: usize,
    /// What is on its way here, by who has sent it.
    coming: BTreeMap<usize, VecDeque<Vec<u8>>>,
}

struct Network {
    buses: Vec<Bus>,
    cables: Vec<Cable>,
    now: Instant,
    frames: usize,
}

impl Network {
    /// `ends`: of each cable its bus, and the engine that it shares with others.
    fn new(buses: usize, ends: &[(usize, usize)]) -> Self {
        let cables = ends.iter().enumerate().map(|(port, &(bus, engine))| Cable {
            bus,
            engine,
            outlet: Outlet::new(bus as u64 + 1, port as u32),
            inlet: Inlet::new(bus as u64 + 1),
            read: 0,
            listened: 0,
            coming: BTreeMap::new(),
        });
        let mut network = Self {
            buses: (0..buses).map(|_| Bus::default()).collect(),
            cables: cables.collect(),
            now: Instant::now(),
            frames: 0,
        };
        network.greet();
        network
    }

    /// All cables tell of themselves, and nothing of it is lost.
    fn greet(&mut self) {
        for cable in 0..self.cables.len() {
            for frame in self.cables[cable].outlet.marks(self.now, true) {
                self.send(cable, &frame, |_| false);
            }
        }
        self.settle();
    }

    fn send(&mut self, from: usize, frame: &[u8], mut is_lost: impl FnMut(usize) -> bool) {
        self.frames += 1;
        let engine = self.cables[from].engine;
        for (to, cable) in self.cables.iter_mut().enumerate() {
            if to != from && cable.engine == engine && !is_lost(to) {
                cable
                    .coming
                    .entry(from)
                    .or_default()
                    .push_back(frame.to_vec());
            }
        }
    }

    /// One cable reads one message of its bus; false: there is none.
    fn carry(&mut self, from: usize, is_lost: impl FnMut(usize) -> bool) -> bool {
        let cable = &mut self.cables[from];
        let Some(item) = self.buses[cable.bus].items.get(cable.read) else {
            return false;
        };
        cable.read += 1;
        if item.skipped > 0 {
            cable.outlet.miss(item.heard.from, item.skipped, self.now);
        }
        let mut frame = Vec::new();
        if cable.outlet.carry(&item.heard, b"", self.now, &mut frame) {
            self.send(from, &frame, is_lost);
        }
        true
    }

    /// One cable was too slow for some messages of its bus.
    fn overrun(&mut self, cable: usize, most: usize) {
        let cable = &mut self.cables[cable];
        let items = &self.buses[cable.bus].items;
        for item in items[cable.read..].iter().take(most) {
            cable
                .outlet
                .miss(item.heard.from, 1 + item.skipped, self.now);
            cable.read += 1;
        }
    }

    /// One cable takes one frame of another one.
    fn take(&mut self, to: usize, from: usize) -> bool {
        let cable = &mut self.cables[to];
        let bus = &mut self.buses[cable.bus];
        let Some(bytes) = cable.coming.entry(from).or_default().pop_front() else {
            return false;
        };
        // It has the bus for itself, and knows all that is there.
        for item in &bus.items[cable.listened..] {
            if let Some(origin) = item.heard.origin {
                cable.inlet.settle(origin.author, origin.sequence);
            }
        }
        cable.listened = bus.items.len();
        let (port, source) = (to as u32, Source(from as u128));
        let (number, frame) = Frame::read(&bytes).expect("a frame");
        cable.inlet.meet(source, number);
        match frame {
            Frame::Message { mark, hops, .. } => {
                let missing = cable.inlet.missing_with(source, &mark);
                if missing > 0 {
                    *bus.skips.entry(port).or_default() += missing - 1;
                    let (author, sequence) = (mark.author, mark.last);
                    let origin = Origin {
                        author,
                        sequence,
                        hops,
                    };
                    bus.put(port, Some(origin));
                }
                cable.inlet.settle(mark.author, mark.last);
            }
            Frame::Marks(marks) => {
                for mark in marks {
                    let missing = cable.inlet.missing(source, &mark);
                    *bus.skips.entry(port).or_default() += missing;
                    cable.inlet.settle(mark.author, mark.last);
                }
            }
        }
        true
    }

    /// Until nothing moves any more, and nothing is lost.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            for cable in 0..self.cables.len() {
                moved |= self.carry(cable, |_| false);
                for from in 0..self.cables.len() {
                    moved |= self.take(cable, from);
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// The buses that can be reached from one, by any way.
    fn reached(&self, from: usize) -> Vec<usize> {
        let mut reached = vec![from];
        let mut at = 0;
        while let Some(&bus) = reached.get(at) {
            at += 1;
            for one in self.cables.iter().filter(|cable| cable.bus == bus) {
                for other in self
                    .cables
                    .iter()
                    .filter(|cable| cable.engine == one.engine)
                {
                    if !reached.contains(&other.bus) {
                        reached.push(other.bus);
                    }
                }
            }
        }
        reached
    }

    /// Every author sends a message, which gets through.
    fn everyone_sends(&mut self) {
        for bus in &mut self.buses {
            for author in [AUTHOR, AUTHOR + 1] {
                bus.put(author, None);
            }
        }
        self.settle();
    }

    fn sent_on(&self, bus: usize) -> u64 {
        let by_authors = self.buses[bus].sequences.range(AUTHOR..);
        by_authors.map(|(_, sequence)| *sequence).sum()
    }
}

/// What happens next; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Event {
    Send(usize, u32),
    Carry(usize, Vec<bool>),
    Take(usize, usize),
    Overrun(usize, usize),
    Marks(usize),
}

/// A number of buses, and the cables between them: of each its bus and its engine.
fn shapes() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1..5_usize).prop_flat_map(|buses| {
        (
            Just(buses),
            prop::collection::vec((0..buses, 0..4_usize), 1..9),
        )
    })
}

fn events() -> impl Strategy<Value = Event> {
    let one = 0..100_usize;
    prop_oneof![
        4 => (one.clone(), 0..2_u32).prop_map(|(bus, author)| Event::Send(bus, AUTHOR + author)),
        8 => (one.clone(), prop::collection::vec(prop::bool::weighted(0.3), 8))
            .prop_map(|(cable, lost)| Event::Carry(cable, lost)),
        16 => (one.clone(), one.clone()).prop_map(|(to, from)| Event::Take(to, from)),
        1 => (one.clone(), 1..4_usize).prop_map(|(cable, most)| Event::Overrun(cable, most)),
        1 => one.prop_map(Event::Marks),
    ]
}

/// Does it all, then lets one more message of everyone's through, so that all losses are seen; the
/// accounts must balance then.
fn run(mut network: Network, events: Vec<Event>) -> Result<(), TestCaseError> {
    let (buses, count) = (network.buses.len(), network.cables.len());
    for event in events {
        match event {
            Event::Send(bus, author) => network.buses[bus % buses].put(author, None),
            Event::Carry(cable, lost) => {
                network.carry(cable % count, |to| lost[to % lost.len()]);
            }
            Event::Take(to, from) => {
                network.take(to % count, from % count);
            }
            Event::Overrun(cable, most) => network.overrun(cable % count, most),
            Event::Marks(cable) => {
                let now = network.now;
                // Nobody is quiet for long enough: they say only that the cable is there.
                for frame in network.cables[cable % count].outlet.marks(now, false) {
                    network.send(cable % count, &frame, |_| false);
                }
            }
        }
    }
    network.settle();
    let before = network.frames;
    network.everyone_sends();
    // Nothing storms: each cable carries what is new on its bus once.
    let frames = network.frames - before;
    prop_assert!(frames <= 2 * buses * count, "{frames} frames");
    for bus in 0..buses {
        let received = network.buses[bus].received();
        prop_assert!(received.keys().all(|author| author.bus != bus as u64 + 1));
        let received: usize = received.values().map(Vec::len).sum();
        let others = network
            .reached(bus)
            .into_iter()
            .filter(|other| *other != bus);
        let sent: u64 = others.map(|other| network.sent_on(other)).sum();
        prop_assert_eq!(
            received as u64 + network.buses[bus].lost(),
            sent,
            "bus {}",
            bus
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_engines_lose_every_account_balances(
        (buses, ends) in shapes(),
        mut events in prop::collection::vec(events(), 1..300),
    ) {
        events.retain(|event| !matches!(event, Event::Overrun(..)));
        run(Network::new(buses, &ends), events)?;
    }

    // Of whom a cable has heard nothing yet, it does not know how much it has missed.
    #[test]
    fn whatever_slow_cables_miss_every_account_balances(
        (buses, ends) in shapes(),
        events in prop::collection::vec(events(), 1..300),
    ) {
        let mut network = Network::new(buses, &ends);
        network.everyone_sends();
        run(network, events)?;
    }
}

#[test]
fn a_loss_at_the_end_is_told_by_marks() {
    let mut network = Network::new(2, &[(0, 0), (1, 0)]);
    for _ in 0..10 {
        network.buses[0].put(AUTHOR, None);
    }
    for message in 0..10 {
        network.carry(0, |_| message >= 7);
    }
    network.settle();
    assert_eq!(network.buses[1].lost(), 0);
    network.greet();
    network.greet();
    assert_eq!(
        (network.buses[1].items.len(), network.buses[1].lost()),
        (7, 3)
    );
}

#[test]
fn who_comes_later_misses_nothing_of_before() {
    let mut network = Network::new(2, &[(0, 0), (1, 0)]);
    for _ in 0..10 {
        network.buses[0].put(AUTHOR, None);
    }
    for _ in 0..5 {
        network.carry(0, |_| true);
    }
    // The other cable is started anew.
    network.cables[1].inlet = Inlet::new(2);
    network.settle();
    assert_eq!(
        (network.buses[1].items.len(), network.buses[1].lost()),
        (5, 0)
    );
}

#[test]
fn what_came_by_a_cable_does_not_leave_by_it() {
    let mut network = Network::new(3, &[(0, 0), (1, 0), (2, 0)]);
    let before = network.frames;
    network.buses[0].put(AUTHOR, None);
    network.settle();
    assert_eq!(network.frames - before, 1);
    assert!(network.buses[1..].iter().all(|bus| bus.items.len() == 1));
}

#[test]
fn a_message_goes_through_sixteen_cables_and_no_more() {
    let ends: Vec<_> = (0..20)
        .flat_map(|bus| [(bus, bus), (bus + 1, bus)])
        .collect();
    let mut network = Network::new(21, &ends);
    network.buses[0].put(AUTHOR, None);
    network.settle();
    let reached = network.buses.iter().filter(|bus| !bus.items.is_empty());
    assert_eq!(reached.count(), 17);
}

// SPDX-License-Identifier: GPL-2.0

//! The ring, one step at a time, against a log that forgets nothing.

use crate::{
    ring::{Claim, Cursor, Format, Header, Look, Meta, Positions, Ring},
    ring_oracle::{NaiveLook, NaiveRing},
    slots::{ring, Slots},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Pools that are tried: around powers of two, the smallest and the largest.
const POOLS: [u32; 6] = [1, 2, 3, 7, 64, 65536];

/// A step. Ports and readers are taken modulo those that are there.
#[derive(Clone, Debug)]
enum Step {
    /// So many messages of a port.
    Send { from: u32, messages: u32 },
    /// A message that is begun and given up.
    GiveUp,
    /// A reader comes.
    Join,
    /// A reader goes.
    Leave { reader: usize },
    /// A reader reads up to so many messages, and goes on from those it lost.
    Read { reader: usize, messages: u32 },
    /// A reader begins to copy a message.
    BeginRead { reader: usize },
    /// A reader ends its copy: is the message whole?
    EndRead { reader: usize },
    /// The messages of a port are counted.
    Count { from: u32 },
}

fn step(most: u32) -> impl Strategy<Value = Step> {
    let reader = any::<usize>();
    let messages = prop_oneof![3 => 1..4_u32, 1 => 1..=most];
    prop_oneof![
        8 => (0..4_u32, messages.clone()).prop_map(|(from, messages)| Step::Send { from, messages }),
        1 => Just(Step::GiveUp),
        2 => Just(Step::Join),
        1 => reader.prop_map(|reader| Step::Leave { reader }),
        6 => (reader, messages).prop_map(|(reader, messages)| Step::Read { reader, messages }),
        2 => reader.prop_map(|reader| Step::BeginRead { reader }),
        2 => reader.prop_map(|reader| Step::EndRead { reader }),
        1 => (0..4_u32).prop_map(|from| Step::Count { from }),
    ]
}

fn scenario(pools: &'static [u32], steps: usize) -> impl Strategy<Value = (u32, Vec<Step>)> {
    select(pools).prop_flat_map(move |pool| (Just(pool), vec(step(2 * pool + 3), 1..steps)))
}

/// A reader, and the same in the oracle's words.
struct Reader {
    cursor: Cursor,
    position: usize,
    joined: usize,
    read: usize,
    lost: usize,
    copying: Option<Claim>,
}

/// A ring and its oracle, in step.
struct Pair {
    ring: Ring<Slots>,
    naive: NaiveRing,
    pool: u32,
    readers: Vec<Reader>,
    lossless: bool,
}

impl Pair {
    fn new(pool: u32, lossless: bool) -> Self {
        Self {
            ring: ring(pool, 0),
            naive: NaiveRing::new(pool),
            pool,
            readers: Vec::new(),
            lossless,
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Send { from, messages } => (0..messages).for_each(|_| self.send(from)),
            Step::GiveUp => {
                let claim = self.ring.reserve();
                assert_eq!(claim.number, self.naive.published() as u64);
                self.naive.begin();
            }
            Step::Join => {
                let reader = Reader {
                    cursor: Cursor::new(),
                    position: self.naive.published(),
                    joined: self.naive.published(),
                    read: 0,
                    lost: 0,
                    copying: None,
                };
                reader.cursor.set(self.ring.published());
                self.readers.push(reader);
            }
            Step::Leave { reader } => {
                if let Some(number) = self.index(reader) {
                    self.readers.swap_remove(number);
                }
            }
            Step::Read { reader, messages } => {
                if let Some(number) = self.index(reader) {
                    (0..messages).for_each(|_| self.read(number));
                }
            }
            Step::BeginRead { reader } => {
                if let Some(number) = self.index(reader) {
                    let reader = &mut self.readers[number];
                    if let Look::Message { at, .. } = self.ring.look(reader.cursor.position()) {
                        reader.copying = Some(at);
                    }
                }
            }
            Step::EndRead { reader } => {
                if let Some(number) = self.index(reader) {
                    if let Some(at) = self.readers[number].copying.take() {
                        let whole = self.naive.is_intact(at.number as usize);
                        assert_eq!(self.ring.is_intact(at.number), whole);
                    }
                }
            }
            Step::Count { from } => {
                let expected = self.naive.count_from(from) as u64;
                assert_eq!(self.ring.count_from(from), expected);
            }
        }
    }

    fn index(&self, reader: usize) -> Option<usize> {
        reader.checked_rem(self.readers.len())
    }

    fn send(&mut self, from: u32) {
        let published = self.naive.published();
        if self.lossless {
            let cursors = self.readers.iter().map(|reader| reader.cursor.position());
            let slowest = cursors.min().unwrap_or(published as u64);
            let room = self.ring.has_room(slowest);
            assert_eq!(room, self.naive.has_room(slowest as usize));
            if !room {
                return;
            }
        }
        let meta = Meta {
            len: published as u32 ^ 0x5555,
            from,
            stamp: published as u64 * 1000 + 1,
        };
        let claim = self.ring.reserve();
        assert_eq!(claim.number, published as u64);
        assert!(claim.slot < Ring::<Slots>::slots(self.pool));
        self.ring.publish(claim, meta);
        self.naive.send(meta);
    }

    /// A reader takes one message, or goes on from those it lost.
    fn read(&mut self, reader: usize) {
        let reader = &mut self.readers[reader];
        let expected = self.naive.look(reader.position);
        match self.ring.look(reader.cursor.position()) {
            Look::Empty => assert_eq!(expected, NaiveLook::Empty),
            Look::Lapped { oldest } => {
                let lost = oldest as usize - reader.position;
                assert_eq!(expected, NaiveLook::Lost(lost));
                assert!(!self.lossless, "a lossless network loses nothing");
                reader.lost += lost;
                reader.position += lost;
                reader.cursor.set(oldest);
            }
            Look::Message { at, meta } => {
                assert_eq!(at.number as usize, reader.position);
                assert_eq!(expected, NaiveLook::Message(meta));
                assert!(self.ring.is_intact(at.number));
                assert!(reader.cursor.pass(at.number));
                reader.read += 1;
                reader.position += 1;
            }
        }
    }

    /// Whatever happened before, every reader can account for every message.
    fn settle(&mut self) {
        let published = self.naive.published();
        for number in 0..self.readers.len() {
            while self.readers[number].position < published {
                self.read(number);
            }
            let reader = &self.readers[number];
            assert_eq!(reader.cursor.position(), published as u64);
            assert_eq!(reader.read + reader.lost, published - reader.joined);
            if self.lossless {
                assert_eq!(reader.lost, 0);
            }
        }
        assert_eq!(self.ring.published(), published as u64);
    }
}

fn check(pool: u32, lossless: bool, steps: &[Step]) {
    let mut pair = Pair::new(pool, lossless);
    steps.iter().for_each(|step| pair.run(step));
    pair.settle();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_small_ring_does_what_a_log_does(
        (pool, steps) in scenario(&POOLS[..5], 100),
        lossless in any::<bool>(),
    ) {
        check(pool, lossless, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_largest_ring_does_what_a_log_does(
        (pool, steps) in scenario(&POOLS[5..], 30),
        lossless in any::<bool>(),
    ) {
        check(pool, lossless, &steps);
    }
}

#[test]
fn exactly_the_pool_can_be_read_and_exactly_the_rest_is_lost() {
    for pool in POOLS {
        for beyond in [0, 1, 2, pool, 3 * pool] {
            let mut pair = Pair::new(pool, false);
            pair.run(&Step::Join);
            let messages = pool + beyond;
            pair.run(&Step::Send { from: 1, messages });
            pair.settle();
            let reader = &pair.readers[0];
            assert_eq!(reader.lost, beyond as usize);
            assert_eq!(reader.read, pool as usize);
        }
    }
}

#[test]
fn a_message_that_is_given_up_costs_no_reader_one() {
    for pool in POOLS {
        let mut pair = Pair::new(pool, false);
        pair.run(&Step::Join);
        let messages = pool;
        pair.run(&Step::Send { from: 1, messages });
        (0..5).for_each(|_| pair.run(&Step::GiveUp));
        pair.settle();
        assert_eq!(pair.readers[0].lost, 0);
    }
}

#[test]
fn a_full_ring_has_room_again_when_the_slowest_goes_on() {
    for pool in POOLS {
        let mut pair = Pair::new(pool, true);
        pair.run(&Step::Join);
        pair.run(&Step::Join);
        let all = pool + 2;
        pair.run(&Step::Send {
            from: 1,
            messages: all,
        });
        assert_eq!(pair.naive.published(), pool as usize);
        // The faster of the two makes no room.
        pair.run(&Step::Read {
            reader: 0,
            messages: pool,
        });
        pair.send(1);
        assert_eq!(pair.naive.published(), pool as usize);
        pair.read(1);
        pair.send(1);
        assert_eq!(pair.naive.published(), pool as usize + 1);
        pair.settle();
    }
}

#[test]
fn positions_and_slots_lie_as_they_will_be_mapped() {
    assert_eq!((size_of::<Format>(), align_of::<Format>()), (64, 64));
    assert_eq!(Format::MAGIC.to_be_bytes(), *b"IPNr");
    assert_eq!((size_of::<Positions>(), align_of::<Positions>()), (64, 64));
    assert_eq!(align_of::<Cursor>(), 64);
    assert_eq!((size_of::<Header>(), align_of::<Header>()), (16, 8));
}

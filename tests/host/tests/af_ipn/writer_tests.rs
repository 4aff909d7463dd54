// SPDX-License-Identifier: GPL-2.0

//! The steps of a process that writes a ring, as the crate takes them, and what is taken over of what that says, against a
//! log that forgets nothing.

use crate::{
    ring::{
        layout::{ready, size_of, Extent, Memory, Meta, Positions},
        PeekAt, Ring,
    },
    writer::{self, Left, Writer},
    written::{ring, roomy, roomy_extent, Written, MTU, PORT},
};
use proptest::{collection::vec, prelude::*};

/// The word that fills message `number`.
fn word(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

/// A ring, its writer, a reader of ours, and all messages that were ever published.
struct Log {
    ring: Ring<Written>,
    extent: Extent,
    writer: Writer,
    lossless: bool,
    lens: Vec<u32>,
    /// Where the reader stands.
    position: u64,
    read: u64,
    lost: u64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish(u32),
    /// We take over some.
    TakeIn,
    /// The reader reads so many.
    Read(u32),
    /// Another writer comes. What was not taken over is lost, if not told otherwise.
    HandOver(bool),
}

impl Log {
    fn new(extent: Extent, lossless: bool) -> Self {
        let ring = ring(extent);
        let writer = Self::writer(&ring, extent, lossless);
        Self {
            ring,
            extent,
            writer,
            lossless,
            lens: Vec::new(),
            position: 0,
            read: 0,
            lost: 0,
        }
    }

    fn writer(ring: &Ring<Written>, extent: Extent, lossless: bool) -> Writer {
        Writer::new(extent.bytes as u32, PORT, lossless, ring.memory().left())
    }

    fn told(&self) -> &Positions {
        &self.ring.memory().told
    }

    /// The messages that the writer has not given up, and the bytes that they take.
    fn held(&self) -> Vec<(u64, std::ops::Range<u32>)> {
        let numbers = self.told().oldest.load()..self.lens.len() as u64;
        let places = numbers.map(|number| {
            let index = (number % u64::from(self.extent.messages)) as u32;
            let descriptor = self.ring.memory().told_descriptor(index);
            assert_eq!(descriptor.state.load(), ready(number));
            let at = descriptor.at.load();
            (number, at..at + size_of(self.lens[number as usize]))
        });
        places.collect()
    }

    fn publish(&mut self, len: u32) {
        let (number, memory) = (self.lens.len() as u64, self.ring.memory());
        let oldest = memory.told.oldest.load();
        let keep = match self.lossless {
            true => memory.ours.notices().slowest.load(),
            false => number,
        };
        let (as_it_is, has_room) = (
            self.ring.has_room_as_told(oldest, len),
            self.ring.has_room_as_told(keep, len),
        );
        let claimed = self.writer.claim(memory, len);
        assert_eq!(claimed.is_some(), has_room, "what we take for room");
        let given_up = memory.told.oldest.load() - oldest;
        assert!(oldest + given_up <= keep.max(oldest), "what is not read");
        // A place in the index is made for some at once.
        assert!(claimed.is_none() || as_it_is == (given_up == 0));
        let Some(at) = claimed else {
            return;
        };
        let place = at..at + size_of(len);
        assert!(place.end <= self.extent.bytes as u32 && at % 16 == 0);
        for (other, held) in self.held() {
            let is_apart = held.end <= place.start || place.end <= held.start;
            assert!(is_apart, "{number} {place:?} {other} {held:?}");
        }
        writer::Memory::write(memory, at, &(len, word(number)));
        let awaited = self.writer.publish(memory, at, len, !number);
        assert!(!awaited);
        self.lens.push(len);
        assert!(self.held().len() as u32 <= self.extent.messages);
        assert!(self.ring.has_news());
    }

    fn take_in(&mut self) -> bool {
        let known = self.ring.published();
        let keep = match self.lossless {
            true => self.ring.memory().ours.notices().slowest.load(),
            false => u64::MAX,
        };
        let taken = self.ring.take_in(PORT, MTU, keep).unwrap();
        assert_eq!(self.ring.published() - known, taken.messages);
        assert_eq!(taken.more, self.ring.published() != self.lens.len() as u64);
        assert_eq!(self.ring.has_news(), taken.more);
        taken.more
    }

    fn take_all_in(&mut self) {
        let times = self.ring.times_to_take_in();
        let most = (0..times).find(|_| !self.take_in());
        assert!(most.is_some(), "so many times are enough");
    }

    fn read(&mut self) {
        match self.ring.peek_at(self.position) {
            PeekAt::Empty => assert_eq!(self.position, self.ring.published()),
            PeekAt::Overrun { oldest } => {
                assert!(!self.lossless);
                self.lost += oldest - self.position;
                self.position = oldest;
            }
            PeekAt::Message { at, .. } if self.ring.is_given_up(at.number) => {
                assert!(!self.lossless);
                self.take_in();
                assert!(self.ring.oldest() > self.position);
            }
            PeekAt::Message { .. } => {
                self.read += 1;
                self.position += 1;
            }
            other => panic!("{other:?}"),
        }
    }

    fn hand_over(&mut self, takes_in: bool) {
        if takes_in {
            self.take_all_in();
        }
        self.ring.give_up_as_told();
        self.ring.hand_over();
        self.lens.truncate(self.ring.published() as usize);
        self.writer = Self::writer(&self.ring, self.extent, self.lossless);
        assert!(!self.ring.has_news());
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Publish(len) => self.publish(len),
            Step::TakeIn => drop(self.take_in()),
            Step::Read(count) => (0..count).for_each(|_| self.read()),
            Step::HandOver(takes_in) => self.hand_over(takes_in),
        }
        if self.lossless {
            self.ring.tell_slowest(self.position);
        }
        self.check();
    }

    /// What we show is what was published.
    fn check(&self) {
        let (oldest, published) = (self.ring.oldest(), self.ring.published());
        let given_up = self.told().oldest.load();
        assert_eq!(self.read + self.lost, self.position);
        assert_eq!(self.ring.seen(), published.max(self.lens.len() as u64));
        assert!(!self.lossless || (self.lost == 0 && given_up <= self.position));
        for number in 0..=self.ring.seen() {
            let found = self.ring.peek_at(number);
            assert_eq!(self.ring.is_given_up(number), number < given_up);
            match found {
                PeekAt::Overrun { oldest: first } => assert!(number < oldest && first == oldest),
                PeekAt::Empty => assert!(number >= published),
                PeekAt::Message { at, meta } => {
                    assert!((oldest..published).contains(&number));
                    let len = self.lens[number as usize];
                    let (from, stamp, back) = (PORT, !number, 0);
                    let is = Meta {
                        len,
                        from,
                        stamp,
                        back,
                    };
                    assert_eq!((at.number, meta), (number, is));
                    // It is whole, unless it may be written over.
                    let bytes = self.ring.memory().ours.drain(at.at, len);
                    let whole = bytes.iter().enumerate().all(|(index, &eight)| {
                        let bytes = (len as usize - 8 * index).min(8);
                        eight.to_ne_bytes()[..bytes] == word(number).to_ne_bytes()[..bytes]
                    });
                    assert!(whole || number < given_up, "{number}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// All is read in the end.
    fn settle(&mut self) {
        self.take_all_in();
        while self.position != self.lens.len() as u64 {
            self.read();
        }
        self.check();
    }
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![2 => 0..=MTU, 1 => Just(MTU), 1 => 0..20_u32];
    prop_oneof![
        12 => len.prop_map(Step::Publish),
        3 => Just(Step::TakeIn),
        5 => (0..6_u32).prop_map(Step::Read),
        1 => any::<bool>().prop_map(Step::HandOver),
    ]
}

fn extent() -> impl Strategy<Value = Extent> {
    let spare = 0..400_u64;
    let messages = prop_oneof![3 => 1..12_u32, 1 => 31..70_u32];
    (messages, spare).prop_map(|(messages, spare)| Extent {
        messages,
        bytes: (u64::from(size_of(MTU)) + spare) / 16 * 16,
        ahead: 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_the_crate_writes_is_taken_over_as_it_is(
        extent in extent(),
        lossless: bool,
        steps in vec(step(), 1..120),
    ) {
        let mut log = Log::new(extent, lossless);
        steps.into_iter().for_each(|step| log.run(step));
        log.settle();
    }
}

#[test]
fn a_writer_that_is_far_ahead_is_followed_in_turns() {
    for (messages, published) in [
        (1000, 255),
        (1000, 256),
        (1000, 257),
        (1000, 1000),
        (1000, 2500),
    ] {
        let mut log = Log::new(roomy_extent(messages), false);
        (0..published).for_each(|_| log.publish(1));
        let held = u64::from(published.min(messages));
        // Some are given up at once.
        assert!(log.told().oldest.load() >= u64::from(published) - held);
        let first = log.told().oldest.load();
        let mut expected = u64::from(published) - first;
        for turn in 0.. {
            let known = log.ring.published();
            let more = log.take_in();
            let gone = if turn == 0 { first } else { 0 };
            let some = expected.min(256);
            assert_eq!(log.ring.published() - known, some + gone);
            expected -= some;
            assert_eq!(more, expected != 0);
            if !more {
                break;
            }
        }
        log.settle();
        assert_eq!(log.lost, first);
    }
}

#[test]
fn a_writer_that_is_asked_for_is_told_so() {
    let ring = roomy(4);
    let mut writer = Log::writer(&ring, roomy_extent(4), false);
    for awaited in [false, true, false] {
        ring.set_awaited(awaited);
        let at = writer.claim(ring.memory(), 1).unwrap();
        assert_eq!(writer.publish(ring.memory(), at, 1, 0), awaited);
    }
}

#[test]
fn a_writer_that_is_left_what_can_not_be_begins_anew() {
    for (oldest, published, head, places) in [
        (5, 4, 0, vec![0; 4]),
        (0, 5, 0, vec![0; 4]),
        (0, u64::from(u32::MAX), u32::MAX, vec![u32::MAX; 4]),
        (3, 5, 4096, vec![u32::MAX; 4]),
        (3, 5, 32, vec![16, 64, 0, 48]),
    ] {
        let ring = roomy(4);
        let bytes = roomy_extent(4).bytes as u32;
        let left = Left {
            oldest,
            published,
            head,
            places,
        };
        let mut writer = Writer::new(bytes, PORT, false, left);
        ring.memory().say(published, published);
        for number in published..published + 9 {
            ring.memory().told.oldest.store(0);
            let at = writer.claim(ring.memory(), MTU).unwrap();
            assert!(at % 16 == 0 && at + size_of(MTU) <= bytes, "{at}");
            writer.publish(ring.memory(), at, MTU, 0);
            assert_eq!(ring.memory().told.published.load(), number + 1);
        }
    }
}

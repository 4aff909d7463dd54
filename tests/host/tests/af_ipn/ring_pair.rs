// SPDX-License-Identifier: GPL-2.0

//! A ring and a log that forgets nothing, taken through the same steps.

use crate::{
    heap::{of, Heap},
    ring::{
        cursor::Cursor,
        layout::{Extent, Meta, Parts},
        tally::Tally,
        Claim, GivenUp, PeekAt, Ring,
    },
    ring_oracle::{NaiveLook, NaiveRing},
};

/// Bytes of the longest message.
const LEN: u32 = 16;

/// A step. Ports and readers are taken modulo those that are there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
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
    /// The messages of a port that can be read are counted.
    Count { from: u32 },
}

/// A reader, and the same in the oracle's words.
pub(crate) struct Reader {
    cursor: Cursor,
    position: usize,
    joined: usize,
    pub(crate) read: usize,
    pub(crate) lost: usize,
    copying: Option<Claim>,
}

/// A ring and its oracle, in step.
pub(crate) struct Pair {
    ring: Ring<Heap>,
    tally: Tally<Vec<u32>>,
    pub(crate) naive: NaiveRing,
    pub(crate) messages: u32,
    pub(crate) readers: Vec<Reader>,
    lossless: bool,
}

impl Pair {
    /// Nothing sent, nobody there.
    pub(crate) fn new(pool: u32, lossless: bool) -> Self {
        Self {
            // Of bytes there are enough.
            ring: of(Extent {
                bytes: u64::from(2 * pool + 1) * u64::from(LEN),
                ..Extent::of_pool(pool, LEN, Parts::NONE)
            }),
            tally: Tally::new(vec![0; 4]),
            naive: NaiveRing::new(pool),
            messages: Extent::of_pool(pool, LEN, Parts::NONE).messages,
            readers: Vec::new(),
            lossless,
        }
    }

    /// Takes a step.
    pub(crate) fn run(&mut self, step: &Step) {
        match *step {
            Step::Send { from, messages } => (0..messages).for_each(|_| self.send(from)),
            // One is begun where there is room for it.
            Step::GiveUp if self.lossless && !self.has_room() => {}
            Step::GiveUp => {
                let claim = self.reserve(LEN);
                self.ring.memory().fill(claim.at, LEN / 2, u64::MAX);
                self.ring.give_up(claim, LEN);
                self.naive.begin(self.keep());
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
                reader.cursor.start(self.ring.published());
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
                    let position = reader.cursor.position(|| self.ring.published());
                    if let PeekAt::Message { at, .. } = self.ring.peek_at(position) {
                        reader.copying = Some(at);
                    }
                }
            }
            Step::EndRead { reader } => {
                if let Some(number) = self.index(reader) {
                    if let Some(at) = self.readers[number].copying.take() {
                        let whole = self.naive.is_not_overwritten(at.number as usize);
                        assert_eq!(self.ring.is_not_overwritten(at.number), whole);
                    }
                }
            }
            Step::Count { from } => {
                let expected = self.naive.count_from(from) as u64;
                assert_eq!(self.tally.not_for(from, u64::MAX), expected);
            }
        }
    }

    fn index(&self, reader: usize) -> Option<usize> {
        reader.checked_rem(self.readers.len())
    }

    fn slowest(&self) -> u64 {
        let stands = |reader: &Reader| reader.cursor.position(|| self.ring.published());
        let cursors = self.readers.iter().map(stands);
        cursors.min().unwrap_or(self.ring.published())
    }

    /// From where on what is not read stays.
    fn keep(&self) -> usize {
        match self.lossless {
            true => self.slowest() as usize,
            false => usize::MAX,
        }
    }

    /// Whether the slowest reader leaves room for a message.
    fn has_room(&self) -> bool {
        let slowest = self.slowest();
        let room = self.ring.has_room(slowest, LEN);
        assert_eq!(room, self.naive.has_room(slowest as usize));
        room
    }

    fn reserve(&mut self, len: u32) -> Claim {
        let keep = self.keep() as u64;
        let claim = (self.ring).reserve(len, keep, |gone| match gone {
            GivenUp::Message(from) => self.tally.remove(from),
            void => panic!("{void:?}: nothing fails here"),
        });
        assert_eq!(claim.number, self.naive.published() as u64);
        assert!(claim.index < self.messages);
        claim
    }

    /// A port sends a message, unless that would cost a reader of a lossless ring one.
    pub(crate) fn send(&mut self, from: u32) {
        let published = self.naive.published();
        if self.lossless && !self.has_room() {
            return;
        }
        // All but the longest leave room for more.
        let len = LEN - published as u32 % 3;
        let meta = Meta {
            len,
            from,
            stamp: published as u64 * 1000 + 1,
            back: 0,
        };
        let keep = self.keep();
        let claim = self.reserve(len);
        self.ring.memory().fill(claim.at, len, published as u64 | 1);
        self.tally.add(from);
        self.ring.publish(claim, meta);
        self.naive.send(meta, keep);
    }

    /// A reader takes one message, or goes on from those it lost.
    pub(crate) fn read(&mut self, reader: usize) {
        let reader = &mut self.readers[reader];
        let expected = self.naive.look(reader.position);
        let position = reader.cursor.position(|| self.ring.published());
        match self.ring.peek_at(position) {
            PeekAt::Empty => assert_eq!(expected, NaiveLook::Empty),
            PeekAt::Void => panic!("nothing fails here"),
            PeekAt::Overrun { oldest } => {
                let lost = oldest as usize - reader.position;
                assert_eq!(expected, NaiveLook::Lost(lost));
                assert!(!self.lossless, "a lossless network loses nothing");
                reader.lost += lost;
                reader.position += lost;
                reader
                    .cursor
                    .move_on(position, oldest, || self.ring.published());
            }
            PeekAt::Gone(_) => panic!("there are no parts"),
            PeekAt::Message { at, meta } => {
                assert_eq!(at.number as usize, reader.position);
                assert_eq!(expected, NaiveLook::Message(meta));
                assert!(self.ring.is_not_overwritten(at.number));
                assert!(reader.cursor.skip(at.number, || self.ring.published()));
                reader.read += 1;
                reader.position += 1;
            }
        }
    }

    /// Whatever happened before, every reader can account for every message.
    pub(crate) fn settle(&mut self) {
        let published = self.naive.published();
        for number in 0..self.readers.len() {
            while self.readers[number].position < published {
                self.read(number);
            }
            let reader = &self.readers[number];
            assert_eq!(
                reader.cursor.position(|| self.ring.published()),
                published as u64
            );
            assert_eq!(reader.read + reader.lost, published - reader.joined);
            if self.lossless {
                assert_eq!(reader.lost, 0);
            }
        }
        assert_eq!(self.ring.published(), published as u64);
    }
}

/// Takes these steps, and settles.
pub(crate) fn check(pool: u32, lossless: bool, steps: &[Step]) {
    let mut pair = Pair::new(pool, lossless);
    steps.iter().for_each(|step| pair.run(step));
    pair.settle();
}

// SPDX-License-Identifier: GPL-2.0

//! Messages of any length in one ring: where their bytes are, what they cost those before them, and that
//! nothing else is in the memory where others see it.

use crate::{
    heap::{of, Heap},
    ring::{
        layout::{size_of, Extent, Meta, Parts},
        wipe::Clearing,
        GivenUp, PeekAt, Ring,
    },
};
use proptest::{collection::vec, prelude::*};

/// What is done with a message of some length.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send(u32),
    /// It is begun, half of it written, and given up.
    GiveUp(u32),
}

/// The word that fills message `number`; no byte of it is 0.
fn word(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 0x0101_0101_0101_0101
}

/// A ring, and the lengths of all messages that were sent.
struct Log {
    ring: Ring<Heap>,
    lens: Vec<u32>,
    is_seen: bool,
    ahead: u32,
    /// From which message on none is given up that does not have to be.
    keep: u64,
}

impl Log {
    fn new(extent: Extent) -> Self {
        Self {
            ring: of(extent),
            lens: Vec::new(),
            is_seen: false,
            ahead: extent.ahead,
            keep: u64::MAX,
        }
    }

    /// One that others see from the beginning on.
    fn seen(extent: Extent) -> Self {
        let mut log = Self::new(extent);
        let mut clearing = log.ring.show();
        while !log.clear_some(&mut clearing) {}
        log
    }

    /// Goes on with what `Ring::show` has begun, if it has; tells whether others may see the ring.
    fn clear_some(&mut self, clearing: &mut Option<Clearing>) -> bool {
        let is_done = |clearing: &mut Clearing| self.ring.clear_some(clearing);
        self.is_seen = clearing.as_mut().is_none_or(is_done);
        self.is_seen
    }

    /// Takes a step; how many messages that cost.
    fn run(&mut self, step: Step) -> u64 {
        let (Step::Send(len) | Step::GiveUp(len)) = step;
        let oldest = self.ring.oldest();
        let mut told = 0;
        let (has_room, has_spare) = (self.ring.has_room(oldest, len), self.ring.has_spare(len));
        assert!(has_room || !has_spare);
        let claim = self.ring.reserve(len, self.keep, |gone| {
            let sender = (oldest + told) as u32;
            assert_eq!(gone, GivenUp::Message(sender), "who sent it");
            told += 1;
        });
        let number = self.lens.len() as u64;
        assert_eq!(claim.number, number);
        assert_eq!(self.ring.oldest(), oldest + told);
        match self.ahead {
            0 => assert_eq!(has_room, told == 0, "as many as it takes, and no more"),
            ahead => assert!(told == 0 || !has_room || told <= ahead.into()),
        }
        match step {
            Step::Send(_) => {
                self.ring.memory().fill(claim.at, len, word(number));
                let (from, stamp) = (number as u32, !number);
                self.ring.publish(
                    claim,
                    Meta {
                        len,
                        from,
                        stamp,
                        back: 0,
                    },
                );
                self.lens.push(len);
            }
            Step::GiveUp(_) => {
                self.ring.memory().fill(claim.at, len / 2, u64::MAX);
                self.ring.give_up(claim, len);
            }
        }
        told
    }

    /// What can be read is what was sent, and there is nothing else in the memory.
    fn check(&self) {
        let (oldest, published) = (self.ring.oldest(), self.lens.len() as u64);
        let mut seen = self.ring.memory().all();
        for number in 0..=published {
            let found = self.ring.peek_at(number);
            if number < oldest {
                assert_eq!(found, PeekAt::Overrun { oldest });
            } else if number >= published {
                assert_eq!(found, PeekAt::Empty);
            } else if let PeekAt::Message { at, meta } = found {
                let len = self.lens[number as usize];
                assert_eq!((at.number, meta.len, meta.stamp), (number, len, !number));
                let first = at.at as usize / 8;
                let words = &mut seen[first..first + len.div_ceil(8) as usize];
                for (index, word_there) in words.iter_mut().enumerate() {
                    let bytes = (len as usize - 8 * index).min(8);
                    let kept = word_there.to_ne_bytes();
                    assert_eq!(kept[..bytes], word(number).to_ne_bytes()[..bytes]);
                    let is_clear = kept[bytes..].iter().all(|&byte| byte == 0);
                    assert!(is_clear || !self.is_seen, "behind it");
                    *word_there = 0;
                }
            } else {
                panic!("message {number} of {oldest}..{published}: {found:?}");
            }
        }
        let is_clear = seen.iter().all(|&word| word == 0);
        assert!(is_clear || !self.is_seen, "what can not be read");
    }
}

/// The longest message that is tried.
const MTU: u32 = 100;

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![2 => 0..=MTU, 1 => Just(MTU), 1 => 0..20_u32];
    (len, 0..5_u32).prop_map(|(len, fault)| match fault {
        0 => Step::GiveUp(len),
        _ => Step::Send(len),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_pool_has_room_for_its_messages_whatever_came_before(
        extent in prop_oneof![
            prop_oneof![1..9_u32, 31..70_u32].prop_map(|pool| Extent::of_pool(pool, MTU, Parts::NONE)),
            (size_of(MTU)..9000).prop_map(|bytes| Extent::of_bytes(bytes, MTU, Parts::NONE)),
        ],
        steps in vec(step(), 1..90),
    ) {
        let (pool, mut log) = (extent.pool(MTU, Parts::NONE), Log::seen(extent));
        for &step in &steps {
            log.run(step);
            log.check();
            let (oldest, published) = (log.ring.oldest(), log.ring.published());
            prop_assert!(published - oldest >= published.min(u64::from(pool) - 1));
            if matches!(step, Step::Send(_)) {
                prop_assert!(published - oldest >= published.min(pool.into()));
            }
        }
    }

    #[test]
    fn an_index_with_more_places_than_full_messages_have_room_holds_more_short_ones(
        messages in 1..30_u32,
        spare in 0..400_u64,
        ahead in 0..8_u32,
        steps in vec(step(), 1..60),
    ) {
        let bytes = (u64::from(size_of(MTU)) + spare) / 16 * 16;
        let ahead = ahead.min(messages - 1);
        let mut log = Log::seen(Extent { messages, bytes, ahead });
        for &step in &steps {
            log.run(step);
            log.check();
        }
    }

    /// Who sees the ring later, while others send, finds no more.
    #[test]
    fn what_is_seen_later_is_cleared_before(
        messages in 1..300_u32,
        bytes in 7..4000_u64,
        before in vec(step(), 1..400),
        meanwhile in vec((step(), any::<bool>()), 1..60),
        after in vec(step(), 1..30),
    ) {
        let ahead = messages / 33;
        let mut log = Log::new(Extent { messages, bytes: bytes * 16, ahead });
        before.into_iter().for_each(|step| {
            log.run(step);
        });
        let mut clearing = log.ring.show();
        prop_assert!(clearing.is_some());
        for (step, clears) in meanwhile {
            log.run(step);
            if clears && log.clear_some(&mut clearing) {
                break;
            }
        }
        while !log.clear_some(&mut clearing) {}
        prop_assert!(log.ring.show().is_none());
        log.check();
        for step in after {
            log.run(step);
            log.check();
        }
    }

    /// A lossless network waits until its slowest reader leaves room; what is sent then costs that reader nothing.
    #[test]
    fn what_has_room_beside_a_reader_costs_it_nothing(
        messages in 1..9_u32,
        ahead in 0..4_u32,
        steps in vec((step(), 0..4_u64), 1..60),
    ) {
        let bytes = u64::from(size_of(MTU)) * 3;
        let ahead = ahead.min(messages - 1);
        let mut log = Log::seen(Extent { messages, bytes, ahead });
        let mut slowest = 0;
        for &(step, reads) in &steps {
            log.keep = slowest;
            let (Step::Send(len) | Step::GiveUp(len)) = step;
            if log.ring.has_room(slowest, len) {
                log.run(step);
            } else {
                prop_assert!(!log.ring.has_room(slowest, MTU), "what is longer has none either");
            }
            prop_assert!(log.ring.oldest() <= slowest);
            slowest = (slowest + reads).min(log.ring.published());
        }
        prop_assert!(log.ring.has_room(log.ring.published(), MTU), "nobody is behind");
    }

    /// Room that is promised to messages of any length is there when they come, also where others come between.
    #[test]
    fn room_that_is_promised_is_there(
        before in vec((0..=MTU, any::<bool>()), 0..12),
        pool in 2..9_u32,
        lens in vec(0..=MTU, 1..8),
    ) {
        let mut log = Log::new(Extent::of_pool(pool, MTU, Parts::NONE));
        let mut slowest = 0;
        for (len, reads) in before {
            log.keep = slowest;
            if log.ring.has_room(slowest, len) {
                log.run(Step::Send(len));
            }
            slowest = if reads { log.ring.published() } else { slowest };
        }
        log.keep = slowest;
        let promises = lens.iter().zip(0..);
        let promised = promises.take_while(|&(_, promised)| log.ring.has_room_beside(slowest, promised, MTU));
        for len in promised.map(|(len, _)| *len).collect::<Vec<u32>>() {
            log.run(Step::Send(len));
            prop_assert!(log.ring.oldest() <= slowest);
        }
    }
}

/// Others send while a ring of many messages is cleared, or of many bytes.
#[test]
fn a_ring_is_cleared_a_little_at_a_time() {
    for (messages, bytes) in [(1000, 16 << 10), (1, 1 << 20)] {
        let mut log = Log::new(Extent {
            messages,
            bytes,
            ahead: 0,
        });
        for _ in 0..messages {
            log.run(Step::Send(1));
        }
        let mut clearing = log.ring.show();
        assert!(!log.clear_some(&mut clearing));
        while !log.clear_some(&mut clearing) {}
        log.check();
    }
}

#[test]
fn what_nobody_sees_costs_nothing_to_clear() {
    let mut log = Log::new(Extent::of_pool(1, MTU, Parts::NONE));
    log.run(Step::Send(MTU));
    log.run(Step::Send(1));
    log.run(Step::GiveUp(MTU));
    let memory = log.ring.memory().all();
    assert_eq!(memory[5], u64::MAX, "of the one that was given up");
    assert_eq!(memory[7], word(0), "of the first");
}

#[test]
fn an_empty_ring_promises_what_it_has_room_for() {
    for pool in [1, 2, 7, 31] {
        let ring = of(Extent::of_pool(pool, MTU, Parts::NONE));
        let promises = (0..=pool).map(|promised| ring.has_room_beside(0, promised, MTU));
        let expected = (0..=pool).map(|promised| promised < pool);
        assert!(promises.eq(expected), "{pool}");
    }
}

#[test]
fn so_many_and_no_more_bytes_are_taken() {
    assert_eq!(
        [0, 1, 15, 16, 17, 1514].map(size_of),
        [16, 16, 16, 16, 32, 1520]
    );
    let extent = Extent::of_pool(256, 1514, Parts::NONE);
    assert_eq!(
        (extent.messages, extent.bytes, extent.ahead),
        (264, 257 * 1520, 8)
    );
    let extent = Extent::of_pool(31, 1514, Parts::NONE);
    assert_eq!(
        (extent.messages, extent.bytes, extent.ahead),
        (31, 32 * 1520, 0)
    );
    assert!(Extent::of_pool(u32::MAX, 65535, Parts::NONE).bytes > 1 << 47);
    let extent = Extent::of_bytes(128 << 10, 1514, Parts::NONE);
    assert_eq!(
        (extent.messages, extent.bytes, extent.ahead),
        (1056, 128 << 10, 32)
    );
    assert_eq!(extent.pool(1514, Parts::NONE), 85);
    let extent = Extent::of_bytes(65535, 12, Parts::NONE);
    assert_eq!(
        (extent.messages, extent.bytes, extent.pool(12, Parts::NONE)),
        (4095 + 127, 65520, 4095)
    );
    assert_eq!(Extent::of_bytes(16, 1514, Parts::NONE).messages, 1);
}

#[test]
fn a_pool_said_in_bytes_is_what_has_room() {
    for (pool, mtu) in [(1, 1), (1, 65535), (31, 1514), (256, 1514), (65536, 16)] {
        assert_eq!(
            Extent::of_pool(pool, mtu, Parts::NONE).pool(mtu, Parts::NONE),
            pool
        );
    }
}

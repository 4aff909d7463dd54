// SPDX-License-Identifier: GPL-2.0

//! The ring of bytes, one step at a time, against a list that forgets nothing.

use crate::{
    byte_memory::Words,
    bytes_pair::{Pair, Step},
    ring::bytes::{
        layout::{ahead, bytes_for, longest, size_of, Header, Kind, Notices, Positions, State},
        reader::{Look, Reader},
        writers::{Account, Refusal, Wanted, Writers},
        Ring, PIECE,
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

fn step() -> impl Strategy<Value = Step> {
    let (port, which) = (0..4_u32, any::<usize>());
    let len = prop_oneof![4 => 0..40_u32, 1 => any::<u32>(), 1 => Just(0)];
    prop_oneof![
        8 => (port.clone(), len.clone()).prop_map(|(port, len)| Step::Claim { port, len }),
        8 => which.prop_map(|claim| Step::Publish { claim }),
        2 => which.prop_map(|claim| Step::GiveUp { claim }),
        2 => (port.clone(), len).prop_map(|(port, len)| Step::Hole { port, len }),
        2 => which.prop_map(|hole| Step::Piece { hole }),
        2 => which.prop_map(|hole| Step::Refer { hole }),
        1 => port.clone().prop_map(|port| Step::Lost { port }),
        1 => port.clone().prop_map(|port| Step::Take { port }),
        1 => proptest::option::of(port).prop_map(|port| Step::Join { port }),
        6 => (which, 1..8_u32).prop_map(|(reader, steps)| Step::Read { reader, steps }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_ring_of_bytes_does_what_a_list_does(
        bytes in select(&[128_u64, 256, 512, 1024, 8192]),
        ahead in select(&[0_u64, 16, 64]),
        (lossless, wipes) in any::<(bool, bool)>(),
        steps in vec(step(), 1..150),
    ) {
        let mut pair = Pair::new((bytes, ahead.min(bytes / 8)), lossless, wipes);
        steps.iter().for_each(|step| pair.run(step));
        pair.settle();
    }

    #[test]
    fn a_header_is_what_its_words_say(len: u32, from: u32, stamp: u64, size: u32, flags: u32) {
        let header = Header { len, from, stamp, size, flags };
        prop_assert_eq!(Header::of(header.words()), header);
    }

    #[test]
    fn so_many_messages_of_any_length_have_room(
        pool in 1..40_u32,
        mtu in prop_oneof![0..64_u32, 0..3000_u32],
        lens in vec(any::<u32>(), 1..400),
    ) {
        let mut ring = Plain::new(bytes_for(pool, mtu));
        for len in lens {
            ring.send(len % (mtu + 1));
            prop_assert!(ring.readable() >= ring.writers.number().min(pool.into()));
        }
    }
}

/// A ring with one writer.
struct Plain {
    ring: Ring<Words>,
    writers: Writers<Vec<Account>>,
}

impl Plain {
    fn new(bytes: u64) -> Self {
        Self {
            ring: Ring::new(Words::new(bytes), ahead(bytes)),
            writers: Writers::new(vec![Account::default()], true),
        }
    }

    /// Sends a message; tells how often the lock was taken.
    fn send(&mut self, len: u32) -> u32 {
        let wanted = Wanted {
            len,
            ..Wanted::default()
        };
        for times in 1.. {
            match self.writers.claim(&self.ring, &wanted) {
                Ok(claim) => {
                    self.ring.publish(claim);
                    return times;
                }
                Err(refusal) => assert_eq!(refusal, Refusal::Again),
            }
        }
        unreachable!()
    }

    /// Messages that can be read.
    fn readable(&self) -> u64 {
        self.writers.number() - self.writers.tail_number()
    }
}

fn fewest_readable(bytes: u64, len: u32) -> u64 {
    let mut ring = Plain::new(bytes);
    (0..10_000).for_each(|_| {
        ring.send(len);
    });
    (0..10_000)
        .map(|_| {
            ring.send(len);
            ring.readable()
        })
        .min()
        .unwrap()
}

#[test]
fn what_a_ring_of_128_kib_holds() {
    let holds = |len| fewest_readable(128 << 10, len);
    assert_eq!([holds(12), holds(60), holds(1514)], [2687, 1343, 82]);
}

#[test]
fn a_promise_takes_less_than_twice_its_bytes_and_two_messages() {
    for (pool, mtu) in [
        (1, 0),
        (1, 1514),
        (8, 1514),
        (64, 1514),
        (256, 65535),
        (65536, 1514),
    ] {
        let bytes = bytes_for(pool, mtu);
        assert!(bytes.is_power_of_two() && longest(bytes) >= mtu);
        let records = size_of(mtu) * (u64::from(pool) + 3) + 4096;
        assert!(bytes < records.max(128) * 2, "{pool} {mtu}: {bytes}");
    }
}

#[test]
fn a_long_record_that_pushes_many_short_ones_out_takes_turns() {
    let mut ring = Plain::new(1 << 20);
    (0..30_000).for_each(|_| assert_eq!(ring.send(12), 1));
    let longest = ring.ring.longest();
    // Half of them, 64 a turn.
    let turns = ring.send(longest);
    assert!(
        (longest / 48 / 64..longest / 48 / 64 + 4).contains(&turns),
        "{turns}"
    );
}

#[test]
fn a_long_record_that_is_pushed_out_is_wiped_by_pieces() {
    let mut ring = Plain::new(1 << 20);
    let longest = ring.ring.longest();
    ring.send(longest);
    ring.send(longest);
    // Both go for one that is as long, which has to begin a lap.
    let turns = u64::from(ring.send(longest)) + 1;
    assert_eq!(turns, 2 * size_of(longest).div_ceil(PIECE.into()));
}

#[test]
fn records_of_every_length_go_through() {
    let mut ring = Plain::new(4096);
    let mut reader = Reader::at_oldest(&ring.writers, None);
    for len in (0..=ring.ring.longest()).chain((0..=ring.ring.longest()).rev()) {
        ring.send(len);
        let found = loop {
            match reader.look(&ring.ring) {
                Look::Message(found) => break found,
                look => assert_eq!(look, Look::Skipped),
            }
        };
        assert_eq!(found.len, len);
        reader.pass(&found);
    }
    assert_eq!(reader.look(&ring.ring), Look::Empty);
    let longest = ring.ring.longest();
    let wanted = Wanted {
        len: longest + 1,
        ..Wanted::default()
    };
    assert_eq!(
        ring.writers.claim(&ring.ring, &wanted),
        Err(Refusal::TooLong)
    );
}

#[test]
fn states_keep_number_and_kind_and_no_other_word_is_ready() {
    let kinds = [
        Kind::Claimed,
        Kind::Message,
        Kind::Void,
        Kind::Hole,
        Kind::Filling,
        Kind::Pad,
    ];
    for kind in kinds {
        for number in [0, 1, u64::MAX >> 3] {
            let state = State::new(number, kind);
            assert_eq!((state.number(), state.kind()), (number, kind));
            assert_eq!(State::from_word(state.word()), state);
        }
    }
    assert_eq!(State::from_word(6).kind(), Kind::Claimed);
    assert_eq!(State::from_word(7).kind(), Kind::Claimed);
    assert_eq!(State::from_word(0), State::new(0, Kind::Claimed));
}

#[test]
fn what_writers_write_lies_in_lines_of_its_own() {
    assert_eq!(
        (size_of_val(&Positions::new()), align_of::<Positions>()),
        (64, 64)
    );
    assert_eq!(
        (size_of_val(&Notices::new()), align_of::<Notices>()),
        (64, 64)
    );
}

// SPDX-License-Identifier: GPL-2.0

//! Which message of its port a message is, and when it was sent.

use crate::{
    abi::sequence::{Origin, Sequence},
    heap::reliable,
    ring::{layout::Meta, sequences::Sequences, PeekAt},
};
use proptest::{collection::vec, prelude::*};

#[test]
fn what_is_kept_of_a_message_comes_out_as_it_went_in() {
    let ring = reliable(2);
    let sequence = Sequence {
        sequence: 1,
        sent: 2,
        skipped: 3,
        origin: Origin {
            bus: 4,
            sequence: 5,
            port: 6,
            hops: 7,
        },
    };
    let claim = ring.reserve(0, u64::MAX, |_| {});
    ring.note_sequence(claim, sequence);
    let from = 9;
    let meta = Meta {
        from,
        ..Meta::default()
    };
    ring.publish(claim, meta);
    let PeekAt::Message { at, .. } = ring.peek_at(0) else {
        panic!("it is there");
    };
    assert_eq!((ring.sequence_of(at), ring.sent_at(0)), (sequence, 2));
    // With that it is given up.
    for _ in 0..2 {
        assert_eq!(ring.oldest(), 0);
        let claim = ring.reserve(0, u64::MAX, |_| {});
        if ring.oldest() != 0 {
            assert_eq!(ring.gone(0), (9, 1));
        }
        ring.note_sequence(claim, Sequence::default());
        ring.publish(claim, Meta::default());
    }
    assert_ne!(ring.oldest(), 0);
}

#[test]
fn in_larger_tables_sequences_go_on() {
    let mut sequences = Sequences::new(vec![0; 2], vec![0; 2]);
    assert_eq!((sequences.next(0, 0), sequences.next(1, 4)), (1, 5));
    assert_eq!(sequences.next(2, 0), 0, "no port of the network");
    sequences.pass(1, 5);
    let (sent, gone) = sequences.grow(vec![0; 3], vec![0; 3]);
    assert_eq!((sent.len(), gone.len()), (2, 2));
    let of = [0, 1, 2, 3].map(|port| sequences.of(port));
    assert_eq!(of, [(1, 0), (5, 5), (0, 0), (0, 0)]);
    assert_eq!(sequences.next(2, 0), 1);
    // Smaller ones are not taken.
    let (sent, gone) = sequences.grow(vec![9; 1], vec![9; 1]);
    assert_eq!((sent, gone), (vec![9], vec![9]));
    assert_eq!(sequences.of(1), (5, 5));
}

proptest! {
    /// The first message of a moment or later, where several may have been sent at one moment.
    #[test]
    fn the_first_since_a_moment_is_found(
        pool in 1..20_u32,
        later in vec(0..3_u64, 0..60),
        moment in 0..70_u64,
    ) {
        let ring = reliable(pool);
        let mut log = Vec::new();
        for more in later {
            let sent = log.last().unwrap_or(&0) + more;
            let claim = ring.reserve(0, u64::MAX, |_| {});
            ring.note_sequence(claim, Sequence { sent, ..Sequence::default() });
            ring.publish(claim, Meta::default());
            log.push(sent);
        }
        let oldest = ring.oldest() as usize;
        let found = log[oldest..].iter().position(|&sent| sent >= moment);
        let expected = found.map_or(log.len(), |at| oldest + at);
        prop_assert_eq!(ring.first_since(moment), expected as u64);
        for (number, &sent) in log.iter().enumerate().skip(oldest) {
            prop_assert_eq!(ring.sent_at(number as u64), sent);
        }
    }
}

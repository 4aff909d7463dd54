// SPDX-License-Identifier: GPL-2.0

//! What a port finds on a ring, and how it goes on: by what a naive reader of the same log would.

use crate::{
    heap::{ring, Heap},
    ring::{
        layout::Meta,
        port::Port,
        reader::{Peek, Reader},
        PeekAt, Ring,
    },
};
use proptest::{collection::vec, prelude::*};

/// The port whose view is tried.
const OWN: u32 = 1;
/// Messages that the ring keeps.
const POOL: u32 = 3;

fn send(ring: &Ring<Heap>, from: u32) {
    let claim = ring.reserve(0, u64::MAX, |_| {});
    let (len, stamp) = (0, 0);
    ring.publish(claim, Meta { len, from, stamp });
}

/// What a port finds, in words.
fn found(reader: &Reader<'_, Heap>) -> String {
    match reader.peek() {
        Peek::Empty => "empty".to_owned(),
        Peek::Overrun => "overrun".to_owned(),
        Peek::Own(number) => format!("own {number}"),
        Peek::Message { at, meta } => format!("{} from {}", at.number, meta.from),
    }
}

#[test]
fn own_messages_are_skipped_and_counted_and_others_are_not() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Some(OWN));
    assert_eq!(found(&reader), "empty");
    for from in [OWN, OWN, 0] {
        send(&ring, from);
    }
    assert_eq!(found(&reader), "own 0");
    assert!(!reader.skip_sent(1), "the port stands elsewhere");
    reader.skip_all_own();
    assert_eq!(found(&reader), "2 from 0");
    reader.skip_all_own();
    assert_eq!((reader.position(), port.own_skipped.load()), (2, 2));
    reader.consume(2);
    assert_eq!(found(&reader), "empty");
}

#[test]
fn several_are_consumed_together_or_none_is() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Some(OWN));
    for _ in 0..POOL {
        send(&ring, 0);
    }
    assert!(!reader.consume_many(1, 3), "the port stands elsewhere");
    assert!(reader.consume_many(0, 2));
    assert_eq!(found(&reader), "2 from 0");
    assert!(!reader.consume_many(0, 2), "they are another's");
    assert_eq!(reader.position(), 2);
}

#[test]
fn who_looks_ahead_finds_what_is_others() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Some(OWN));
    for from in [0, OWN, 2] {
        send(&ring, from);
    }
    let after = |number| {
        let PeekAt::Message { at, .. } = ring.peek_at(number) else {
            panic!("it is there");
        };
        let found = reader.look_after(at);
        found.map(|(at, meta)| (at.number, meta.from))
    };
    assert_eq!([0, 1].map(after), [None, Some((2, 2))]);
    assert_eq!(reader.position(), 0);
}

#[test]
fn on_a_ring_of_its_own_a_port_has_no_messages_of_its_own() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, None);
    send(&ring, OWN);
    assert_eq!(found(&reader), "0 from 1");
    assert!(reader.has_message());
}

#[test]
fn what_was_overwritten_is_not_skipped_as_its_own() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Some(OWN));
    for _ in 0..=POOL + 1 {
        send(&ring, OWN);
    }
    assert_eq!(found(&reader), "overrun");
    assert!(!reader.skip_own(0));
    assert_eq!((reader.position(), port.own_skipped.load()), (0, 0));
}

proptest! {
    #[test]
    fn a_message_waits_when_one_that_can_be_read_is_another_s(
        senders in vec(0..3_u32, 0..9),
        consumed in 0..9_usize,
    ) {
        let (ring, port) = (ring(POOL, 0), Port::new());
        let reader = Reader::new(&ring, &port, Some(OWN));
        senders.iter().for_each(|&from| send(&ring, from));
        let consumed = consumed.min(senders.len());
        port.cursor.start(consumed as u64);
        let first = consumed.max(senders.len().saturating_sub(POOL as usize));
        let expected = senders[first..].iter().any(|&from| from != OWN);
        prop_assert_eq!(reader.has_message(), expected);
        prop_assert_eq!(reader.has_unread(), consumed < senders.len());
        let skipped = port.own_skipped.load();
        prop_assert_eq!((reader.position(), skipped), (consumed as u64, 0), "it only looks");
    }
}

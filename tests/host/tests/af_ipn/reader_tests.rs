// SPDX-License-Identifier: GPL-2.0

//! What a port finds on a ring, and how it goes on: by what a naive reader of the same log would.

use crate::{
    heap::{ring, Heap},
    ring::{
        layout::Meta,
        port::Port,
        reader::{Own, Peek, Reader},
        PeekAt, Ring,
    },
    rust::glue::cursor_page::CursorPage,
};
use proptest::{collection::vec, prelude::*};

/// The port whose view is tried.
const OWN: u32 = 1;
/// Messages that the ring keeps.
const POOL: u32 = 3;

fn send(ring: &Ring<Heap>, from: u32) {
    let claim = ring.reserve(0, u64::MAX, |_| {});
    let (len, stamp) = (0, 0);
    ring.publish(
        claim,
        Meta {
            len,
            from,
            stamp,
            back: 0,
        },
    );
}

/// A message that does not come about.
fn fail(ring: &Ring<Heap>, from: u32) {
    let claim = ring.reserve(0, u64::MAX, |_| {});
    let (len, stamp) = (0, 0);
    ring.begin(
        claim,
        Meta {
            len,
            from,
            stamp,
            back: 0,
        },
    );
    ring.fail(claim, len);
    assert!(ring.settle(claim));
}

/// What a port finds, in words.
fn found(reader: &Reader<'_, Heap>) -> String {
    match reader.peek() {
        Peek::Empty => "empty".to_owned(),
        Peek::Overrun => "overrun".to_owned(),
        Peek::Own(number) => format!("own {number}"),
        Peek::Gone(number) => format!("gone {number}"),
        Peek::Message { at, meta } => format!("{} from {}", at.number, meta.from),
    }
}

#[test]
fn own_messages_are_skipped_and_counted_and_others_are_not() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
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
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
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
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
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
    let reader = Reader::new(&ring, &port, Own::new(None, 0));
    send(&ring, OWN);
    assert_eq!(found(&reader), "0 from 1");
    assert!(reader.has_message());
}

#[test]
fn what_was_overwritten_is_not_skipped_as_its_own() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
    for _ in 0..=POOL + 1 {
        send(&ring, OWN);
    }
    assert_eq!(found(&reader), "overrun");
    assert!(!reader.skip_own(0));
    assert_eq!((reader.position(), port.own_skipped.load()), (0, 0));
}

#[test]
fn its_own_message_is_skipped_where_it_stands() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
    (0..2).for_each(|_| send(&ring, OWN));
    assert!(!reader.skip_own(1), "the port stands elsewhere");
    assert!(reader.skip_own(0));
    assert!(!reader.skip_own(0), "each once");
    assert_eq!((reader.position(), port.own_skipped.load()), (1, 1));
}

#[test]
fn it_lags_by_what_came_since() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
    assert_eq!(reader.lag(), 0);
    (0..POOL).for_each(|_| send(&ring, 0));
    assert_eq!(reader.lag(), POOL.into());
    assert!(reader.consume(0));
    assert_eq!(reader.lag(), u64::from(POOL) - 1);
}

#[test]
fn who_looks_for_room_goes_past_what_holds_nobody_up() {
    for is_mapped in [false, true] {
        let (ring, port) = (ring(8, 0), Port::new());
        let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
        if is_mapped {
            port.cursor.map(CursorPage::new().unwrap(), 0, 0);
        }
        assert_eq!(reader.standing(), 0);
        fail(&ring, 0);
        send(&ring, OWN);
        fail(&ring, OWN);
        send(&ring, 2);
        // Own messages behind a void too, which the port itself could not skip as it sent them.
        assert_eq!(reader.standing(), 3);
        assert_eq!((reader.position(), port.own_skipped.load()), (3, 3));
        reader.skip_all_own();
        assert_eq!(
            (found(&reader), reader.standing()),
            ("3 from 2".to_owned(), 3)
        );
    }
}

#[test]
fn a_mapped_reader_that_looks_finds_its_page_put_right() {
    let (ring, port) = (ring(POOL, 0), Port::new());
    let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
    let page = CursorPage::new().unwrap();
    port.cursor.map(page.clone(), 0, 0);
    send(&ring, 0);
    page.position.store(2);
    reader.correct();
    assert_eq!(
        (page.position.load(), found(&reader)),
        (0, "0 from 0".to_owned())
    );
}

proptest! {
    #[test]
    fn a_message_waits_when_one_that_can_be_read_is_another_s(
        senders in vec(0..3_u32, 0..9),
        consumed in 0..9_usize,
    ) {
        let (ring, port) = (ring(POOL, 0), Port::new());
        let reader = Reader::new(&ring, &port, Own::new(Some(OWN), 0));
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

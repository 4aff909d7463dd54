// SPDX-License-Identifier: GPL-2.0

//! The read position of a port.

use crate::{ring::cursor::Cursor, rust::glue::cursor_page::CursorPage};
use proptest::{collection::vec, prelude::*};

/// Messages that there are.
const PUBLISHED: u64 = 100;

fn published() -> u64 {
    PUBLISHED
}

fn stands(cursor: &Cursor) -> u64 {
    cursor.position(published)
}

/// A mapped reader at message `number`, and the page as it has it.
fn mapped(number: u64) -> (Cursor, CursorPage) {
    let cursor = Cursor::new();
    cursor.start(number);
    let page = CursorPage::new().unwrap();
    cursor.map(page.clone(), 0, 9);
    (cursor, page)
}

#[test]
fn it_starts_where_it_is_put_and_goes_past_one_message_after_the_other() {
    let cursor = Cursor::new();
    assert_eq!(stands(&cursor), 0);
    cursor.start(7);
    assert_eq!(stands(&cursor), 7);
    assert!(!cursor.consume(6, published), "the port stands elsewhere");
    assert!(cursor.consume(7, published));
    assert!(!cursor.consume(7, published), "each once");
    assert_eq!(stands(&cursor), 8);
    cursor.move_on(8, u64::from(u32::MAX) + 1, published);
    assert_eq!(stands(&cursor), u64::from(u32::MAX) + 1);
    assert!(!cursor.is_mapped());
}

#[test]
fn it_passes_only_the_message_it_stands_at() {
    for cursor in [Cursor::new(), mapped(0).0] {
        let at = 5;
        cursor.move_on(0, at, published);
        for elsewhere in [0, 4, 6, u64::MAX] {
            assert!(!cursor.skip(elsewhere, published));
            assert_eq!(stands(&cursor), at);
        }
        assert!(cursor.skip(at, published));
        assert_eq!(stands(&cursor), at + 1);
        assert!(!cursor.skip(at, published));
    }
}

#[test]
fn a_mapped_reader_stands_where_it_says() {
    let (cursor, page) = mapped(10);
    assert_eq!(page.position.load(), 10, "it begins where the port stood");
    assert_eq!(page.since.load(), 9, "and is told since when that is its");
    for number in [10, 11, 50, PUBLISHED] {
        page.position.store(number);
        assert_eq!(stands(&cursor), number);
    }
}

#[test]
fn a_mapped_reader_is_not_believed_to_stand_where_it_can_not() {
    let (cursor, page) = mapped(10);
    page.position.store(20);
    assert_eq!(stands(&cursor), 20);
    for nonsense in [0, 10, 19, PUBLISHED + 1, u64::MAX] {
        page.position.store(nonsense);
        assert_eq!(stands(&cursor), 20, "{nonsense}");
    }
    assert_eq!(
        page.position.load(),
        u64::MAX,
        "nobody writes to it for this"
    );
    cursor.correct(published);
    assert_eq!(page.position.load(), 20, "until its owner looks");
    page.position.store(21);
    cursor.correct(published);
    assert_eq!((page.position.load(), stands(&cursor)), (21, 21));
}

#[test]
fn whoever_moves_a_mapped_reader_tells_it() {
    let (cursor, page) = mapped(10);
    assert!(cursor.consume(10, published));
    assert_eq!((page.position.load(), stands(&cursor)), (11, 11));
    assert!(cursor.skip(11, published));
    assert_eq!((page.position.load(), stands(&cursor)), (12, 12));
    cursor.move_on(12, 40, published);
    assert_eq!((page.position.load(), stands(&cursor)), (40, 40));
    cursor.note_lost(28);
    cursor.note_lost(2);
    assert_eq!(page.lost.load(), 30);
}

#[test]
fn a_message_that_the_reader_has_passed_itself_is_passed_by_nobody_else() {
    let (cursor, page) = mapped(10);
    page.position.store(11);
    assert!(!cursor.skip(10, published));
    assert_eq!((page.position.load(), stands(&cursor)), (11, 11));
    // Nor is it had twice.
    assert!(!cursor.consume(10, published));
    assert_eq!((page.position.load(), stands(&cursor)), (11, 11));
}

#[test]
fn nonsense_in_the_page_keeps_nobody_from_going_on() {
    let (cursor, page) = mapped(10);
    page.position.store(u64::MAX);
    for number in 10..20 {
        assert_eq!(stands(&cursor), number);
        assert!(cursor.consume(number, published));
        assert!(!cursor.consume(number, published), "each once");
    }
    assert!(!cursor.skip(20, published), "the page has not moved");
    assert_eq!(stands(&cursor), 21);
    cursor.move_on(21, 30, published);
    assert_eq!(stands(&cursor), 30);
}

#[test]
fn losses_from_before_the_mapping_are_told() {
    let (cursor, page) = (Cursor::new(), CursorPage::new().unwrap());
    cursor.note_lost(3);
    cursor.map(page.clone(), 3, 0);
    cursor.note_lost(4);
    assert_eq!(page.lost.load(), 7);
}

#[test]
fn the_first_page_stays() {
    let (cursor, page) = mapped(10);
    let other = CursorPage::new().unwrap();
    cursor.map(other.clone(), 0, 0);
    page.position.store(11);
    other.position.store(12);
    assert_eq!(stands(&cursor), 11);
}

#[test]
fn what_a_reader_counts_of_its_own_is_taken_as_it_is() {
    let (cursor, page) = mapped(0);
    assert_eq!((Cursor::new().own_skipped(), cursor.own_skipped()), (0, 0));
    page.own.store(u64::MAX);
    assert_eq!(cursor.own_skipped(), u64::MAX);
}

#[derive(Clone, Debug)]
enum Step {
    Publish(u64),
    Scribble(u64),
    Look,
    Correct,
    GoPast,
    Pass(u64),
    Skip(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let near = 0..60_u64;
    prop_oneof![
        (0..5_u64).prop_map(Step::Publish),
        near.clone().prop_map(Step::Scribble),
        any::<u64>().prop_map(Step::Scribble),
        Just(Step::Look),
        Just(Step::Correct),
        Just(Step::GoPast),
        near.prop_map(Step::Pass),
        (0..5_u64).prop_map(Step::Skip),
    ]
}

proptest! {
    /// Whatever a reader writes, its port stands somewhere between where it stood and the end.
    #[test]
    fn no_page_takes_a_port_back_or_beyond_the_end(steps in vec(step(), 1..100)) {
        let (cursor, page) = mapped(0);
        let (mut count, mut before) = (0, 0);
        for step in steps {
            let at = cursor.position(|| count);
            match step {
                Step::Publish(more) => count += more,
                Step::Scribble(number) => page.position.store(number),
                Step::Look => {}
                Step::Correct => cursor.correct(|| count),
                Step::GoPast if at < count => drop(cursor.consume(at, || count)),
                Step::GoPast => {}
                Step::Pass(number) if number < count => drop(cursor.skip(number, || count)),
                Step::Pass(_) => {}
                Step::Skip(more) => drop(cursor.move_on(at, (at + more).min(count), || count)),
            }
            let now = cursor.position(|| count);
            prop_assert!(before <= now && now <= count, "{before} {now} {count}");
            before = now;
        }
    }
}

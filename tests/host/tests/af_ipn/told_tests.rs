// SPDX-License-Identifier: GPL-2.0

//! What a ring takes over of a process that may write anything.

use crate::{
    heap,
    ring::{
        layout::{busy, failed, ready, size_of, void, Memory, Meta},
        told::{Nonsense, TakenIn},
        PeekAt, Ring,
    },
    written::{roomy, roomy_extent, Written, MTU, PORT},
};
use proptest::{collection::vec, prelude::*};

/// A ring with four descriptors, of which messages 2 to 4 are there, and taken over, and 5 is published.
fn honest() -> Ring<Written> {
    let ring = roomy(4);
    for number in 0..6 {
        ring.memory().say(if number < 5 { 0 } else { 2 }, number);
        let (at, meta) = (place(number), meta(number));
        ring.memory().describe_as(number, ready(number), at, meta);
        if number == 5 {
            break;
        }
        if number >= 4 {
            ring.memory().told.oldest.store(2);
        }
        ring.memory().told.published.store(number + 1);
        let taken = TakenIn {
            messages: 1,
            more: false,
        };
        assert_eq!(ring.take_in(PORT, MTU, u64::MAX), Ok(taken));
    }
    ring.memory().say(2, 6);
    ring
}

fn place(number: u64) -> u32 {
    (number % 4) as u32 * size_of(MTU)
}

fn meta(number: u64) -> Meta {
    Meta {
        len: MTU,
        from: PORT,
        stamp: number,
        back: 0,
    }
}

/// What we show can be, whatever the writer says.
fn check_shown(ring: &Ring<Written>, bytes: u32, messages: u64) {
    let (oldest, published) = (ring.oldest(), ring.published());
    assert!(oldest <= published && published - oldest <= messages);
    assert!((published..=1 << 60).contains(&ring.seen()));
    for number in oldest..published {
        let PeekAt::Message { at, meta } = ring.peek_at(number) else {
            panic!("{number} is not there");
        };
        assert!(meta.len <= MTU && at.at % 16 == 0);
        assert!(u64::from(at.at) + u64::from(size_of(meta.len)) <= bytes.into());
        assert_eq!((meta.from, meta.back), (PORT, 0), "whoever it says it is");
    }
}

#[test]
fn what_can_be_is_taken_over() {
    let ring = honest();
    let taken = TakenIn {
        messages: 1,
        more: false,
    };
    assert_eq!(ring.take_in(PORT, MTU, 2), Ok(taken));
    assert_eq!((ring.oldest(), ring.published()), (2, 6));
    // It may say nothing new, give all up, or more than there were.
    for (oldest, published) in [(2, 6), (6, 6), (8, 8), (1 << 59, 1 << 59)] {
        let known = ring.published();
        ring.memory().say(oldest, published);
        let taken = TakenIn {
            messages: published - known,
            more: false,
        };
        assert_eq!(ring.take_in(PORT, MTU, u64::MAX), Ok(taken));
        assert_eq!((ring.oldest(), ring.published()), (oldest, published));
    }
    let last = (1 << 60) - 1;
    ring.memory().say(last, last);
    assert!(ring.take_in(PORT, MTU, u64::MAX).is_ok());
    check_shown(&ring, roomy_extent(4).bytes as u32, 4);
}

#[test]
fn positions_that_can_not_be_are_nonsense() {
    for (what, oldest, published, keep) in [
        ("it takes back what was published", 2, 4, u64::MAX),
        ("the same with all given up", 4, 4, u64::MAX),
        ("it has what it gave up", 1, 6, u64::MAX),
        ("it gives up what is not published", 7, 6, u64::MAX),
        ("it has more than there is room for", 2, 7, u64::MAX),
        ("it gives up what is not read", 3, 6, 2),
        ("no message has such a number", 1 << 60, 1 << 60, u64::MAX),
        ("nor such a one", u64::MAX, u64::MAX, u64::MAX),
    ] {
        let ring = honest();
        ring.memory().say(oldest, published);
        assert_eq!(ring.take_in(PORT, MTU, keep), Err(Nonsense), "{what}");
        assert_eq!((ring.oldest(), ring.published()), (2, 5), "{what}");
        check_shown(&ring, roomy_extent(4).bytes as u32, 4);
    }
}

#[test]
fn descriptors_that_can_not_be_are_nonsense() {
    let bytes = roomy_extent(4).bytes as u32;
    let (is, at, whole) = (ready(5), place(5), meta(5));
    let of = |len| Meta { len, ..whole };
    let longest = bytes - size_of(MTU);
    for (what, expected, state, at, meta) in [
        ("it is as it is", true, is, at, whole),
        ("it is empty", true, is, at, of(0)),
        ("it leaves room before it", false, is, at + 16, of(0)),
        ("it lies where the oldest is", false, is, place(2), whole),
        ("it lies where the newest is", false, is, place(4), whole),
        ("it ends where the bytes do", false, is, longest, whole),
        ("it is another's", true, is, at, Meta { from: 77, ..whole }),
        ("it is in parts", true, is, at, Meta { back: 1, ..whole }),
        (
            "it is a part",
            true,
            is,
            at,
            Meta {
                back: u32::MAX,
                ..whole
            },
        ),
        ("nothing", false, 0, at, whole),
        ("it is written", false, busy(5), at, whole),
        ("it is none", false, void(5), at, whole),
        ("it has failed", false, failed(5), at, whole),
        ("it is the one before", false, ready(1), at, whole),
        ("it is the next", false, ready(9), at, whole),
        ("it is too long", false, is, at, of(MTU + 1)),
        ("it is far too long", false, is, at, of(u32::MAX)),
        ("it begins anywhere", false, is, at + 8, whole),
        ("it ends beyond", false, is, longest + 16, whole),
        ("it begins beyond", false, is, bytes, of(0)),
        ("it goes round", false, is, u32::MAX & !15, whole),
    ] {
        let ring = honest();
        ring.memory().describe_as(5, state, at, meta);
        let taken = ring.take_in(PORT, MTU, u64::MAX);
        let published = 5 + u64::from(expected);
        match expected {
            true => assert!(taken.is_ok(), "{what}"),
            false => assert_eq!(taken, Err(Nonsense), "{what}"),
        }
        assert_eq!((ring.oldest(), ring.published()), (2, published), "{what}");
        check_shown(&ring, bytes, 4);
    }
}

#[test]
fn the_next_writer_finds_places_that_can_be() {
    let ring = honest();
    let (memory, before) = (ring.memory(), ring.memory().told_descriptor(3).at.load());
    memory.describe_as(3, ready(99), 7, meta(9));
    ring.hand_over();
    ring.restore_index();
    for number in 2..5 {
        let index = (number % 4) as u32;
        let (ours, theirs) = (memory.descriptor(index), memory.told_descriptor(index));
        assert_eq!(theirs.state.load(), ready(number));
        assert_eq!(
            (theirs.at.load(), theirs.load()),
            (ours.at.load(), ours.load())
        );
    }
    assert_eq!(memory.told_descriptor(3).at.load(), before);
}

#[test]
fn a_writer_that_is_faster_writes_no_nonsense() {
    let ring = honest();
    let memory = ring.memory();
    // Messages 5 and 6 are published; 9 is written over the former while we are at that.
    memory.say(3, 7);
    memory.describe_as(6, ready(6), place(6), meta(6));
    memory.describe_as(5, ready(9), place(9), meta(9));
    memory.meanwhile.set(Some((0, 6)));
    let taken = TakenIn {
        messages: 0,
        more: true,
    };
    assert_eq!(ring.take_in(PORT, MTU, u64::MAX), Ok(taken));
    assert_eq!((ring.oldest(), ring.published()), (3, 5));
    // It goes on behind what is gone by now.
    let taken = TakenIn {
        messages: 2,
        more: false,
    };
    assert_eq!(ring.take_in(PORT, MTU, u64::MAX), Ok(taken));
    assert_eq!((ring.oldest(), ring.published()), (6, 7));
    // One that was there when it was looked at stays until we hear of it.
    memory.say(6, 8);
    memory.describe_as(7, ready(11), place(7), meta(11));
    memory.meanwhile.set(Some((0, 7)));
    assert_eq!(
        ring.take_in(PORT, MTU, u64::MAX),
        Err(Nonsense),
        "7 is there"
    );
}

/// A word that a writer may write, near what can be, or not.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![12 => 0..24_u64, 1 => any::<u64>(), 1 => (0..3_u64).prop_map(|off| (1 << 60) - off)]
}

#[derive(Clone, Debug)]
enum Lie {
    Oldest(u64),
    Published(u64),
    /// It says this of the place of some message.
    Descriptor(u64, u64, u32, Meta),
    /// It says what can be of the next messages, so many.
    Truth(u64),
    TakeIn(Option<(u32, u64)>),
    GiveUp,
    HandOver,
}

fn lie() -> impl Strategy<Value = Lie> {
    let at = prop_oneof![6 => (0..30_u32).prop_map(|at| at * 16), 1 => any::<u32>()];
    let len = prop_oneof![6 => 0..=MTU + 1, 1 => any::<u32>()];
    let state = prop_oneof![6 => number().prop_map(|number| ready(number & (u64::MAX >> 3))), 1 => any::<u64>()];
    let meta = (
        len,
        0..5_u32,
        any::<u64>(),
        prop_oneof![Just(0), any::<u32>()],
    );
    let meta = meta.prop_map(|(len, from, stamp, back)| Meta {
        len,
        from,
        stamp,
        back,
    });
    prop_oneof![
        2 => number().prop_map(Lie::Oldest),
        2 => number().prop_map(Lie::Published),
        3 => (number(), state, at, meta).prop_map(|(number, state, at, meta)| {
            Lie::Descriptor(number, state, at, meta)
        }),
        6 => (1..5_u64).prop_map(Lie::Truth),
        6 => proptest::option::of((0..4_u32, number())).prop_map(Lie::TakeIn),
        1 => Just(Lie::GiveUp),
        1 => Just(Lie::HandOver),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_writer_may_write_anything(
        messages in 1..6_u32,
        lossless in proptest::option::of(0..20_u64),
        lies in vec(lie(), 1..60),
    ) {
        let (ring, extent) = (roomy(messages), roomy_extent(messages));
        let (memory, bytes) = (ring.memory(), extent.bytes as u32);
        // Whoever writes nonsense ends the network: nobody is heard any more.
        let mut is_heard = true;
        for lie in lies {
            let before = (ring.oldest(), ring.published());
            match lie {
                Lie::Oldest(oldest) => memory.told.oldest.store(oldest),
                Lie::Published(published) => memory.told.published.store(published),
                Lie::Descriptor(number, state, at, meta) => {
                    memory.describe_as(number, state, at, meta);
                }
                Lie::Truth(count) => {
                    let (from, to) = (before.1, before.1.saturating_add(count));
                    (from..to).for_each(|number| {
                        memory.describe_as(number, ready(number), 0, meta(number));
                    });
                    memory.say(before.0.max(to.saturating_sub(messages.into())), to);
                }
                Lie::TakeIn(meanwhile) if is_heard => {
                    memory.meanwhile.set(meanwhile);
                    let keep = lossless.unwrap_or(u64::MAX);
                    let taken = ring.take_in(PORT, MTU, keep);
                    memory.meanwhile.set(None);
                    match taken {
                        Ok(taken) => prop_assert_eq!(ring.published(), before.1 + taken.messages),
                        Err(Nonsense) => is_heard = false,
                    }
                    prop_assert!(ring.oldest() <= keep.max(before.0));
                }
                Lie::TakeIn(_) | Lie::GiveUp => {
                    ring.give_up_as_told();
                    let told = memory.told.oldest.load();
                    prop_assert_eq!(ring.oldest(), told.clamp(before.0, before.1));
                }
                Lie::HandOver if is_heard => {
                    ring.hand_over();
                    prop_assert!(!ring.has_news());
                }
                Lie::HandOver => {}
            }
            prop_assert!(!is_heard || ring.peek_at(ring.published()) == PeekAt::Empty);
            prop_assert!(ring.oldest() >= before.0 && ring.published() >= before.1);
            check_shown(&ring, bytes, messages.into());
        }
    }
}

#[test]
fn what_a_mapped_reader_can_have_seen_is_what_the_writer_says_within_bounds() {
    let ring = honest();
    assert_eq!((ring.published(), ring.seen()), (5, 6));
    for (told, seen) in [
        (0, 5),
        (5, 5),
        (7, 7),
        (1 << 60, 1 << 60),
        (u64::MAX, 1 << 60),
    ] {
        ring.memory().told.published.store(told);
        assert_eq!(ring.seen(), seen);
    }
    let ours = heap::ring(2, 16);
    assert_eq!(ours.seen(), ours.published());
}

#[test]
fn what_is_given_up_is_what_the_writer_says() {
    let ring = honest();
    for (told, gone) in [(0, 0), (2, 2), (3, 3), (u64::MAX, 9)] {
        ring.memory().told.oldest.store(told);
        for number in 0..9 {
            assert_eq!(ring.is_given_up(number), number < gone);
        }
        assert_eq!(ring.oldest(), 2, "nothing is taken over");
    }
    assert!(!heap::ring(2, 16).is_given_up(0));
}

#[test]
fn what_is_given_up_is_gone_once_nobody_is_heard() {
    let ring = honest();
    for (told, oldest) in [
        (0, 2),
        (3, 3),
        (2, 3),
        (5, 5),
        (4, 5),
        (6, 5),
        (u64::MAX, 5),
    ] {
        ring.memory().told.oldest.store(told);
        ring.give_up_as_told();
        assert_eq!((ring.oldest(), ring.published()), (oldest, 5));
    }
    let ours = heap::ring(2, 16);
    ours.give_up_as_told();
    assert_eq!(ours.oldest(), 0);
}

#[test]
fn whatever_the_writer_says_anew_is_news() {
    let ring = honest();
    assert!(ring.is_written() && ring.has_news());
    assert!(ring.take_in(PORT, MTU, u64::MAX).is_ok());
    assert!(!ring.has_news());
    for (oldest, published, news) in [(3, 6, true), (2, 7, true), (1, 6, true), (2, 6, false)] {
        ring.memory().say(oldest, published);
        assert_eq!(ring.has_news(), news);
    }
    let ours = heap::ring(2, 16);
    assert!(!ours.is_written() && !ours.has_news());
    assert_eq!(ours.take_in(PORT, MTU, u64::MAX), Err(Nonsense));
    assert!(!ours.has_room_as_told(0, 1));
    ours.hand_over();
}

#[test]
fn a_writer_is_told_what_it_has_to_know() {
    let ring = honest();
    let notices = ring.memory().ours.notices();
    for slowest in [0, 7, 1 << 40] {
        ring.tell_slowest(slowest);
        assert_eq!(notices.slowest.load(), slowest);
    }
    for stamped in [true, false] {
        ring.tell_stamped(stamped);
        assert_eq!(notices.stamped.load(), stamped.into());
    }
    // One that comes finds what we know, and not what another said.
    ring.memory().say(4, 1 << 50);
    ring.hand_over();
    let told = &ring.memory().told;
    let head = ring.memory().ours.positions().head.load();
    assert_eq!((told.oldest.load(), told.published.load()), (2, 5));
    assert_eq!((told.head.load(), head), (head, place(4) + size_of(MTU)));
}

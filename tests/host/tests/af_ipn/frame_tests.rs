// SPDX-License-Identifier: GPL-2.0

//! What becomes of a packet of the kernel's.

use crate::{
    device::frame::{arrival, finish, Arrival, Finish, Packet, Segments, Sum},
    frame_oracle::{check, check_finish, Story},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// A packet of 60 bytes behind a header of 14, of which nothing is noted but that.
const PLAIN: Packet = Packet {
    len: 60,
    header: Some(14),
    is_loopback: false,
    sum: None,
    segments: Segments::One,
};

fn segments() -> impl Strategy<Value = Segments> {
    prop_oneof![
        6 => Just(Segments::One),
        2 => Just(Segments::Many),
        1 => Just(Segments::Unknown),
    ]
}

fn sum() -> impl Strategy<Value = (i32, u16, bool)> {
    let start = prop_oneof![8 => -20_i32..100, 1 => any::<i32>()];
    let offset = prop_oneof![8 => 0_u16..100, 1 => any::<u16>()];
    (start, offset, any::<bool>())
}

prop_compose! {
    fn story()(
        sent in vec(any::<u8>(), 0..100),
        room in 0_usize..40,
        pulled in prop_oneof![4 => select(vec![0_usize, 13, 14, 18, 22]), 1 => 0_usize..40],
        is_noted in prop::bool::weighted(0.9),
        is_untagged in any::<bool>(),
        is_loopback in prop::bool::weighted(0.05),
        // A number that fits in memory, from the packet's beginning on.
        sum in option::of(sum().prop_map(|(start, ..)| start.clamp(-20, 200)).prop_flat_map(
            |start| (Just(start), 0_u16..200, any::<bool>())
        )),
        segments in segments(),
    ) -> Story {
        Story { sent, room, pulled, is_noted, is_untagged, is_loopback, sum, segments }
    }
}

prop_compose! {
    fn packet()(
        len in prop_oneof![8 => 0_u32..100, 1 => any::<u32>()],
        header in option::of(prop_oneof![8 => 0_u32..40, 1 => any::<u32>()]),
        is_loopback in any::<bool>(),
        sum in option::of(sum()),
        segments in segments(),
    ) -> Packet {
        let sum = sum.map(|(start, offset, is_sctp)| Sum { start, offset, is_sctp });
        Packet { len, header, is_loopback, sum, segments }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn frame_is_what_was_sent(story in story()) {
        check(&story);
    }

    #[test]
    fn whatever_is_noted_is_answered(packet in packet(), is_segment in any::<bool>()) {
        check_finish(&packet, is_segment);
        let expected = match packet.header {
            _ if packet.is_loopback => Arrival::Host,
            Some(header @ 14..) if packet.len.checked_add(header).is_some() => Arrival::Frame(header),
            _ => Arrival::Drop,
        };
        prop_assert_eq!(arrival(&packet), expected);
    }
}

#[test]
fn header_of_less_than_an_ethernet_header_is_none() {
    for (header, expected) in [
        (None, Arrival::Drop),
        (Some(0), Arrival::Drop),
        (Some(13), Arrival::Drop),
        (Some(14), Arrival::Frame(14)),
        (Some(18), Arrival::Frame(18)),
        (Some(u32::MAX), Arrival::Drop),
    ] {
        assert_eq!(arrival(&Packet { header, ..PLAIN }), expected, "{header:?}");
    }
}

#[test]
fn checksum_lies_in_the_frame() {
    let finish_with = |start, offset, is_sctp| {
        let sum = Some(Sum {
            start,
            offset,
            is_sctp,
        });
        finish(&Packet { sum, ..PLAIN }, false)
    };
    for (start, offset, expected) in [
        (34, 16, Finish::Sum(52)),
        (0, 0, Finish::Sum(2)),
        (58, 0, Finish::Sum(60)),
        (42, 16, Finish::Sum(60)),
        (43, 16, Finish::Drop),
        (-1, 16, Finish::Drop),
        (i32::MIN, 0, Finish::Drop),
        (i32::MAX, u16::MAX, Finish::Drop),
    ] {
        assert_eq!(
            finish_with(start, offset, false),
            expected,
            "{start} {offset}"
        );
    }
    assert_eq!(finish_with(48, 0, true), Finish::Sum(60));
    assert_eq!(finish_with(49, 0, true), Finish::Drop);
}

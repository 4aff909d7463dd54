// SPDX-License-Identifier: GPL-2.0

//! Frames: no length, however short, is read beyond.

mod common;

use af_ipn_core::kvde_switch::frame::{
    Frame, MacAddress, Tag, TagControl, TooShort, ETHERTYPE_VLAN, HEADER_LEN,
};
use common::frame_oracle::check;
use proptest::prelude::*;

/// A frame with these octets after the addresses.
fn frame(rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend_from_slice(rest);
    frame
}

fn tag_of(rest: &[u8]) -> Tag {
    let frame = frame(rest);
    Frame::parse(&frame, frame.len()).unwrap().tag()
}

#[test]
fn a_frame_shorter_than_a_header_is_refused() {
    let octets = [0u8; 64];
    for len in 0..HEADER_LEN {
        assert_eq!(Frame::parse(&octets[..len], len), Err(TooShort));
        // More memory than frame is no help, nor is less memory than frame.
        assert_eq!(Frame::parse(&octets, len), Err(TooShort));
        assert_eq!(Frame::parse(&octets[..len], 64), Err(TooShort));
    }
    for len in HEADER_LEN..=64 {
        assert_eq!(Frame::parse(&octets[..len], len).unwrap().len(), len);
    }
}

#[test]
fn a_tag_counts_when_it_and_a_type_after_it_are_whole() {
    let rest = [0x81, 0x00, 0x60, 0x07, 0x08, 0x00, 1, 2, 3];
    for len in 2..=rest.len() {
        let expected = if len < 6 {
            Tag::Truncated
        } else {
            Tag::Present(TagControl(0x6007))
        };
        assert_eq!(
            tag_of(&rest[..len]),
            expected,
            "{len} octets after the addresses"
        );
    }
}

#[test]
fn what_lies_beyond_the_length_is_not_read() {
    let frame = frame(&[0x81, 0x00, 0x60, 0x07, 0x08, 0x00]);
    assert_eq!(Frame::parse(&frame, 17).unwrap().tag(), Tag::Truncated);
}

#[test]
fn the_outer_one_of_two_tags_counts() {
    let rest = [0x81, 0x00, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00];
    assert_eq!(tag_of(&rest), Tag::Present(TagControl(5)));
}

#[test]
fn a_service_tag_is_payload() {
    assert_eq!(tag_of(&[0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6]), Tag::None);
}

#[test]
fn a_tag_has_a_priority_and_a_vlan() {
    let control = TagControl(0xf123);
    assert_eq!(control.vid(), 0x123);
    assert_eq!(control.with_vid(0xabc), TagControl(0xfabc));
    assert_eq!(control.with_vid(0x1001), TagControl(0xf001));
    assert_eq!(control.to_tag(), [0x81, 0x00, 0xf1, 0x23]);
}

#[test]
fn addresses_of_groups_stations_and_bridges_are_told_apart() {
    let zero = MacAddress::new([0; 6]);
    let multicast = MacAddress::new([0x01, 0, 0x5e, 0, 0, 1]);
    let station = MacAddress::new([0x02, 0, 0, 0, 0, 1]);
    assert!(!zero.is_group() && !zero.is_station());
    assert!(multicast.is_group() && !multicast.is_station());
    assert!(MacAddress::BROADCAST.is_group() && !MacAddress::BROADCAST.is_station());
    assert!(!station.is_group() && station.is_station());
    for last in 0..=255 {
        let address = MacAddress::new([0x01, 0x80, 0xc2, 0, 0, last]);
        assert_eq!(address.reserved(), (last < 16).then_some(last));
    }
    assert_eq!(
        MacAddress::new([0x01, 0x80, 0xc2, 0, 1, 0]).reserved(),
        None
    );
    assert_eq!(station.reserved(), None);
}

/// Octets of which some are likely to be a tag.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let vlan = ETHERTYPE_VLAN.to_be_bytes();
    (
        proptest::collection::vec(any::<u8>(), 0..=64),
        any::<bool>(),
    )
        .prop_map(move |(mut octets, tagged)| {
            if tagged {
                for (octet, value) in octets.iter_mut().skip(12).zip(vlan) {
                    *octet = value;
                }
            }
            octets
        })
}

proptest! {
    #[test]
    fn a_header_says_what_its_octets_say(octets in octets()) {
        check(&octets);
    }

    #[test]
    fn an_address_survives_as_a_number(bits in 0u64..1 << 48) {
        let address = MacAddress::from_u64(bits);
        prop_assert_eq!(address.to_u64(), bits);
        prop_assert_eq!(&address.octets(), &bits.to_be_bytes()[2..]);
        prop_assert_eq!(MacAddress::new(address.octets()), address);
    }
}

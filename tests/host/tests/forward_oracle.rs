// SPDX-License-Identifier: GPL-2.0

//! The switch delivers what a naive one does, octet for octet, however it is set and used.

mod common;

use af_ipn_core::kvde_switch::fdb::table::DEFAULT_AGEING_MS;
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::vlan::VlanFlags;
use common::station;
use common::switch_events::{check, Event, PORTS};
use proptest::prelude::*;

fn address() -> impl Strategy<Value = MacAddress> {
    prop_oneof![
        20 => (0u32..5).prop_map(station),
        2 => Just(MacAddress::BROADCAST),
        1 => Just(MacAddress::new([0x33, 0x33, 0, 0, 0, 1])),
        1 => Just(MacAddress::new([0; 6])),
        2 => (0u8..18).prop_map(|last| MacAddress::new([0x01, 0x80, 0xc2, 0, 0, last])),
    ]
}

fn vid() -> impl Strategy<Value = u16> {
    prop_oneof![10 => 0u16..4, 1 => Just(4094), 1 => Just(4095)]
}

/// What follows the addresses: types and tags, one, two or none, of one kind or the other.
fn ethertypes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => Just(0x8100u16),
        1 => Just(0x88a8),
        2 => Just(0x0800),
        6 => (vid(), 0u16..16).prop_map(|(vid, priority)| (priority << 12) | vid),
    ];
    proptest::collection::vec(word, 0..6)
        .prop_map(|words| words.into_iter().flat_map(u16::to_be_bytes).collect())
}

/// A frame of 0 to 64 octets.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![5 => Just(64usize), 1 => 0..64usize, 2 => 12..24usize];
    (address(), address(), ethertypes(), len).prop_map(|(to, from, types, len)| {
        let mut octets = [&to.octets()[..], &from.octets(), &types].concat();
        octets.resize(len, 0xaa);
        octets
    })
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![30 => 0..PORTS, 1 => Just(PORTS)]
}

fn flags() -> impl Strategy<Value = VlanFlags> {
    (any::<bool>(), any::<bool>()).prop_map(|(pvid, untagged)| VlanFlags { pvid, untagged })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        60 => (port(), frame()).prop_map(|(port, frame)| Event::Send(port, frame)),
        4 => port().prop_map(Event::Join),
        1 => port().prop_map(Event::Leave),
        1 => (port(), any::<bool>()).prop_map(|(port, on)| Event::Learning(port, on)),
        2 => (port(), any::<bool>()).prop_map(|(port, on)| Event::Isolated(port, on)),
        2 => (port(), any::<bool>()).prop_map(|(port, on)| Event::Locked(port, on)),
        3 => (port(), 0usize..3, any::<bool>()).prop_map(|(p, kind, on)| Event::Flood(p, kind, on)),
        5 => (port(), vid(), flags()).prop_map(|(p, vid, flags)| Event::AddVlan(p, vid, flags)),
        2 => (port(), vid()).prop_map(|(port, vid)| Event::RemoveVlan(port, vid)),
        1 => proptest::bool::weighted(0.7).prop_map(Event::Filtering),
        1 => any::<u16>().prop_map(Event::GroupFwdMask),
        1 => proptest::option::of(port()).prop_map(Event::Mirror),
        2 => (port(), address(), vid()).prop_map(|(p, a, vid)| Event::SetStatic(p, a, vid)),
        5 => (1..DEFAULT_AGEING_MS / 2).prop_map(Event::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_switch_delivers_what_a_naive_one_does(
        filtering in any::<bool>(),
        events in proptest::collection::vec(event(), 1..120),
    ) {
        check(filtering, events);
    }
}

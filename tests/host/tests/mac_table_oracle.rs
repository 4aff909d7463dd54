// SPDX-License-Identifier: GPL-2.0

//! The MAC table does what a naive one does, whatever comes in whatever order at whatever time.

mod common;

use af_ipn_core::kvde_switch::fdb::table::Limits;
use af_ipn_core::kvde_switch::fdb::Flush;
use af_ipn_core::kvde_switch::frame::MacAddress;
use common::station;
use common::table_events::{check, Event, AGEING_MS, PORTS};
use proptest::prelude::*;

/// Few addresses, so that they meet; a group and zero among them.
fn address() -> impl Strategy<Value = MacAddress> {
    prop_oneof![
        20 => (0u32..10).prop_map(station),
        1 => Just(MacAddress::new([0; 6])),
        1 => Just(MacAddress::new([1, 0, 0x5e, 0, 0, 1])),
        1 => Just(MacAddress::BROADCAST),
    ]
}

fn vid() -> impl Strategy<Value = u16> {
    prop_oneof![10 => 0u16..3, 1 => Just(4094), 1 => Just(4095)]
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![20 => 0..PORTS, 1 => Just(PORTS), 1 => Just(u16::MAX)]
}

fn limits() -> impl Strategy<Value = Limits> {
    (0u32..9, 0u32..5).prop_map(|(network, port)| Limits { network, port })
}

fn flush() -> impl Strategy<Value = Flush> {
    (
        proptest::option::of(port()),
        proptest::option::of(address()),
        proptest::option::of(vid()),
        any::<bool>(),
    )
        .prop_map(|(port, address, vid, fixed)| Flush {
            port,
            address,
            vid,
            fixed,
        })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => (port(), address(), vid()).prop_map(|(p, a, v)| Event::Learn(p, a, v)),
        // Most frames come from where the station was before.
        40 => (0u32..10).prop_map(|n| Event::Learn((n % 2) as u16, station(n), 0)),
        4 => (port(), address(), vid()).prop_map(|(p, a, v)| Event::SetStatic(p, a, v)),
        2 => flush().prop_map(Event::Flush),
        1 => port().prop_map(Event::ForgetPort),
        1 => prop_oneof![Just(0), Just(u64::MAX), 1..2 * AGEING_MS].prop_map(Event::SetAgeing),
        2 => limits().prop_map(Event::SetLimits),
        1 => (1..PORTS + 2).prop_map(Event::Resize),
        2 => (0u32..4).prop_map(Event::Expire),
        15 => prop_oneof![2 => 1u64..20, 2 => 1..AGEING_MS / 4, 1 => Just(AGEING_MS / 2)].prop_map(Event::Wait),
        1 => (1u64..50).prop_map(Event::Late),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_table_does_what_a_naive_one_does(
        slots in 0usize..12,
        limits in limits(),
        key in any::<[u64; 2]>(),
        events in proptest::collection::vec(event(), 1..150),
    ) {
        check(slots, limits, key, events);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The MAC table does what a naive one does, whatever comes in whatever order at whatever time.

mod common;

use af_ipn_core::kvde_switch::fdb::{Entry, Flush};
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::mac_table::{Limits, PortAddresses};
use af_ipn_core::kvde_switch::siphash::HashKey;
use common::naive_table::NaiveTable;
use common::{station, table_with_key, Table};
use proptest::prelude::*;

const PORTS: u16 = 4;
const AGEING_MS: u64 = 1000;

/// Something that happens to a table.
#[derive(Clone, Debug)]
enum Event {
    Learn(u16, MacAddress, u16),
    SetStatic(u16, MacAddress, u16),
    Flush(Flush),
    ForgetPort(u16),
    SetAgeing(u64),
    SetLimits(Limits),
    Resize(u16),
    Expire(u32),
    Wait(u64),
    /// A caller's clock that is a little late.
    Late(u64),
}

/// Few addresses, so that they meet; a group and zero among them.
fn address() -> impl Strategy<Value = MacAddress> {
    prop_oneof![
        20 => (0u32..10).prop_map(station),
        1 => Just(MacAddress([0; 6])),
        1 => Just(MacAddress([1, 0, 0x5e, 0, 0, 1])),
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

fn sorted_entries(table: &Table, now: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table.entries(0, now).map(|(_, entry)| entry).collect();
    entries.sort_by_key(|entry| (entry.address, entry.vid));
    entries
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
        let mut table = table_with_key(slots, PORTS.into(), limits, HashKey::new(key));
        table.set_ageing_ms(AGEING_MS, 0);
        let mut naive = NaiveTable::new(slots, PORTS, limits, AGEING_MS);
        let mut now = 0u64;
        for event in events {
            match event.clone() {
                Event::Learn(port, address, vid) => prop_assert_eq!(
                    table.learn(port, address, vid, now),
                    naive.learn(port, address, vid, now),
                ),
                Event::SetStatic(port, address, vid) => prop_assert_eq!(
                    table.set_static(port, address, vid, now),
                    naive.set_static(port, address, vid, now),
                ),
                Event::Flush(what) => {
                    prop_assert_eq!(table.flush(&what, now), naive.flush(&what, now));
                }
                Event::ForgetPort(port) => {
                    table.forget_port(port);
                    naive.forget_port(port);
                }
                Event::SetAgeing(ageing_ms) => {
                    table.set_ageing_ms(ageing_ms, now);
                    naive.set_ageing_ms(ageing_ms, now);
                }
                Event::SetLimits(limits) => {
                    table.set_limits(limits, now);
                    naive.set_limits(limits, now);
                }
                Event::Resize(ports) => {
                    table.resize(vec![PortAddresses::EMPTY; ports.into()]);
                    naive.resize(ports);
                }
                Event::Expire(most) => {
                    prop_assert!(table.expire(now, most) <= most);
                    naive.expire(now);
                }
                Event::Wait(ms) => now += ms,
                Event::Late(ms) => now = now.saturating_sub(ms),
            }
            for number in 0..10 {
                for vid in 0..3 {
                    let address = station(number);
                    let at = naive.lookup(address, vid, now);
                    prop_assert_eq!(table.lookup(address, vid, now), at, "after {:?}", event);
                    let entry = table.entry(address, vid, now);
                    prop_assert_eq!(entry.map(|entry| entry.port), at);
                }
            }
            prop_assert_eq!(sorted_entries(&table, now), naive.entries(now));
            prop_assert_eq!(table.fixed() as usize, naive.fixed());
            prop_assert!(table.learned() <= naive.limits.network);
            prop_assert!(table.learned() + table.fixed() <= table.capacity());
            let learned_at_ports: u32 = (0..=PORTS).filter_map(|p| table.learned_at(p)).sum();
            prop_assert_eq!(learned_at_ports, table.learned());
        }
        // What is too old may linger unseen. Once it is gone, the counts are the same, and add up.
        table.expire(now, u32::MAX);
        naive.expire(now);
        let counters = *table.counters();
        prop_assert_eq!(counters, naive.counters);
        prop_assert_eq!(
            counters.learned - counters.aged - counters.evicted - counters.flushed,
            u64::from(table.learned()),
        );
    }
}

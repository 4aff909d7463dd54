// SPDX-License-Identifier: GPL-2.0

//! What happens to a MAC table, and to a naive one beside it.

use af_ipn_core::kvde_switch::fdb::siphash::HashKey;
use af_ipn_core::kvde_switch::fdb::table::{Limits, PortAddresses};
use af_ipn_core::kvde_switch::fdb::{Entry, Flush};
use af_ipn_core::kvde_switch::frame::MacAddress;

use super::naive_table::NaiveTable;
use super::{station, table_with_key, Table};

/// Ports of the table.
pub const PORTS: u16 = 4;
/// How long an address is remembered at first.
pub const AGEING_MS: u64 = 1000;

/// Something that happens to a table.
#[derive(Clone, Debug)]
pub enum Event {
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

fn sorted_entries(table: &Table, now: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table.entries(0, now).map(|(_, entry)| entry).collect();
    entries.sort_by_key(|entry| (entry.address, entry.vid));
    entries
}

/// Both tables say the same of every address after every event, and count the same in the end.
pub fn check(slots: usize, limits: Limits, key: [u64; 2], events: Vec<Event>) {
    let mut table = table_with_key(slots, PORTS.into(), limits, HashKey::new(key));
    table.set_ageing_ms(AGEING_MS, 0);
    let mut naive = NaiveTable::new(slots, PORTS, limits, AGEING_MS);
    let mut now = 0u64;
    for event in events {
        match event.clone() {
            Event::Learn(port, address, vid) => {
                let learning = table.learn(port, address, vid, now);
                let gone = |address, vid| table.lookup(address, vid, now).is_none();
                assert_eq!(naive.learn(port, address, vid, now, gone), learning);
            }
            Event::SetStatic(port, address, vid) => {
                let set = table.set_static(port, address, vid, now);
                let gone = |address, vid| table.lookup(address, vid, now).is_none();
                assert_eq!(naive.set_static(port, address, vid, now, gone), set);
            }
            Event::Flush(what) => {
                assert_eq!(table.flush(&what, now), naive.flush(&what, now));
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
                assert!(table.expire(now, most) <= most);
                naive.expire(now);
            }
            Event::Wait(ms) => now += ms,
            Event::Late(ms) => now = now.saturating_sub(ms),
        }
        for number in 0..10 {
            for vid in 0..3 {
                let address = station(number);
                let at = naive.lookup(address, vid, now);
                assert_eq!(table.lookup(address, vid, now), at, "after {:?}", event);
                let entry = table.entry(address, vid, now);
                assert_eq!(entry.map(|entry| entry.port), at);
            }
        }
        assert_eq!(sorted_entries(&table, now), naive.entries(now));
        assert_eq!(table.fixed() as usize, naive.fixed());
        assert!(table.learned() <= naive.limits.network);
        assert!(table.learned() + table.fixed() <= table.capacity());
        let learned_at_ports: u32 = (0..=PORTS).filter_map(|p| table.learned_at(p)).sum();
        assert_eq!(learned_at_ports, table.learned());
    }
    // What is too old may linger unseen. Once it is gone, the counts are the same, and add up.
    table.expire(now, u32::MAX);
    naive.expire(now);
    let counters = *table.counters();
    assert_eq!(counters, naive.counters);
    assert_eq!(
        counters.learned - counters.aged - counters.evicted - counters.flushed,
        u64::from(table.learned()),
    );
}

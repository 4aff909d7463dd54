// SPDX-License-Identifier: GPL-2.0

//! What a manager does with the MAC table: static addresses, flushing, limits, showing.

mod common;

use std::collections::BTreeSet;

use af_ipn_core::kvde_switch::fdb::table::{Learning, Limits, PortAddresses};
use af_ipn_core::kvde_switch::fdb::{Entry, Flush, StaticError};
use af_ipn_core::kvde_switch::frame::MacAddress;
use common::{station, table, Table, UNLIMITED};

const A: MacAddress = station(1);
const B: MacAddress = station(2);
const C: MacAddress = station(3);

/// Three learned addresses and a static one, at two ports in two VLANs.
fn filled() -> Table {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(0, A, 1, 0);
    table.learn(1, A, 2, 0);
    table.learn(1, B, 1, 0);
    table.set_static(1, C, 1, 0).unwrap();
    table
}

fn known(table: &Table) -> Vec<(MacAddress, u16)> {
    let entries: BTreeSet<_> = table
        .entries(0, 0)
        .map(|(_, entry)| (entry.address, entry.vid))
        .collect();
    entries.into_iter().collect()
}

#[test]
fn a_static_address_neither_ages_nor_moves() {
    let mut table = table(8, 4, UNLIMITED);
    assert_eq!(table.set_static(2, A, 0, 0), Ok(None));
    assert_eq!(table.learn(1, A, 0, 10), Learning::Static);
    assert_eq!(table.learn(2, A, 0, 10), Learning::Static);
    assert_eq!(table.lookup(A, 0, u64::MAX), Some(2));
    assert_eq!((table.learned(), table.fixed()), (0, 1));
}

#[test]
fn a_static_address_takes_the_place_of_what_was_learned_or_set() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(1, A, 0, 0);
    assert_eq!(table.set_static(2, A, 0, 0), Ok(Some(1)));
    assert_eq!(table.set_static(3, A, 0, 0), Ok(Some(2)));
    assert_eq!(table.lookup(A, 0, 0), Some(3));
    assert_eq!((table.learned(), table.fixed()), (0, 1));
    assert_eq!(table.learned_at(1), Some(0));
}

#[test]
fn what_was_too_old_was_nowhere_before() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(1, A, 0, 0);
    assert_eq!(table.set_static(2, A, 0, 300_000), Ok(None));
}

#[test]
fn a_static_address_is_that_of_a_station_in_a_vlan_at_a_port() {
    let mut table = table(8, 4, UNLIMITED);
    for address in [MacAddress::BROADCAST, MacAddress::new([0; 6])] {
        assert_eq!(
            table.set_static(0, address, 0, 0),
            Err(StaticError::NotAStation)
        );
    }
    for vid in [4095, 4096, u16::MAX] {
        assert_eq!(table.set_static(0, A, vid, 0), Err(StaticError::NotAVlan));
    }
    assert_eq!(table.set_static(4, A, 0, 0), Err(StaticError::NoSuchPort));
    assert_eq!(table.fixed(), 0);
}

#[test]
fn in_a_full_table_the_oldest_learned_address_gives_way_to_a_static_one() {
    let mut table = table(2, 4, UNLIMITED);
    table.learn(0, A, 0, 0);
    table.learn(0, B, 0, 1);
    table.learn(0, A, 0, 2);
    assert_eq!(table.set_static(1, C, 0, 3), Ok(None));
    assert_eq!(table.lookup(B, 0, 3), None);
    assert_eq!(table.lookup(A, 0, 3), Some(0));
    assert_eq!(table.set_static(1, B, 0, 3), Ok(None));
    assert_eq!(table.set_static(1, A, 0, 3), Err(StaticError::Full));
    assert_eq!(table.set_static(2, B, 0, 3), Ok(Some(1)));
    assert_eq!(table.counters().evicted, 2);
}

#[test]
fn a_flush_of_all_spares_static_addresses_unless_told() {
    let mut table = filled();
    assert_eq!(table.flush(&Flush::default(), 0), 3);
    assert_eq!(known(&table), [(C, 1)]);
    let all = Flush {
        fixed: true,
        ..Flush::default()
    };
    assert_eq!(table.flush(&all, 0), 1);
    assert_eq!(known(&table), []);
}

#[test]
fn a_flush_of_a_port_leaves_the_others() {
    let mut table = filled();
    let port = Flush {
        port: Some(1),
        ..Flush::default()
    };
    assert_eq!(table.flush(&port, 0), 2);
    assert_eq!(known(&table), [(A, 1), (C, 1)]);
    assert_eq!(
        table.flush(
            &Flush {
                fixed: true,
                ..port
            },
            0
        ),
        1
    );
    assert_eq!(known(&table), [(A, 1)]);
}

#[test]
fn a_flush_of_an_address_reaches_it_in_every_vlan() {
    let mut table = filled();
    let address = Flush {
        address: Some(A),
        ..Flush::default()
    };
    assert_eq!(table.flush(&address, 0), 2);
    assert_eq!(known(&table), [(B, 1), (C, 1)]);
}

#[test]
fn a_flush_of_an_address_in_a_vlan_at_a_port_needs_all_three() {
    let one = Flush {
        port: Some(0),
        address: Some(A),
        vid: Some(1),
        fixed: false,
    };
    let mut table = filled();
    assert_eq!(
        table.flush(
            &Flush {
                port: Some(2),
                ..one
            },
            0
        ),
        0
    );
    assert_eq!(
        table.flush(
            &Flush {
                vid: Some(3),
                ..one
            },
            0
        ),
        0
    );
    assert_eq!(
        table.flush(
            &Flush {
                address: Some(C),
                ..one
            },
            0
        ),
        0
    );
    assert_eq!(table.flush(&one, 0), 1);
    assert_eq!(known(&table), [(A, 2), (B, 1), (C, 1)]);
}

#[test]
fn a_flush_of_a_vlan_leaves_the_others() {
    let mut table = filled();
    let vlan = Flush {
        vid: Some(1),
        ..Flush::default()
    };
    assert_eq!(table.flush(&vlan, 0), 2);
    assert_eq!(known(&table), [(A, 2), (C, 1)]);
}

#[test]
fn a_flush_does_not_count_what_was_too_old() {
    let mut table = filled();
    assert_eq!(table.flush(&Flush::default(), 300_000), 0);
    assert_eq!(table.counters().aged, 3);
    assert_eq!(table.counters().flushed, 0);
}

#[test]
fn a_port_that_left_is_forgotten_static_addresses_included() {
    let mut table = filled();
    table.forget_port(1);
    assert_eq!(known(&table), [(A, 1)]);
    assert_eq!((table.learned(), table.fixed()), (1, 0));
    // There is room for all that its successor teaches.
    for number in 10..17 {
        assert_eq!(table.learn(1, station(number), 0, 0), Learning::New);
    }
}

#[test]
fn a_lower_limit_removes_the_oldest_addresses() {
    let mut table = table(16, 2, UNLIMITED);
    for number in 0..10 {
        table.learn((number % 2) as u16, station(number), 0, number.into());
    }
    let limits = |network, port| Limits { network, port };
    table.set_limits(limits(7, 8), 10);
    assert_eq!(table.lookup(station(2), 0, 10), None);
    assert_eq!(table.lookup(station(3), 0, 10), Some(1));
    table.set_limits(limits(7, 1), 10);
    assert_eq!(known(&table), [(station(8), 0), (station(9), 0)]);
    assert_eq!(table.counters().evicted, 8);
    table.set_limits(limits(0, 0), 10);
    assert_eq!(table.learned(), 0);
    assert_eq!(table.learn(0, A, 0, 10), Learning::Limited);
}

#[test]
fn ports_that_stay_keep_their_addresses_when_the_number_changes() {
    let mut table = filled();
    table.resize(vec![PortAddresses::EMPTY; 1]);
    assert_eq!(known(&table), [(A, 1)]);
    assert_eq!(table.learn(1, B, 0, 0), Learning::Ignored);
    table.resize(vec![PortAddresses::EMPTY; 3]);
    assert_eq!(table.learn(1, B, 0, 0), Learning::New);
    assert_eq!(table.learn(2, A, 1, 0), Learning::Moved { from: 0 });
}

#[test]
fn the_table_shows_port_vlan_age_and_kind() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(2, A, 7, 100);
    table.set_static(3, B, 0, 150).unwrap();
    let entries: Vec<Entry> = table.entries(0, 350).map(|(_, entry)| entry).collect();
    let learned = Entry {
        address: A,
        vid: 7,
        port: 2,
        age_ms: 250,
        fixed: false,
    };
    let fixed = Entry {
        address: B,
        vid: 0,
        port: 3,
        age_ms: 200,
        fixed: true,
    };
    assert_eq!(entries, [learned, fixed]);
    assert_eq!(table.entry(A, 7, 350), Some(learned));
    assert_eq!(table.entry(A, 0, 350), None);
    // What is too old is not shown.
    assert_eq!(table.entries(0, 300_100).count(), 1);
    assert_eq!(table.entry(A, 7, 300_100), None);
}

#[test]
fn a_table_read_in_pieces_shows_each_address_that_stays_once() {
    let mut table = table(64, 4, UNLIMITED);
    for number in 0..50 {
        table.learn(0, station(number), 0, 0);
    }
    let mut seen = Vec::new();
    let mut from = 0;
    loop {
        let piece: Vec<(u32, Entry)> = table.entries(from, 0).take(7).collect();
        let Some((next, _)) = piece.last() else {
            break;
        };
        from = *next;
        seen.extend(piece.iter().map(|(_, entry)| entry.address));
        // Others come and go meanwhile.
        let round = seen.len() as u32;
        table.learn(1, station(1000 + round), 0, 0);
        let what = Flush {
            address: Some(station(1000 + round)),
            vid: Some(0),
            ..Flush::default()
        };
        assert_eq!(table.flush(&what, 0), 1);
    }
    let stayed: Vec<MacAddress> = (0..50).map(station).collect();
    seen.sort();
    assert_eq!(seen, stayed);
}

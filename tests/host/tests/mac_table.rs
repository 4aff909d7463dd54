// SPDX-License-Identifier: GPL-2.0

//! The MAC table: learning, ageing, limits, and constant time.

mod common;

use af_ipn_core::kvde_switch::fdb::siphash::HashKey;
use af_ipn_core::kvde_switch::fdb::table::{
    Learning, Limits, PortAddresses, Slot, DEFAULT_AGEING_MS, MAX_PROBES,
};
use af_ipn_core::kvde_switch::fdb::{Flush, StaticError};
use af_ipn_core::kvde_switch::frame::MacAddress;
use common::{station, table, table_with_key, Random, Table, KEY, UNLIMITED};

const A: MacAddress = station(1);
const B: MacAddress = station(2);
const C: MacAddress = station(3);

#[test]
fn a_learned_station_is_found_in_its_vlan_only() {
    let mut table = table(8, 4, UNLIMITED);
    assert_eq!(table.lookup(A, 5, 0), None);
    assert_eq!(table.learn(3, A, 5, 0), Learning::New);
    assert_eq!(table.lookup(A, 5, 0), Some(3));
    assert_eq!(table.lookup(A, 6, 0), None);
    assert_eq!(table.lookup(B, 5, 0), None);
    assert_eq!(table.learn(1, A, 6, 0), Learning::New);
    assert_eq!(table.lookup(A, 5, 0), Some(3));
    assert_eq!(table.lookup(A, 6, 0), Some(1));
}

#[test]
fn groups_and_zero_are_not_learned() {
    let mut table = table(8, 4, UNLIMITED);
    for address in [
        MacAddress::new([0; 6]),
        MacAddress::new([0x01, 0, 0x5e, 0, 0, 1]),
        MacAddress::new([0x03, 0, 0, 0, 0, 1]),
        MacAddress::BROADCAST,
    ] {
        assert_eq!(table.learn(0, address, 0, 0), Learning::Ignored);
        assert_eq!(table.lookup(address, 0, 0), None);
    }
    assert_eq!(table.learned(), 0);
}

#[test]
fn a_station_that_moved_is_relearned() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(0, A, 0, 0);
    assert_eq!(table.learn(1, A, 0, 1), Learning::Moved { from: 0 });
    assert_eq!(table.lookup(A, 0, 1), Some(1));
    assert_eq!(
        (table.learned_at(0), table.learned_at(1)),
        (Some(0), Some(1))
    );
    assert_eq!(table.counters().moved, 1);
}

#[test]
fn a_station_is_forgotten_after_300_seconds_of_silence() {
    let mut table = table(8, 4, UNLIMITED);
    assert_eq!(DEFAULT_AGEING_MS, 300_000);
    table.learn(0, A, 0, 1000);
    assert_eq!(table.lookup(A, 0, 300_999), Some(0));
    assert_eq!(table.lookup(A, 0, 301_000), None);
}

#[test]
fn each_frame_starts_the_time_anew() {
    let mut table = table(8, 4, UNLIMITED);
    for now in (0..100_000).step_by(20_000) {
        table.learn(0, A, 0, now);
        assert_eq!(table.lookup(A, 0, now + 299_999), Some(0));
        assert_eq!(table.lookup(A, 0, now + 300_000), None);
    }
}

#[test]
fn a_changed_ageing_time_holds_for_what_is_known() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(0, A, 0, 0);
    table.set_ageing_ms(100, 50);
    assert_eq!(table.lookup(A, 0, 99), Some(0));
    assert_eq!(table.lookup(A, 0, 100), None);
}

#[test]
fn a_longer_ageing_time_does_not_bring_back_what_was_forgotten() {
    let mut table = table(8, 4, UNLIMITED);
    table.set_ageing_ms(100, 0);
    table.learn(0, A, 0, 0);
    table.set_ageing_ms(1000, 100);
    assert_eq!(table.lookup(A, 0, 100), None);
}

#[test]
fn with_an_ageing_time_of_0_nothing_is_learned_or_known() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(0, A, 0, 0);
    table.set_ageing_ms(0, 0);
    assert_eq!(table.lookup(A, 0, 0), None);
    assert_eq!(table.learn(0, B, 0, 0), Learning::Ignored);
}

#[test]
fn with_the_longest_ageing_time_nothing_is_forgotten() {
    let mut table = table(8, 4, UNLIMITED);
    table.set_ageing_ms(u64::MAX, 0);
    table.learn(0, A, 0, 1);
    assert_eq!(table.lookup(A, 0, u64::MAX), Some(0));
}

#[test]
fn time_that_runs_backwards_does_no_harm() {
    let mut table = table(8, 4, UNLIMITED);
    table.learn(0, A, 0, 1_000_000);
    table.learn(0, B, 0, 5);
    assert_eq!(table.lookup(A, 0, 0), Some(0));
    assert_eq!(table.lookup(B, 0, 1_299_999), Some(0));
    assert_eq!(table.expire(1_300_000, u32::MAX), 2);
}

#[test]
fn beyond_the_networks_limit_the_port_with_most_gives_up_its_oldest_address() {
    let limits = Limits {
        network: 3,
        port: 8,
    };
    let mut table = table(8, 4, limits);
    table.learn(1, A, 0, 0);
    for (now, number) in [(10, 11), (20, 12), (30, 11)] {
        table.learn(0, station(number), 0, now);
    }
    assert_eq!(table.learn(2, B, 0, 40), Learning::New);
    assert_eq!(table.lookup(station(12), 0, 40), None);
    assert_eq!(table.lookup(station(11), 0, 40), Some(0));
    assert_eq!(table.lookup(A, 0, 40), Some(1));
    assert_eq!(table.lookup(B, 0, 40), Some(2));
    // In a full table stations move as ever.
    assert_eq!(table.learn(3, B, 0, 50), Learning::Moved { from: 2 });
    // What is too old goes before what gives way.
    assert_eq!(table.learn(2, C, 0, 300_000), Learning::New);
    assert_eq!(table.lookup(A, 0, 300_000), None);
    let counters = table.counters();
    assert_eq!((counters.evicted, counters.aged), (1, 1));
    assert_eq!((counters.limited, table.learned()), (0, 3));
}

#[test]
fn the_slots_are_a_limit() {
    let mut table = table(2, 4, UNLIMITED);
    table.learn(0, A, 0, 0);
    table.learn(0, B, 0, 0);
    assert_eq!(table.learn(0, C, 0, 0), Learning::New);
    assert_eq!(table.lookup(A, 0, 0), None);
    assert_eq!((table.learned(), table.counters().evicted), (2, 1));
}

#[test]
fn a_port_that_has_as_many_as_any_gives_way_to_its_own() {
    let mut table = table(4, 3, UNLIMITED);
    for (port, number) in [(0, 1), (1, 2), (0, 3), (1, 4)] {
        table.learn(port, station(number), 0, 0);
    }
    for number in 10..20 {
        assert_eq!(table.learn(1, station(number), 0, 0), Learning::New);
        assert_eq!(table.learned_at(0), Some(2));
    }
    assert_eq!(table.lookup(station(1), 0, 0), Some(0));
    assert_eq!(table.lookup(station(3), 0, 0), Some(0));
}

#[test]
fn no_ports_keep_another_from_being_known() {
    const SLOTS: u32 = 4096;
    let limits = Limits {
        network: SLOTS,
        port: 1024,
    };
    let mut table = table(SLOTS as usize, 64, limits);
    let fill = |table: &mut Table, first: u32| {
        for number in 0..SLOTS {
            table.learn(10 + (number % 4) as u16, station(first + number), 0, 0);
        }
    };
    fill(&mut table, 0x10000);
    assert_eq!(table.learned(), SLOTS);
    let modest: Vec<_> = (0..100)
        .map(|number| (number % 5, station(number.into())))
        .collect();
    for (port, address) in &modest {
        assert_eq!(table.learn(*port, *address, 0, 0), Learning::New);
    }
    for first in [0x20000, 0x30000] {
        fill(&mut table, first);
        for (port, address) in &modest {
            assert_eq!(table.lookup(*address, 0, 0), Some(*port));
        }
    }
    assert_eq!(table.learned(), SLOTS);
    // Those share what the others leave them.
    let shares: Vec<_> = (10..14).map(|port| table.learned_at(port)).collect();
    assert_eq!(shares, [Some(999); 4]);
}

#[test]
fn a_table_full_of_static_addresses_learns_nothing() {
    let mut table = table(2, 4, UNLIMITED);
    table.set_static(0, A, 0, 0).unwrap();
    table.set_static(1, B, 0, 0).unwrap();
    assert_eq!(table.learn(0, C, 0, 0), Learning::Limited);
    assert_eq!((table.fixed(), table.counters().limited), (2, 1));
}

#[test]
fn a_table_without_slots_learns_nothing() {
    let mut table = table(0, 4, UNLIMITED);
    assert_eq!(table.learn(0, A, 0, 0), Learning::Limited);
    assert_eq!(table.lookup(A, 0, 0), None);
    assert_eq!(table.entries(0, 0).count(), 0);
}

#[test]
fn beyond_its_own_limit_a_port_learns_nothing_and_others_do() {
    let limits = Limits {
        network: 8,
        port: 1,
    };
    let mut table = table(8, 4, limits);
    table.learn(0, A, 0, 0);
    assert_eq!(table.learn(0, B, 0, 0), Learning::Limited);
    assert_eq!(table.learn(1, B, 0, 0), Learning::New);
    assert_eq!(table.learn(0, C, 0, 300_000), Learning::New);
    assert_eq!(table.counters().port_limited, 1);
}

#[test]
fn at_a_port_at_its_limit_the_one_longest_unheard_of_makes_room() {
    let limits = Limits {
        network: 8,
        port: 2,
    };
    let mut table = table(8, 4, limits);
    table.learn(0, A, 0, 0);
    table.learn(0, B, 0, 100);
    table.learn(0, A, 0, 20_000);
    table.learn(1, C, 0, 20_000);
    assert_eq!(table.learn(0, C, 0, 300_100), Learning::Moved { from: 1 });
    assert_eq!(table.lookup(A, 0, 300_100), Some(0));
    assert_eq!(table.lookup(B, 0, 300_100), None);
}

#[test]
fn what_a_port_at_its_limit_names_stays_where_it_is() {
    let limits = Limits {
        network: 8,
        port: 1,
    };
    let mut table = table(8, 4, limits);
    table.learn(0, A, 0, 0);
    table.learn(1, B, 0, 0);
    assert_eq!(table.learn(1, A, 0, 10_000), Learning::Limited);
    assert_eq!(table.lookup(A, 0, 10_000), Some(0));
    assert_eq!(table.lookup(B, 0, 10_000), Some(1));
    let counters = table.counters();
    assert_eq!((counters.port_limited, counters.evicted), (1, 0));
    // Nor does it keep the address from growing old.
    assert_eq!(table.lookup(A, 0, 300_000), None);
}

#[test]
fn at_its_limit_in_a_full_table_a_port_takes_nothing_from_others() {
    let limits = Limits {
        network: 3,
        port: 1,
    };
    let mut table = table(3, 4, limits);
    for (port, address) in [(0, A), (1, B), (2, C)] {
        table.learn(port, address, 0, 0);
    }
    assert_eq!(table.learn(0, station(9), 0, 0), Learning::Limited);
    let counters = table.counters();
    assert_eq!((counters.port_limited, counters.limited), (1, 0));
    assert_eq!((counters.evicted, table.learned()), (0, 3));
}

#[test]
fn a_port_that_is_not_there_learns_nothing() {
    let mut table = table(8, 4, UNLIMITED);
    assert_eq!(table.learn(4, A, 0, 0), Learning::Ignored);
    assert_eq!(table.learn(u16::MAX, A, 0, 0), Learning::Ignored);
    assert_eq!(table.learned_at(4), None);
}

#[test]
fn expiry_goes_no_further_than_it_is_told() {
    let mut table = table(8, 4, UNLIMITED);
    for number in 0..6 {
        table.learn(0, station(number), 0, 0);
    }
    assert_eq!(table.expire(299_999, u32::MAX), 0);
    assert_eq!(table.expire(300_000, 4), 4);
    assert_eq!(table.learned(), 2);
    assert_eq!(table.expire(300_000, 4), 2);
    assert_eq!(table.counters().aged, 6);
}

/// What makes a table forget the address of port 0 that it learned at time 0. Returns the time then.
type Forgetting = fn(&mut Table) -> u64;

const FORGETTING: [(&str, Forgetting); 7] = [
    ("it grew too old", |table| {
        table.expire(DEFAULT_AGEING_MS, u32::MAX);
        DEFAULT_AGEING_MS
    }),
    ("it grew too old unseen", |_| DEFAULT_AGEING_MS),
    ("it was flushed", |table| {
        table.flush(&Flush::default(), 1).into()
    }),
    ("its port left", |table| {
        table.forget_port(0);
        1
    }),
    ("another was set static in its place", |table| {
        table.set_static(2, C, 0, 1).expect("it gives way");
        table.flush(
            &Flush {
                fixed: true,
                ..Flush::default()
            },
            1,
        );
        1
    }),
    ("a limit was lowered", |table| {
        let limits = Limits {
            network: 0,
            port: 0,
        };
        table.set_limits(limits, 1);
        table.set_limits(UNLIMITED, 1);
        1
    }),
    ("its port ceased to be, and came back", |table| {
        table.resize(vec![]);
        table.resize(vec![PortAddresses::EMPTY; 4]);
        1
    }),
];

#[test]
fn what_a_slot_has_held_is_not_found_there() {
    for (what, forget) in FORGETTING {
        // With one slot, whatever is learned next is in that of the address before.
        let mut table = table(1, 4, UNLIMITED);
        assert_eq!(table.learn(0, A, 0, 0), Learning::New);
        let now = forget(&mut table);
        assert_eq!(table.lookup(A, 0, now), None, "{what}");
        assert_eq!(table.learn(1, B, 0, now), Learning::New, "{what}");
        assert_eq!(table.lookup(A, 0, now), None, "{what}");
        assert_eq!(table.lookup(B, 0, now), Some(1), "{what}");
        // Nor in another VLAN.
        assert_eq!(table.lookup(B, 1, now), None, "{what}");
        assert_eq!(table.learn(0, A, 0, now), Learning::New, "{what}");
        assert_eq!(table.lookup(A, 0, now), Some(0), "{what}");
        assert_eq!(table.lookup(B, 0, now), None, "{what}");
    }
}

#[test]
fn an_address_that_came_back_is_found_where_it_is_now() {
    for (what, forget) in FORGETTING {
        let mut table = table(2, 4, UNLIMITED);
        assert_eq!(table.learn(0, A, 0, 0), Learning::New);
        let now = forget(&mut table);
        // This takes the slot in which the address was.
        assert_eq!(table.learn(1, B, 0, now), Learning::New, "{what}");
        assert_eq!(table.learn(2, A, 0, now), Learning::New, "{what}");
        assert_eq!(table.lookup(A, 0, now), Some(2), "{what}");
        assert_eq!(table.learn(2, A, 0, now), Learning::Refreshed, "{what}");
        let moved = Learning::Moved { from: 2 };
        assert_eq!(table.learn(3, A, 0, now), moved, "{what}");
        assert_eq!(table.lookup(A, 0, now), Some(3), "{what}");
        assert_eq!(table.lookup(B, 0, now), Some(1), "{what}");
    }
}

#[test]
fn a_slot_takes_48_octets_and_a_port_24() {
    assert_eq!(std::mem::size_of::<Slot>(), 48);
    assert_eq!(std::mem::size_of::<PortAddresses>(), 24);
}

/// The most and the mean number of slots that a search for one of these addresses looks at.
fn probes(table: &Table, addresses: &[MacAddress]) -> (u32, f64) {
    let each = || addresses.iter().map(|address| table.probes(*address, 0));
    let sum: u64 = each().map(u64::from).sum();
    (each().max().unwrap(), sum as f64 / addresses.len() as f64)
}

/// Asserts that a full table is searched in constant time for what it has and what it has not.
fn assert_short_searches(table: &Table, present: &[MacAddress], absent: &[MacAddress]) {
    let (most, mean) = probes(table, present);
    assert!(
        most <= MAX_PROBES && mean < 1.35,
        "present: {most} at most, {mean} on average"
    );
    let (most, mean) = probes(table, absent);
    assert!(
        most <= MAX_PROBES && mean < 0.6,
        "absent: {most} at most, {mean} on average"
    );
}

#[test]
fn a_million_stations_are_bounded_then_give_way_then_age_out() {
    const SLOTS: usize = 1 << 16;
    let mut table = table(SLOTS, 64, UNLIMITED);
    let mut random = Random(1);
    let addresses: Vec<MacAddress> = (0..1_000_000).map(|_| random.station()).collect();
    for (number, address) in addresses.iter().enumerate() {
        let learning = table.learn((number % 64) as u16, *address, 0, 0);
        assert_eq!(learning, Learning::New);
    }
    assert_eq!(table.learned() as usize, SLOTS);
    // Of each port the last ones are known.
    let (unknown, known) = addresses.split_at(1_000_000 - SLOTS);
    for (number, address) in known.iter().enumerate() {
        assert_eq!(
            table.lookup(*address, 0, 0),
            Some(((1_000_000 - SLOTS + number) % 64) as u16)
        );
    }
    assert!(unknown
        .iter()
        .all(|address| table.lookup(*address, 0, 0).is_none()));
    assert_short_searches(&table, known, unknown);

    // Once they are too old, the others are learned, one for one, without a pause to clean up.
    let later = DEFAULT_AGEING_MS;
    assert!(known
        .iter()
        .all(|address| table.lookup(*address, 0, later).is_none()));
    let (next, _) = unknown.split_at(SLOTS);
    for address in next {
        assert_eq!(table.learn(1, *address, 0, later), Learning::New);
    }
    assert_eq!(table.learned() as usize, SLOTS);
    assert_eq!(table.counters().aged as usize, SLOTS);
    assert_eq!(table.counters().evicted as usize, 1_000_000 - SLOTS);
    assert_short_searches(&table, next, known);
}

#[test]
fn a_search_takes_as_long_in_a_large_table_as_in_a_small_one() {
    for slots in [1 << 8, 1 << 12, 1 << 16, 1_000_000] {
        let mut table = table(slots, 1, UNLIMITED);
        let mut random = Random(slots as u64);
        let mut draw = |count| (0..count).map(|_| random.station()).collect::<Vec<_>>();
        let (present, absent) = (draw(slots), draw(slots));
        for address in &present {
            assert_eq!(table.learn(0, *address, 0, 0), Learning::New);
        }
        if slots > 1 << 8 {
            assert_short_searches(&table, &present, &absent);
        }
        assert!(probes(&table, &present).0 <= 12);
    }
}

#[test]
fn addresses_in_patterns_are_searched_as_fast_as_random_ones() {
    const COUNT: usize = 1 << 14;
    let patterns: [fn(u64) -> u64; 5] = [
        |n| 0x0200_0000_0000 + n,
        |n| 0x0200_0000_0000 + (n << 8),
        |n| 0x0200_0000_0000 + (n << 16),
        |n| 0x0200_0000_0000 + (n << 24),
        |n| 0x0200_0000_0000 + n * n * 4,
    ];
    for pattern in patterns {
        let mut table = table(COUNT, 1, UNLIMITED);
        let address = |n: usize| MacAddress::from_u64(pattern(n as u64) & 0xfeff_ffff_ffff);
        let present: Vec<MacAddress> = (0..COUNT).map(address).collect();
        let absent: Vec<MacAddress> = (COUNT..2 * COUNT).map(address).collect();
        for address in &present {
            assert_eq!(table.learn(0, *address, 0, 0), Learning::New);
        }
        assert_short_searches(&table, &present, &absent);
    }
}

/// So many addresses of one chain of a table of 1024 slots: those that an attacker could pick who knew
/// the key.
fn colliding(count: usize) -> Vec<MacAddress> {
    let mut random = Random(7);
    let chain = |address: &MacAddress| KEY.hash(address.to_u64() << 16) >> 53;
    std::iter::repeat_with(|| random.station())
        .filter(|address| chain(address) == 0)
        .take(count)
        .collect()
}

#[test]
fn addresses_that_collide_under_one_key_do_not_under_another() {
    const SLOTS: usize = 1 << 10;
    let colliding = colliding(500);
    let learn_all = |table: &mut Table| {
        let results = colliding
            .iter()
            .map(|address| table.learn(0, *address, 0, 0));
        results
            .filter(|learning| *learning == Learning::New)
            .count()
    };
    let mut known_key = table(SLOTS, 1, UNLIMITED);
    assert_eq!(learn_all(&mut known_key), MAX_PROBES as usize);
    assert_eq!(probes(&known_key, &colliding).0, MAX_PROBES);

    let mut secret_key = table_with_key(SLOTS, 1, UNLIMITED, HashKey::new([8, 15]));
    assert_eq!(learn_all(&mut secret_key), 500);
    assert!(probes(&secret_key, &colliding).1 < 1.35);
}

#[test]
fn a_full_chain_takes_no_static_address_but_one_of_its_own() {
    let mut table = table(1 << 10, 1, UNLIMITED);
    let colliding = colliding(MAX_PROBES as usize + 1);
    for address in &colliding[1..] {
        assert_eq!(table.set_static(0, *address, 0, 0), Ok(None));
    }
    let another = table.set_static(0, colliding[0], 0, 0);
    assert_eq!(another, Err(StaticError::Full));
    assert_eq!(table.set_static(0, colliding[1], 0, 0), Ok(Some(0)));
}

#[test]
fn an_address_that_aged_out_of_a_full_chain_takes_its_own_place_there() {
    let mut table = table(1 << 10, 1, UNLIMITED);
    let colliding = colliding(MAX_PROBES as usize);
    for address in &colliding {
        assert_eq!(table.learn(0, *address, 0, 0), Learning::New);
    }
    for address in &colliding {
        let later = DEFAULT_AGEING_MS;
        assert_eq!(table.learn(0, *address, 0, later), Learning::New);
    }
}

#[test]
fn a_table_that_is_always_full_keeps_its_pace() {
    const SLOTS: usize = 1 << 10;
    let mut table = table(SLOTS, 4, UNLIMITED);
    table.set_ageing_ms(SLOTS as u64, 0);
    let mut random = Random(3);
    // One new station a millisecond: each takes the place of the one that ages out then.
    let addresses: Vec<MacAddress> = (0..200_000).map(|_| random.station()).collect();
    for (now, address) in addresses.iter().enumerate() {
        assert_eq!(
            table.learn((now % 4) as u16, *address, 0, now as u64),
            Learning::New
        );
    }
    assert_eq!(table.learned() as usize, SLOTS);
    assert_eq!(table.counters().aged as usize, addresses.len() - SLOTS);
    let (past, present) = addresses.split_at(addresses.len() - SLOTS);
    assert!(probes(&table, present).1 < 1.35 && probes(&table, past).1 < 0.6);
}

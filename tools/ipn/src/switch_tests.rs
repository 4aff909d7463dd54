// SPDX-License-Identifier: GPL-2.0

use super::*;

#[test]
fn an_address_reads_back_as_it_is_written() {
    let address = MacAddress([2, 0, 0xab, 0, 0xff, 9]);
    assert_eq!(address.to_string(), "02:00:ab:00:ff:09");
    assert_eq!(address.to_string().parse(), Ok(address));
    for wrong in [
        "",
        "02:00",
        "2:0:0:0:0:1",
        "02:00:00:00:00:0g",
        "02:00:00:00:00:01:02",
    ] {
        let error = wrong.parse::<MacAddress>().expect_err("a wrong address");
        assert!(error.contains("MAC"), "{error}");
    }
}

#[test]
fn structures_have_the_sizes_of_the_header() {
    let address = MacAddress([2, 0, 0, 0, 0, 1]);
    assert_eq!(address_bytes(address, 0x102, 3).len(), 24);
    assert_eq!(vlan_bytes(1, 2, 3).len(), 8);
    assert_eq!(half(&address_bytes(address, 0x102, 3), 6), 0x102);
    assert_eq!(word(&address_bytes(address, 0x102, 3), 2), 3);
}

#[test]
fn counters_are_read_in_order() {
    let bytes: Vec<u8> = (1_u64..=23).flat_map(u64::to_ne_bytes).collect();
    let statistics = Statistics::from_bytes(&bytes);
    assert_eq!((statistics.unicast, statistics.capacity), (1, 22));
    assert_eq!(statistics.drop_locked, 23);
    let counters: Vec<u64> = statistics.counters().map(|(_, counter)| counter).collect();
    assert_eq!(counters, (1..=23).collect::<Vec<_>>());
    assert_eq!(Statistics::from_bytes(&bytes[..12]).unicast, 1);
}

// SPDX-License-Identifier: GPL-2.0

//! The switch's options: the header's numbers and sizes, what is set is got, and any bytes.

mod common;

use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::options::numbers::*;
use af_ipn_core::kvde_switch::options::OptionError;
use common::lab::{frame, Lab};
use common::option_bytes::{check_getting, check_setting, everything, set};
use common::station;
use proptest::prelude::*;

const HEADER: &str = include_str!("../../../include/uapi/linux/ipn_switch.h");

const A: MacAddress = station(1);
const B: MacAddress = station(2);

/// Fields one after the other.
fn bytes(fields: &[&[u8]]) -> Vec<u8> {
    fields.concat()
}

fn words(fields: &[u32]) -> Vec<u8> {
    fields.iter().flat_map(|f| f.to_ne_bytes()).collect()
}

fn address(address: MacAddress, vid: u16, port: u32) -> Vec<u8> {
    bytes(&[
        &address.octets(),
        &vid.to_ne_bytes(),
        &port.to_ne_bytes(),
        &[0; 12],
    ])
}

fn vlan(port: u32, vid: u16, flags: u16) -> Vec<u8> {
    bytes(&[
        &port.to_ne_bytes(),
        &vid.to_ne_bytes(),
        &flags.to_ne_bytes(),
    ])
}

fn flush(named: u32, port: u32, address: MacAddress, vid: u16) -> Vec<u8> {
    bytes(&[
        &words(&[named, port]),
        &address.octets(),
        &vid.to_ne_bytes(),
    ])
}

fn get(lab: &Lab, option: u32, asked: &[u8], room: usize) -> Result<Vec<u8>, OptionError> {
    let mut value = vec![0; room];
    value[..asked.len()].copy_from_slice(asked);
    let len = lab.switch.get_option(option, &mut value, lab.now)?;
    value.truncate(len);
    Ok(value)
}

fn word(value: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(value[4 * at..4 * at + 4].try_into().unwrap())
}

/// The numbers that the header gives names to.
fn header(name: &str) -> u32 {
    let name = format!("IPN_SWITCH_{name}");
    let value = HEADER
        .lines()
        .filter_map(|line| line.strip_prefix("#define "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words[0] == name)
        .unwrap_or_else(|| panic!("the header has no {name}"))[1];
    match value.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => value.parse().unwrap(),
    }
}

#[test]
fn numbers_are_those_of_the_header() {
    macro_rules! same {
        ($($name:ident)*) => { $(assert_eq!(u32::from($name), header(stringify!($name)));)* };
    }
    same! {
        AGEING LIMITS FILTERING MIRROR GROUP_FWD STATS PORT FDB FDB_ADD FDB_DEL FDB_FLUSH VLANS
        VLAN_ADD VLAN_DEL NO_PORT PORT_LEARNING PORT_ISOLATED PORT_HELD PORT_LOCKED PORT_FLOOD
        PORT_MCAST_FLOOD PORT_BCAST_FLOOD FDB_STATIC FLUSH_PORT FLUSH_ADDRESS FLUSH_VLAN FLUSH_STATIC VLAN_PVID VLAN_UNTAGGED
    }
}

#[test]
fn counters_stand_in_the_order_of_the_header() {
    use af_ipn_core::kvde_switch::verdict::DropReason;
    let (_, fields) = HEADER.split_once("struct ipn_switch_stats {").unwrap();
    let fields: Vec<&str> = fields
        .lines()
        .map_while(|line| (line != "};").then_some(line))
        .filter_map(|line| line.split_once("__u64 ")?.1.split(';').next())
        .collect();
    let dropped = DropReason::ALL.map(|reason| format!("drop_{}", reason.name()));
    assert_eq!(fields[..2], ["unicast", "flooded"]);
    // Counters that came later stand behind those that programs knew already.
    assert_eq!(fields[2..12], dropped[..10]);
    assert_eq!(fields[21..], ["capacity", &dropped[10]]);
    let lab = Lab::new(2);
    assert_eq!(get(&lab, STATS, &[], 4096).unwrap().len(), 8 * fields.len());
}

#[test]
fn settings_that_are_set_are_got() {
    let mut lab = Lab::new(4);
    for (option, value) in [
        (AGEING, 5_000_u64.to_ne_bytes().to_vec()),
        (AGEING, u64::MAX.to_ne_bytes().to_vec()),
        (LIMITS, words(&[7, 3])),
        (FILTERING, words(&[1])),
        (FILTERING, words(&[0])),
        (MIRROR, words(&[3])),
        (MIRROR, words(&[NO_PORT])),
        (GROUP_FWD, words(&[1 << 14])),
    ] {
        assert_eq!(set(&mut lab, option, &value), Ok(()));
        assert_eq!(get(&lab, option, &[], value.len()), Ok(value.clone()));
        assert_eq!(get(&lab, option, &[], 64), Ok(value.clone()));
        let short = get(&lab, option, &[], value.len() - 1);
        assert_eq!(short, Err(OptionError::Invalid));
    }
}

#[test]
fn copies_go_to_a_port_that_is_held() {
    let mut lab = Lab::new(2);
    lab.switch.leave(1);
    let refused = set(&mut lab, MIRROR, &words(&[1]));
    assert_eq!(refused, Err(OptionError::NoSuchPort));
    assert_eq!(get(&lab, MIRROR, &[], 4), Ok(words(&[NO_PORT])));
}

#[test]
fn a_port_has_only_those_flags_set_that_the_mask_names() {
    let mut lab = Lab::new(2);
    let shown = |lab: &Lab| word(&get(lab, PORT, &words(&[1]), 16).unwrap(), 1);
    let floods = PORT_FLOOD | PORT_MCAST_FLOOD | PORT_BCAST_FLOOD;
    assert_eq!(shown(&lab), PORT_HELD | PORT_LEARNING | floods);
    let isolate = words(&[1, PORT_ISOLATED, PORT_ISOLATED, 0]);
    assert_eq!(set(&mut lab, PORT, &isolate), Ok(()));
    assert_eq!(
        shown(&lab),
        PORT_HELD | PORT_LEARNING | PORT_ISOLATED | floods
    );
    assert_eq!(
        set(&mut lab, PORT, &words(&[1, 0, PORT_LEARNING, 0])),
        Ok(())
    );
    assert_eq!(shown(&lab), PORT_HELD | PORT_ISOLATED | floods);
    lab.switch.leave(1);
    assert_eq!(shown(&lab), PORT_ISOLATED | floods);
    for flag in [PORT_FLOOD, PORT_MCAST_FLOOD, PORT_BCAST_FLOOD] {
        assert_eq!(set(&mut lab, PORT, &words(&[1, 0, flag, 0])), Ok(()));
        assert_eq!(shown(&lab), PORT_ISOLATED | (floods & !flag));
        assert_eq!(set(&mut lab, PORT, &words(&[1, flag, flag, 0])), Ok(()));
    }
    let lock = words(&[1, PORT_LOCKED, PORT_LOCKED, 0]);
    assert_eq!(set(&mut lab, PORT, &lock), Ok(()));
    assert_eq!(shown(&lab), PORT_ISOLATED | PORT_LOCKED | floods);
    for wrong in [
        [1, PORT_HELD, PORT_HELD, 0],
        [1, PORT_ISOLATED, 0, 0],
        [1, PORT_FLOOD, PORT_MCAST_FLOOD, 0],
        [1, 128, 128, 0],
        [1, 0, 0, 1],
    ] {
        let refused = set(&mut lab, PORT, &words(&wrong));
        assert_eq!(refused, Err(OptionError::Invalid));
    }
    let refused = set(&mut lab, PORT, &words(&[2, 0, 0, 0]));
    assert_eq!(refused, Err(OptionError::NoSuchPort));
}

#[test]
fn addresses_are_added_shown_and_deleted() {
    let mut lab = Lab::new(4);
    lab.send(2, &frame(B, A));
    assert_eq!(set(&mut lab, FDB_ADD, &address(A, 0, 1)), Ok(()));
    lab.now = 70;
    let all = get(&lab, FDB, &words(&[0, 0]), 4096).unwrap();
    assert_eq!((word(&all, 0), word(&all, 1), all.len()), (0, 2, 8 + 48));
    let mut entries: Vec<&[u8]> = all[8..].chunks(24).collect();
    entries.sort();
    let age = 70_u64.to_ne_bytes();
    let entry = |a: MacAddress, port: u32, flags: u32| {
        bytes(&[&a.octets(), &[0; 2], &words(&[port, flags]), &age])
    };
    assert_eq!(entries, [entry(A, 1, FDB_STATIC), entry(B, 2, 0)]);

    let at = |port| address(A, 0, port);
    assert_eq!(set(&mut lab, FDB_DEL, &at(2)), Err(OptionError::NotFound));
    assert_eq!(set(&mut lab, FDB_DEL, &at(9)), Err(OptionError::NoSuchPort));
    assert_eq!(set(&mut lab, FDB_DEL, &at(1)), Ok(()));
    assert_eq!(
        set(&mut lab, FDB_DEL, &at(NO_PORT)),
        Err(OptionError::NotFound)
    );
    assert_eq!(set(&mut lab, FDB_DEL, &address(B, 0, NO_PORT)), Ok(()));
}

#[test]
fn addresses_that_cannot_be_are_refused() {
    let mut lab = Lab::new(2);
    let refused = |lab: &mut Lab, a, vid, port| set(lab, FDB_ADD, &address(a, vid, port));
    let invalid = Err(OptionError::Invalid);
    assert_eq!(refused(&mut lab, MacAddress::BROADCAST, 0, 0), invalid);
    assert_eq!(refused(&mut lab, MacAddress::new([0; 6]), 0, 0), invalid);
    assert_eq!(refused(&mut lab, A, 4095, 0), invalid);
    assert_eq!(refused(&mut lab, A, 0, 2), Err(OptionError::NoSuchPort));
    assert_eq!(
        refused(&mut lab, A, 0, NO_PORT),
        Err(OptionError::NoSuchPort)
    );
    // What is only told of an address is not set.
    for at in [12, 16] {
        let mut value = address(A, 0, 0);
        value[at] = 1;
        assert_eq!(set(&mut lab, FDB_ADD, &value), invalid);
    }
    lab.switch.leave(1);
    assert_eq!(refused(&mut lab, A, 0, 1), Err(OptionError::NoSuchPort));
    let capacity = lab.switch.table().capacity();
    for n in 0..capacity {
        assert_eq!(refused(&mut lab, station(100 + n), 0, 0), Ok(()));
    }
    assert_eq!(refused(&mut lab, A, 0, 0), Err(OptionError::Full));
}

#[test]
fn a_flush_takes_what_it_names() {
    let left = |named, port, a, vid| {
        let mut lab = Lab::new(3);
        lab.send(0, &frame(A, B));
        lab.send(1, &frame(B, A));
        set(&mut lab, FDB_ADD, &address(station(3), 5, 1)).unwrap();
        set(&mut lab, FDB_FLUSH, &flush(named, port, a, vid))?;
        Ok(word(&get(&lab, FDB, &[], 4096).unwrap(), 1))
    };
    let nobody = MacAddress::new([0; 6]);
    assert_eq!(left(0, 0, nobody, 0), Ok(1));
    assert_eq!(left(FLUSH_STATIC, 0, nobody, 0), Ok(0));
    assert_eq!(left(FLUSH_PORT, 1, nobody, 0), Ok(2));
    assert_eq!(left(FLUSH_PORT | FLUSH_STATIC, 1, nobody, 0), Ok(1));
    assert_eq!(left(FLUSH_ADDRESS, 0, A, 0), Ok(2));
    assert_eq!(left(FLUSH_VLAN | FLUSH_STATIC, 0, nobody, 5), Ok(2));
    for (named, port, a, vid) in [
        (16, 0, nobody, 0),
        (0, 1, nobody, 0),
        (0, 0, A, 0),
        (0, 0, nobody, 1),
        (FLUSH_VLAN, 0, nobody, 4095),
    ] {
        assert_eq!(left(named, port, a, vid), Err(OptionError::Invalid));
    }
    assert_eq!(left(FLUSH_PORT, 3, nobody, 0), Err(OptionError::NoSuchPort));
}

#[test]
fn vlans_are_added_shown_and_deleted() {
    let mut lab = Lab::new(2);
    assert_eq!(set(&mut lab, VLAN_ADD, &vlan(1, 10, VLAN_PVID)), Ok(()));
    assert_eq!(set(&mut lab, VLAN_ADD, &vlan(1, 4094, 0)), Ok(()));
    let all = get(&lab, VLANS, &words(&[1, 0]), 4096).unwrap();
    let entries = [
        vlan(1, 1, VLAN_UNTAGGED),
        vlan(1, 10, VLAN_PVID),
        vlan(1, 4094, 0),
    ]
    .concat();
    assert_eq!(all, bytes(&[&words(&[1, 0, 3, 0]), &entries]));
    assert_eq!(set(&mut lab, VLAN_DEL, &vlan(1, 10, 0)), Ok(()));
    assert_eq!(
        set(&mut lab, VLAN_DEL, &vlan(1, 10, 0)),
        Err(OptionError::NotFound)
    );
    for wrong in [vlan(1, 0, 0), vlan(1, 4095, 0), vlan(1, 5, 4)] {
        assert_eq!(set(&mut lab, VLAN_ADD, &wrong), Err(OptionError::Invalid));
    }
    let flagged = set(&mut lab, VLAN_DEL, &vlan(1, 1, VLAN_PVID));
    assert_eq!(flagged, Err(OptionError::Invalid));
    assert_eq!(
        set(&mut lab, VLAN_ADD, &vlan(2, 5, 0)),
        Err(OptionError::NoSuchPort)
    );
}

#[test]
fn a_vlan_that_is_not_there_is_refused_without_a_flush() {
    let mut lab = Lab::new(2);
    set(&mut lab, FDB_ADD, &address(A, 7, 1)).unwrap();
    lab.switch.table_mut().learn(1, B, 7, 0);
    let before = everything(&lab);
    assert_eq!(
        set(&mut lab, VLAN_DEL, &vlan(1, 7, 0)),
        Err(OptionError::NotFound)
    );
    assert!(everything(&lab) == before);
}

#[test]
fn small_places_get_everything_in_pieces() {
    let mut lab = Lab::new(2);
    for n in 0..40 {
        lab.switch.table_mut().learn(1, station(n + 1), 0, 0);
        let number = n as u16 + 2;
        set(&mut lab, VLAN_ADD, &vlan(1, number, 0)).unwrap();
    }
    for room in [1, 2, 7, 40, 41, 100] {
        let (mut cursor, mut seen) = (0, Vec::new());
        loop {
            let chunk = get(&lab, FDB, &words(&[cursor]), 8 + 24 * room + 5).unwrap();
            assert_eq!(chunk.len(), 8 + 24 * word(&chunk, 1) as usize);
            seen.extend(chunk[8..].chunks(24).map(|entry| entry[..6].to_vec()));
            cursor = word(&chunk, 0);
            if cursor == 0 {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 40);

        let (mut cursor, mut seen) = (0, Vec::new());
        loop {
            let chunk = get(&lab, VLANS, &words(&[1, cursor]), 16 + 8 * room).unwrap();
            seen.extend(chunk[16..].chunks(8).map(|entry| entry.to_vec()));
            cursor = word(&chunk, 1);
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen.len(), 41);
    }
    let none = get(&lab, FDB, &words(&[0]), 8 + 23);
    assert_eq!(none, Err(OptionError::Invalid));
    let none = get(&lab, VLANS, &words(&[1, 0]), 16 + 7);
    assert_eq!(none, Err(OptionError::Invalid));
}

#[test]
fn a_value_that_goes_on_behind_its_last_field_is_refused() {
    let station = MacAddress::new([2, 0, 0, 0, 0, 1]);
    for (option, value) in [
        (AGEING, 5_000_u64.to_ne_bytes().to_vec()),
        (LIMITS, words(&[7, 3])),
        (FILTERING, words(&[1])),
        (MIRROR, words(&[1])),
        (GROUP_FWD, words(&[1 << 14])),
        (PORT, words(&[1, PORT_ISOLATED, PORT_ISOLATED, 0])),
        (FDB_ADD, address(station, 0, 1)),
        (FDB_FLUSH, flush(0, 0, MacAddress::new([0; 6]), 0)),
        (VLAN_ADD, vlan(1, 7, 0)),
    ] {
        let mut lab = Lab::new(2);
        for more in [1, 2, 4, 8] {
            let longer = [&value[..], &vec![0; more]].concat();
            let refused = set(&mut lab, option, &longer);
            assert_eq!(refused, Err(OptionError::Invalid), "{option}");
        }
        assert_eq!(set(&mut lab, option, &value), Ok(()), "{option}");
    }
}

#[test]
fn what_cannot_be_got_or_set_is_unknown() {
    let mut lab = Lab::new(2);
    for option in [0, STATS, FDB, VLANS, 15, u32::MAX] {
        assert_eq!(set(&mut lab, option, &[0; 16]), Err(OptionError::Unknown));
    }
    for option in [
        0,
        FDB_ADD,
        FDB_DEL,
        FDB_FLUSH,
        VLAN_ADD,
        VLAN_DEL,
        15,
        u32::MAX,
    ] {
        assert_eq!(get(&lab, option, &[], 64), Err(OptionError::Unknown));
    }
}

#[test]
fn a_frame_that_found_no_room_counts_once_it_is_sent() {
    let mut lab = Lab::new(2);
    let ping = frame(A, B);
    lab.switch.forward(0, &ping, ping.len(), 0, false);
    lab.switch.take_back();
    assert_eq!(lab.switch.counters().flooded, 0);
    lab.switch.forward(0, &ping, ping.len(), 0, true);
    let mut delivered = Vec::new();
    lab.switch.egress(|port, _| delivered.push(port));
    assert_eq!(delivered, [1]);
    assert_eq!(lab.switch.counters().flooded, 1);
    assert_eq!(lab.switch.table().counters().learned, 1);
    lab.switch.table_mut().flush(&Default::default(), 0);
    lab.switch.forward(0, &ping, ping.len(), 0, true);
    assert_eq!(lab.switch.table().learned(), 0);
}

/// A value that is often nearly right.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![0_u32..8, 0_u32..128, Just(NO_PORT), any::<u32>()];
    let words = proptest::collection::vec(word, 0..8).prop_map(|fields| words(&fields));
    let entry = (0_u32..4, 0_u16..6, 0_u32..5)
        .prop_map(|(station_number, vid, port)| address(station(station_number), vid, port));
    prop_oneof![
        words,
        entry,
        proptest::collection::vec(any::<u8>(), 0..64),
        (0_u32..5, 0_u16..6, 0_u16..5).prop_map(|(port, vid, flags)| vlan(port, vid, flags)),
    ]
}

/// Errors that `kvde_switch.md` gives the options, by their numbers in `include/uapi/asm-generic/errno.h`.
#[test]
fn refusals_have_the_numbers_of_the_manual() {
    let errors = [
        (OptionError::Unknown, 92),
        (OptionError::Invalid, 22),
        (OptionError::NoSuchPort, 99),
        (OptionError::NotFound, 2),
        (OptionError::Full, 28),
    ];
    for (error, number) in errors {
        assert_eq!(error.errno(), number, "{error:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_set_or_change_nothing(
        calls in proptest::collection::vec((0_u32..17, any_value()), 1..60),
    ) {
        check_setting(calls);
    }

    #[test]
    fn any_bytes_can_be_asked_with(option in 0_u32..17, value in any_value(), room in 0_usize..200) {
        check_getting(option, value, room);
    }
}

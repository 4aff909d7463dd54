// SPDX-License-Identifier: GPL-2.0
//! VLANs of the switch: transparent, and filtered.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::switch::lab::{option::*, *};
use std::fs;

cases!["switch_vlan":
    tags_pass_unread_without_filtering,
    everybody_is_in_the_first_vlan_at_first,
    tags_are_added_and_removed_on_the_way,
    vlans_do_not_hear_each_other,
    priority_tags_belong_to_the_ports_vlan,
    a_station_may_be_at_two_ports_in_two_vlans,
    a_frame_that_ends_within_its_tag_is_dropped,
    a_frame_that_a_tag_makes_too_long_is_dropped,
    leaving_a_vlan_forgets_its_addresses,
    vlans_are_shown_as_they_were_set @ 60,
];

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// Ports 0 and 1 are access ports of VLAN 10, port 2 one of VLAN 20, port 3 a trunk for both.
fn office() -> Lab {
    let lab = Lab::new();
    for (port, number) in [(0, 10), (1, 10), (2, 20)] {
        lab.set(VLAN_ADD, &vlan(port, number, PVID | UNTAGGED));
        lab.set(VLAN_DEL, &vlan(port, 1, 0));
    }
    lab.set(VLAN_DEL, &vlan(3, 1, 0));
    lab.set(VLAN_ADD, &vlan(3, 10, 0));
    lab.set(VLAN_ADD, &vlan(3, 20, 0));
    lab.set(FILTERING, &words(&[1]));
    lab
}

fn tags_pass_unread_without_filtering() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    let first = tagged(BROADCAST, B, 0x6005, "VLAN 5");
    say(&two, &first);
    hear(&one, &first);
    hear(&three, &first);
    for sent in [tagged(B, A, 0x0007, "VLAN 7"), frame(B, A, "none")] {
        say(&one, &sent);
        hear(&two, &sent);
        hear_nothing(&three);
    }
}

fn everybody_is_in_the_first_vlan_at_first() {
    let lab = Lab::new();
    lab.set(FILTERING, &words(&[1]));
    let [one, two] = lab.ports();
    say(&one, &frame(BROADCAST, A, "untagged"));
    hear(&two, &frame(BROADCAST, A, "untagged"));
    say(&one, &tagged(BROADCAST, A, 1, "in VLAN 1"));
    hear(&two, &frame(BROADCAST, A, "in VLAN 1"));
    say(&one, &tagged(BROADCAST, A, 2, "in VLAN 2"));
    hear_nothing(&two);
    same("dropped where they came in", lab.stats().vlan_ingress(), 1);
}

fn tags_are_added_and_removed_on_the_way() {
    let lab = office();
    let [one, two, other, trunk] = lab.ports();
    say(&one, &frame(BROADCAST, A, "from an access port"));
    hear(&two, &frame(BROADCAST, A, "from an access port"));
    hear(&trunk, &tagged(BROADCAST, A, 10, "from an access port"));
    hear_nothing(&other);
    say(&trunk, &tagged(A, B, 0xe00a, "from the trunk"));
    hear(&one, &frame(A, B, "from the trunk"));
    hear_nothing(&two);
    say(&one, &frame(B, A, "to the trunk"));
    hear(&trunk, &tagged(B, A, 10, "to the trunk"));
    hear_nothing(&two);
}

fn vlans_do_not_hear_each_other() {
    let lab = office();
    let [one, two, other, trunk] = lab.ports();
    say(&other, &frame(BROADCAST, B, "in VLAN 20"));
    hear(&trunk, &tagged(BROADCAST, B, 20, "in VLAN 20"));
    say(&one, &frame(B, A, "looking for B in VLAN 10"));
    hear(&two, &frame(B, A, "looking for B in VLAN 10"));
    hear(&trunk, &tagged(B, A, 10, "looking for B in VLAN 10"));
    hear_nothing(&other);
    say(&trunk, &frame(BROADCAST, B, "in no VLAN"));
    say(&trunk, &tagged(BROADCAST, B, 30, "in another"));
    for port in [&one, &two, &other, &trunk] {
        hear_nothing(port);
    }
    same("dropped where they came in", lab.stats().vlan_ingress(), 2);
    lab.set(FDB_ADD, &address(mac(9), 10, 2));
    say(&one, &frame(mac(9), A, "to a port of another VLAN"));
    for port in [&two, &other, &trunk] {
        hear_nothing(port);
    }
    same(
        "dropped where they were to go out",
        lab.stats().vlan_egress(),
        1,
    );
}

fn priority_tags_belong_to_the_ports_vlan() {
    let lab = office();
    let [one, two, _other, trunk] = lab.ports();
    say(&one, &tagged(BROADCAST, A, 0xa000, "urgent"));
    hear(&two, &frame(BROADCAST, A, "urgent"));
    hear(&trunk, &tagged(BROADCAST, A, 0xa00a, "urgent"));
}

fn a_station_may_be_at_two_ports_in_two_vlans() {
    let lab = office();
    let [one, two, other, trunk] = lab.ports();
    say(&one, &frame(BROADCAST, A, "in VLAN 10"));
    say(&other, &frame(BROADCAST, A, "in VLAN 20"));
    same("addresses known", lab.known(), 2);
    same("moves", lab.stats().moved(), 0);
    let in_turn = [&two, &trunk, &trunk];
    in_turn
        .iter()
        .for_each(|port| drop(hear_with_control(port)));
    say(&trunk, &tagged(A, B, 20, "to VLAN 20"));
    hear(&other, &frame(A, B, "to VLAN 20"));
    say(&trunk, &tagged(A, B, 10, "to VLAN 10"));
    hear(&one, &frame(A, B, "to VLAN 10"));
    for port in [&one, &two, &other, &trunk] {
        hear_nothing(port);
    }
}

fn a_frame_that_ends_within_its_tag_is_dropped() {
    let lab = office();
    let [_one, two, _other, trunk] = lab.ports();
    let whole = tagged(BROADCAST, A, 10, "");
    for len in 14..18 {
        say(&trunk, &whole[..len]);
        hear_nothing(&two);
    }
    same("dropped for their tags", lab.stats().malformed_tag(), 4);
}

fn a_frame_that_a_tag_makes_too_long_is_dropped() {
    let lab = office();
    let [one, two, _other, trunk] = lab.ports();
    let text = "x".repeat(1504);
    let lost = || {
        let list = ok("/proc/net/ipn", fs::read_to_string("/proc/net/ipn"));
        let path = lab.bus.path.to_str().expect("a plain path");
        let line = list.lines().find(|line| line.ends_with(path));
        let fields = line.expect("the network is listed").split(' ');
        fields.rev().nth(1).expect("a counter").to_owned()
    };
    same("messages lost", lost(), "0".into());
    say(&one, &frame(BROADCAST, A, &text));
    hear(&two, &frame(BROADCAST, A, &text));
    hear_nothing(&trunk);
    same("messages lost", lost(), "1".into());
    say(&one, &frame(BROADCAST, A, &text[4..]));
    hear(&two, &frame(BROADCAST, A, &text[4..]));
    hear(&trunk, &tagged(BROADCAST, A, 10, &text[4..]));
}

fn leaving_a_vlan_forgets_its_addresses() {
    let lab = office();
    let [_one, _two, _other, trunk] = lab.ports();
    say(&trunk, &tagged(BROADCAST, A, 10, "in one"));
    say(&trunk, &tagged(BROADCAST, A, 20, "in the other"));
    same("addresses known", lab.known(), 2);
    lab.set(VLAN_DEL, &vlan(3, 20, 0));
    same("addresses known", lab.known(), 1);
    let again = lab.try_set(VLAN_DEL, &vlan(3, 20, 0));
    fails("leaving it again", again, libc::ENOENT);
}

fn vlans_are_shown_as_they_were_set() {
    let lab = Lab::with(&[(IPN_SO_NUMNODES, 8)]);
    for number in 2..=4094 {
        lab.set(
            VLAN_ADD,
            &vlan(7, number, if number == 100 { PVID } else { 0 }),
        );
    }
    let expected: Vec<u8> = (1..=4094)
        .flat_map(|number| {
            let flags = match number {
                1 => UNTAGGED,
                100 => PVID,
                _ => 0,
            };
            vlan(7, number, flags)
        })
        .collect();
    let all = lab.get(VLANS, &[7, 0], 65536);
    same("head", all[..16].to_vec(), words(&[7, 0, 4094, 0]));
    same("VLANs", all[16..] == expected, true);
    let (mut cursor, mut pieces) = (0, Vec::new());
    loop {
        let piece = lab.get(VLANS, &[7, cursor], 1000);
        pieces.extend_from_slice(&piece[16..]);
        cursor = word(&piece, 1);
        if cursor == 0 {
            break;
        }
    }
    same("VLANs in pieces", pieces == expected, true);
}

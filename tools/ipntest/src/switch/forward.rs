// SPDX-License-Identifier: GPL-2.0
//! The switch: learning, flooding, limits, and what a manager sets for ports.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::switch::lab::{option::*, *};
use crate::sys::socket::Sock;
use std::thread::sleep;
use std::time::Duration;

cases!["switch_forward":
    unknown_stations_are_flooded_to,
    groups_are_flooded_to,
    a_known_station_gets_its_frames_alone,
    nothing_goes_back_to_its_port,
    a_station_that_moves_is_found_again,
    a_port_that_leaves_is_forgotten_at_once,
    addresses_age,
    ageing_of_zero_learns_nothing,
    in_a_full_table_the_port_with_most_gives_way,
    what_a_port_at_its_limit_names_stays_where_it_is,
    a_full_port_floods_and_leaves_others_room,
    learning_can_be_off,
    isolated_ports_do_not_hear_each_other,
    by_a_locked_port_only_static_addresses_send,
    floods_leave_by_the_ports_that_want_them,
    a_mirror_port_hears_everything_once,
    whoever_takes_the_mirror_port_next_hears_nothing_special,
    what_is_no_frame_is_dropped_and_counted,
    pause_frames_and_other_reserved_groups_stay,
    reserved_groups_are_forwarded_where_a_mask_says_so,
    every_frame_is_counted_once,
    addresses_outlive_a_change_of_the_number_of_ports,
    lossy_ports_lose_the_oldest,
];

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
const C: [u8; 6] = [2, 0, 0, 0, 0, 3];

/// One sends, these hear it, and those do not.
#[track_caller]
fn goes_to(from: &Sock, sent: &[u8], to: &[&Sock], not_to: &[&Sock]) {
    say(from, sent);
    to.iter().for_each(|port| hear(port, sent));
    not_to
        .iter()
        .chain([&from])
        .for_each(|port| hear_nothing(port));
}

fn unknown_stations_are_flooded_to() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    goes_to(&one, &frame(B, A, "to nobody yet"), &[&two, &three], &[]);
    same("frames flooded", lab.stats().flooded(), 1);
}

fn groups_are_flooded_to() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    for group in [BROADCAST, [1, 0, 0x5e, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1]] {
        goes_to(&one, &frame(group, A, "to all"), &[&two, &three], &[]);
    }
}

fn a_known_station_gets_its_frames_alone() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    goes_to(
        &two,
        &frame(BROADCAST, B, "here I am"),
        &[&one, &three],
        &[],
    );
    for n in 0..100 {
        goes_to(&one, &frame(B, A, &format!("{n}")), &[&two], &[&three]);
        goes_to(&two, &frame(A, B, &format!("{n}")), &[&one], &[&three]);
    }
    let stats = lab.stats();
    same("frames for one port", stats.unicast(), 200);
    same("addresses learned", stats.learned(), 2);
    same("addresses known", lab.known(), 2);
}

fn nothing_goes_back_to_its_port() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    goes_to(&one, &frame(BROADCAST, A, "two stations"), &[&two], &[]);
    goes_to(&one, &frame(A, B, "at one port"), &[], &[&two]);
    same(
        "frames for where they came from",
        lab.stats().same_port(),
        1,
    );
    drop(two);
    goes_to(&one, &frame(BROADCAST, A, "alone"), &[], &[]);
    same("frames for nobody", lab.stats().no_receiver(), 1);
}

fn a_station_that_moves_is_found_again() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    say(&two, &frame(A, B, "at two"));
    hear(&one, &frame(A, B, "at two"));
    hear(&three, &frame(A, B, "at two"));
    goes_to(&one, &frame(B, A, "to two"), &[&two], &[&three]);
    goes_to(&three, &frame(A, B, "at three"), &[&one], &[&two]);
    goes_to(&one, &frame(B, A, "to three"), &[&three], &[&two]);
    same("moves", lab.stats().moved(), 1);
}

fn a_port_that_leaves_is_forgotten_at_once() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &three], &[]);
    goes_to(&one, &frame(B, A, "there"), &[&two], &[&three]);
    ok("close", two.close());
    same("addresses known", lab.known(), 1);
    goes_to(&one, &frame(B, A, "where"), &[&three], &[]);
    let again = lab.port(1);
    goes_to(&one, &frame(B, A, "where"), &[&three, &again], &[]);
    lab.stats().add_up();
}

fn addresses_age() {
    let lab = Lab::new();
    let ageing = lab.get(AGEING, &[], 8);
    same(
        "ageing at first",
        ageing,
        300_000_u64.to_ne_bytes().to_vec(),
    );
    lab.set(AGEING, &400_u64.to_ne_bytes());
    let [one, two, three] = lab.ports();
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &three], &[]);
    goes_to(&one, &frame(B, A, "at once"), &[&two], &[&three]);
    sleep(Duration::from_millis(600));
    same("addresses known after a while", lab.known(), 0);
    goes_to(&one, &frame(B, A, "later"), &[&two, &three], &[]);
    let stats = lab.stats();
    holds("addresses were removed for their age", stats.aged() > 0);
    stats.add_up();
}

fn ageing_of_zero_learns_nothing() {
    let lab = Lab::new();
    lab.set(AGEING, &0_u64.to_ne_bytes());
    let [one, two, three] = lab.ports();
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &three], &[]);
    goes_to(&one, &frame(B, A, "always"), &[&two, &three], &[]);
    same("addresses known", lab.known(), 0);
}

fn in_a_full_table_the_port_with_most_gives_way() {
    let lab = Lab::new();
    lab.set(LIMITS, &words(&[4, 100]));
    let [one, two, three] = lab.ports();
    let announce = |numbers: std::ops::Range<u8>| {
        for n in numbers {
            let sent = frame(BROADCAST, mac(n), "one of many");
            goes_to(&one, &sent, &[&two, &three], &[]);
        }
    };
    announce(10..20);
    let stats = lab.stats();
    same("addresses", (stats.addresses(), stats.evicted()), (4, 6));
    goes_to(&two, &frame(mac(19), B, "known"), &[&one], &[&three]);
    goes_to(
        &two,
        &frame(mac(16), B, "gave way to that"),
        &[&one, &three],
        &[],
    );
    announce(20..40);
    goes_to(&three, &frame(B, C, "known for good"), &[&two], &[&one]);
    goes_to(&two, &frame(C, B, "as is this"), &[&three], &[&one]);
    let stats = lab.stats();
    same("addresses", (stats.addresses(), stats.limited()), (4, 0));
    lab.set(LIMITS, &words(&[2, 100]));
    same("addresses left", lab.stats().addresses(), 2);
    lab.stats().add_up();
}

fn what_a_port_at_its_limit_names_stays_where_it_is() {
    let lab = Lab::new();
    let capacity = lab.stats().capacity() as u32;
    lab.set(LIMITS, &words(&[capacity, 1]));
    let [one, two, full] = lab.ports();
    goes_to(&full, &frame(BROADCAST, C, "all I may"), &[&one, &two], &[]);
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &full], &[]);
    for n in 0..10 {
        let claim = frame(BROADCAST, B, "and here");
        goes_to(&full, &claim, &[&one, &two], &[]);
        goes_to(&one, &frame(B, A, &format!("{n}")), &[&two], &[&full]);
    }
    let stats = lab.stats();
    same(
        "not learned",
        (stats.port_limited(), stats.moved()),
        (10, 0),
    );
    stats.add_up();
}

fn a_full_port_floods_and_leaves_others_room() {
    let lab = Lab::new();
    let capacity = lab.stats().capacity() as u32;
    lab.set(LIMITS, &words(&[capacity, 3]));
    let [one, two, three] = lab.ports();
    for n in 10..20 {
        goes_to(
            &one,
            &frame(BROADCAST, mac(n), "one of ten"),
            &[&two, &three],
            &[],
        );
    }
    goes_to(
        &two,
        &frame(mac(19), B, "not learned"),
        &[&one, &three],
        &[],
    );
    goes_to(&one, &frame(B, mac(19), "learned"), &[&two], &[&three]);
    let stats = lab.stats();
    same("refused at the port", stats.port_limited(), 8);
    same("refused by the table", stats.limited(), 0);
    same("learned at port 0", word(&lab.get(PORT, &[0], 16), 3), 3);
}

fn learning_can_be_off() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    lab.set(PORT, &words(&[1, 0, LEARNING, 0]));
    goes_to(
        &two,
        &frame(BROADCAST, B, "forget me"),
        &[&one, &three],
        &[],
    );
    goes_to(&one, &frame(B, A, "whoever"), &[&two, &three], &[]);
    goes_to(&two, &frame(A, B, "one was learned"), &[&one], &[&three]);
    lab.set(PORT, &words(&[1, LEARNING, LEARNING, 0]));
    goes_to(&two, &frame(A, B, "again"), &[&one], &[&three]);
    goes_to(&one, &frame(B, A, "known"), &[&two], &[&three]);
}

fn isolated_ports_do_not_hear_each_other() {
    let lab = Lab::new();
    let [one, two, router] = lab.ports();
    for port in [0, 1] {
        lab.set(PORT, &words(&[port, ISOLATED, ISOLATED, 0]));
    }
    goes_to(&one, &frame(BROADCAST, A, "to all"), &[&router], &[&two]);
    goes_to(&two, &frame(A, B, "to one"), &[], &[&one, &router]);
    same("frames kept apart", lab.stats().isolated(), 1);
    goes_to(&router, &frame(A, C, "from the router"), &[&one], &[&two]);
    ok("close", one.close());
    let back = lab.port(0);
    goes_to(
        &back,
        &frame(BROADCAST, A, "joined again"),
        &[&router],
        &[&two],
    );
}

fn by_a_locked_port_only_static_addresses_send() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    goes_to(&one, &frame(BROADCAST, A, "here"), &[&two, &three], &[]);
    goes_to(&two, &frame(BROADCAST, C, "before"), &[&one, &three], &[]);
    lab.set(PORT, &words(&[1, LOCKED, LOCKED, 0]));
    lab.set(FDB_ADD, &address(B, 0, 1));
    for other in [A, C, mac(9)] {
        for to in [A, BROADCAST] {
            goes_to(&two, &frame(to, other, "not set"), &[], &[&one, &three]);
        }
    }
    let stats = lab.stats();
    same("frames locked out", stats.locked(), 6);
    same("moved or learned", (stats.moved(), stats.learned()), (0, 2));
    goes_to(&two, &frame(A, B, "set"), &[&one], &[&three]);
    goes_to(&three, &frame(B, mac(7), "to it"), &[&two], &[&one]);
    lab.set(FDB_DEL, &address(B, 0, 1));
    goes_to(&two, &frame(A, B, "deleted"), &[], &[&one, &three]);
    lab.set(FDB_ADD, &address(B, 0, 2));
    goes_to(&two, &frame(A, B, "set elsewhere"), &[], &[&one, &three]);
    ok("close", two.close());
    let back = lab.port(1);
    let again = frame(A, C, "joined again");
    goes_to(&back, &again, &[], &[&one, &three]);
    lab.set(PORT, &words(&[1, 0, LOCKED, 0]));
    goes_to(&back, &frame(A, C, "unlocked"), &[&one], &[&three]);
    same("all frames", lab.stats().frames(), 14);
}

fn floods_leave_by_the_ports_that_want_them() {
    let lab = Lab::new();
    let [one, two, three, four] = lab.ports();
    let ports = [&two, &three, &four];
    for (port, flag) in [(1, FLOOD), (2, MCAST_FLOOD), (3, BCAST_FLOOD)] {
        lab.set(PORT, &words(&[port, 0, flag, 0]));
    }
    let multicast = [1, 0, 0x5e, 0, 0, 1];
    for (to, spared) in [(B, 0), (multicast, 1), (BROADCAST, 2)] {
        let mut hear = ports.to_vec();
        let spared = hear.remove(spared);
        goes_to(&one, &frame(to, A, "for all"), &hear, &[spared]);
    }
    goes_to(&two, &frame(A, B, "here"), &[&one], &[&three, &four]);
    goes_to(&one, &frame(B, A, "is known"), &[&two], &[&three, &four]);
    lab.set(MIRROR, &words(&[3]));
    goes_to(&one, &frame(BROADCAST, A, "mirrored"), &ports, &[]);
    lab.set(MIRROR, &words(&[NO_PORT]));
    for port in 1..4 {
        lab.set(PORT, &words(&[port, 0, BCAST_FLOOD, 0]));
    }
    goes_to(&one, &frame(BROADCAST, A, "unwanted"), &[], &ports);
    same("frames for nobody", lab.stats().no_receiver(), 1);
}

fn a_mirror_port_hears_everything_once() {
    let lab = Lab::new();
    let [one, two, mirror] = lab.ports();
    same(
        "mirror at first",
        lab.get(MIRROR, &[], 4),
        words(&[NO_PORT]),
    );
    lab.set(MIRROR, &words(&[2]));
    goes_to(&one, &frame(BROADCAST, A, "to all"), &[&two, &mirror], &[]);
    goes_to(&two, &frame(A, B, "to one"), &[&one, &mirror], &[]);
    goes_to(&one, &frame(A, C, "to itself"), &[&mirror], &[&two]);
    goes_to(
        &mirror,
        &frame(B, mac(9), "from the mirror"),
        &[&two],
        &[&one],
    );
    lab.set(MIRROR, &words(&[NO_PORT]));
    goes_to(&two, &frame(A, B, "to one"), &[&one], &[&mirror]);
}

fn whoever_takes_the_mirror_port_next_hears_nothing_special() {
    let lab = Lab::new();
    let [one, two, mirror] = lab.ports();
    lab.set(MIRROR, &words(&[2]));
    ok("close", mirror.close());
    let next = lab.port(2);
    goes_to(&one, &frame(BROADCAST, A, "to all"), &[&two, &next], &[]);
    goes_to(&two, &frame(A, B, "to one"), &[&one], &[&next]);
    same("mirror", lab.get(MIRROR, &[], 4), words(&[NO_PORT]));
    fails(
        "a mirror port that nobody holds",
        lab.try_set(MIRROR, &words(&[3])),
        libc::EADDRNOTAVAIL,
    );
}

fn what_is_no_frame_is_dropped_and_counted() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    for len in 0..14 {
        goes_to(&one, &frame(B, A, "")[..len], &[], &[&two]);
    }
    goes_to(&one, &frame(B, A, ""), &[&two], &[]);
    goes_to(&one, &frame(B, BROADCAST, "from all"), &[], &[&two]);
    goes_to(&one, &frame(B, [0; 6], "from zero"), &[], &[&two]);
    let stats = lab.stats();
    same("too short", stats.too_short(), 14);
    same("from no station", stats.invalid_source(), 2);
    same("all frames", stats.frames(), 17);
}

fn reserved(last: u8) -> [u8; 6] {
    [1, 0x80, 0xc2, 0, 0, last]
}

fn pause_frames_and_other_reserved_groups_stay() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    goes_to(&one, &frame(reserved(0), A, "spanning tree"), &[&two], &[]);
    for last in 1..16 {
        goes_to(&one, &frame(reserved(last), A, "reserved"), &[], &[&two]);
    }
    same("reserved", lab.stats().reserved(), 15);
    goes_to(
        &one,
        &frame([1, 0x80, 0xc2, 0, 0, 0x10], A, "no more"),
        &[&two],
        &[],
    );
}

fn reserved_groups_are_forwarded_where_a_mask_says_so() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    lab.set(GROUP_FWD, &words(&[1 << 14]));
    goes_to(&one, &frame(reserved(14), A, "LLDP"), &[&two], &[]);
    goes_to(&one, &frame(reserved(13), A, "other"), &[], &[&two]);
    for mask in [1, 2, 4, 0x10000] {
        let refused = lab.try_set(GROUP_FWD, &words(&[mask]));
        fails(format_args!("mask {mask:#x}"), refused, libc::EINVAL);
    }
}

fn every_frame_is_counted_once() {
    let lab = Lab::new();
    lab.set(LIMITS, &words(&[20, 8]));
    lab.set(PORT, &words(&[1, ISOLATED, ISOLATED, 0]));
    lab.set(PORT, &words(&[2, ISOLATED, ISOLATED, 0]));
    let ports: [Sock; 4] = lab.ports();
    let mut random = fastrand::Rng::with_seed(7);
    for n in 1..=2000 {
        let mut sent = frame(mac(random.u8(0..40)), mac(random.u8(0..40)), "random");
        match random.u8(0..8) {
            0 => sent.truncate(random.usize(0..20)),
            1 => sent[6] |= 1,
            2 => sent[0] |= 1,
            3 => sent[..6].copy_from_slice(&reserved(random.u8(0..16))),
            _ => {}
        }
        say(&ports[random.usize(0..4)], &sent);
        if n % 500 == 0 {
            let stats = lab.stats();
            same("all frames", stats.frames(), n);
            stats.add_up();
        }
    }
}

fn addresses_outlive_a_change_of_the_number_of_ports() {
    let lab = Lab::with(&[(IPN_SO_NUMNODES, 3)]);
    let [one, two, three] = lab.ports();
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &three], &[]);
    lab.set(PORT, &words(&[2, ISOLATED, ISOLATED, 0]));
    for ports in [4096, 5, 3] {
        let changed = lab.manager.set(IPN_SO_CHANGE_NUMNODES, ports);
        ok(format_args!("{ports} ports"), changed);
        goes_to(&one, &frame(B, A, "still"), &[&two], &[&three]);
        let set = word(&lab.get(PORT, &[2], 16), 1);
        holds("the port is still isolated", set & ISOLATED != 0);
        lab.stats().add_up();
    }
    fails(
        "a port beyond",
        lab.try_get(PORT, &[3], 16),
        libc::EADDRNOTAVAIL,
    );
    ok("64 ports", lab.manager.set(IPN_SO_CHANGE_NUMNODES, 64));
    let far = lab.port(63);
    goes_to(&far, &frame(B, C, "from afar"), &[&two], &[&one, &three]);
}

fn lossy_ports_lose_the_oldest() {
    let lab = Lab::with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    let [one, two, three] = lab.ports();
    goes_to(&two, &frame(BROADCAST, B, "here"), &[&one, &three], &[]);
    for n in 0..10 {
        say(&one, &frame(B, A, &format!("{n}")));
    }
    for n in 6..10 {
        hear(&two, &frame(B, A, &format!("{n}")));
    }
    hear_nothing(&two);
    hear_nothing(&three);
}

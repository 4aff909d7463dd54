// SPDX-License-Identifier: GPL-2.0
//! The switch's options: addresses, and who may set what to which values.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::switch::lab::{option::*, *};
use crate::sys::option::ask;
use crate::sys::socket::socket;

cases!["switch_options":
    static_addresses_stay_and_do_not_move,
    addresses_are_deleted_by_name,
    a_full_table_refuses_static_addresses_only @ 60,
    flushing_takes_what_is_named,
    addresses_are_shown_whole_and_in_pieces,
    only_managers_set,
    members_get,
    strangers_have_no_options,
    values_of_a_wrong_size_are_refused,
    values_out_of_bounds_are_refused,
    no_such_port,
    options_have_one_direction,
    places_that_are_not_there,
];

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn static_addresses_stay_and_do_not_move() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    lab.set(FDB_ADD, &address(B, 0, 1));
    lab.set(AGEING, &1_u64.to_ne_bytes());
    say(&three, &frame(BROADCAST, B, "a station that moves"));
    hear(&one, &frame(BROADCAST, B, "a station that moves"));
    hear(&two, &frame(BROADCAST, B, "a station that moves"));
    say(&one, &frame(B, A, "to the static port"));
    hear(&two, &frame(B, A, "to the static port"));
    hear_nothing(&three);
    lab.set(FDB_ADD, &address(B, 0, 2));
    say(&one, &frame(B, A, "to another"));
    hear(&three, &frame(B, A, "to another"));
    hear_nothing(&two);
    same("static addresses", lab.stats().fixed(), 1);
    ok("close", three.close());
    same("static addresses", lab.stats().fixed(), 0);
}

fn addresses_are_deleted_by_name() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    lab.set(FDB_ADD, &address(B, 0, 1));
    let wrong = lab.try_set(FDB_DEL, &address(B, 0, 2));
    fails("at another port", wrong, libc::ENOENT);
    let wrong = lab.try_set(FDB_DEL, &address(B, 5, 1));
    fails("in another VLAN", wrong, libc::ENOENT);
    lab.set(FDB_DEL, &address(B, 0, 1));
    let wrong = lab.try_set(FDB_DEL, &address(B, 0, 1));
    fails("once more", wrong, libc::ENOENT);
    say(&one, &frame(B, A, "flooded"));
    hear(&two, &frame(B, A, "flooded"));
    hear(&three, &frame(B, A, "flooded"));
    lab.set(FDB_DEL, &address(A, 0, NO_PORT));
    same("addresses known", lab.known(), 0);
}

fn a_full_table_refuses_static_addresses_only() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    let capacity = lab.stats().capacity() as u32;
    let number = |n: u32| {
        let [a, b, c, d] = n.to_be_bytes();
        [2, 1, a, b, c, d]
    };
    for n in 0..capacity {
        lab.set(FDB_ADD, &address(number(n), 0, 1));
    }
    let full = lab.try_set(FDB_ADD, &address(number(capacity), 0, 1));
    fails("one more", full, libc::ENOSPC);
    same("addresses known", lab.known().min(2000), 2000);
    say(&one, &frame(number(7), A, "to a static one"));
    hear(&two, &frame(number(7), A, "to a static one"));
    say(&two, &frame(A, number(7), "to one that was not learned"));
    hear(&one, &frame(A, number(7), "to one that was not learned"));
    same("not learned", lab.stats().limited(), 1);
}

fn flushing_takes_what_is_named() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    let fill = || {
        say(&one, &frame(A, A, "learn me"));
        say(&two, &frame(B, B, "learn me"));
        lab.set(FDB_ADD, &address(mac(3), 0, 1));
        same("addresses known", lab.known(), 3);
    };
    let flush = |named: u32, port: u32| {
        let value = [&words(&[named, port])[..], &[0; 8]].concat();
        lab.set(FDB_FLUSH, &value);
        let left = lab.known();
        lab.stats().add_up();
        left
    };
    fill();
    // The first frames were flooded, for nobody was known yet.
    let mut buffer = [0; 64];
    for port in [&one, &two] {
        while port.recv(&mut buffer, NOW).is_ok() {}
    }
    same("all learned ones", flush(0, 0), 1);
    fill();
    same("the learned ones of a port", flush(FLUSH_PORT, 1), 2);
    fill();
    same("all of a port", flush(FLUSH_PORT | FLUSH_STATIC, 1), 1);
    fill();
    same("all", flush(FLUSH_STATIC, 0), 0);
}

fn addresses_are_shown_whole_and_in_pieces() {
    let lab = Lab::new();
    let [one, _two] = lab.ports();
    for n in 0..100 {
        say(&one, &frame(mac(200), mac(n), "learn me"));
    }
    lab.set(FDB_ADD, &address(mac(150), 7, 1));
    let all = lab.get(FDB, &[0], 65536);
    same("head", all[..8].to_vec(), words(&[0, 101]));
    for room in [32, 100, 1000, 2431] {
        let (mut cursor, mut pieces) = (0, Vec::new());
        loop {
            let piece = lab.get(FDB, &[cursor], room);
            pieces.extend(piece[8..].chunks(24).map(|entry| entry[..16].to_vec()));
            cursor = word(&piece, 0);
            if cursor == 0 {
                break;
            }
        }
        let whole: Vec<_> = all[8..]
            .chunks(24)
            .map(|entry| entry[..16].to_vec())
            .collect();
        same(
            format_args!("addresses by {room} bytes"),
            pieces == whole,
            true,
        );
    }
    fails("no room for one", lab.try_get(FDB, &[0], 31), libc::EINVAL);
    fails(
        "no room for the head",
        lab.try_get(FDB, &[0], 7),
        libc::EINVAL,
    );
}

fn only_managers_set() {
    let lab = Lab::new();
    let port = lab.port(0);
    let value = 1_u64.to_ne_bytes();
    let refused = port.setsockopt(IPN_VDESWITCH, AGEING, &value);
    fails("a member sets", refused, libc::EACCES);
    let manager = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind of another manager", manager.bind(&lab.bus.addr));
    ok(
        "another manager sets",
        manager.setsockopt(IPN_VDESWITCH, AGEING, &value),
    );
    same("ageing", lab.get(AGEING, &[], 8), value.to_vec());
}

fn members_get() {
    let lab = Lab::new();
    let port = lab.port(0);
    let limits = ok("limits", port.getsockopt(IPN_VDESWITCH, LIMITS, 8));
    same("limits at first", limits, words(&[4096, 1024]));
    let stats = ok("statistics", port.getsockopt(IPN_VDESWITCH, STATS, 4096));
    same("length of the statistics", stats.len(), 23 * 8);
    let first = ok("statistics", port.getsockopt(IPN_VDESWITCH, STATS, 20));
    same("length of the first ones", first.len(), 16);
    let own = ok("port", ask(&port, IPN_VDESWITCH, PORT, vec![0; 16]));
    let at_first = LEARNING | FLOOD | MCAST_FLOOD | BCAST_FLOOD;
    same("port 0 at first", own, words(&[0, at_first | HELD, 0, 0]));
    let free = ok(
        "port",
        ask(&port, IPN_VDESWITCH, PORT, words(&[1, 9, 9, 9])),
    );
    same("port 1 at first", free, words(&[1, at_first, 0, 0]));
}

fn strangers_have_no_options() {
    let _lab = Lab::new();
    let fresh = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
    let value = 1_u64.to_ne_bytes();
    let refused = fresh.setsockopt(IPN_VDESWITCH, AGEING, &value);
    fails("an unbound socket sets", refused, libc::ENOTCONN);
    let refused = fresh.getsockopt(IPN_VDESWITCH, AGEING, 8);
    fails("an unbound socket gets", refused, libc::ENOTCONN);
    let hub = Bus::named("hub").create();
    let refused = hub.setsockopt(IPN_VDESWITCH, AGEING, &value);
    fails("a hub sets", refused, libc::ENOPROTOOPT);
    let refused = hub.getsockopt(IPN_VDESWITCH, AGEING, 8);
    fails("a hub gets", refused, libc::ENOPROTOOPT);
}

fn values_of_a_wrong_size_are_refused() {
    let lab = Lab::new();
    let _port = lab.port(1);
    for (option, value) in [
        (AGEING, words(&[1, 0])),
        (LIMITS, words(&[9, 9])),
        (FILTERING, words(&[1])),
        (MIRROR, words(&[1])),
        (GROUP_FWD, words(&[0])),
        (PORT, words(&[1, 0, 0, 0])),
        (FDB_ADD, address(A, 0, 1)),
        (FDB_DEL, address(A, 0, 1)),
        (FDB_FLUSH, words(&[0, 0, 0, 0])),
        (VLAN_ADD, vlan(1, 2, 0)),
        (VLAN_DEL, vlan(1, 2, 0)),
    ] {
        lab.set(option, &value);
        for len in [0, 1, value.len() - 1, value.len() + 1, 4096, 5000] {
            let mut wrong = value.clone();
            wrong.resize(len, 0);
            let refused = lab.try_set(option, &wrong);
            fails(
                format_args!("option {option} with {len} bytes"),
                refused,
                libc::EINVAL,
            );
        }
    }
    for (option, len) in [
        (AGEING, 8),
        (LIMITS, 8),
        (FILTERING, 4),
        (MIRROR, 4),
        (PORT, 16),
    ] {
        let refused = lab.try_get(option, &[], len - 1);
        fails(
            format_args!("place for option {option}"),
            refused,
            libc::EINVAL,
        );
        same("length", lab.get(option, &[], 100).len(), len);
    }
}

fn values_out_of_bounds_are_refused() {
    let lab = Lab::new();
    let _port = lab.port(1);
    let before = (
        lab.get(LIMITS, &[], 8),
        lab.get(FILTERING, &[], 4),
        lab.known(),
    );
    for (option, value) in [
        (LIMITS, words(&[4097, 1])),
        (FILTERING, words(&[2])),
        (GROUP_FWD, words(&[4])),
        (PORT, words(&[1, 4, 4, 0])),
        (PORT, words(&[1, 1, 0, 0])),
        (PORT, words(&[1, FLOOD, MCAST_FLOOD, 0])),
        (PORT, words(&[1, 128, 128, 0])),
        (PORT, words(&[1, 0, 0, 1])),
        (FDB_ADD, address([0; 6], 0, 1)),
        (FDB_ADD, address(BROADCAST, 0, 1)),
        (FDB_ADD, address(A, 4095, 1)),
        (FDB_FLUSH, words(&[16, 0, 0, 0])),
        (FDB_FLUSH, words(&[0, 1, 0, 0])),
        (VLAN_ADD, vlan(1, 0, 0)),
        (VLAN_ADD, vlan(1, 4095, 0)),
        (VLAN_ADD, vlan(1, 2, 4)),
        (VLAN_DEL, vlan(1, 1, 1)),
    ] {
        let refused = lab.try_set(option, &value);
        fails(
            format_args!("option {option} to {value:?}"),
            refused,
            libc::EINVAL,
        );
    }
    let after = (
        lab.get(LIMITS, &[], 8),
        lab.get(FILTERING, &[], 4),
        lab.known(),
    );
    same("what there was before", after, before);
}

fn no_such_port() {
    let lab = Lab::with(&[(IPN_SO_NUMNODES, 4)]);
    let _port = lab.port(1);
    for (option, value) in [
        (MIRROR, words(&[4])),
        (MIRROR, words(&[2])),
        (PORT, words(&[4, 0, 0, 0])),
        (PORT, words(&[0x1_0001, 0, 0, 0])),
        (FDB_ADD, address(A, 0, 4)),
        (FDB_ADD, address(A, 0, 2)),
        (FDB_ADD, address(A, 0, NO_PORT)),
        (FDB_DEL, address(A, 0, 4)),
        (FDB_FLUSH, words(&[1, 4, 0, 0])),
        (VLAN_ADD, vlan(4, 2, 0)),
        (VLAN_DEL, vlan(4, 1, 0)),
    ] {
        let refused = lab.try_set(option, &value);
        fails(
            format_args!("option {option}"),
            refused,
            libc::EADDRNOTAVAIL,
        );
    }
    for option in [PORT, VLANS] {
        let refused = lab.try_get(option, &[4], 64);
        fails(
            format_args!("option {option}"),
            refused,
            libc::EADDRNOTAVAIL,
        );
    }
}

fn options_have_one_direction() {
    let lab = Lab::new();
    for option in [0, STATS, FDB, VLANS, 15, 1000, -1] {
        let refused = lab.try_set(option, &[0; 16]);
        fails(
            format_args!("setting option {option}"),
            refused,
            libc::ENOPROTOOPT,
        );
    }
    for option in [
        0, FDB_ADD, FDB_DEL, FDB_FLUSH, VLAN_ADD, VLAN_DEL, 15, 1000, -1,
    ] {
        let refused = lab.try_get(option, &[0], 64);
        fails(
            format_args!("getting option {option}"),
            refused,
            libc::ENOPROTOOPT,
        );
    }
}

fn places_that_are_not_there() {
    let lab = Lab::new();
    let refused = lab.manager.setsockopt_at(IPN_VDESWITCH, AGEING, 16, 8);
    fails("a value from nowhere", refused, libc::EFAULT);
    same(
        "ageing",
        lab.get(AGEING, &[], 8),
        300_000_u64.to_ne_bytes().to_vec(),
    );
}

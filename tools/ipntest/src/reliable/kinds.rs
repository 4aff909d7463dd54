// SPDX-License-Identifier: GPL-2.0
//! What a reliable bus is, who may join it, and its options.

use super::*;
use crate::lab::bus;
use crate::lab::bus::{hear, hear_nothing, say};
use crate::lab::runner::cases;

cases!["reliable_kinds":
        what_one_sends_the_others_get,
        it_is_a_hub,
        it_joins_no_other_network,
        sockets_of_other_types_join_it,
        options_have_their_bounds_and_defaults,
        options_are_none_of_other_types,
        flags_of_other_networks_are_not_for_it,
];

fn what_one_sends_the_others_get() {
    let bus = Bus::new();
    let (one, two, three) = (create(&bus, &[]), join(&bus), join(&bus));
    say(&one, b"to both");
    hear(&two, b"to both");
    hear(&three, b"to both");
    hear_nothing(&one);
    say(&three, b"");
    hear(&one, b"");
    hear(&two, b"");
    hear_nothing(&three);
}

fn it_is_a_hub() {
    ok("of a hub", socket(AF_IPN, libc::SOCK_RDM, IPN_BROADCAST));
    let socket_of = |policy| socket(AF_IPN, libc::SOCK_RDM, policy);
    fails(
        "of a switch",
        socket_of(IPN_VDESWITCH),
        libc::EPROTONOSUPPORT,
    );
    fails("of no policy", socket_of(60), libc::EPROTONOSUPPORT);
}

fn it_joins_no_other_network() {
    let bus = Bus::new();
    let _creator = bus.create();
    let sock = open();
    fails("connect", sock.connect(&bus.addr), libc::EPROTOTYPE);
    fails("bind", sock.bind(&bus.addr), libc::EPROTOTYPE);
    // It is as it was.
    let other = Bus::named("other");
    let _other = create(&other, &[]);
    ok("connect elsewhere", sock.connect(&other.addr));
}

fn sockets_of_other_types_join_it() {
    let bus = Bus::new();
    let one = create(&bus, &[]);
    let other = bus.join();
    say(&one, b"to it");
    hear(&other, b"to it");
    say(&other, b"from it");
    hear(&one, b"from it");
    same(
        "flags",
        ok("IPN_SO_FLAGS", other.get(IPN_SO_FLAGS)),
        IPN_FLAG_RELIABLE,
    );
}

fn options_have_their_bounds_and_defaults() {
    let sock = open();
    for (option, default, most) in [
        (IPN_SO_WINDOW, 1000, IPN_WINDOW_MAX),
        (IPN_SO_RATE, 0, i32::MAX),
        (IPN_SO_HISTORY, 0, IPN_HISTORY_ALL),
        (IPN_SO_SINCE, 0, i32::MAX),
    ] {
        let what = format!("option {option:#x}");
        same(&what, ok(&what, sock.get(option)), default);
        for value in [0, 1, most] {
            ok(format_args!("{what} := {value}"), sock.set(option, value));
            same(&what, ok(&what, sock.get(option)), value);
        }
        fails(
            format_args!("{what} := -1"),
            sock.set(option, -1),
            libc::EINVAL,
        );
    }
    fails(
        "a longer window",
        sock.set(IPN_SO_WINDOW, IPN_WINDOW_MAX + 1),
        libc::EINVAL,
    );
    // Of the two the last one counts.
    same(
        "messages",
        ok("IPN_SO_HISTORY", sock.get(IPN_SO_HISTORY)),
        0,
    );
    ok("messages again", sock.set(IPN_SO_HISTORY, 3));
    same(
        "milliseconds",
        ok("IPN_SO_SINCE", sock.get(IPN_SO_SINCE)),
        0,
    );
    let flags = IPN_FLAG_HISTORY | IPN_FLAG_EVICT | 2;
    ok("flags", sock.set(IPN_SO_FLAGS, flags));
    same(
        "flags",
        ok("flags", sock.get(IPN_SO_FLAGS)),
        flags | IPN_FLAG_RELIABLE,
    );
    let bus = Bus::new();
    ok("no history", sock.set(IPN_SO_HISTORY, 0));
    ok("bind", sock.bind(&bus.addr));
    same(
        "window",
        ok("window", sock.get(IPN_SO_WINDOW)),
        IPN_WINDOW_MAX,
    );
    fails(
        "window of one that is",
        sock.set(IPN_SO_WINDOW, 1),
        libc::EISCONN,
    );
    ok("history before connect", sock.set(IPN_SO_HISTORY, 1));
    ok("connect", sock.connect(&Addr::null(0)));
    fails(
        "history after it",
        sock.set(IPN_SO_HISTORY, 1),
        libc::EISCONN,
    );
    fails("the same in time", sock.set(IPN_SO_SINCE, 1), libc::EISCONN);
}

fn options_are_none_of_other_types() {
    let sock = bus::open();
    for option in [IPN_SO_WINDOW, IPN_SO_RATE] {
        fails("set", sock.set(option, 1), libc::ENOPROTOOPT);
        fails("get", sock.get(option), libc::ENOPROTOOPT);
    }
    for flag in [IPN_FLAG_RELIABLE, IPN_FLAG_HISTORY, IPN_FLAG_EVICT] {
        fails("flag", sock.set(IPN_SO_FLAGS, flag), libc::EINVAL);
    }
    let bus = Bus::new();
    let plain = bus.create();
    fails("skip", plain.set(IPN_SO_SKIP, 1), libc::EOPNOTSUPP);
    let late = bus::open();
    ok("history", late.set(IPN_SO_HISTORY, 1));
    fails("where there is none", late.connect(&bus.addr), libc::EACCES);
}

fn flags_of_other_networks_are_not_for_it() {
    let sock = open();
    // Lossless, of one writer.
    for flag in [1, 8] {
        fails("flag", sock.set(IPN_SO_FLAGS, flag), libc::EINVAL);
    }
    same(
        "flags",
        ok("flags", sock.get(IPN_SO_FLAGS)),
        IPN_FLAG_RELIABLE,
    );
}

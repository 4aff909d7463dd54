// SPDX-License-Identifier: GPL-2.0
//! Joining and leaving a network.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::sys::socket::{socket, Addr};

cases!["join":
    message_reaches_every_port_but_its_sender,
    socket_types_are_synonyms,
    receiver_joins_a_running_stream,
    receiver_leaves_without_disturbing_anyone,
    stream_goes_on_while_receivers_come_and_go,
    killed_process_frees_its_port,
    two_networks_do_not_hear_each_other,
    creator_may_leave_first,
    manager_without_a_port_keeps_the_network,
    manager_joins_by_bind,
    manager_connects_by_the_networks_name,
    manager_takes_no_port_until_it_connects,
    any_policy_joins_and_creates_a_hub,
    exclusive_network_has_one_manager,
    last_one_out_ends_the_network,
    closed_port_number_is_free_again,
    port_starts_with_nothing_queued,
];

fn message_reaches_every_port_but_its_sender() {
    let bus = Bus::new();
    let ports = [bus.create(), bus.join(), bus.join()];
    for (speaker, word) in ports.iter().zip([&b"one"[..], b"two", b"three"]) {
        say(speaker, word);
        for listener in &ports {
            if std::ptr::eq(listener, speaker) {
                hear_nothing(listener);
            } else {
                hear(listener, word);
                hear_nothing(listener);
            }
        }
    }
}

fn socket_types_are_synonyms() {
    let bus = Bus::new();
    let first = bus.create();
    for kind in [libc::SOCK_RAW, libc::SOCK_DGRAM, libc::SOCK_SEQPACKET] {
        let port = ok(
            format_args!("socket of type {kind}"),
            socket(AF_IPN, kind, IPN_BROADCAST),
        );
        ok("connect", port.connect(&bus.addr));
        let told = port.get_int(libc::SOL_SOCKET, libc::SO_TYPE);
        same("SO_TYPE", ok("getsockopt(SO_TYPE)", told), kind);
        say(&port, b"to the first");
        hear(&first, b"to the first");
        say(&first, b"from the first");
        hear(&port, b"from the first");
    }
}

fn receiver_joins_a_running_stream() {
    let bus = Bus::new();
    let sender = bus.create();
    let early = bus.reader();
    (0..10).for_each(|n| say_number(&sender, n));
    let late = bus.reader();
    (10..20).for_each(|n| say_number(&sender, n));
    (0..20).for_each(|n| hear_number(&early, n));
    (10..20).for_each(|n| hear_number(&late, n));
    hear_nothing(&early);
    hear_nothing(&late);
}

fn receiver_leaves_without_disturbing_anyone() {
    let bus = Bus::new();
    let sender = bus.create();
    let (stays, leaves) = (bus.reader(), bus.reader());
    (0..10).for_each(|n| say_number(&sender, n));
    hear_number(&leaves, 0);
    ok("close", leaves.close());
    (10..20).for_each(|n| say_number(&sender, n));
    (0..20).for_each(|n| hear_number(&stays, n));
    hear_nothing(&stays);
}

fn stream_goes_on_while_receivers_come_and_go() {
    const MESSAGES: u32 = 3000;
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(16));
    let steady = bus.reader();
    let guests = Process::start(|line| {
        line.tell(0);
        for _ in 0..100 {
            let guest = open();
            if guest.connect(&bus.addr).is_err() {
                return;
            }
            let mut expected = None;
            for _ in 0..3 {
                let mut buffer = [0; 4];
                if ok("recv of a guest", guest.recv(&mut buffer, 0)) == 0 {
                    return;
                }
                let number = u32::from_ne_bytes(buffer);
                same("a guest's next number", number, expected.unwrap_or(number));
                if number == MESSAGES - 1 {
                    return;
                }
                expected = Some(number + 1);
            }
        }
    });
    guests.line.hear();
    let writer = std::thread::spawn(move || {
        for number in 0..MESSAGES {
            ok("send", sender.send(&number.to_ne_bytes(), 0));
        }
        sender
    });
    for number in 0..MESSAGES {
        let mut buffer = [0; 4];
        same("length", ok("recv", steady.recv(&mut buffer, 0)), 4);
        same(
            "the steady reader's next number",
            u32::from_ne_bytes(buffer),
            number,
        );
    }
    let sender = writer.join().expect("the writer ends well");
    // The guest that came last waits for a message that will not come: end the network.
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    guests.ends_well();
}

fn killed_process_frees_its_port() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let holder = Process::start(|line| {
        let port = bus.join();
        line.tell(ok("port", port.get(IPN_SO_PORT)) as u64);
        line.hear();
    });
    same("port of the only holder", holder.line.hear(), 0);
    let next = open();
    fails(
        "connect with no port left",
        next.connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    holder.kill();
    ok(
        "connect after the holder was killed",
        next.connect(&bus.addr),
    );
    ok("close", manager.close());
}

fn two_networks_do_not_hear_each_other() {
    let (red, blue) = (Bus::named("red"), Bus::named("blue"));
    let (red, blue) = ((red.create(), red.join()), (blue.create(), blue.join()));
    say(&red.0, b"red");
    say(&blue.1, b"blue");
    hear(&red.1, b"red");
    hear(&blue.0, b"blue");
    for port in [&red.0, &red.1, &blue.0, &blue.1] {
        hear_nothing(port);
    }
}

fn creator_may_leave_first() {
    let bus = Bus::new();
    let creator = bus.create();
    let (one, two) = (bus.join(), bus.join());
    say(&creator, b"farewell");
    ok("close of the creator", creator.close());
    hear(&one, b"farewell");
    say(&one, b"still here");
    hear(&two, b"farewell");
    hear(&two, b"still here");
    let three = bus.join();
    say(&three, b"me too");
    hear(&one, b"me too");
    bus.manage();
}

fn manager_without_a_port_keeps_the_network() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    for _ in 0..3 {
        let (one, two) = (bus.join(), bus.join());
        say(&one, b"hello");
        hear(&two, b"hello");
    }
    ok("close of the manager", manager.close());
    fails(
        "connect once all have left",
        open().connect(&bus.addr),
        libc::ECONNREFUSED,
    );
}

fn manager_joins_by_bind() {
    let bus = Bus::new();
    let creator = bus.create();
    let other = bus.manage();
    fails(
        "send of a manager without a port",
        other.send(b"x", NOW),
        libc::ENOTCONN,
    );
    ok(
        "connect(NULL, 0) of the second manager",
        other.connect(&Addr::null(0)),
    );
    say(&creator, b"hello");
    hear(&other, b"hello");
    say(&other, b"hi");
    hear(&creator, b"hi");
    let both = [creator.get(IPN_SO_PORT), other.get(IPN_SO_PORT)].map(|p| ok("IPN_SO_PORT", p));
    same("ports of the two managers", both[0] == both[1], false);
}

fn manager_connects_by_the_networks_name() {
    let (bus, elsewhere) = (Bus::new(), Bus::named("elsewhere"));
    let _other_network = elsewhere.create();
    let manager = bus.manage_new(&[]);
    fails(
        "connect to another network",
        manager.connect(&elsewhere.addr),
        libc::EINVAL,
    );
    ok(
        "connect to the network it is bound to",
        manager.connect(&bus.addr),
    );
    let peer = bus.join();
    say(&peer, b"hello");
    hear(&manager, b"hello");
}

fn manager_takes_no_port_until_it_connects() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let second = bus.manage();
    let port = bus.join();
    fails(
        "connect when full",
        manager.connect(&Addr::null(0)),
        libc::EADDRNOTAVAIL,
    );
    ok("close", port.close());
    ok(
        "connect of the second manager",
        second.connect(&Addr::null(0)),
    );
    fails(
        "connect when full again",
        manager.connect(&Addr::null(0)),
        libc::EADDRNOTAVAIL,
    );
}

fn any_policy_joins_and_creates_a_hub() {
    let bus = Bus::new();
    let any = |what: &str| ok(what, socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    let creator = any("socket with IPN_ANY");
    ok("bind with IPN_ANY", creator.bind(&bus.addr));
    ok("connect", creator.connect(&Addr::null(0)));
    let by_name = bus.join();
    let by_any = any("another socket with IPN_ANY");
    ok("connect with IPN_ANY", by_any.connect(&bus.addr));
    say(&creator, b"to all");
    hear(&by_name, b"to all");
    hear(&by_any, b"to all");
}

fn exclusive_network_has_one_manager() {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_FLAGS, IPN_FLAG_EXCL)]);
    let second = open();
    fails(
        "bind to an exclusive network",
        second.bind(&bus.addr),
        libc::EEXIST,
    );
    ok("connect of the refused manager", second.connect(&bus.addr));
    say(&creator, b"hello");
    hear(&second, b"hello");

    let shared = Bus::named("shared");
    let first = shared.create();
    let wants_it_alone = open();
    ok(
        "IPN_SO_FLAGS",
        wants_it_alone.set(IPN_SO_FLAGS, IPN_FLAG_EXCL),
    );
    fails(
        "exclusive bind to a live network",
        wants_it_alone.bind(&shared.addr),
        libc::EEXIST,
    );
    let third = shared.manage();
    ok("connect of another manager", third.connect(&Addr::null(0)));
    say(&first, b"as before");
    hear(&third, b"as before");
}

fn last_one_out_ends_the_network() {
    let bus = Bus::new();
    let sock = bus.create();
    ok("close", sock.close());
    let late = open();
    fails(
        "connect to a stale name",
        late.connect(&bus.addr),
        libc::ECONNREFUSED,
    );
    fails(
        "bind to a stale name",
        late.bind(&bus.addr),
        libc::ECONNREFUSED,
    );
    ok("unlink", std::fs::remove_file(&bus.path));
    ok("bind once the name is free", late.bind(&bus.addr));
    ok("connect", late.connect(&Addr::null(0)));
}

fn closed_port_number_is_free_again() {
    let bus = Bus::new();
    let _first = bus.create_with(&[(IPN_SO_NUMNODES, 3)]);
    for _ in 0..50 {
        let (one, two) = (bus.join(), bus.reader());
        let held = [&one, &two].map(|s| ok("IPN_SO_PORT", s.get(IPN_SO_PORT)));
        same("ports beside port 0", held[0] + held[1], 3);
    }
}

fn port_starts_with_nothing_queued() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_NUMNODES, 2)]);
    for round in 0..20 {
        let reader = bus.reader();
        hear_nothing(&reader);
        (0..round).for_each(|n| say_number(&sender, n));
        if round > 0 {
            hear_number(&reader, 0);
        }
    }
}

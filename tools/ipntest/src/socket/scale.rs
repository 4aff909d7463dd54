// SPDX-License-Identifier: GPL-2.0
//! Many ports, many networks, large messages.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::OWNER;
use crate::pace::volume;
use crate::sys::process;
use crate::sys::socket::Addr;

cases!["scale":
    sixty_four_ports_by_default,
    one_port_is_enough_for_a_network,
    thousand_ports_when_asked_for @ 40,
    thousand_networks_at_once @ 40,
    message_of_65535_bytes,
    every_size_up_to_the_mtu_arrives_whole,
    memory_of_a_network_is_bounded,
    memory_bound_exempts_root,
];

fn sixty_four_ports_by_default() {
    let bus = Bus::new();
    let creator = bus.create();
    let mut ports: Vec<_> = (1..64).map(|_| bus.join()).collect();
    let late = open();
    fails(
        "connect of the 65th port",
        late.connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    say(&creator, b"all of you");
    ports.iter().for_each(|port| hear(port, b"all of you"));
    ok("close", ports.remove(20).close());
    ok("connect once a port is free", late.connect(&bus.addr));
    let mut numbers: Vec<i32> = ports
        .iter()
        .chain([&creator, &late])
        .map(|s| ok("port", s.get(IPN_SO_PORT)))
        .collect();
    numbers.sort_unstable();
    same("port numbers", numbers, (0..64).collect());
}

fn one_port_is_enough_for_a_network() {
    let bus = Bus::new();
    let only = bus.create_with(&[(IPN_SO_NUMNODES, 1)]);
    fails(
        "connect of a second port",
        open().connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    say(&only, b"into the void");
    hear_nothing(&only);
}

fn thousand_ports_when_asked_for() {
    ok("setrlimit(NOFILE)", process::allow_descriptors(4096));
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 1000)]);
    let ports: Vec<_> = (1..1000).map(|_| bus.join()).collect();
    fails(
        "connect of port 1001",
        open().connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    say(&creator, b"from the first");
    say(&ports[998], b"from the last");
    hear(&creator, b"from the last");
    for port in &ports[..998] {
        hear(port, b"from the first");
        hear(port, b"from the last");
        hear_nothing(port);
    }
    hear(&ports[998], b"from the first");
    hear_nothing(&ports[998]);
}

fn thousand_networks_at_once() {
    ok("setrlimit(NOFILE)", process::allow_descriptors(4096));
    let small = [
        (IPN_SO_MSGPOOLSIZE, 2),
        (IPN_SO_MTU, 64),
        (IPN_SO_NUMNODES, 2),
    ];
    let networks: Vec<_> = (0..volume(1000, "networks"))
        .map(|n| {
            let bus = Bus::named(&n.to_string());
            (bus.create_with(&small), bus.reader())
        })
        .collect();
    for (number, (sender, _)) in networks.iter().enumerate() {
        say_number(sender, number as u32);
    }
    for (number, (_, reader)) in networks.iter().enumerate() {
        hear_number(reader, number as u32);
        hear_nothing(reader);
    }
}

fn message_of_65535_bytes() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MTU, 65535), (IPN_SO_MSGPOOLSIZE, 4)]);
    let reader = bus.reader();
    let mut random = fastrand::Rng::with_seed(1);
    let messages: Vec<Vec<u8>> = (0..4)
        .map(|_| (0..65535).map(|_| random.u8(..)).collect())
        .collect();
    for round in 0..3 {
        messages.iter().for_each(|message| say(&sender, message));
        messages.iter().for_each(|message| hear(&reader, message));
        fails(
            format_args!("send of 65536 bytes, round {round}"),
            sender.send(&[0; 65536], NOW),
            libc::EMSGSIZE,
        );
        hear_nothing(&reader);
    }
}

fn every_size_up_to_the_mtu_arrives_whole() {
    const MTU: usize = 200;
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MTU, MTU as i32), (IPN_SO_MSGPOOLSIZE, 16)]);
    let reader = bus.reader();
    let bytes: Vec<u8> = (0..=255).collect();
    for size in 0..=MTU {
        say(&sender, &bytes[..size]);
        hear(&reader, &bytes[..size]);
    }
    for mtu in [1, 2, 47, 48, 49, 63, 64, 65, 1514, 4080, 4096, 65534] {
        let bus = Bus::named(&format!("mtu{mtu}"));
        let sender = bus.create_with(&[(IPN_SO_MTU, mtu), (IPN_SO_MSGPOOLSIZE, 3)]);
        let reader = bus.reader();
        let mtu = mtu as usize;
        for round in 0..3_u8 {
            for size in [0, 1, mtu - 1, mtu] {
                let message = vec![round.wrapping_add(size as u8) | 1; size];
                say(&sender, &message);
                hear(&reader, &message);
            }
            let too_long = vec![0xff; mtu + 1];
            fails(
                format_args!("send of {} bytes, MTU {mtu}", mtu + 1),
                sender.send(&too_long, NOW),
                libc::EMSGSIZE,
            );
            hear_nothing(&reader);
        }
    }
}

/// 65,535 bytes take a slot of 65,600: 1,023 of them fit in 64 MiB, 1,024 do not.
const LARGE: [(i32, i32); 1] = [(IPN_SO_MTU, 65535)];

fn memory_of_a_network_is_bounded() {
    OWNER.does(|| {
        let bus = Bus::new();
        for pool in [1024, 4096, 65536] {
            let sock = open();
            ok("IPN_SO_MTU", sock.set(LARGE[0].0, LARGE[0].1));
            ok("IPN_SO_MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, pool));
            let what = format_args!("bind of a user's network of {pool} messages").to_string();
            fails(&what, sock.bind(&bus.addr), libc::ENOBUFS);
            same("the refused network left a file", bus.path.exists(), false);
            ok(
                "a smaller pool after the refusal",
                sock.set(IPN_SO_MSGPOOLSIZE, 4),
            );
            ok("bind of the smaller one", sock.bind(&bus.addr));
            ok("connect", sock.connect(&Addr::null(0)));
            ok("unlink", std::fs::remove_file(&bus.path));
        }
    });
}

fn memory_bound_exempts_root() {
    let bus = Bus::new();
    let sender = bus.create_with(&[LARGE[0], (IPN_SO_MSGPOOLSIZE, 1100)]);
    let reader = bus.reader();
    say(&sender, &[7; 65535]);
    hear(&reader, &[7; 65535]);
}

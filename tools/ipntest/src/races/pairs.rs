// SPDX-License-Identifier: GPL-2.0
//! Every call against every other at the same moment, on one descriptor and on two ports of a network.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok};
use crate::lab::runner::cases;
use crate::mapping::lab::{map_cursor, map_head, map_ring};
use crate::races::race::{every_pair, Race, QUIET};
use crate::sys::memory::Pages;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::{Addr, Sock};

cases!["races_pairs":
    on_a_new_socket @ 240,
    on_a_manager @ 240,
    on_a_port @ 240,
    on_two_ports @ 240,
    on_two_ports_of_a_lossless_network @ 240,
];

/// A call, on a socket of a network.
type Call = (&'static str, fn(&Sock, &Bus));

/// Whatever they answer: the calls of the family that change or use a socket.
const CALLS: &[Call] = &[
    ("bind", |s, b| drop(s.bind(&b.addr))),
    ("connect", |s, b| drop(s.connect(&b.addr))),
    ("connect without a name", |s, _| {
        drop(s.connect(&Addr::null(0)))
    }),
    ("shutdown(SHUT_RD)", |s, _| drop(s.shutdown(libc::SHUT_RD))),
    ("shutdown(SHUT_WR)", |s, _| drop(s.shutdown(libc::SHUT_WR))),
    ("send", |s, _| drop(s.send(b"x", QUIET))),
    ("recv", |s, _| drop(s.recv(&mut [0; 9], NOW))),
    ("peek", |s, _| {
        drop(s.recv(&mut [0; 9], NOW | libc::MSG_PEEK))
    }),
    ("poll", |s, _| {
        drop(poll(s, libc::POLLIN | libc::POLLOUT | libc::POLLPRI, 0))
    }),
    ("getsockname", |s, _| drop(s.name(128))),
    ("a wanted port", |s, _| drop(s.set(IPN_SO_PORT, 5))),
    ("an MTU", |s, _| drop(s.set(IPN_SO_MTU, 99))),
    ("number of ports", |s, _| {
        drop(s.set(IPN_SO_CHANGE_NUMNODES, 20))
    }),
    ("out-of-band", |s, _| {
        drop((
            s.set(IPN_SO_HANDLE_OOB, 1),
            s.set(IPN_SO_WANT_OOB_NUMNODES, 1),
        ))
    }),
    ("flags", |s, _| drop(s.get(IPN_SO_FLAGS))),
    ("description", |s, _| {
        drop(s.setsockopt(LEVEL, IPN_SO_DESCR, b"text\0"));
        drop(s.getsockopt(LEVEL, IPN_SO_DESCR, 128));
    }),
    ("sendmmsg", |s, _| {
        drop(s.sendmmsg(&[b"1", b"2", b"3"], QUIET))
    }),
    ("recvmmsg", |s, _| drop(s.recvmmsg(3, 9, NOW, None))),
    ("FIONREAD", |s, _| drop(s.ioctl_int(libc::FIONREAD))),
    ("time stamps", |s, _| {
        drop(s.set_generic(libc::SO_TIMESTAMP, 1))
    }),
    ("send from fresh memory", |s, _| {
        let fresh = ok("mmap", Pages::fresh(1));
        drop(s.send_at(fresh.address(0), 9, QUIET));
    }),
    ("mmap", |s, _| {
        drop(map_head(s).and_then(|head| map_ring(s, &head)));
        drop(map_cursor(s));
    }),
    ("/proc/net/ipn", |_, _| drop(std::fs::read("/proc/net/ipn"))),
    ("IPN_TERMINATE", |s, _| drop(s.ioctl(IPN_TERMINATE))),
    ("fchown", |s, _| drop(s.fchown(0, 0))),
];

/// A network for one race, with the sockets that the two calls are made on.
struct Scene {
    bus: Bus,
    keeper: Sock,
    socks: [Sock; 2],
}

/// Every call against every call, as often as there is time; then the network still works, or was
/// ended by who may.
fn race(prepare: fn(&Bus, Sock) -> Scene, create: fn(&Bus) -> Sock) {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let mut race = Race::of(5);
    loop {
        for (one, two) in every_pair(&mut race, CALLS.len()) {
            let bus = Bus::new();
            let keeper = create(&bus);
            say(&keeper, b"queued");
            run_one(&mut race, prepare(&bus, keeper), &CALLS[one], &CALLS[two]);
        }
        if race.is_over() {
            break;
        }
    }
}

fn run_one(race: &mut Race, scene: Scene, one: &Call, two: &Call) {
    let Scene {
        bus,
        keeper,
        socks: [first, second],
    } = scene;
    let their_bus = bus.clone();
    let call = one.1;
    race.run(move || call(&first, &their_bus), || two.1(&second, &bus));
    drop(second);
    let alive = ok("IPN_SO_FLAGS", keeper.get(IPN_SO_FLAGS)) & IPN_FLAG_TERMINATED == 0;
    while keeper
        .recvmsg(64, NOW)
        .is_ok_and(|message| message.len != 0)
    {}
    if alive {
        let port = bus.join();
        say(&port, b"still well");
        hear(&keeper, b"still well");
    } else {
        holds(
            format_args!(
                "only IPN_TERMINATE ends a network, not {} and {}",
                one.0, two.0
            ),
            [one.0, two.0].contains(&"IPN_TERMINATE"),
        );
    }
    ok("unlink", std::fs::remove_file(&bus.path));
}

/// Both calls on one descriptor.
fn same(bus: &Bus, keeper: Sock, sock: Sock) -> Scene {
    Scene {
        bus: bus.clone(),
        keeper,
        socks: [sock.clone(), sock],
    }
}

fn manager_with_port(bus: &Bus) -> Sock {
    let port = bus.manage();
    ok("connect", port.connect(&Addr::null(0)));
    port
}

fn two_ports(bus: &Bus, keeper: Sock) -> Scene {
    let socks = [manager_with_port(bus), manager_with_port(bus)];
    say(&socks[0], b"more");
    Scene {
        bus: bus.clone(),
        keeper,
        socks,
    }
}

fn on_a_new_socket() {
    race(|bus, keeper| same(bus, keeper, open()), Bus::create);
}

fn on_a_manager() {
    race(|bus, keeper| same(bus, keeper, bus.manage()), Bus::create);
}

fn on_a_port() {
    race(
        |bus, keeper| same(bus, keeper, manager_with_port(bus)),
        Bus::create,
    );
}

fn on_two_ports() {
    race(two_ports, Bus::create);
}

fn on_two_ports_of_a_lossless_network() {
    // Room for four: calls meet a network that is almost full.
    race(two_ports, |bus| bus.create_with(&lossless(4)));
}

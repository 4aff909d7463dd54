// SPDX-License-Identifier: GPL-2.0
//! Questions, listeners and ports that observe against ports that come and go, and networks that end.

use crate::abi::*;
use crate::device::lab::{frame, own_network};
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::races::race::{against, Deed, Race, QUIET};
use crate::races::scene::Scene;
use crate::seen::family::{Family, NETWORK_GET, PORT_GET};
use crate::sys::mount;
use crate::sys::netdev::{set_up, Request};
use crate::sys::socket::dup2;
use std::fs;
use std::thread;
use std::time::Duration;

cases!["races_seen":
    looking_against_changes @ 240,
    observing_interfaces_against_ends @ 240,
    namespaces_end_while_events_are_told @ 240,
];

/// What changes, whatever it answers.
const CHANGES: &[Deed<Scene>] = &[
    ("close", |s| ok("dup2", dup2(&s.nothing, &s.port))),
    ("IPN_TERMINATE", |s| drop(s.keeper.ioctl(IPN_TERMINATE))),
    ("unlink", |s| drop(fs::remove_file(&s.bus.path))),
    ("ports that come and go", |s| {
        for _ in 0..6 {
            let port = open();
            drop(port.connect(&s.bus.addr));
        }
    }),
    ("number of ports", |s| {
        for ports in [2, 30, 2] {
            drop(s.keeper.set(IPN_SO_CHANGE_NUMNODES, ports));
        }
    }),
    ("losses", |s| {
        (0..9).for_each(|_| drop(s.keeper.send(b"x", QUIET)));
        drop(s.port.recv(&mut [0; 9], NOW));
    }),
    ("description", |s| {
        for text in [&b"one\0"[..], b"another\0"] {
            drop(s.port.setsockopt(LEVEL, IPN_SO_DESCR, text));
        }
    }),
];

/// Who looks, whatever is told.
const LOOKS: &[Deed<Scene>] = &[
    ("dumps", |_| {
        let family = Family::new();
        for command in [NETWORK_GET, PORT_GET, PORT_GET] {
            drop(family.dump(command, &[]));
        }
    }),
    ("a dump that is left halfway", |_| {
        let family = Family::new();
        drop(family.ask(PORT_GET, &[]));
        drop(family.cut(256));
    }),
    ("a listener that leaves", |_| {
        for _ in 0..3 {
            let family = Family::new();
            ok("listening", family.listen());
            if family.has_event() {
                drop(family.part(65536));
            }
        }
    }),
    ("a listener that does not read", |_| {
        let family = Family::new();
        ok("listening", family.listen());
        thread::sleep(Duration::from_micros(500));
    }),
    ("observers", |s| {
        for _ in 0..3 {
            let sock = open();
            drop(sock.set(IPN_SO_OBSERVE, 1));
            drop(sock.connect(&s.bus.addr));
            drop(sock.recv(&mut [0; 9], NOW));
            drop(sock.shutdown(libc::SHUT_RD));
        }
    }),
    ("figures and senders", |s| {
        for value in [1, 0, 1] {
            drop(s.port.set(IPN_SO_SENDER, value));
            drop(s.port.recvmsg(64, NOW));
            drop(s.port.getsockopt(LEVEL, IPN_SO_STATISTICS, 64));
        }
    }),
];

#[track_caller]
fn race_once(race: &mut Race, look: &Deed<Scene>, change: &Deed<Scene>) {
    let scene = Scene::set(&[(IPN_SO_MSGPOOLSIZE, 2)]);
    let copy = scene.copy();
    let first = look.1;
    race.run(move || first(&copy), || change.1(&scene));
    let Scene {
        bus, keeper, port, ..
    } = scene;
    drop(port);
    drop(keeper);
    let _ = fs::remove_file(&bus.path);
}

fn looking_against_changes() {
    against(6, CHANGES, LOOKS, race_once);
}

fn observing_interfaces_against_ends() {
    own_network();
    let mut race = Race::of(6);
    let mut round = 0_usize;
    while !race.is_over() || round < 12 {
        let bus = Bus::new();
        let (keeper, sender) = (bus.create_with(&lossless(2)), bus.join());
        let manager = bus.manage();
        ok("IPN_SO_OBSERVE", manager.set(IPN_SO_OBSERVE, 1));
        let raw = if round % 2 == 0 { IPN_NODEFLAG_RAW } else { 0 };
        let mut request = Request::of("ipn0").with_flags(IPN_NODEFLAG_TAP | raw);
        let is_there = round % 3 != 0;
        if is_there {
            ok("a monitor", manager.request(IPN_CONN_NETDEV, &mut request));
            ok("up", set_up("ipn0", true));
        }
        let ends = round % 4;
        race.run(
            move || match ends {
                0 => drop(keeper.ioctl(IPN_TERMINATE)),
                1 => drop(keeper),
                2 => drop(crate::device::lab::try_ip("link del ipn0")),
                _ => (0..9).for_each(|n| drop(keeper.send(&frame(n, 60), QUIET))),
            },
            || {
                if !is_there {
                    drop(manager.request(IPN_CONN_NETDEV, &mut request));
                }
                (0..9).for_each(|n| drop(sender.send(&frame(n, 60), QUIET)));
                drop(manager);
            },
        );
        drop(sender);
        let _ = fs::remove_file(&bus.path);
        round += 1;
    }
}

fn namespaces_end_while_events_are_told() {
    let bus = Bus::new();
    let keeper = bus.create();
    let mut race = Race::of(6);
    let mut round = 0;
    while !race.is_over() || round < 12 {
        let inside = Process::start(|line| {
            ok("own network namespace", mount::own_network());
            let family = Family::new();
            ok("listening", family.listen());
            let (port, other) = (bus.join(), bus.join());
            line.tell(0);
            line.hear();
            drop(port);
            drop(family);
            drop(other);
        });
        inside.line.hear();
        let sender = keeper.clone();
        race.run(
            move || (0..600).for_each(|_| drop(sender.send(b"x", QUIET))),
            || {
                inside.line.tell(0);
                drop(bus.join());
                drop(Family::new().dump(PORT_GET, &[]));
            },
        );
        inside.ends_well();
        round += 1;
    }
    let told = ok("the ports", Family::new().dump(PORT_GET, &[]));
    same("ports that are left", told.len(), 1);
}

// SPDX-License-Identifier: GPL-2.0
//! What ends something against what goes on: close, death, the end of the network, a lost name, an
//! unloaded policy, against those who send, receive and poll, and against each other.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails_with, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::races::race::{against, against_each_other, die_meanwhile, Deed, Race, QUIET};
use crate::races::scene::Scene;
use crate::switch::lab::{frame as ethernet, load_switch, mac, BROADCAST};
use crate::sys::epoll::Epoll;
use crate::sys::module;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::{dup2, socket, Sock};
use std::fs;
use std::io;

cases!["races_ends":
    ends_against_doings @ 240,
    ends_against_ends @ 240,
    death_against_everything @ 240,
    policy_unloaded_under_its_users @ 240,
];

/// Things that end, whatever they answer.
const ENDS: &[Deed<Scene>] = &[
    // The number stays open, as /dev/null: only the socket is closed.
    ("close", |s| ok("dup2", dup2(&s.nothing, &s.port))),
    ("shutdown", |s| drop(s.port.shutdown(libc::SHUT_RDWR))),
    ("IPN_TERMINATE", |s| drop(s.keeper.ioctl(IPN_TERMINATE))),
    ("unlink", |s| drop(fs::remove_file(&s.bus.path))),
    ("rename", |s| {
        let other = s.bus.path.with_extension("renamed");
        drop(fs::rename(&s.bus.path, &other));
        drop(fs::rename(other, &s.bus.path));
    }),
    ("fewer ports", |s| {
        for ports in [2, 30, 2] {
            drop(s.keeper.set(IPN_SO_CHANGE_NUMNODES, ports));
        }
    }),
    ("a new network of the name", |s| {
        drop(fs::remove_file(&s.bus.path));
        drop(open().bind(&s.bus.addr));
    }),
];

/// Things that go on: a few times, without waiting.
const DOINGS: &[Deed<Scene>] = &[
    ("send", |s| {
        (0..6).for_each(|_| drop(s.port.send(b"x", QUIET)));
    }),
    ("send of another", |s| {
        (0..6).for_each(|_| drop(s.keeper.send(b"x", QUIET)));
    }),
    ("receive", |s| {
        (0..6).for_each(|_| drop(s.port.recv(&mut [0; 9], NOW)));
    }),
    ("send and receive", |s| {
        for _ in 0..4 {
            drop(s.keeper.send(b"x", QUIET));
            drop(s.port.recv(&mut [0; 9], NOW));
            drop(s.port.send(b"y", QUIET));
            drop(s.keeper.recv(&mut [0; 9], NOW));
        }
    }),
    ("poll", |s| {
        (0..6).for_each(|_| drop(poll(&s.port, libc::POLLIN | libc::POLLOUT, 0)));
    }),
    ("poll that may wait", |s| {
        drop(poll(&s.port, libc::POLLIN | libc::POLLOUT, 3));
    }),
    ("epoll", |s| {
        let epoll = ok("epoll", Epoll::new());
        // What is closed by now cannot be watched.
        drop(epoll.add(&s.port, libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLET, 1));
        drop(epoll.wait(0));
    }),
    ("options", |s| {
        drop(s.port.get(IPN_SO_NUMNODES));
        drop(s.port.name(128));
        drop(s.port.set(IPN_SO_HANDLE_OOB, 1));
        drop(s.port.set(IPN_SO_WANT_OOB_NUMNODES, 1));
    }),
    ("joining", |s| {
        for _ in 0..3 {
            drop(open().connect(&s.bus.addr));
            drop(open().bind(&s.bus.addr));
        }
    }),
    ("the listing", |_| drop(fs::read("/proc/net/ipn"))),
];

#[track_caller]
fn race_once(race: &mut Race, one: &Deed<Scene>, two: &Deed<Scene>) {
    let scene = Scene::set(&lossless(2));
    let copy = scene.copy();
    let first = one.1;
    race.run(move || first(&copy), || two.1(&scene));
    let Scene {
        bus, keeper, port, ..
    } = scene;
    drop(port);
    let ended = ok("IPN_SO_FLAGS", keeper.get(IPN_SO_FLAGS)) & IPN_FLAG_TERMINATED != 0;
    let is_there = |name: &str| one.0 == name || two.0 == name;
    same("the network has ended", ended, is_there("IPN_TERMINATE"));
    if !ended {
        while keeper.recv(&mut [0; 9], NOW).is_ok() {}
        say(&keeper, b"alone");
    }
    drop(keeper);
    let _ = fs::remove_file(&bus.path);
}

fn ends_against_doings() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    against(6, ENDS, DOINGS, race_once);
}

fn ends_against_ends() {
    against_each_other(5, ENDS, race_once);
}

/// Goes on for ever on a port of its own.
fn go_on(bus: &Bus, doing: usize) {
    let sock = bus.join();
    loop {
        // A full network, or an empty one, is no reason to end.
        match doing {
            0 => drop(sock.send(b"from one who dies", 0)),
            1 => drop(sock.recv(&mut [0; 64], 0)),
            2 => drop(poll(&sock, libc::POLLIN, -1)),
            _ => drop((bus.join().send(b"x", QUIET), open().bind(&bus.addr))),
        }
    }
}

/// Processes are killed in the middle of what they do; those who are left go on, and count right.
fn death_against_everything() {
    let bus = Bus::new();
    let keeper = bus.create_with(&lossless(4));
    let race = Race::of(6);
    let mut round = 0;
    while !race.is_over() || round < 8 {
        let others = [round % 4, (round + 1 + round / 4) % 4];
        let dying = others.map(|doing| Process::start(|_| go_on(&bus, doing)));
        die_meanwhile(&keeper, dying);
        while keeper.recv(&mut [0; 64], NOW).is_ok() {}
        // No dead reader holds the network up.
        (0..9).for_each(|n| say(&keeper, &[n]));
        round += 1;
    }
    let reader = bus.reader();
    say(&keeper, b"to the last one");
    hear(&reader, b"to the last one");
}

/// One thread unloads and loads the policy, another makes networks of it and uses them.
fn policy_unloaded_under_its_users() {
    load_switch();
    let busy = [libc::EAGAIN, libc::EBUSY, libc::ENOENT];
    let mut race = Race::of(6);
    loop {
        let bus = Bus::new();
        race.run(
            move || match module::unload(c"kvde_switch") {
                Ok(()) => load_switch(),
                refused => fails_with("unloading", refused, &busy),
            },
            || drop(use_switch(&bus)),
        );
        let _ = fs::remove_file(&bus.path);
        if race.is_over() {
            break;
        }
    }
    // It was there at last, whoever came first.
    load_switch();
    ok("a network of the switch", use_switch(&Bus::named("last")));
}

/// Makes a network of the switch, sends a frame over it and leaves it.
fn use_switch(bus: &Bus) -> io::Result<()> {
    let unknown = |error: &io::Error| {
        let errno = error.raw_os_error();
        // Gone at any point before the network exists.
        assert!(
            errno == Some(libc::EPROTONOSUPPORT),
            "a policy that is being unloaded: {error}"
        );
    };
    let manager = socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH).inspect_err(unknown)?;
    manager.bind(&bus.addr).inspect_err(unknown)?;
    let (one, two) = (bus_port(bus), bus_port(bus));
    say(&one, &ethernet(BROADCAST, mac(1), "hello"));
    hear(&two, &ethernet(BROADCAST, mac(1), "hello"));
    Ok(())
}

fn bus_port(bus: &Bus) -> Sock {
    let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("connect", sock.connect(&bus.addr));
    sock
}

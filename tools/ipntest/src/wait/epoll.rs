// SPDX-License-Identifier: GPL-2.0
//! `epoll`, level- and edge-triggered.

use crate::abi::*;
use crate::device::lab::soon_in_ms;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace;
use crate::sys::call;
use crate::sys::epoll::Epoll;
use crate::sys::socket::Sock;
use libc::{
    EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLPRI, EPOLLRDHUP,
};
use std::thread;
use std::time::Duration;

cases!["epoll":
    level_reports_as_long_as_a_message_waits,
    edge_reports_each_arrival_once,
    edge_reports_room_once_it_is_made,
    one_added_before_connect_hears_of_room,
    shut_directions_are_reported,
    denied_directions_are_reported,
    end_is_reported,
    one_shot_reports_once_until_rearmed,
    priority_is_reported,
    waiting_epoll_wakes,
    many_ports_in_one_epoll,
    closed_port_leaves_the_epoll,
    exclusive_waiter_is_woken,
    edge_never_misses_a_message @ 40,
    edge_never_misses_room @ 40,
    ports_close_while_others_are_polled,
];

#[track_caller]
fn watching(sock: &Sock, events: i32) -> Epoll {
    let epoll = ok("epoll_create1", Epoll::new());
    ok("epoll_ctl(ADD)", epoll.add(sock, events, 7));
    epoll
}

#[track_caller]
fn reports(epoll: &Epoll, expected: &[i32]) {
    let events = ok("epoll_wait", epoll.wait(0));
    same(
        "what epoll reports now",
        events.iter().map(|e| e.0).collect::<Vec<_>>(),
        expected.to_vec(),
    );
}

fn level_reports_as_long_as_a_message_waits() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let epoll = watching(&two, EPOLLIN);
    reports(&epoll, &[]);
    say(&one, b"a");
    say(&one, b"b");
    for word in [b"a", b"b"] {
        reports(&epoll, &[EPOLLIN]);
        reports(&epoll, &[EPOLLIN]);
        hear(&two, word);
    }
    reports(&epoll, &[]);
}

fn edge_reports_each_arrival_once() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let epoll = watching(&two, EPOLLIN | EPOLLET);
    reports(&epoll, &[]);
    say(&one, b"a");
    reports(&epoll, &[EPOLLIN]);
    reports(&epoll, &[]);
    // A message on top of one that was not read yet is an arrival as well.
    say(&one, b"b");
    reports(&epoll, &[EPOLLIN]);
    reports(&epoll, &[]);
    hear(&two, b"a");
    hear(&two, b"b");
    reports(&epoll, &[]);
    say(&one, b"c");
    reports(&epoll, &[EPOLLIN]);
}

fn edge_reports_room_once_it_is_made() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    let epoll = watching(&sender, EPOLLOUT | EPOLLET);
    reports(&epoll, &[EPOLLOUT]);
    reports(&epoll, &[]);
    say(&sender, b"a");
    fails("send to a full pool", sender.send(b"b", NOW), libc::EAGAIN);
    reports(&epoll, &[]);
    hear(&reader, b"a");
    reports(&epoll, &[EPOLLOUT]);
    reports(&epoll, &[]);
}

fn one_added_before_connect_hears_of_room() {
    for edge in [0, EPOLLET] {
        let bus = Bus::named(&edge.to_string());
        let (sender, reader) = (bus.create_with(&lossless(1)), bus.reader());
        say(&sender, b"a");
        let early = open();
        let epoll = watching(&early, EPOLLOUT | edge);
        let both = watching(&early, EPOLLIN | EPOLLOUT | edge);
        ok("epoll_wait", epoll.wait(0));
        ok("epoll_wait", both.wait(0));
        ok("connect", early.connect(&bus.addr));
        // Nothing was sent and refused: only epoll waits.
        reports(&epoll, &[]);
        reports(&both, &[]);
        hear(&reader, b"a");
        reports(&epoll, &[EPOLLOUT]);
        reports(&both, &[EPOLLOUT]);
    }
}

/// Reported by level again and again, by an edge once.
#[track_caller]
fn reports_by(edge: i32, epoll: &Epoll, expected: i32) {
    reports(epoll, &[expected]);
    match edge {
        0 => reports(epoll, &[expected]),
        _ => reports(epoll, &[]),
    }
}

fn shut_directions_are_reported() {
    for edge in [0, EPOLLET] {
        let bus = Bus::named(&edge.to_string());
        let (creator, port) = (bus.create_with(&lossless(1)), bus.join());
        let _slow = bus.reader();
        say(&creator, b"a");
        hear(&port, b"a");
        let epoll = watching(&port, EPOLLIN | EPOLLOUT | EPOLLRDHUP | edge);
        reports(&epoll, &[]);
        ok("SHUT_RD", port.shutdown(libc::SHUT_RD));
        reports_by(edge, &epoll, EPOLLIN | EPOLLRDHUP);
        fails("recv", port.recv(&mut [0; 9], 0), libc::EPIPE);
        ok("SHUT_WR", port.shutdown(libc::SHUT_WR));
        let both = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;
        reports_by(edge, &epoll, both);
        let sent = port.send(b"x", libc::MSG_NOSIGNAL);
        fails("send", sent, libc::EPIPE);
    }
}

fn denied_directions_are_reported() {
    for edge in [0, EPOLLET] {
        let bus = Bus::named(&edge.to_string());
        let (creator, deaf, mute) = (bus.create_with(&lossless(1)), open(), open());
        ok("SHUT_RD", deaf.shutdown(libc::SHUT_RD));
        ok("SHUT_WR", mute.shutdown(libc::SHUT_WR));
        let early = [&deaf, &mute].map(|sock| watching(sock, EPOLLIN | EPOLLOUT | edge));
        for epoll in &early {
            ok("epoll_wait", epoll.wait(0));
        }
        for sock in [&deaf, &mute] {
            ok("connect", sock.connect(&bus.addr));
        }
        let late = [&deaf, &mute].map(|sock| watching(sock, EPOLLIN | EPOLLOUT | edge));
        for [deaf, mute] in [&early, &late] {
            reports_by(edge, deaf, EPOLLIN | EPOLLOUT);
            reports_by(edge, mute, EPOLLOUT);
        }
        say(&creator, b"a");
        for [_, mute] in [&early, &late] {
            reports_by(edge, mute, EPOLLIN | EPOLLOUT);
        }
    }
}

fn end_is_reported() {
    for edge in [0, EPOLLET] {
        let bus = Bus::named(&edge.to_string());
        let (creator, port) = (bus.create(), bus.join());
        let epoll = watching(&port, EPOLLIN | EPOLLRDHUP | edge);
        reports(&epoll, &[]);
        ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
        reports_by(edge, &epoll, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
        same("recv", ok("recv", port.recv(&mut [0; 9], 0)), 0);
    }
}

fn one_shot_reports_once_until_rearmed() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let epoll = watching(&two, EPOLLIN | EPOLLONESHOT);
    say(&one, b"a");
    reports(&epoll, &[EPOLLIN]);
    say(&one, b"b");
    reports(&epoll, &[]);
    ok(
        "epoll_ctl(MOD)",
        epoll.modify(&two, EPOLLIN | EPOLLONESHOT, 7),
    );
    reports(&epoll, &[EPOLLIN]);
}

fn priority_is_reported() {
    let bus = Bus::new();
    let watcher = bus.create();
    ok("IPN_SO_HANDLE_OOB", watcher.set(IPN_SO_HANDLE_OOB, 1));
    ok(
        "IPN_SO_WANT_OOB_NUMNODES",
        watcher.set(IPN_SO_WANT_OOB_NUMNODES, 1),
    );
    let epoll = watching(&watcher, EPOLLPRI | EPOLLET);
    reports(&epoll, &[]);
    let port = bus.join();
    reports(&epoll, &[EPOLLPRI]);
    ok("close", port.close());
    reports(&epoll, &[EPOLLPRI]);
    reports(&epoll, &[]);
}

fn waiting_epoll_wakes() {
    for events in [EPOLLIN, EPOLLIN | EPOLLET] {
        let bus = Bus::named(&events.to_string());
        let (one, two) = (bus.create(), bus.join());
        let epoll = watching(&two, events);
        let waiting = Blocked::start(call::EPOLL_WAIT, move || epoll.wait(-1));
        say(&one, b"x");
        same(
            "epoll_wait",
            ok("epoll_wait", waiting.wakes()),
            vec![(EPOLLIN, 7)],
        );
    }
}

fn many_ports_in_one_epoll() {
    let bus = Bus::new();
    let sender = bus.create();
    let ports: Vec<_> = (0..40).map(|_| bus.join()).collect();
    let epoll = ok("epoll_create1", Epoll::new());
    for (tag, port) in ports.iter().enumerate() {
        ok("epoll_ctl(ADD)", epoll.add(port, EPOLLIN, tag as u64));
    }
    say(&sender, b"x");
    let mut tags: Vec<u64> = ok("epoll_wait", epoll.wait(0))
        .iter()
        .map(|e| e.1)
        .collect();
    tags.sort_unstable();
    same("ports reported", tags, (0..40).collect());
    (0..39).for_each(|n| hear(&ports[n], b"x"));
    same(
        "port left",
        ok("epoll_wait", epoll.wait(0)),
        vec![(EPOLLIN, 39)],
    );
}

fn closed_port_leaves_the_epoll() {
    let bus = Bus::new();
    let sender = bus.create();
    let (stays, leaves) = (bus.join(), bus.join());
    let epoll = ok("epoll_create1", Epoll::new());
    ok("epoll_ctl(ADD)", epoll.add(&stays, EPOLLIN, 1));
    ok("epoll_ctl(ADD)", epoll.add(&leaves, EPOLLIN, 2));
    say(&sender, b"x");
    ok("close", leaves.close());
    same(
        "epoll_wait",
        ok("epoll_wait", epoll.wait(0)),
        vec![(EPOLLIN, 1)],
    );
    say(&sender, b"y");
    same(
        "epoll_wait",
        ok("epoll_wait", epoll.wait(0)),
        vec![(EPOLLIN, 1)],
    );
}

fn exclusive_waiter_is_woken() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let limit = pace::patience(Duration::from_millis(1500)).as_millis() as i32;
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let epoll = watching(&two, EPOLLIN | EPOLLEXCLUSIVE);
            Blocked::start(call::EPOLL_WAIT, move || epoll.wait(limit))
        })
        .collect();
    say(&one, b"x");
    let woken = waiting
        .into_iter()
        .map(Blocked::wakes)
        .filter(|r| r.as_ref().is_ok_and(|e| !e.is_empty()));
    same("at least one of the waiters woke", woken.count() >= 1, true);
}

const BURSTS: u32 = 1500;

/// A sender with pauses of every length; a reader that sleeps in epoll until an edge and then
/// reads all there is. One edge missed, and it sleeps for good.
fn edge_never_misses_a_message() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS)]);
    let reader = bus.reader();
    let mut random = fastrand::Rng::with_seed(4);
    let bursts: Vec<(u32, u32)> = (0..BURSTS)
        .map(|_| (random.u32(1..4), random.u32(0..400)))
        .collect();
    let total: u32 = bursts.iter().map(|burst| burst.0).sum();
    let writer = thread::spawn(move || {
        let mut number = 0_u32;
        for (messages, pause) in bursts {
            for _ in 0..messages {
                ok("send", sender.send(&number.to_ne_bytes(), 0));
                number += 1;
            }
            (0..pause * 4).for_each(|_| std::hint::spin_loop());
        }
    });
    let epoll = watching(&reader, EPOLLIN | EPOLLET);
    let mut next = 0;
    while next < total {
        let events = ok("epoll_wait", epoll.wait(soon_in_ms()));
        same(
            format_args!("an edge for message {next} of {total}"),
            events.len(),
            1,
        );
        let mut buffer = [0; 4];
        while let Ok(4) = reader.recv(&mut buffer, NOW) {
            same("the next number", u32::from_ne_bytes(buffer), next);
            next += 1;
        }
    }
    writer.join().expect("the writer ends well");
}

/// The other way round: a sender that sleeps until an edge says that there is room.
fn edge_never_misses_room() {
    const MESSAGES: u32 = 3000;
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(3));
    let reader = bus.reader();
    let listener = thread::spawn(move || {
        let mut random = fastrand::Rng::with_seed(5);
        for expected in 0..MESSAGES {
            let mut buffer = [0; 4];
            same("length", ok("recv", reader.recv(&mut buffer, 0)), 4);
            same("the next number", u32::from_ne_bytes(buffer), expected);
            (0..random.u32(0..1000)).for_each(|_| std::hint::spin_loop());
        }
    });
    let epoll = watching(&sender, EPOLLOUT | EPOLLET);
    let mut number = 0_u32;
    while number < MESSAGES {
        match sender.send(&number.to_ne_bytes(), NOW) {
            Ok(_) => number += 1,
            refused => {
                fails("send to a full pool", refused, libc::EAGAIN);
                let events = ok("epoll_wait", epoll.wait(soon_in_ms()));
                same(
                    format_args!("an edge for room before message {number}"),
                    events.len(),
                    1,
                );
            }
        }
    }
    listener.join().expect("the listener ends well");
}

fn ports_close_while_others_are_polled() {
    let bus = Bus::new();
    let sender = bus.create();
    let epoll = ok("epoll_create1", Epoll::new());
    let steady = bus.reader();
    ok("epoll_ctl(ADD)", epoll.add(&steady, EPOLLIN | EPOLLET, 1));
    let churn = {
        let bus = bus.clone();
        thread::spawn(move || {
            for _ in 0..200 {
                let port = bus.join();
                let epoll = watching(&port, EPOLLIN | EPOLLOUT);
                ok("epoll_wait", epoll.wait(0));
                drop(port);
                ok("epoll_wait", epoll.wait(0));
            }
        })
    };
    for number in 0..200 {
        say_number(&sender, number);
        same(
            "epoll_wait",
            ok("epoll_wait", epoll.wait(soon_in_ms())),
            vec![(EPOLLIN, 1)],
        );
        hear_number(&steady, number);
    }
    churn.join().expect("the other thread ends well");
}

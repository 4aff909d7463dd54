// SPDX-License-Identifier: GPL-2.0
//! Lossless switch networks: a sender waits for the ports that get its frame, and for no others.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace::volume;
use crate::switch::lab::{option::*, *};
use crate::sys::call;
use crate::sys::epoll::Epoll;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::thread;

cases!["switch_lossless":
    hundred_thousand_frames_arrive_in_order @ 300,
    a_slow_port_holds_its_senders,
    a_full_port_holds_nobody_else @ 120,
    poll_tells_whether_to_try_again,
    a_poll_wakes_for_room_though_another_port_is_full,
    an_edge_comes_for_room_though_another_port_is_full,
    a_sender_wakes_when_the_full_port_leaves_though_another_is_full,
    a_sender_wakes_when_the_full_port_stops_receiving_though_another_is_full,
    a_sender_wakes_when_its_frame_may_go_elsewhere,
    a_refused_frame_is_not_counted,
    a_station_that_moved_stays_where_it_is,
    a_flood_reaches_all_or_nobody,
];

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
const C: [u8; 6] = [2, 0, 0, 0, 0, 3];

fn numbered(to: [u8; 6], from: [u8; 6], number: u32) -> Vec<u8> {
    let mut bytes = frame(to, from, "");
    bytes.extend_from_slice(&number.to_ne_bytes());
    bytes
}

/// A lossless switch whose first ports' stations are known: port N's is `mac(N + 1)`.
fn lab<const N: usize>(pool: i32) -> (Lab, [Sock; N]) {
    let lab = Lab::with(&lossless(pool));
    lab.set(AGEING, &u64::MAX.to_ne_bytes());
    let ports: [Sock; N] = lab.ports();
    for (number, port) in ports.iter().enumerate() {
        say(
            port,
            &frame([1, 0x80, 0xc2, 0, 0, 2], mac(number as u8 + 1), "here"),
        );
    }
    (lab, ports)
}

/// A frame that waits for room.
#[track_caller]
fn wait_to_send(port: &Sock, bytes: Vec<u8>) -> Blocked<std::io::Result<usize>> {
    let port = port.clone();
    let blocked = Blocked::start(call::SEND, move || port.send(&bytes, 0));
    blocked.stays_blocked();
    blocked
}

/// Frames from one station to another, all of them heard in order.
fn stream(from: &Sock, to: &Sock, names: ([u8; 6], [u8; 6]), count: u32) {
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..count {
                ok("send", from.send(&numbered(names.1, names.0, number), 0));
            }
        });
        let mut buffer = [0; 64];
        for number in 0..count {
            let len = ok("recv", to.recv(&mut buffer, 0));
            let expected = numbered(names.1, names.0, number);
            assert!(
                buffer[..len] == expected,
                "frame {number} did not come in its turn"
            );
        }
    });
}

fn hundred_thousand_frames_arrive_in_order() {
    let each = volume(50_000, "frames of each sender");
    let (lab, [one, two, three, four, spectator]) = lab(64);
    thread::scope(|scope| {
        scope.spawn(|| stream(&one, &two, (mac(1), mac(2)), each));
        scope.spawn(|| stream(&three, &four, (mac(3), mac(4)), each));
    });
    for port in [&one, &two, &three, &four, &spectator] {
        hear_nothing(port);
    }
    let stats = lab.stats();
    same("frames for one port", stats.unicast(), (2 * each).into());
    same("all frames", stats.frames(), (2 * each + 5).into());
}

fn a_slow_port_holds_its_senders() {
    let (_lab, [one, two]) = lab(4);
    (0..4).for_each(|n| say(&one, &numbered(B, A, n)));
    fails(
        "send to a full port",
        one.send(&numbered(B, A, 4), NOW),
        libc::EAGAIN,
    );
    let blocked = wait_to_send(&one, numbered(B, A, 4));
    hear(&two, &numbered(B, A, 0));
    ok("the send that waited", blocked.wakes());
    (1..5).for_each(|n| hear(&two, &numbered(B, A, n)));
    hear_nothing(&two);
}

fn a_full_port_holds_nobody_else() {
    let frames = volume(20_000, "frames");
    let (lab, [one, two, full]) = lab(4);
    (0..4).for_each(|n| say(&one, &numbered(C, A, n)));
    fails(
        "send to the full port",
        one.send(&numbered(C, A, 4), NOW),
        libc::EAGAIN,
    );
    stream(&one, &two, (A, B), frames);
    (0..4).for_each(|n| hear(&full, &numbered(C, A, n)));
    hear_nothing(&full);
    same(
        "frames for one port",
        lab.stats().unicast(),
        (frames + 4).into(),
    );
}

#[track_caller]
fn is_writable(port: &Sock, expected: bool) {
    let ready = ok("poll", poll(port, libc::POLLOUT, 0));
    same("POLLOUT", ready == libc::POLLOUT, expected);
}

#[track_caller]
fn is_refused(port: &Sock, frame: &[u8]) {
    fails("send", port.send(frame, NOW), libc::EAGAIN);
}

fn poll_tells_whether_to_try_again() {
    let (_lab, [one, two, full]) = lab(2);
    (0..2).for_each(|n| say(&one, &numbered(C, A, n)));
    // Nobody knows yet what comes next.
    is_writable(&one, true);
    is_refused(&one, &numbered(C, A, 2));
    is_writable(&one, false);
    is_writable(&two, true);
    // What goes elsewhere is not held up, and shows that there is something to try.
    say(&one, &numbered(B, A, 0));
    is_writable(&one, true);
    is_refused(&one, &numbered(C, A, 2));
    is_writable(&one, false);
    // A port that was not full makes no room.
    hear(&two, &numbered(B, A, 0));
    is_writable(&one, false);
    hear(&full, &numbered(C, A, 0));
    is_writable(&one, true);
    say(&one, &numbered(C, A, 2));
    is_refused(&one, &numbered(C, A, 3));
    ok("close", full.close());
    is_writable(&one, true);
}

/// Port 2 is full for good; a frame for port 1 has found no room.
fn refused_beside_a_full_port() -> (Lab, [Sock; 3]) {
    let (lab, ports) = lab(2);
    for n in 0..2 {
        say(&ports[0], &numbered(B, A, n));
        say(&ports[0], &numbered(C, A, n));
    }
    is_refused(&ports[0], &numbered(B, A, 9));
    (lab, ports)
}

fn a_poll_wakes_for_room_though_another_port_is_full() {
    let (_lab, [one, two, _full]) = refused_beside_a_full_port();
    let sender = one.clone();
    let waiting = Blocked::start(call::POLL, move || poll(&sender, libc::POLLOUT, -1));
    waiting.stays_blocked();
    hear(&two, &numbered(B, A, 0));
    same("poll", ok("poll", waiting.wakes()), libc::POLLOUT);
    say(&one, &numbered(B, A, 9));
}

fn an_edge_comes_for_room_though_another_port_is_full() {
    let (_lab, [one, two, full]) = refused_beside_a_full_port();
    let epoll = ok("epoll_create1", Epoll::new());
    let events = libc::EPOLLOUT | libc::EPOLLET;
    ok("epoll_ctl(ADD)", epoll.add(&one, events, 7));
    let edges = || ok("epoll_wait", epoll.wait(0)).len();
    same("edges at first", edges(), 0);
    hear(&two, &numbered(B, A, 0));
    same("edges for room", edges(), 1);
    say(&one, &numbered(B, A, 9));
    is_refused(&one, &numbered(B, A, 10));
    same("edges after a refusal", edges(), 0);
    // Room elsewhere: worth one try.
    hear(&full, &numbered(C, A, 0));
    same("edges for room elsewhere", edges(), 1);
    is_refused(&one, &numbered(B, A, 10));
    same("edges after a refusal", edges(), 0);
    hear(&two, &numbered(B, A, 1));
    same("edges for room", edges(), 1);
    say(&one, &numbered(B, A, 10));
}

/// Ports 1 and 2 are full, and a frame to the first of them waits.
fn two_full_ports() -> (Lab, [Sock; 3], Blocked<std::io::Result<usize>>) {
    let (lab, ports) = lab(2);
    for n in 0..2 {
        say(&ports[0], &numbered(B, A, n));
        say(&ports[0], &numbered(C, A, n));
    }
    let blocked = wait_to_send(&ports[0], numbered(B, A, 9));
    (lab, ports, blocked)
}

fn a_sender_wakes_when_the_full_port_leaves_though_another_is_full() {
    let (lab, [_one, two, _three], blocked) = two_full_ports();
    // Its station is not known any more, and the flood would reach the other full port.
    lab.set(FDB_ADD, &address(mac(9), 0, 0));
    lab.set(PORT, &words(&[2, ISOLATED, ISOLATED, 0]));
    lab.set(PORT, &words(&[0, ISOLATED, ISOLATED, 0]));
    blocked.stays_blocked();
    ok("close", two.close());
    ok("the send that waited", blocked.wakes());
}

fn a_sender_wakes_when_the_full_port_stops_receiving_though_another_is_full() {
    let (_lab, [_one, two, _three], blocked) = two_full_ports();
    ok("shutdown", two.shutdown(libc::SHUT_RD));
    ok("the send that waited", blocked.wakes());
}

fn a_sender_wakes_when_its_frame_may_go_elsewhere() {
    let (lab, [_one, _two, _three], blocked) = two_full_ports();
    let free = lab.port(3);
    lab.set(FDB_ADD, &address(B, 0, 3));
    ok("the send that waited", blocked.wakes());
    hear(&free, &numbered(B, A, 9));
}

fn a_refused_frame_is_not_counted() {
    let (lab, [one, two]) = lab(2);
    (0..2).for_each(|n| say(&one, &numbered(B, A, n)));
    let before = lab.stats();
    for _ in 0..10 {
        fails(
            "send to a full port",
            one.send(&numbered(B, A, 2), NOW),
            libc::EAGAIN,
        );
    }
    same("counters", lab.stats(), before);
    let blocked = wait_to_send(&one, numbered(B, A, 2));
    hear(&two, &numbered(B, A, 0));
    ok("the send that waited", blocked.wakes());
    same("frames for one port", lab.stats().unicast(), 3);
}

/// A frame that has waited for room teaches nothing: its station may have moved meanwhile.
fn a_station_that_moved_stays_where_it_is() {
    let (lab, [one, two, three]) = lab(2);
    (0..2).for_each(|n| say(&one, &numbered(B, A, n)));
    let blocked = wait_to_send(&one, numbered(B, A, 2));
    // A moves to the third port, and says so.
    say(&three, &frame([1, 0x80, 0xc2, 0, 0, 2], A, "here"));
    hear(&two, &numbered(B, A, 0));
    ok("the send that waited", blocked.wakes());
    say(&two, &numbered(A, B, 3));
    hear(&three, &numbered(A, B, 3));
    hear_nothing(&one);
    same("moves", lab.stats().moved(), 1);
}

fn a_flood_reaches_all_or_nobody() {
    let (lab, [one, two, three]) = lab(2);
    (0..2).for_each(|n| say(&one, &numbered(B, A, n)));
    let all = numbered(BROADCAST, A, 9);
    fails("flood while one is full", one.send(&all, NOW), libc::EAGAIN);
    hear_nothing(&three);
    hear(&two, &numbered(B, A, 0));
    say(&one, &all);
    hear(&three, &all);
    hear(&two, &numbered(B, A, 1));
    hear(&two, &all);
    holds("one frame was flooded", lab.stats().flooded() == 1);
    let get = ok("IPN_SO_FLAGS", one.get(IPN_SO_FLAGS));
    same("flags", get & IPN_FLAG_LOSSLESS, IPN_FLAG_LOSSLESS);
}

// SPDX-License-Identifier: GPL-2.0
//! Receiving out of mapped memory: what its reader's position does.

pub mod lab;
pub mod layout;
pub mod pool;
pub mod rights;
pub mod scribble;
pub mod writer;

use crate::abi::*;
use crate::device::lab::soon_in_ms;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::mapping::lab::{ask, at, Map};
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::sync::atomic::Ordering::Relaxed;

cases!["mapping":
    older_messages_can_be_read,
    position_begins_where_the_port_stands,
    recv_goes_on_where_the_reader_stands,
    reader_goes_on_where_recv_stands,
    poll_and_fionread_go_by_the_position,
    nonsense_is_put_right,
    losses_are_told_in_the_page,
    losses_from_before_are_told_too,
    sleeping_reader_is_woken,
    blocked_sender_asks_for_it_to_be_said,
    blocked_sender_finds_room_by_itself_when_it_tries,
    mapped_reader_that_never_looks_costs_no_wake_ups,
    own_messages_are_passed_for_the_reader,
    filter_of_a_mapped_port_counts_for_recv,
    out_of_band_messages_still_come,
];

/// Rights are the file's, and have no date.
fn older_messages_can_be_read() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    (0..10).for_each(|n| say_number(&sender, n));
    let late = bus.reader();
    let map = Map::of(&late);
    same("published", map.published(), 10);
    let older: Vec<u32> = (6..10).map(|n| map.number(n)).collect();
    same("what was sent before it joined", older, vec![6, 7, 8, 9]);
    same("where it stands", map.position(), 10);
    hear_nothing(&late);
}

fn position_begins_where_the_port_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    (0..5).for_each(|n| say_number(&sender, n));
    (0..3).for_each(|n| hear_number(&port, n));
    let map = Map::of(&port);
    same("position", map.position(), 3);
    hear_number(&port, 3);
    same("position", map.position(), 4);
}

fn recv_goes_on_where_the_reader_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    let map = Map::of(&port);
    (0..8).for_each(|n| say_number(&sender, n));
    map.go_to(5);
    hear_number(&port, 5);
    map.go_to(7);
    hear_number(&port, 7);
    hear_nothing(&port);
    // What the reader took long ago is no loss.
    (8..12).for_each(|n| say_number(&sender, n));
    map.go_to(12);
    (12..20).for_each(|n| say_number(&sender, n));
    (12..20).for_each(|n| hear_number(&port, n));
    same("lost", map.lost(), 0);
}

fn reader_goes_on_where_recv_stands() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for n in 0..6 {
        say_number(&sender, n);
        hear_number(&port, n);
        same("position", map.position(), u64::from(n) + 1);
    }
    say_number(&sender, 6);
    let peeked = port.recv(&mut [0; 4], NOW | libc::MSG_PEEK);
    same("peeked", ok("recv(MSG_PEEK)", peeked), 4);
    same("position after a peek", map.position(), 6);
}

fn poll_and_fionread_go_by_the_position() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    let readable = || ok("poll", poll(&port, libc::POLLIN, 0)) == libc::POLLIN;
    same("readable at first", readable(), false);
    say(&sender, b"four");
    say(&sender, b"fives");
    for (position, length) in [(0, 4), (1, 5), (2, 0)] {
        map.go_to(position);
        same(
            format_args!("readable at {position}"),
            readable(),
            length != 0,
        );
        same(format_args!("FIONREAD at {position}"), ask(&port), length);
    }
    say(&sender, b"x");
    same("readable again", readable(), true);
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    map.go_to(3);
    let events = ok("poll", poll(&port, libc::POLLIN, 0));
    same("at the end", events, libc::POLLIN | libc::POLLHUP);
    same(
        "recv at the end",
        ok("recv", port.recv(&mut [0; 4], NOW)),
        0,
    );
}

fn nonsense_is_put_right() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    let map = Map::of(&port);
    (0..8).for_each(|n| say_number(&sender, n));
    map.go_to(3);
    same("FIONREAD", ask(&port), 4);
    for nonsense in [0, 2, 9, 1 << 63, u64::MAX] {
        let look: [(&str, &dyn Fn()); 3] = [
            ("FIONREAD", &|| same("FIONREAD", ask(&port), 4)),
            ("poll", &|| {
                let events = ok("poll", poll(&port, libc::POLLIN, 0));
                same("poll", events, libc::POLLIN);
            }),
            ("recv", &|| {
                let peeked = port.recv(&mut [0; 4], NOW | libc::MSG_PEEK);
                same("recv", ok("recv(MSG_PEEK)", peeked), 4);
            }),
        ];
        for (what, look) in look {
            map.go_to(nonsense);
            look();
            let what = format_args!("position {nonsense} after {what}").to_string();
            same(what, map.position(), 3);
        }
    }
    (3..8).for_each(|n| hear_number(&port, n));
    same("lost", map.lost(), 0);
}

fn losses_are_told_in_the_page() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.join());
    let map = Map::of(&port);
    (0..20).for_each(|n| say_number(&sender, n));
    same("lost before it looks", map.lost(), 0);
    same("FIONREAD", ask(&port), 4);
    same("(position, lost)", (map.position(), map.lost()), (12, 12));
    // Its own are not lost, and those at its position are passed.
    (0..3).for_each(|n| say_number(&port, n));
    (20..26).for_each(|n| say_number(&sender, n));
    same("FIONREAD", ask(&port), 4);
    same("(position, lost)", (map.position(), map.lost()), (23, 20));
    map.go_to(25);
    (26..36).for_each(|n| say_number(&sender, n));
    ok("poll counts nothing", poll(&port, libc::POLLIN, 0));
    same("lost", map.lost(), 20);
    hear_number(&port, 28);
    same("lost, told after recv", map.lost(), 26);
    let meminfo = port.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
    let meminfo = ok("SO_MEMINFO", meminfo);
    same(
        "in SO_MEMINFO",
        &meminfo[meminfo.len() - 4..],
        &26_u32.to_ne_bytes()[..],
    );
}

fn losses_from_before_are_told_too() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.reader());
    (0..20).for_each(|n| say_number(&sender, n));
    hear_number(&port, 12);
    same("lost", Map::of(&port).lost(), 12);
}

fn sleeping_reader_is_woken() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for round in 0..20 {
        say_number(&sender, round);
        map.go_to(map.published());
        let sleeper = port.clone();
        let asleep = Blocked::start(call::POLL, move || {
            poll(&sleeper, libc::POLLIN, soon_in_ms())
        });
        say_number(&sender, round);
        same("poll", ok("poll", asleep.wakes()), libc::POLLIN);
    }
}

/// A full network of 4 messages, and a sender that waits for room.
#[track_caller]
fn blocked_sender(sender: &Sock) -> Blocked<std::io::Result<usize>> {
    (0..4).for_each(|n| say_number(sender, n));
    let sender = sender.clone();
    let blocked = Blocked::start(call::SEND, move || sender.send(&[4, 0, 0, 0], 0));
    blocked.stays_blocked();
    blocked
}

fn blocked_sender_asks_for_it_to_be_said() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let map = Map::of(&port);
    let waits = || map.ring.half(at::AWAITING_ROOM).load(Relaxed) != 0;
    holds("nobody waits yet", !waits());
    let blocked = blocked_sender(&sender);
    holds("somebody waits", waits());
    map.go_to(1);
    blocked.stays_blocked();
    ask(&port);
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    same("the message it waited with", map.number(4), 4);
    fails("send to a full pool", sender.send(b"x", NOW), libc::EAGAIN);
    map.go_to(5);
    (5..9).for_each(|n| say_number(&sender, n));
    same("published", map.published(), 9);
}

fn blocked_sender_finds_room_by_itself_when_it_tries() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let (writer, map) = (bus.writer(), Map::of(&port));
    ok("shutdown", sender.shutdown(libc::SHUT_RD));
    let mut published = 0;
    for step in [1, 2, 3, 4, 4, 1] {
        while writer.send(&[0; 4], NOW).is_ok() {
            published += 1;
        }
        same("full", published - map.position(), 4);
        map.go_to(map.position() + step);
    }
    same("published", map.published(), published);
}

/// A reader that spins is not woken for fear that it waits for a signal.
fn mapped_reader_that_never_looks_costs_no_wake_ups() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let map = Map::of(&port);
    for n in 0..1000 {
        say_number(&sender, n);
        same("the message", map.number(u64::from(n)), n);
        map.go_to(u64::from(n) + 1);
    }
    hear_nothing(&port);
    same("lost", map.lost(), 0);
}

fn own_messages_are_passed_for_the_reader() {
    let bus = Bus::new();
    let (port, other) = (bus.create_with(&lossless(4)), bus.join());
    let map = Map::of(&port);
    // It never looks, but stands at its own: they are in nobody's way.
    for n in 0..50 {
        say_number(&port, n);
        hear_number(&other, n);
    }
    say_number(&other, 1);
    (0..3).for_each(|n| say_number(&port, n));
    (0..3).for_each(|n| hear_number(&other, n));
    fails(
        "send while it has not read",
        other.send(b"x", NOW),
        libc::EAGAIN,
    );
    // It reads the other's and never looks again at its own that follow.
    map.go_to(51);
    (0..4).for_each(|n| say_number(&other, n));
    same("where it stands", map.position(), 54);
}

fn filter_of_a_mapped_port_counts_for_recv() {
    use crate::sys::bpf;
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(4)), bus.reader());
    let map = Map::of(&port);
    let only_y: [bpf::Instruction; 4] = [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, u32::from(b'y')),
        (0x06, 0, 0, 0xffff),
        (0x06, 0, 0, 0),
    ];
    ok("SO_ATTACH_FILTER", bpf::attach(&port, &only_y));
    for word in [b"no", b"ye", b"nn"] {
        say(&sender, word);
    }
    same("nobody moves it meanwhile", map.position(), 0);
    hear(&port, b"ye");
    same("position", map.position(), 2);
    hear_nothing(&port);
    same("position", map.position(), 3);
}

fn out_of_band_messages_still_come() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.reader());
    for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
        ok("option", port.set(option, 1));
    }
    let map = Map::of(&port);
    let _another = bus.join();
    (0..9).for_each(|n| say_number(&sender, n));
    let events = ok("poll", poll(&port, libc::POLLIN | libc::POLLPRI, 0));
    same("poll", events, libc::POLLIN | libc::POLLPRI);
    same("FIONREAD tells its length", ask(&port), 16);
    same("and counts losses", (map.position(), map.lost()), (5, 5));
    let message = ok("recvmsg", port.recvmsg(64, NOW));
    holds("MSG_OOB", message.flags & libc::MSG_OOB != 0);
    same("position", map.position(), 5);
}

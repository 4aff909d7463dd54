// SPDX-License-Identifier: GPL-2.0
//! What a listener is told.

use super::family::*;
use crate::abi::*;
use crate::device::lab::{ip, tap};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, OWNER};
use crate::sys::privilege::own_user_namespace;
use crate::sys::process;
use std::mem;

cases!["seen_events":
    life_of_a_network_is_told,
    end_is_told_once,
    losses_are_told_once_in_a_while,
    device_that_goes_is_told,
    ports_of_a_process_that_ends_are_told,
    numbers_are_those_of_the_initial_namespaces,
    listener_that_does_not_read_holds_nobody_up,
];

#[track_caller]
fn listener() -> Family {
    let family = Family::new();
    ok("listening", family.listen());
    family
}

fn life_of_a_network_is_told() {
    let family = listener();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 3)]);
    let number = inode(&bus);
    let made = family.event_of(number, NETWORK_MADE);
    same("ports", made.number(NUMNODES), Some(3));
    holds("path", made.text(PATH).is_some());
    let port = bus.join();
    let taken = family.event_of(number, PORT_TAKEN);
    same("port", taken.number(PORT), Some(0));
    same("pid", taken.number(PID), Some(process::process_id() as u64));
    say(&port, b"12345");
    ok("close", port.close());
    let left = family.event_of(number, PORT_LEFT);
    same("port", left.number(PORT), Some(0));
    same("since", left.number(SINCE), taken.number(SINCE));
    same("sent", left.number(SENT_BYTES), Some(5));
    ok(
        "connect",
        manager.connect(&crate::sys::socket::Addr::null(0)),
    );
    family.event_of(number, PORT_TAKEN);
    ok("close", manager.close());
    family.event_of(number, PORT_LEFT);
    family.event_of(number, NETWORK_ENDED);
    holds("nothing more", !family.has_event());
}

fn end_is_told_once() {
    let family = listener();
    let bus = Bus::new();
    let port = bus.create();
    let number = inode(&bus);
    for _ in 0..2 {
        ok("IPN_TERMINATE", port.ioctl(IPN_TERMINATE));
    }
    let ended = family.event_of(number, NETWORK_ENDED);
    same("flags", ended.number(FLAGS), Some(0x1000));
    ok("close", port.close());
    family.event_of(number, PORT_LEFT);
    holds("nothing more", !family.has_event());
}

fn losses_are_told_once_in_a_while() {
    let family = listener();
    let bus = Bus::new();
    let [a, b] = [bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 1)]), bus.join()];
    let number = inode(&bus);
    for _ in 0..20 {
        (0..3).for_each(|number| say_number(&a, number));
        hear_number(&b, 2);
    }
    let lost = family.event_of(number, LOST_TOLD);
    same("port", lost.number(PORT), Some(1));
    same("lost", lost.number(LOST), Some(2));
    holds("it may take a second on a slow machine", {
        let mut more = 0;
        while family.has_event() {
            more += usize::from(family.event().command == LOST_TOLD);
        }
        more <= 3
    });
}

fn device_that_goes_is_told() {
    let bus = Bus::new();
    let _keeper = bus.create();
    let manager = bus.manage();
    let family = listener();
    let number = inode(&bus);
    ok("a tap", tap(&manager, "seen3"));
    let taken = family.event_of(number, PORT_TAKEN);
    same("kind", taken.number(KIND), Some(2));
    same("name", taken.text(IFNAME).as_deref(), Some("seen3"));
    ip("link del seen3");
    let gone = family.event_of(number, DEVICE_GONE);
    same("port", gone.number(PORT), Some(1));
    same("name", gone.text(IFNAME).as_deref(), Some("seen3"));
    same("index", gone.number(IFINDEX), taken.number(IFINDEX));
    let left = family.event_of(number, PORT_LEFT);
    same("kind", left.number(KIND), Some(2));
}

/// Its sockets are closed when it has no directory any more.
fn ports_of_a_process_that_ends_are_told() {
    let family = listener();
    let bus = Bus::new();
    let other = Process::start(|line| {
        mem::forget(bus.create());
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    let number = inode(&bus);
    let made = family.event_of(number, NETWORK_MADE);
    holds("path", made.text(PATH).is_some());
    let pid = other.pid as u64;
    other.line.tell(0);
    other.ends_well();
    let left = family.event_of(number, PORT_LEFT);
    same("pid", left.number(PID), Some(pid));
    same("path", left.text(PATH), None);
    let ended = family.event_of(number, NETWORK_ENDED);
    same("path", ended.text(PATH), None);
}

/// What happens in a user's namespaces is told to root as root knows it.
fn numbers_are_those_of_the_initial_namespaces() {
    let family = listener();
    let bus = Bus::new();
    let owner = Process::start(|line| {
        OWNER.become_it();
        ok("unshare", own_user_namespace(libc::CLONE_NEWPID));
        Process::start(|_| {
            let _port = bus.create();
            line.tell(0);
            line.hear();
        })
        .ends_well();
    });
    owner.line.hear();
    let number = inode(&bus);
    let made = family.event_of(number, NETWORK_MADE);
    same("owner", made.number(OWNER_ID), Some(1001));
    let taken = family.event_of(number, PORT_TAKEN);
    same("uid", taken.number(UID), Some(1001));
    same("gid", taken.number(GID), Some(1001));
    let told = family.ports(&bus);
    same("pid", taken.number(PID), told[0].number(PID));
    holds("it is no first process", taken.number(PID) > Some(1));
    owner.line.tell(0);
    owner.ends_well();
}

fn listener_that_does_not_read_holds_nobody_up() {
    let family = listener();
    let bus = Bus::new();
    let _keeper = bus.create();
    for _ in 0..2000 {
        drop(bus.join());
    }
    let mut overrun = false;
    while family.has_event() {
        overrun |= family.part(65536).is_err();
    }
    holds("it is told that it missed some", overrun);
}

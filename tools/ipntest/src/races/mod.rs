// SPDX-License-Identifier: GPL-2.0
//! Two threads, one descriptor: check and act must be one step.

pub mod backlogs;
pub mod device;
pub mod ends;
pub mod mapping;
pub mod pairs;
pub mod race;
pub mod scene;
pub mod seen;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails_with, holds, ok, same};
use crate::lab::runner::cases;
use crate::races::race::Race;
use crate::sys::signal;
use crate::sys::socket::{dup2, Addr, Sock};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::thread;

cases!["races":
    change_of_owner_against_close,
    close_against_delivery,
    two_connects_take_one_port,
    two_binds_make_one_manager,
    termination_against_everything,
    readers_of_one_port_share_its_messages,
    resize_against_joining,
    reset_of_a_reader_against_a_blocked_sender @ 40,
];

/// `fchown` reaches the socket's inode while `dup2` closes the socket under it.
fn change_of_owner_against_close() {
    let bus = Bus::new();
    let _keeper = bus.create();
    let null = ok("open", std::fs::File::open("/dev/null"));
    let mut race = Race::of(2);
    for _ in 0..150 {
        let sock = bus.join();
        let theirs = sock.clone();
        // The number stays open all the time: first it is the socket, then /dev/null.
        race.run(
            move || (0..3).for_each(|_| drop(theirs.fchown(0, 0))),
            || ok("dup2", dup2(&null, &sock)),
        );
    }
}

/// Sends a number, and waits for room if it must.
fn send_waiting(sock: &Sock, number: u32) {
    let sent = ok("send that may wait", sock.send(&number.to_ne_bytes(), 0));
    same("length sent", sent, 4);
}

fn close_against_delivery() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let mut race = Race::of(2);
    for _ in 0..150 {
        let port = bus.join();
        let from = sender.clone();
        race.run(
            move || (0..6).for_each(|n| send_waiting(&from, n)),
            || drop(port),
        );
    }
    let reader = bus.reader();
    say(&sender, b"at last");
    hear(&reader, b"at last");
}

fn two_connects_take_one_port() {
    let bus = Bus::new();
    let _keeper = bus.create_with(&[(IPN_SO_NUMNODES, 3)]);
    let mut race = Race::of(2);
    for _ in 0..100 {
        let sock = open();
        let (theirs, addr) = (sock.clone(), bus.addr.clone());
        let succeeded = Arc::new(AtomicU32::new(0));
        let count = succeeded.clone();
        let attempt = move |sock: &Sock, addr: &Addr, count: &AtomicU32| match sock.connect(addr) {
            Ok(()) => drop(count.fetch_add(1, Ordering::Relaxed)),
            refused => fails_with("the second connect", refused, &[libc::EISCONN]),
        };
        race.run(
            move || attempt(&theirs, &addr, &count),
            || attempt(&sock, &bus.addr, &succeeded),
        );
        same(
            "connects that succeeded",
            succeeded.load(Ordering::Relaxed),
            1,
        );
        // One port is left: the two connects took one together.
        let last = bus.join();
        fails_with(
            "connect to a full network",
            open().connect(&bus.addr),
            &[libc::EADDRNOTAVAIL],
        );
        drop((sock, last));
    }
}

fn two_binds_make_one_manager() {
    let mut race = Race::of(2);
    for round in 0..100 {
        let bus = Bus::named(&round.to_string());
        let sock = open();
        let (theirs, addr) = (sock.clone(), bus.addr.clone());
        race.run(
            move || drop(theirs.bind(&addr)),
            || drop(sock.bind(&bus.addr)),
        );
        fails_with("a third bind", sock.bind(&bus.addr), &[libc::EINVAL]);
        ok("close", sock.close());
        fails_with(
            "connect to what nobody manages",
            open().connect(&bus.addr),
            &[libc::ECONNREFUSED],
        );
    }
}

fn termination_against_everything() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let mut race = Race::of(2);
    for round in 0..80 {
        let bus = Bus::named(&round.to_string());
        let creator = bus.create_with(&lossless(2));
        let port = bus.join();
        let theirs = port.clone();
        race.run(
            move || while theirs.send(b"x", libc::MSG_NOSIGNAL).is_ok() {},
            || {
                ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
            },
        );
        while ok("recv", creator.recv(&mut [0; 9], 0)) != 0 {}
        same("recv at the end", ok("recv", port.recv(&mut [0; 9], 0)), 0);
    }
}

fn readers_of_one_port_share_its_messages() {
    const MESSAGES: u32 = 2000;
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(8));
    let port = bus.join();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let port = port.clone();
            thread::spawn(move || {
                let mut heard = Vec::new();
                loop {
                    let mut buffer = [0; 8];
                    match ok("recv", port.recv(&mut buffer, 0)) {
                        0 => return heard,
                        _ => {
                            heard.push(u32::from_ne_bytes(buffer[..4].try_into().expect("4 bytes")))
                        }
                    }
                }
            })
        })
        .collect();
    (0..MESSAGES).for_each(|n| send_waiting(&sender, n));
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    let mut all = Vec::new();
    for reader in readers {
        let heard = reader.join().expect("a reader ends well");
        holds("each reader sees them in order", heard.is_sorted());
        all.extend(heard);
    }
    all.sort_unstable();
    holds(
        "each message went to exactly one reader",
        all == (0..MESSAGES).collect::<Vec<_>>(),
    );
}

fn resize_against_joining() {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 4)]);
    let mut race = Race::of(2);
    for _ in 0..80 {
        let theirs = creator.clone();
        race.run(
            move || {
                for ports in [2, 30, 3, 64, 2] {
                    if let refused @ Err(_) = theirs.set(IPN_SO_CHANGE_NUMNODES, ports) {
                        fails_with("resize", refused, &[libc::EADDRINUSE]);
                    }
                }
            },
            || {
                let ports: Vec<_> = (0..6).map(|_| open()).collect();
                for port in &ports {
                    match port.connect(&bus.addr) {
                        Ok(()) => say(port, b"x"),
                        refused => fails_with("connect", refused, &[libc::EADDRNOTAVAIL]),
                    }
                }
            },
        );
        while creator.recvmsg(9, NOW).is_ok() {}
    }
}

/// A sender that is blocked by one reader while that reader closes and another one joins.
fn reset_of_a_reader_against_a_blocked_sender() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let mut race = Race::of(2);
    for _ in 0..100 {
        let reader = bus.reader();
        say(&sender, b"first");
        let from = sender.clone();
        race.run(
            move || send_waiting(&from, 2),
            || {
                drop(reader);
                drop(bus.reader());
            },
        );
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Two threads, one descriptor: check and act must be one step.

use crate::abi::*;
use crate::bus::*;
use crate::check::{fails_with, holds, ok, same};
use crate::runner::cases;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::{dup2, Addr, Sock};
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::thread;

cases!["races":
    every_pair_of_calls_on_a_new_socket @ 40,
    every_pair_of_calls_on_a_port @ 40,
    change_of_owner_against_close,
    close_against_delivery,
    two_connects_take_one_port,
    two_binds_make_one_manager,
    termination_against_everything,
    readers_of_one_port_share_its_messages,
    resize_against_joining,
    reset_of_a_reader_against_a_blocked_sender @ 40,
];

/// A call, on a socket of a network.
type Call = (&'static str, fn(&Sock, &Bus));

const QUIET: i32 = NOW | libc::MSG_NOSIGNAL;

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
    ("IPN_TERMINATE", |s, _| drop(s.ioctl(IPN_TERMINATE))),
    ("fchown", |s, _| drop(s.fchown(0, 0))),
];

/// Two threads that make calls at the same moment, over and over.
struct Pair {
    turn: Arc<AtomicU32>,
    ready: Arc<AtomicU32>,
}

impl Pair {
    fn new() -> Pair {
        Pair {
            turn: Arc::default(),
            ready: Arc::default(),
        }
    }

    /// Runs both at once, the second after a short while.
    fn together(&self, first: impl FnOnce() + Send + 'static, second: impl FnOnce(), delay: u32) {
        let go = self.turn.load(Ordering::Acquire) + 1;
        let (turn, ready) = (self.turn.clone(), self.ready.clone());
        let other = thread::spawn(move || {
            ready.store(go, Ordering::Release);
            while turn.load(Ordering::Acquire) < go {
                thread::yield_now();
            }
            first();
        });
        while self.ready.load(Ordering::Acquire) < go {
            thread::yield_now();
        }
        self.turn.store(go, Ordering::Release);
        (0..delay).for_each(|_| spin_loop());
        second();
        other.join().expect("the other thread ends well");
    }
}

/// Every call against every call, from the state that `prepare` gives; then the network still works,
/// or a new one does where it was terminated.
fn every_pair(prepare: impl Fn(&Bus) -> Sock) {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let mut random = fastrand::Rng::with_seed(6);
    let pair = Pair::new();
    for (one, (_, first)) in CALLS.iter().enumerate() {
        for (name, second) in &CALLS[..=one] {
            let bus = Bus::new();
            let keeper = bus.create();
            let sock = prepare(&bus);
            say(&keeper, b"queued");
            let (theirs, their_bus) = (sock.clone(), bus.clone());
            pair.together(
                move || first(&theirs, &their_bus),
                || second(&sock, &bus),
                random.u32(0..3000),
            );
            drop(sock);
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
                    format_args!("only IPN_TERMINATE ends a network, not {name}"),
                    CALLS[one].0 == "IPN_TERMINATE" || *name == "IPN_TERMINATE",
                );
            }
            ok("unlink", std::fs::remove_file(&bus.path));
        }
    }
}

fn every_pair_of_calls_on_a_new_socket() {
    every_pair(|_| open());
}

fn every_pair_of_calls_on_a_port() {
    every_pair(|bus| {
        let port = bus.manage();
        ok("connect", port.connect(&Addr::null(0)));
        port
    });
}

/// `fchown` reaches the socket's inode while `dup2` closes the socket under it.
fn change_of_owner_against_close() {
    let bus = Bus::new();
    let _keeper = bus.create();
    let null = ok("open", std::fs::File::open("/dev/null"));
    let pair = Pair::new();
    for round in 0..150 {
        let sock = bus.join();
        let theirs = sock.clone();
        // The number stays open all the time: first it is the socket, then /dev/null.
        pair.together(
            move || (0..3).for_each(|_| drop(theirs.fchown(0, 0))),
            || ok("dup2", dup2(&null, &sock)),
            round * 10,
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
    let pair = Pair::new();
    for round in 0..150_u32 {
        let port = bus.join();
        let from = sender.clone();
        pair.together(
            move || (0..6).for_each(|n| send_waiting(&from, n)),
            || drop(port),
            round * 20,
        );
    }
    let reader = bus.reader();
    say(&sender, b"at last");
    hear(&reader, b"at last");
}

fn two_connects_take_one_port() {
    let bus = Bus::new();
    let _keeper = bus.create_with(&[(IPN_SO_NUMNODES, 3)]);
    let pair = Pair::new();
    for round in 0..100 {
        let sock = open();
        let (theirs, addr) = (sock.clone(), bus.addr.clone());
        let succeeded = Arc::new(AtomicU32::new(0));
        let count = succeeded.clone();
        let attempt = move |sock: &Sock, addr: &Addr, count: &AtomicU32| match sock.connect(addr) {
            Ok(()) => drop(count.fetch_add(1, Ordering::Relaxed)),
            refused => fails_with("the second connect", refused, &[libc::EISCONN]),
        };
        pair.together(
            move || attempt(&theirs, &addr, &count),
            || attempt(&sock, &bus.addr, &succeeded),
            round * 5,
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
    let pair = Pair::new();
    for round in 0..100 {
        let bus = Bus::named(&round.to_string());
        let sock = open();
        let (theirs, addr) = (sock.clone(), bus.addr.clone());
        pair.together(
            move || drop(theirs.bind(&addr)),
            || drop(sock.bind(&bus.addr)),
            round * 5,
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
    let pair = Pair::new();
    for round in 0..80 {
        let bus = Bus::named(&round.to_string());
        let creator = bus.create_with(&lossless(2));
        let port = bus.join();
        let theirs = port.clone();
        pair.together(
            move || while theirs.send(b"x", libc::MSG_NOSIGNAL).is_ok() {},
            || {
                ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
            },
            round * 100,
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
    let pair = Pair::new();
    for round in 0..80 {
        let theirs = creator.clone();
        pair.together(
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
            round * 10,
        );
        while creator.recvmsg(9, NOW).is_ok() {}
    }
}

/// A sender that is blocked by one reader while that reader closes and another one joins.
fn reset_of_a_reader_against_a_blocked_sender() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let pair = Pair::new();
    for round in 0..100 {
        let reader = bus.reader();
        say(&sender, b"first");
        let from = sender.clone();
        pair.together(
            move || send_waiting(&from, 2),
            || {
                drop(reader);
                drop(bus.reader());
            },
            round * 20,
        );
    }
}

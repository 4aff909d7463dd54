// SPDX-License-Identifier: GPL-2.0
//! Many that wait for the same: a message wakes one of those who receive on a port, room one of those
//! who send, beside AF_UNIX; and who leaves without it has the next woken.

use crate::abi::*;
use crate::ktap::remark;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, Blocked};
use crate::sys::call;
use crate::sys::epoll::Epoll;
use crate::sys::signal;
use crate::sys::socket::{socket, socketpair, Addr, Sock};
use std::fs;
use std::io::Result;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

cases!["herds":
    message_wakes_one_of_many_receivers,
    message_wakes_one_of_many_exclusive_epolls,
    room_wakes_one_of_many_senders @ 60,
    batch_wakes_as_many_receivers_as_it_has_messages,
    receiver_that_peeks_leaves_the_message_to_the_next,
    receiver_that_fails_leaves_the_message_to_the_next,
    receiver_that_is_interrupted_leaves_the_message_to_the_next @ 60,
    batch_read_wakes_as_many_senders_as_it_makes_room_for,
    quarter_of_the_room_wakes_a_sender_and_not_a_message_s,
    sender_that_fails_leaves_the_room_to_the_next,
    sender_that_is_interrupted_leaves_the_room_to_the_next @ 60,
    receiver_and_sender_of_a_port_do_not_wake_for_each_other,
    room_is_not_used_up_by_who_receives,
    reader_that_leaves_wakes_all_senders,
    shutdown_and_end_wake_all,
];

const RECEIVERS: usize = 8;
const SENDERS: usize = 16;
/// Messages that a herd gets, or sends, in all.
const MESSAGES: u32 = 96;
/// Ends a receiver.
const QUIT: &[u8] = b"q";

/// How often the calling thread has gone to sleep.
fn switches() -> u32 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.expect("its status").trim().parse().expect("a number")
}

/// Threads that do the same, and in the end tell how often they have slept.
struct Herd {
    done: Arc<AtomicU32>,
    threads: Vec<Blocked<u32>>,
}

impl Herd {
    /// One thread for each socket, in `call`, until its deed says that it is over.
    #[track_caller]
    fn start(socks: Vec<Sock>, call: call::Call, deed: fn(&Sock) -> bool) -> Herd {
        let done = Arc::new(AtomicU32::new(0));
        let start = |sock: Sock| {
            let done = done.clone();
            Blocked::start(call, move || {
                let before = switches();
                let mut more = true;
                while more {
                    more = deed(&sock);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                switches() - before
            })
        };
        let threads = socks.into_iter().map(start).collect();
        Herd { done, threads }
    }

    fn done(&self) -> u32 {
        self.done.load(Ordering::Relaxed)
    }

    #[track_caller]
    fn has_done(&self, all: u32) {
        wait_until("the herd has done its work", || self.done() >= all);
    }

    /// How often its threads have slept.
    #[track_caller]
    fn ends(self) -> u32 {
        self.threads.into_iter().map(Blocked::wakes).sum()
    }
}

/// The same socket so many times.
#[track_caller]
fn copies(sock: &Sock, count: usize) -> Vec<Sock> {
    (0..count).map(|_| ok("dup", sock.dup())).collect()
}

/// A message each time that the last was received; how often those who receive have slept.
#[track_caller]
fn switches_to_receive(sender: &Sock, receiver: &Sock) -> u32 {
    let herd = Herd::start(copies(receiver, RECEIVERS), call::RECV, |sock| {
        let mut buffer = [0; 8];
        let len = ok("recv", sock.recv(&mut buffer, 0));
        &buffer[..len] != QUIT
    });
    for number in 1..=MESSAGES {
        ok("send", sender.send(b"m", 0));
        herd.has_done(number);
    }
    (0..RECEIVERS).for_each(|_| {
        ok("send", sender.send(QUIT, 0));
    });
    herd.ends()
}

/// No more than twice what AF_UNIX needs.
#[track_caller]
fn is_like(what: &str, ours: u32, theirs: u32) {
    remark(format_args!("{what}: {ours}, with AF_UNIX {theirs}"));
    holds(what, ours <= 2 * theirs);
}

fn message_wakes_one_of_many_receivers() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    let ours = switches_to_receive(&sender, &receiver);
    let (sender, receiver) = ok("socketpair", socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0));
    let theirs = switches_to_receive(&sender, &receiver);
    is_like("times that receivers slept", ours, theirs);
}

fn message_wakes_one_of_many_exclusive_epolls() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    let herd = Herd::start(copies(&receiver, RECEIVERS), call::EPOLL_WAIT, |sock| {
        let epoll = ok("epoll_create1", Epoll::new());
        let events = libc::EPOLLIN | libc::EPOLLEXCLUSIVE;
        ok("EPOLL_CTL_ADD", epoll.add(sock, events, 0));
        let mut buffer = [0; 8];
        loop {
            ok("epoll_wait", epoll.wait(-1));
            if let Ok(len) = sock.recv(&mut buffer, NOW) {
                return &buffer[..len] != QUIT;
            }
        }
    });
    for number in 1..=MESSAGES {
        say(&sender, b"m");
        herd.has_done(number);
    }
    for _ in 0..RECEIVERS {
        say(&sender, QUIT);
    }
    let slept = herd.ends();
    remark(format_args!("{slept} times"));
    holds("one sleeps for a message", slept <= 2 * MESSAGES);
}

/// All of a herd send, and two messages, a quarter of a ring of 8, are read each time that two went; how often those who send have
/// slept.
#[track_caller]
fn switches_to_send(senders: Vec<Sock>, reader: &Sock) -> u32 {
    const EACH: u32 = MESSAGES / SENDERS as u32;
    // Each thread's deeds.
    thread_local! { static SENT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) }; }
    while senders[0].send(b"m", NOW).is_ok() {}
    let herd = Herd::start(senders, call::SEND, |sock| {
        ok("send", sock.send(b"m", 0));
        SENT.set(SENT.get() + 1);
        SENT.get() < EACH
    });
    for number in (2..=MESSAGES).step_by(2) {
        for _ in 0..2 {
            ok("recv", reader.recv(&mut [0; 8], 0));
        }
        // One that has not slept yet may take the place of the first, and leave less than a quarter.
        herd.has_done(number - 1);
    }
    herd.ends()
}

fn room_wakes_one_of_many_senders() {
    let bus = Bus::new();
    let reader = {
        let sock = bus.manage_new(&lossless(8));
        ok("shutdown", sock.shutdown(libc::SHUT_WR));
        ok("connect", sock.connect(&Addr::null(0)));
        sock
    };
    let senders = (0..SENDERS).map(|_| bus.writer()).collect();
    let ours = switches_to_send(senders, &reader);

    let dgram = || ok("socket", socket(libc::AF_UNIX, libc::SOCK_DGRAM, 0));
    let address = Addr::of(directory().join("unix")).with_family(libc::AF_UNIX);
    let reader = dgram();
    ok("bind", reader.bind(&address));
    let join = |_| {
        let sock = dgram();
        ok("connect", sock.connect(&address));
        sock
    };
    let theirs = switches_to_send((0..SENDERS).map(join).collect(), &reader);
    is_like("times that senders slept", ours, theirs);
}

/// So many threads that each receive once on the socket.
#[track_caller]
fn receive_once(sock: &Sock, count: usize) -> Vec<Blocked<Result<usize>>> {
    let start = |sock: Sock| Blocked::start(call::RECV, move || sock.recv(&mut [0; 8], 0));
    copies(sock, count).into_iter().map(start).collect()
}

/// All of them end well.
#[track_caller]
fn all_wake(threads: Vec<Blocked<Result<usize>>>) {
    for thread in threads {
        ok("a call that was to be woken", thread.wakes());
    }
}

fn batch_wakes_as_many_receivers_as_it_has_messages() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    let threads = receive_once(&receiver, RECEIVERS);
    let batch = vec![&b"batch"[..]; RECEIVERS];
    same(
        "sent",
        ok("sendmmsg", sender.sendmmsg(&batch, 0)),
        RECEIVERS,
    );
    all_wake(threads);
}

fn receiver_that_peeks_leaves_the_message_to_the_next() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    let peeks = ok("dup", receiver.dup());
    let peeks = Blocked::start(call::RECV, move || peeks.recv(&mut [0; 8], libc::MSG_PEEK));
    let takes = receive_once(&receiver, 1);
    say(&sender, b"m");
    same("peeked", ok("recv(MSG_PEEK)", peeks.wakes()), 1);
    all_wake(takes);
}

fn receiver_that_fails_leaves_the_message_to_the_next() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    let fails_to = ok("dup", receiver.dup());
    let fails_to = Blocked::start(call::RECV, move || fails_to.recv_to_nowhere(8, 0));
    let takes = receive_once(&receiver, 1);
    say(&sender, b"m");
    fails("recv to nowhere", fails_to.wakes(), libc::EFAULT);
    all_wake(takes);
}

fn receiver_that_is_interrupted_leaves_the_message_to_the_next() {
    let bus = Bus::new();
    let (sender, receiver) = (bus.create(), bus.join());
    ok("a handler", signal::count(libc::SIGUSR1, 0));
    for _ in 0..50 {
        let mut threads = receive_once(&receiver, 2);
        let other = threads.remove(1);
        let first = threads.remove(0);
        first.signal(libc::SIGUSR1);
        say(&sender, b"m");
        if first.wakes().is_ok() {
            say(&sender, b"m");
        }
        all_wake(vec![other]);
    }
}

/// A full lossless network: its reader, and so many threads that each send once.
#[track_caller]
fn full(pool: i32, count: usize) -> (Bus, Sock, Vec<Blocked<Result<usize>>>) {
    let bus = Bus::named(&format!("full{pool}"));
    let filler = bus.create_with(&lossless(pool));
    ok("shutdown", filler.shutdown(libc::SHUT_RD));
    let reader = bus.reader();
    (0..pool).for_each(|_| say(&filler, b"f"));
    let threads = send_once(&bus, count);
    (bus, reader, threads)
}

#[track_caller]
fn send_once(bus: &Bus, count: usize) -> Vec<Blocked<Result<usize>>> {
    let start = |_| {
        let sock = bus.writer();
        Blocked::start(call::SEND, move || sock.send(b"m", 0))
    };
    (0..count).map(start).collect()
}

fn batch_read_wakes_as_many_senders_as_it_makes_room_for() {
    let (_bus, reader, mut threads) = full(4, 5);
    let got = ok("recvmmsg", reader.recvmmsg(4, 8, NOW, None));
    same("received", got.len(), 4);
    wait_until("four have sent", || {
        threads.iter().filter(|thread| thread.is_over()).count() == 4
    });
    let last = threads.iter().position(|thread| !thread.is_over());
    let last = threads.remove(last.expect("one that waits"));
    all_wake(threads);
    last.stays_blocked();
    hear(&reader, b"m");
    all_wake(vec![last]);
}

fn quarter_of_the_room_wakes_a_sender_and_not_a_message_s() {
    let (_bus, reader, mut threads) = full(8, 1);
    let sender = threads.remove(0);
    hear(&reader, b"f");
    sender.stays_blocked();
    hear(&reader, b"f");
    ok("send", sender.wakes());
    // Who does not sleep has the room that there is.
    let (bus, reader, _) = full(12, 0);
    hear(&reader, b"f");
    say(&bus.writer(), b"m");
}

fn sender_that_fails_leaves_the_room_to_the_next() {
    let (bus, reader, _) = full(1, 0);
    let sock = bus.writer();
    let fails_to = Blocked::start(call::SEND, move || sock.send_at(8, 1, 0));
    let sends = send_once(&bus, 1);
    hear(&reader, b"f");
    fails("send from nowhere", fails_to.wakes(), libc::EFAULT);
    all_wake(sends);
}

fn sender_that_is_interrupted_leaves_the_room_to_the_next() {
    let (bus, reader, _) = full(1, 0);
    ok("a handler", signal::count(libc::SIGUSR1, 0));
    for _ in 0..50 {
        let mut threads = send_once(&bus, 2);
        let other = threads.remove(1);
        let first = threads.remove(0);
        first.signal(libc::SIGUSR1);
        ok("recv", reader.recv(&mut [0; 8], NOW));
        if first.wakes().is_ok() {
            ok("recv", reader.recv(&mut [0; 8], NOW));
        }
        all_wake(vec![other]);
    }
}

/// What wakes those who receive does not count for those who send on the same port, nor the other way
/// round.
fn receiver_and_sender_of_a_port_do_not_wake_for_each_other() {
    let bus = Bus::new();
    let both = bus.create_with(&lossless(1));
    let other = bus.join();
    say(&both, b"full");
    let receives = receive_once(&both, 1);
    let sock = ok("dup", both.dup());
    let sends = Blocked::start(call::SEND, move || sock.send(b"m", 0));
    hear(&other, b"full");
    all_wake(vec![sends]);
    hear(&other, b"m");
    say(&other, b"answer");
    all_wake(receives);
}

/// It wakes one of those who want to be woken alone: who waits for a message before them is none.
fn room_is_not_used_up_by_who_receives() {
    let bus = Bus::new();
    let both = bus.create_with(&lossless(1));
    let other = bus.join();
    say(&both, b"full");
    let receives = receive_once(&both, 1);
    let epoll = ok("epoll", Epoll::new());
    let events = libc::EPOLLOUT | libc::EPOLLEXCLUSIVE;
    ok("EPOLL_CTL_ADD", epoll.add(&both, events, 1));
    let waits = Blocked::start(call::EPOLL_WAIT, move || epoll.wait(-1));
    hear(&other, b"full");
    let woken = ok("epoll_wait", waits.wakes());
    same("events", woken, vec![(libc::EPOLLOUT, 1)]);
    say(&other, b"answer");
    all_wake(receives);
}

fn reader_that_leaves_wakes_all_senders() {
    let (_bus, reader, threads) = full(2, 6);
    ok("close", reader.close());
    all_wake(threads);
}

fn shutdown_and_end_wake_all() {
    let bus = Bus::new();
    let (manager, receiver) = (bus.create(), bus.join());
    let threads = receive_once(&receiver, RECEIVERS);
    ok("shutdown", receiver.shutdown(libc::SHUT_RD));
    for thread in threads {
        fails("recv", thread.wakes(), libc::EPIPE);
    }
    let threads = receive_once(&bus.join(), RECEIVERS);
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    for thread in threads {
        same("the end", ok("recv", thread.wakes()), 0);
    }

    let (bus, _reader, threads) = full(1, 6);
    let sock = bus.writer();
    let of_one_port: Vec<_> = copies(&sock, 2)
        .into_iter()
        .map(|sock| Blocked::start(call::SEND, move || sock.send(b"m", libc::MSG_NOSIGNAL)))
        .collect();
    ok("shutdown", sock.shutdown(libc::SHUT_WR));
    for thread in of_one_port {
        fails("send", thread.wakes(), libc::EPIPE);
    }
    threads.iter().for_each(Blocked::stays_blocked);
    ok("IPN_TERMINATE", bus.manage().ioctl(IPN_TERMINATE));
    for thread in threads {
        fails("send", thread.wakes(), libc::EPIPE);
    }
}

// SPDX-License-Identifier: GPL-2.0
//! What filters refuse: who looks through it, for how long, and whom it holds up.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, Process};
use crate::pace::soon;
use crate::sys::bpf::{self, Counting};
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::process;
use crate::sys::socket::Sock;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

cases!["refused":
    flood_ends_each_call_with_nothing @ 60,
    flood_keeps_no_reader_from_being_killed @ 60,
    backlog_is_none_of_a_senders_work,
    full_network_is_none_of_a_senders_work,
    messages_that_nobody_wants_hold_no_sender,
    sender_that_may_not_wait_hears_of_the_room,
    attaching_looks_through_the_backlog,
    attaching_lets_a_sender_go_on,
    wanted_message_behind_refused_ones_is_heard_of,
];

/// Refuse all.
const NOTHING: [bpf::Instruction; 1] = [(0x06, 0, 0, 0)];

/// Ports of somebody else's in these tests.
const PORTS: u64 = 8;

#[track_caller]
fn refuse_all(sock: &Sock) {
    ok("SO_ATTACH_FILTER", bpf::attach(sock, &NOTHING));
}

#[track_caller]
fn attach(sock: &Sock, filter: &Counting) {
    let program = filter.program.as_raw_fd();
    ok(
        "SO_ATTACH_BPF",
        sock.set_generic(libc::SO_ATTACH_BPF, program),
    );
}

#[track_caller]
fn counting(process: i32) -> Counting {
    ok("a filter that counts", Counting::of(process))
}

#[track_caller]
fn runs(filter: &Counting) -> u64 {
    ok("the number of runs", filter.runs())
}

/// A network, and a process that sends on it without a pause.
fn flooded() -> (Bus, Sock, Process) {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4096), (IPN_SO_MTU, 60)]);
    let reader = bus.reader();
    refuse_all(&reader);
    let flood = Process::start(|_| loop {
        let _ = sender.send(b"m", 0);
    });
    thread::sleep(Duration::from_millis(100));
    (bus, reader, flood)
}

/// What a call answers, which ends soon.
#[track_caller]
fn ends<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::spawn(call);
    let start = Instant::now();
    while !thread.is_finished() {
        assert!(start.elapsed() < soon(), "the call goes on and on");
        thread::sleep(Duration::from_millis(1));
    }
    thread.join().expect("the thread ends well")
}

fn flood_ends_each_call_with_nothing() {
    let (_bus, reader, flood) = flooded();
    let receive = |flags| {
        let port = reader.clone();
        ends(move || port.recv(&mut [0; 9], flags))
    };
    for _ in 0..5 {
        fails("recv(MSG_DONTWAIT)", receive(NOW), libc::EAGAIN);
        let port = reader.clone();
        let ready = ok("poll", ends(move || poll(&port, libc::POLLIN, 0)));
        same("what is ready", ready, 0);
        let port = reader.clone();
        let length = ok("FIONREAD", ends(move || port.ioctl_int(libc::FIONREAD)));
        same("length of the next message", length, 0);
    }
    let short = Duration::from_millis(40);
    ok("SO_RCVTIMEO", reader.set_time_out(libc::SO_RCVTIMEO, short));
    for _ in 0..5 {
        fails("recv with a limit", receive(0), libc::EAGAIN);
    }
    flood.kill();
}

fn flood_keeps_no_reader_from_being_killed() {
    let (_bus, reader, flood) = flooded();
    for _ in 0..3 {
        let blocked = Process::start(|line| {
            line.tell(1);
            let _ = reader.recv(&mut [0; 9], 0);
        });
        same("it begins", blocked.line.hear(), 1);
        thread::sleep(Duration::from_millis(50));
        blocked.kill();
    }
    flood.kill();
}

/// Another process with ports of a network; they get a filter when they are told to. With `waits` each has a
/// task that waits for what never comes there, so that it hears of messages.
fn others(bus: &Bus, filter: &Counting, waits: bool) -> Process {
    let bus = bus.clone();
    Process::start(move |line| {
        let ports: Vec<Sock> = (0..PORTS).map(|_| bus.reader()).collect();
        for port in ports.iter().filter(|_| waits) {
            let port = port.clone();
            thread::spawn(move || poll(&port, libc::POLLPRI, -1));
        }
        line.tell(1);
        line.hear();
        ports.iter().for_each(|port| attach(port, filter));
        line.tell(2);
        line.hear();
    })
}

fn backlog_is_none_of_a_senders_work() {
    let bus = Bus::new();
    let sender = bus.create();
    let filter = counting(process::process_id());
    let others = others(&bus, &filter, true);
    others.line.hear();
    thread::sleep(Duration::from_millis(50));
    (0..200).for_each(|number| say_number(&sender, number));
    others.line.tell(1);
    others.line.hear();
    say(&sender, b"one more");
    let by_sender = runs(&filter);
    holds(
        format_args!("one message for each port at most: {by_sender} runs"),
        by_sender <= PORTS,
    );
    others.kill();
}

fn full_network_is_none_of_a_senders_work() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(64));
    let filter = counting(process::process_id());
    let others = others(&bus, &filter, false);
    others.line.hear();
    others.line.tell(1);
    others.line.hear();
    for number in 0..200_u32 {
        let before = runs(&filter);
        ok("send", sender.send(&number.to_ne_bytes(), 0));
        let by_sender = runs(&filter) - before;
        holds(
            format_args!("send {number}: one message for each port at most: {by_sender} runs"),
            by_sender <= PORTS,
        );
    }
    others.kill();
}

fn messages_that_nobody_wants_hold_no_sender() {
    for pool in [1, 2, 7] {
        let bus = Bus::named(&format!("bus{pool}"));
        let sender = bus.create_with(&lossless(pool));
        let deaf: Vec<Sock> = (0..3).map(|_| bus.reader()).collect();
        deaf.iter().for_each(refuse_all);
        for number in 0..50_u32 {
            ok("send", sender.send(&number.to_ne_bytes(), 0));
        }
    }
}

fn sender_that_may_not_wait_hears_of_the_room() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(2));
    let deaf = bus.reader();
    refuse_all(&deaf);
    let mut sent = 0;
    while sent < 50 {
        match sender.send(b"unwanted", NOW) {
            Ok(_) => sent += 1,
            Err(error) => {
                same("why not", error.raw_os_error(), Some(libc::EAGAIN));
                let limit = soon().as_millis() as i32;
                let ready = ok("poll", poll(&sender, libc::POLLOUT, limit));
                same("what is ready", ready, libc::POLLOUT);
            }
        }
    }
}

fn attaching_looks_through_the_backlog() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(64));
    let reader = bus.reader();
    (0..66).for_each(|number| say_number(&sender, number));
    fails("a full network", sender.send(b"more", NOW), libc::EAGAIN);
    let filter = counting(process::process_id());
    attach(&reader, &filter);
    same("runs in the call that attached it", runs(&filter), 66);
    say(&sender, b"there is room");
}

fn attaching_lets_a_sender_go_on() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(8));
    let reader = bus.reader();
    (0..8).for_each(|number| say_number(&sender, number));
    let waiting = Blocked::start(call::SEND, move || sender.send(b"more", 0));
    waiting.stays_blocked();
    refuse_all(&reader);
    same("send", ok("send", waiting.wakes()), 4);
}

fn wanted_message_behind_refused_ones_is_heard_of() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create_with(&lossless(4)), bus.reader());
    // Those that begin with `y`.
    let wanted = [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, 0x79),
        (0x06, 0, 0, 9),
        (0x06, 0, 0, 0),
    ];
    ok("SO_ATTACH_FILTER", bpf::attach(&reader, &wanted));
    for _ in 0..20 {
        for _ in 0..5 {
            ok("send", sender.send(b"no", 0));
        }
        ok("send", sender.send(b"yes", 0));
        wait_until("the wanted message is ready", || {
            poll(&reader, libc::POLLIN, 0).is_ok_and(|ready| ready == libc::POLLIN)
        });
        hear(&reader, b"yes");
        hear_nothing(&reader);
    }
}

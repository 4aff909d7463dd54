// SPDX-License-Identifier: GPL-2.0
//! Several descriptors of one port: `dup`, `fork`, passing over an AF_UNIX socket.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, STRANGER};
use crate::sys::message::Control;
use crate::sys::poll::poll;
use crate::sys::process;
use crate::sys::socket::{socketpair, Sock};
use std::os::fd::AsRawFd;

cases!["fd_passing":
    duplicates_are_one_port,
    port_lives_until_its_last_descriptor,
    child_shares_the_port_of_its_parent,
    passed_descriptor_is_the_same_port,
    descriptor_in_flight_keeps_the_port,
    rights_travel_with_the_descriptor,
    descriptor_closes_on_exec_if_told,
    no_descriptor_is_carried_by_a_network,
];

/// A network whose two ports are both taken, by its creator and by the second one.
fn full_network() -> (Bus, Sock, Sock) {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 2)]);
    let port = bus.join();
    (bus, creator, port)
}

#[track_caller]
fn is_full(bus: &Bus) {
    fails(
        "connect while both ports are taken",
        open().connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
}

fn duplicates_are_one_port() {
    let (bus, creator, port) = full_network();
    let twin = ok("dup", port.dup());
    is_full(&bus);
    say(&creator, b"one");
    say(&creator, b"two");
    hear(&twin, b"one");
    hear(&port, b"two");
    hear_nothing(&twin);
    say(&twin, b"from the twin");
    hear_nothing(&port);
    hear(&creator, b"from the twin");
    ok(
        "O_NONBLOCK of the twin",
        twin.set_status_flag(libc::O_NONBLOCK, true),
    );
    fails("recv of the other", port.recv(&mut [0; 9], 0), libc::EAGAIN);
}

fn port_lives_until_its_last_descriptor() {
    let (bus, creator, port) = full_network();
    let twin = ok("dup", port.dup());
    ok("close", port.close());
    is_full(&bus);
    say(&creator, b"still here");
    hear(&twin, b"still here");
    ok("close", twin.close());
    bus.join();
}

fn child_shares_the_port_of_its_parent() {
    let (bus, creator, port) = full_network();
    say(&creator, b"one");
    say(&creator, b"two");
    let child = Process::start(|line| {
        hear(&port, b"one");
        say(&port, b"from the child");
        line.tell(0);
        line.hear();
    });
    child.line.hear();
    hear(&port, b"two");
    hear(&creator, b"from the child");
    ok("close of the parent's", port.close());
    is_full(&bus);
    child.line.tell(0);
    child.ends_well();
    bus.join();
}

fn passed_descriptor_is_the_same_port() {
    let (ours, theirs) = ok(
        "socketpair(AF_UNIX)",
        socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0),
    );
    // It starts before the network does, so it inherits nothing of it.
    let receiver = Process::start(|line| {
        let message = ok("recvmsg", theirs.recvmsg(8, 0));
        let passed = message.rights().pop().expect("a descriptor was passed");
        let passed = Sock::from(passed);
        hear(&passed, b"before");
        say(&passed, b"from the receiver");
        same("IPN_SO_PORT", ok("IPN_SO_PORT", passed.get(IPN_SO_PORT)), 1);
        line.tell(0);
        line.hear();
        hear(&passed, b"after");
        drop(passed);
        line.tell(0);
        line.hear();
    });
    let (bus, creator, port) = full_network();
    say(&creator, b"before");
    let control = [Control::rights(port.as_raw_fd())];
    ok(
        "sendmsg with SCM_RIGHTS",
        ours.sendmsg(&[b"x"], &control, None, 0),
    );
    receiver.line.hear();
    ok("close of the sender's", port.close());
    hear(&creator, b"from the receiver");
    is_full(&bus);
    say(&creator, b"after");
    receiver.line.tell(0);
    receiver.line.hear();
    bus.join();
    receiver.line.tell(0);
    receiver.ends_well();
}

fn descriptor_in_flight_keeps_the_port() {
    let (bus, creator, port) = full_network();
    let (ours, theirs) = ok(
        "socketpair(AF_UNIX)",
        socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0),
    );
    let control = [Control::rights(port.as_raw_fd())];
    ok(
        "sendmsg with SCM_RIGHTS",
        ours.sendmsg(&[b"x"], &control, None, 0),
    );
    ok("close", port.close());
    is_full(&bus);
    say(&creator, b"while in flight");
    let landed = ok("recvmsg", theirs.recvmsg(8, 0))
        .rights()
        .pop()
        .expect("a descriptor");
    let landed = Sock::from(landed);
    hear(&landed, b"while in flight");
    // In flight again, and this time nobody catches it.
    let control = [Control::rights(landed.as_raw_fd())];
    ok(
        "sendmsg with SCM_RIGHTS",
        ours.sendmsg(&[b"x"], &control, None, 0),
    );
    ok("close", landed.close());
    is_full(&bus);
    drop((ours, theirs));
    crate::lab::task::wait_until("the port is free", || open().connect(&bus.addr).is_ok());
}

fn rights_travel_with_the_descriptor() {
    let bus = Bus::new();
    let creator = bus.create();
    let port = bus.join();
    let child = Process::start(|_| {
        STRANGER.become_it();
        fails(
            "a stranger's own connect",
            open().connect(&bus.addr),
            libc::EACCES,
        );
        say(&port, b"with a descriptor that was given");
    });
    child.ends_well();
    hear(&creator, b"with a descriptor that was given");
}

fn descriptor_closes_on_exec_if_told() {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let sock = ok(
        "socket",
        crate::sys::socket::socket(AF_IPN, kind, IPN_BROADCAST),
    );
    same(
        "FD_CLOEXEC",
        ok("fcntl", sock.fcntl(libc::F_GETFD, 0)),
        libc::FD_CLOEXEC,
    );
    let bus = Bus::new();
    ok("bind", sock.bind(&bus.addr));
    ok("connect", sock.connect(&bus.addr));
    fails(
        "recv with SOCK_NONBLOCK",
        sock.recv(&mut [0; 9], 0),
        libc::EAGAIN,
    );
}

fn no_descriptor_is_carried_by_a_network() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let (out, pipe) = ok("pipe", process::pipe());
    let control = [Control::rights(pipe.as_raw_fd())];
    fails(
        "sendmsg with SCM_RIGHTS",
        one.sendmsg(&[b"x"], &control, None, NOW),
        libc::EINVAL,
    );
    hear_nothing(&two);
    drop(pipe);
    same(
        "the pipe's other end is closed",
        ok("poll", poll(&out, libc::POLLIN, 0)),
        libc::POLLHUP,
    );
}

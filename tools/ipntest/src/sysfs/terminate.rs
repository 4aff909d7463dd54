// SPDX-License-Identifier: GPL-2.0
//! The end of a network on a manager's word.

use crate::abi::*;
use crate::device::lab::{about, frame, own_network, tap as tap_of};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::call;
use crate::sys::epoll::Epoll;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::{Addr, Sock};

cases!["terminate":
    only_managers_may,
    queued_messages_come_before_the_end,
    sending_is_over,
    nobody_joins_any_more,
    flags_tell_it,
    poll_tells_it,
    poll_tells_a_manager_without_a_port,
    waiting_polls_of_managers_wake,
    edge_tells_a_manager_once,
    poll_begun_before_bind_hears_of_it,
    poll_tells_those_who_serve_devices,
    manager_that_has_left_is_not_missed,
    waiting_calls_wake,
    name_is_free_after_unlink,
    twice_is_as_once,
    manager_without_a_port_may,
];

fn only_managers_may() {
    let bus = Bus::new();
    let creator = bus.create();
    let port = bus.join();
    fails(
        "IPN_TERMINATE of a port",
        port.ioctl(IPN_TERMINATE),
        libc::EACCES,
    );
    fails(
        "IPN_TERMINATE of a new socket",
        open().ioctl(IPN_TERMINATE),
        libc::ENOTCONN,
    );
    say(&creator, b"still here");
    hear(&port, b"still here");
    ok(
        "IPN_TERMINATE of a second manager",
        bus.manage().ioctl(IPN_TERMINATE),
    );
    same("recv", ok("recv", port.recv(&mut [0; 9], NOW)), 0);
}

fn queued_messages_come_before_the_end() {
    let bus = Bus::new();
    let creator = bus.create();
    let ports = [bus.join(), bus.reader()];
    (0..5).for_each(|n| say_number(&creator, n));
    hear_number(&ports[0], 0);
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    (1..5).for_each(|n| hear_number(&ports[0], n));
    (0..5).for_each(|n| hear_number(&ports[1], n));
    for port in ports.iter().chain([&creator]) {
        for flags in [0, NOW, libc::MSG_PEEK, 0] {
            same(
                "recv at the end",
                ok("recv", port.recv(&mut [0; 9], flags)),
                0,
            );
        }
    }
}

fn sending_is_over() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let bus = Bus::new();
    let creator = bus.create();
    let port = bus.join();
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    fails("send of the manager", creator.send(b"x", 0), libc::EPIPE);
    fails("send of a port", port.send(b"x", NOW), libc::EPIPE);
    same("SIGPIPE", signal::counted(libc::SIGPIPE), 2);
    fails(
        "send with MSG_NOSIGNAL",
        port.send(b"x", libc::MSG_NOSIGNAL),
        libc::EPIPE,
    );
    same("SIGPIPE", signal::counted(libc::SIGPIPE), 2);
}

fn nobody_joins_any_more() {
    let bus = Bus::new();
    let creator = bus.create();
    let late = bus.manage();
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    fails(
        "connect by name",
        open().connect(&bus.addr),
        libc::ECONNREFUSED,
    );
    fails("bind by name", open().bind(&bus.addr), libc::ECONNREFUSED);
    holds(
        "a manager takes no port",
        late.connect(&Addr::null(0)).is_err(),
    );
}

fn flags_tell_it() {
    let bus = Bus::new();
    let creator = bus.create_with(&lossless(4));
    let port = bus.join();
    same(
        "IPN_SO_FLAGS",
        ok("IPN_SO_FLAGS", port.get(IPN_SO_FLAGS)),
        IPN_FLAG_LOSSLESS,
    );
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    for sock in [&creator, &port] {
        let flags = ok("IPN_SO_FLAGS", sock.get(IPN_SO_FLAGS));
        same(
            "IPN_SO_FLAGS",
            flags,
            IPN_FLAG_LOSSLESS | IPN_FLAG_TERMINATED,
        );
    }
}

fn poll_tells_it() {
    let bus = Bus::new();
    let creator = bus.create();
    let port = bus.join();
    say(&creator, b"x");
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    let ask = libc::POLLIN | libc::POLLRDHUP;
    let all = ask | libc::POLLHUP;
    same(
        "poll with a message queued",
        ok("poll", poll(&port, ask, 0)) & all,
        all,
    );
    hear(&port, b"x");
    same(
        "poll at the end",
        ok("poll", poll(&port, ask, 0)) & all,
        all,
    );
}

/// What poll says of the end, of each kind of socket.
const END: i16 = libc::POLLIN | libc::POLLRDHUP | libc::POLLHUP;

#[track_caller]
fn polls(sock: &Sock, expected: i16) {
    let every = END | libc::POLLOUT | libc::POLLPRI;
    same("poll", ok("poll", poll(sock, every, 0)), expected);
}

/// A poll for nothing but what is always told.
#[track_caller]
fn wait_for_the_end(sock: &Sock) -> Blocked<std::io::Result<i16>> {
    let sock = sock.clone();
    Blocked::start(call::POLL, move || poll(&sock, 0, -1))
}

#[track_caller]
fn ends(waiting: Blocked<std::io::Result<i16>>) {
    same("poll", ok("poll", waiting.wakes()), libc::POLLHUP);
}

fn poll_tells_a_manager_without_a_port() {
    let bus = Bus::new();
    let (one, two) = (bus.manage_new(&[]), bus.manage());
    polls(&one, 0);
    polls(&two, 0);
    ok("IPN_TERMINATE", one.ioctl(IPN_TERMINATE));
    polls(&one, END);
    polls(&two, END);
}

fn waiting_polls_of_managers_wake() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    // More than are woken at a time.
    let managers: Vec<_> = (0..20).map(|_| bus.manage()).collect();
    // One takes a port while it is waited for.
    let polls: Vec<_> = managers.iter().map(wait_for_the_end).collect();
    ok("connect", managers[7].connect(&Addr::null(0)));
    let port = bus.join();
    say(&port, b"no end");
    polls.iter().for_each(Blocked::stays_blocked);
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    polls.into_iter().for_each(ends);
}

fn edge_tells_a_manager_once() {
    let bus = Bus::new();
    let (creator, manager) = (bus.manage_new(&[]), bus.manage());
    let epoll = ok("epoll_create1", Epoll::new());
    let events = libc::EPOLLIN | libc::EPOLLET;
    ok("epoll_ctl(ADD)", epoll.add(&manager, events, 7));
    same("events", ok("epoll_wait", epoll.wait(0)), vec![]);
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    let expected = vec![(libc::EPOLLIN | libc::EPOLLHUP, 7)];
    same("events", ok("epoll_wait", epoll.wait(0)), expected);
    same("events", ok("epoll_wait", epoll.wait(0)), vec![]);
}

fn poll_begun_before_bind_hears_of_it() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let late = open();
    let waiting = wait_for_the_end(&late);
    ok("bind", late.bind(&bus.addr));
    waiting.stays_blocked();
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    ends(waiting);
}

fn poll_tells_those_who_serve_devices() {
    own_network();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let (tap, first, second) = (bus.manage(), bus.manage(), bus.manage());
    ok("a tap", tap_of(&tap, "one"));
    ok("a tap", tap_of(&first, "two"));
    about(&first, IPN_SETPERSIST_NETDEV, "two").expect("a tap that stays");
    drop(first);
    about(&second, IPN_JOIN_NETDEV, "two").expect("a tap that nobody serves");
    let polls: Vec<_> = [&tap, &second].map(wait_for_the_end).into();
    // What comes for the device is none of its server's business.
    say(&bus.join(), &frame(1, 60));
    polls.iter().for_each(Blocked::stays_blocked);
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    polls.into_iter().for_each(ends);
    let end = about(&second, IPN_CLRPERSIST_NETDEV, "two");
    ok("the end of the tap", end);
}

fn manager_that_has_left_is_not_missed() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let [stays, takes_a_port, goes] = [(); 3].map(|()| bus.manage());
    ok("connect", takes_a_port.connect(&Addr::null(0)));
    ok("close", takes_a_port.close());
    ok("close", goes.close());
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    polls(&stays, END);
}

fn waiting_calls_wake() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let idle = bus.writer();
    let reader = bus.reader();
    say(&sender, b"x");
    let full = sender.clone();
    let send = Blocked::start(call::SEND, move || full.send(b"y", libc::MSG_NOSIGNAL));
    let receiver = sender.clone();
    let recv = Blocked::start(call::RECV, move || receiver.recv(&mut [0; 9], 0));
    let polled = idle.clone();
    let poll = Blocked::start(call::POLL, move || poll(&polled, 0, -1));
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    fails("the waiting send", send.wakes(), libc::EPIPE);
    same("the waiting recv", ok("recv", recv.wakes()), 0);
    same("the waiting poll", ok("poll", poll.wakes()), libc::POLLHUP);
    hear(&reader, b"x");
    same(
        "recv at the end",
        ok("recv", reader.recv(&mut [0; 9], 0)),
        0,
    );
}

fn name_is_free_after_unlink() {
    let bus = Bus::new();
    let (old, witness) = (bus.create(), bus.join());
    ok("IPN_TERMINATE", old.ioctl(IPN_TERMINATE));
    ok("unlink", std::fs::remove_file(&bus.path));
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"new");
    hear(&two, b"new");
    same(
        "recv on the old one",
        ok("recv", witness.recv(&mut [0; 9], 0)),
        0,
    );
}

fn twice_is_as_once() {
    let bus = Bus::new();
    let creator = bus.create();
    let port = bus.join();
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    // Whether the second word succeeds is nobody's concern, as long as nothing changes.
    let _ = creator.ioctl(IPN_TERMINATE);
    same("recv", ok("recv", port.recv(&mut [0; 9], 0)), 0);
    ok("close", creator.close());
    same("recv", ok("recv", port.recv(&mut [0; 9], 0)), 0);
}

fn manager_without_a_port_may() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    let receiver = port.clone();
    let waiting = Blocked::start(call::RECV, move || receiver.recv(&mut [0; 9], 0));
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    same("recv", ok("recv", waiting.wakes()), 0);
}

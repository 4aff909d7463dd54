// SPDX-License-Identifier: GPL-2.0
//! Out-of-band messages: how many ports can receive and send.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Blocked, Process};
use crate::pace;
use crate::sys::call;
use crate::sys::message::Received;
use crate::sys::poll::poll;
use crate::sys::socket::{Addr, Sock};

cases!["oob":
    every_change_is_told,
    own_coming_is_told,
    directions_are_counted_apart,
    shutdown_is_a_change,
    killed_process_is_a_change,
    both_options_are_needed,
    what_waits_goes_when_it_is_not_wanted,
    comes_before_ordinary_messages,
    short_buffer_cuts_and_peek_leaves,
    last_of_many_is_current,
    waiting_recv_wakes,
    port_that_only_sends_is_told_too,
    takes_no_room_from_messages,
    manager_without_a_port_is_told_nothing,
    waiting_recv_ends_when_nothing_more_can_come,
    waiting_recv_is_never_told_to_try_again,
];

#[track_caller]
fn ask(sock: &Sock) {
    ok("IPN_SO_HANDLE_OOB", sock.set(IPN_SO_HANDLE_OOB, 1));
    ok(
        "IPN_SO_WANT_OOB_NUMNODES",
        sock.set(IPN_SO_WANT_OOB_NUMNODES, 1),
    );
}

/// The creator of a network who is told of changes; it both receives and sends.
#[track_caller]
fn watcher(bus: &Bus, options: &[(i32, i32)]) -> Sock {
    let watcher = bus.create_with(options);
    ask(&watcher);
    hear_nothing(&watcher);
    watcher
}

fn own_coming_is_told() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    for (receives, sends) in [(true, true), (true, false), (false, true)] {
        let port = open();
        ask(&port);
        if !receives {
            ok("shutdown(SHUT_RD)", port.shutdown(libc::SHUT_RD));
        }
        if !sends {
            ok("shutdown(SHUT_WR)", port.shutdown(libc::SHUT_WR));
        }
        ok("connect", port.connect(&bus.addr));
        is_told(&port, receives.into(), sends.into());
    }
}

fn decode(data: &[u8]) -> Vec<i32> {
    data.chunks_exact(4)
        .map(|word| i32::from_ne_bytes(word.try_into().expect("4 bytes")))
        .collect()
}

/// The next message is the out-of-band one with these numbers of readers and writers.
#[track_caller]
fn is_told(sock: &Sock, readers: i32, writers: i32) {
    let message = ok("recvmsg of an out-of-band message", sock.recvmsg(64, NOW));
    same("MSG_OOB", message.flags & libc::MSG_OOB, libc::MSG_OOB);
    same("length", message.len, 16);
    let expected = vec![IPN_ANY, IPN_OOB_NUMNODE_TAG, readers, writers];
    same(
        "(level, tag, readers, writers)",
        decode(&message.data),
        expected,
    );
}

fn every_change_is_told() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let one = bus.join();
    is_told(&watcher, 2, 2);
    let two = bus.join();
    is_told(&watcher, 3, 3);
    ok("close", one.close());
    is_told(&watcher, 2, 2);
    ok("close", two.close());
    is_told(&watcher, 1, 1);
    hear_nothing(&watcher);
}

fn directions_are_counted_apart() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let reader = bus.reader();
    is_told(&watcher, 2, 1);
    let writer = bus.writer();
    is_told(&watcher, 2, 2);
    ok("close", reader.close());
    is_told(&watcher, 1, 2);
    ok("close", writer.close());
    is_told(&watcher, 1, 1);
}

fn shutdown_is_a_change() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let port = bus.join();
    is_told(&watcher, 2, 2);
    ok("shutdown(SHUT_WR)", port.shutdown(libc::SHUT_WR));
    is_told(&watcher, 2, 1);
    ok("shutdown(SHUT_WR) again", port.shutdown(libc::SHUT_WR));
    hear_nothing(&watcher);
    ok("shutdown(SHUT_RDWR)", port.shutdown(libc::SHUT_RDWR));
    is_told(&watcher, 1, 1);
    ok("close", port.close());
    hear_nothing(&watcher);
}

fn killed_process_is_a_change() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let victim = Process::start(|line| {
        let _port = bus.join();
        line.tell(0);
        line.hear();
    });
    victim.line.hear();
    is_told(&watcher, 2, 2);
    victim.kill();
    is_told(&watcher, 1, 1);
}

fn both_options_are_needed() {
    let bus = Bus::new();
    let _creator = bus.create();
    let [neither, handle, want, both] = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(handle, want)| {
        let port = bus.join();
        ok("IPN_SO_HANDLE_OOB", port.set(IPN_SO_HANDLE_OOB, handle));
        ok(
            "IPN_SO_WANT_OOB_NUMNODES",
            port.set(IPN_SO_WANT_OOB_NUMNODES, want),
        );
        port
    });
    let guest = bus.join();
    for port in [&neither, &handle, &want] {
        hear_nothing(port);
    }
    is_told(&both, 6, 6);
    ok(
        "IPN_SO_WANT_OOB_NUMNODES",
        both.set(IPN_SO_WANT_OOB_NUMNODES, 0),
    );
    ok("close", guest.close());
    hear_nothing(&both);
    ok("IPN_SO_HANDLE_OOB", both.set(IPN_SO_HANDLE_OOB, 0));
    bus.join();
    hear_nothing(&both);
}

/// Who does not want them any more has none that waits, if it wants them again later neither.
fn what_waits_goes_when_it_is_not_wanted() {
    for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
        let bus = Bus::named(&format!("bus{option}"));
        let watcher = watcher(&bus, &[]);
        let port = bus.join();
        ok("option", watcher.set(option, 0));
        ok("option", watcher.set(option, 1));
        hear_nothing(&watcher);
        drop(port);
        is_told(&watcher, 1, 1);
        hear_nothing(&watcher);
    }
}

fn comes_before_ordinary_messages() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let port = bus.join();
    say(&port, b"first");
    say(&port, b"second");
    is_told(&watcher, 2, 2);
    hear(&watcher, b"first");
    let reader = bus.reader();
    ok("close", reader.close());
    is_told(&watcher, 3, 2);
    is_told(&watcher, 2, 2);
    hear(&watcher, b"second");
    hear_nothing(&watcher);
    let ordinary = {
        say(&port, b"third");
        hear_with_control(&watcher)
    };
    same(
        "MSG_OOB of an ordinary message",
        ordinary.flags & libc::MSG_OOB,
        0,
    );
}

fn short_buffer_cuts_and_peek_leaves() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let _port = bus.join();
    let peeked = ok(
        "recvmsg(MSG_PEEK)",
        watcher.recvmsg(64, NOW | libc::MSG_PEEK),
    );
    same("peeked", decode(&peeked.data), vec![0, 0, 2, 2]);
    same(
        "MSG_OOB of a peek",
        peeked.flags & libc::MSG_OOB,
        libc::MSG_OOB,
    );
    let cut = ok("recvmsg into 10 bytes", watcher.recvmsg(10, NOW));
    same("length", cut.len, 10);
    same(
        "flags",
        cut.flags & (libc::MSG_OOB | libc::MSG_TRUNC),
        libc::MSG_OOB | libc::MSG_TRUNC,
    );
    hear_nothing(&watcher);
}

fn last_of_many_is_current() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let ports: Vec<_> = (0..40).map(|_| bus.join()).collect();
    let mut told = Vec::new();
    while let Ok(message) = watcher.recvmsg(64, NOW) {
        same("MSG_OOB", message.flags & libc::MSG_OOB, libc::MSG_OOB);
        told.push(decode(&message.data)[2]);
    }
    same("the last number of readers", told.last(), Some(&41));
    same(
        format_args!("at most 16 are kept ({told:?})"),
        told.len() <= 16,
        true,
    );
    same("in order", told.is_sorted(), true);
    drop(ports);
}

fn waiting_recv_wakes() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let waiting = Blocked::start(call::RECVMSG, move || watcher.recvmsg(64, 0));
    let _port = bus.join();
    let message = ok("the waiting recvmsg", waiting.wakes());
    same("MSG_OOB", message.flags & libc::MSG_OOB, libc::MSG_OOB);
}

fn port_that_only_sends_is_told_too() {
    let bus = Bus::new();
    let creator = bus.create();
    let writer = bus.writer();
    fails(
        "recv of a port that only sends",
        writer.recv(&mut [0; 64], NOW),
        libc::EPIPE,
    );
    ask(&writer);
    fails(
        "recv with nothing out-of-band",
        writer.recv(&mut [0; 64], NOW),
        libc::EAGAIN,
    );
    say(&creator, b"not for you");
    fails(
        "recv with a message",
        writer.recv(&mut [0; 64], NOW),
        libc::EAGAIN,
    );
    let _reader = bus.reader();
    is_told(&writer, 2, 2);
}

fn takes_no_room_from_messages() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &lossless(2));
    let sender = bus.join();
    for _ in 0..10 {
        bus.join();
    }
    say(&sender, b"a");
    say(&sender, b"b");
    fails("send to a full pool", sender.send(b"c", NOW), libc::EAGAIN);
    while ok("recvmsg", watcher.recvmsg(64, NOW)).flags & libc::MSG_OOB != 0 {}
    say(&sender, b"c");
    hear(&watcher, b"b");
    hear(&watcher, b"c");
}

fn manager_without_a_port_is_told_nothing() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    ask(&manager);
    let _port = bus.join();
    fails(
        "recv of a manager without a port",
        manager.recv(&mut [0; 64], NOW),
        libc::ENOTCONN,
    );
    ok("connect", manager.connect(&Addr::null(0)));
    while manager.recv(&mut [0; 64], NOW).is_ok() {}
    bus.reader();
    is_told(&manager, 3, 2);
}

fn waiting_recv_ends_when_nothing_more_can_come() {
    let bus = Bus::new();
    let _creator = bus.create();
    for shut_while_it_waits in [false, true] {
        let port = match shut_while_it_waits {
            true => bus.join(),
            false => bus.writer(),
        };
        ask(&port);
        let reader = port.clone();
        let waiting = Blocked::start(call::RECVMSG, move || reader.recvmsg(64, 0));
        if shut_while_it_waits {
            // What is out of band still comes, its own change first.
            ok("shutdown(SHUT_RD)", port.shutdown(libc::SHUT_RD));
            ok("recvmsg", waiting.wakes());
            let reader = port.clone();
            let waiting = Blocked::start(call::RECVMSG, move || reader.recvmsg(64, 0));
            ends_when_not_handled(&port, waiting);
        } else {
            ends_when_not_handled(&port, waiting);
        }
    }
}

#[track_caller]
fn ends_when_not_handled(port: &Sock, waiting: Blocked<std::io::Result<Received>>) {
    let ready = || ok("poll", poll(port, libc::POLLIN, 0));
    same("readable while more may come", ready(), 0);
    ok("IPN_SO_HANDLE_OOB", port.set(IPN_SO_HANDLE_OOB, 0));
    fails("the waiting recvmsg", waiting.wakes(), libc::EPIPE);
    same("readable", ready(), libc::POLLIN);
}

/// Threads wait for the same out-of-band messages, which are dropped meanwhile.
fn waiting_recv_is_never_told_to_try_again() {
    let bus = Bus::new();
    let watcher = watcher(&bus, &[]);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let watcher = watcher.clone();
            std::thread::spawn(
                move || {
                    while ok("recvmsg", watcher.recvmsg(64, 0)).len != 0 {}
                },
            )
        })
        .collect();
    for _ in 0..pace::volume(300, "changes") {
        let _port = bus.join();
        for wanted in [0, 1] {
            ok("option", watcher.set(IPN_SO_WANT_OOB_NUMNODES, wanted));
        }
    }
    ok("IPN_TERMINATE", watcher.ioctl(IPN_TERMINATE));
    for thread in threads {
        thread.join().expect("the thread ends well");
    }
}

// SPDX-License-Identifier: GPL-2.0
//! `poll` and `select` say what `recv` and `send` would do.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, STRANGER};
use crate::pace::soon;
use crate::sys::call;
use crate::sys::poll::{poll, select, Selected};
use crate::sys::socket::Sock;
use std::fs::Permissions;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::thread;
use std::time::{Duration, Instant};

cases!["poll":
    readable_means_that_a_message_waits,
    own_message_makes_nothing_readable,
    empty_message_makes_readable,
    writable_means_that_send_would_not_block,
    out_of_band_message_is_priority,
    select_agrees_with_poll,
    waiting_poll_wakes_for_a_message,
    waiting_poll_wakes_for_room,
    waiting_poll_wakes_for_out_of_band,
    waiting_select_wakes_for_a_message,
    every_waiting_poll_wakes,
    poll_waits_as_long_as_told,
    unconnected_socket_can_be_polled,
    poll_begun_before_connect_wakes,
    waiter_that_came_too_late_wakes_for_the_next_message,
    own_messages_over_lost_ones_leave_nothing_readable,
    shut_directions_poll_as_those_of_a_unix_socket,
    denied_directions_poll_as_shut_ones,
    ended_network_polls_as_a_unix_socket_without_a_peer,
    what_is_ready_does_not_wait,
];

const ALL: i16 = libc::POLLIN
    | libc::POLLPRI
    | libc::POLLOUT
    | libc::POLLRDNORM
    | libc::POLLWRNORM
    | libc::POLLRDHUP;
const READABLE: i16 = libc::POLLIN | libc::POLLRDNORM;
const WRITABLE: i16 = libc::POLLOUT | libc::POLLWRNORM;

#[track_caller]
fn polls(sock: &Sock, expected: i16) {
    same(
        "what poll says now",
        ok("poll", poll(sock, ALL, 0)),
        expected,
    );
}

fn readable_means_that_a_message_waits() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    polls(&two, WRITABLE);
    say(&one, b"a");
    say(&one, b"b");
    polls(&two, READABLE | WRITABLE);
    hear(&two, b"a");
    polls(&two, READABLE | WRITABLE);
    hear(&two, b"b");
    polls(&two, WRITABLE);
    same(
        "poll for POLLIN alone",
        ok("poll", poll(&two, libc::POLLIN, 0)),
        0,
    );
}

fn own_message_makes_nothing_readable() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    (0..300).for_each(|n| say_number(&one, n));
    polls(&one, WRITABLE);
    say(&two, b"x");
    (0..10).for_each(|n| say_number(&one, n));
    polls(&one, READABLE | WRITABLE);
    hear(&one, b"x");
    polls(&one, WRITABLE);
    hear_nothing(&one);
}

fn empty_message_makes_readable() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"");
    polls(&two, READABLE | WRITABLE);
    hear(&two, b"");
    polls(&two, WRITABLE);
}

fn writable_means_that_send_would_not_block() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(2));
    let reader = bus.reader();
    polls(&sender, WRITABLE);
    say(&sender, b"a");
    polls(&sender, WRITABLE);
    say(&sender, b"b");
    polls(&sender, 0);
    hear(&reader, b"a");
    polls(&sender, WRITABLE);
    say(&sender, b"c");
    polls(&sender, 0);
    ok("close of the reader", reader.close());
    polls(&sender, WRITABLE);

    let lossy = Bus::named("lossy");
    let sender = lossy.create_with(&[(IPN_SO_MSGPOOLSIZE, 2)]);
    let _reader = lossy.reader();
    (0..5).for_each(|n| say_number(&sender, n));
    polls(&sender, WRITABLE);
}

fn out_of_band_message_is_priority() {
    let bus = Bus::new();
    let watcher = watcher(&bus);
    polls(&watcher, WRITABLE);
    let port = bus.join();
    same(
        "poll for POLLPRI",
        ok("poll", poll(&watcher, libc::POLLPRI, 0)),
        libc::POLLPRI,
    );
    say(&port, b"ordinary");
    let both = ok("poll", poll(&watcher, libc::POLLPRI | libc::POLLIN, 0));
    same(
        "poll with both kinds waiting",
        both,
        libc::POLLPRI | libc::POLLIN,
    );
    same(
        "out-of-band first",
        hear_with_control(&watcher).flags & libc::MSG_OOB,
        libc::MSG_OOB,
    );
    polls(&watcher, READABLE | WRITABLE);
    hear(&watcher, b"ordinary");
    polls(&watcher, WRITABLE);
}

/// The creator of a network, told of readers and writers, with nothing told yet.
fn watcher(bus: &Bus) -> Sock {
    let watcher = bus.create();
    ok("IPN_SO_HANDLE_OOB", watcher.set(IPN_SO_HANDLE_OOB, 1));
    ok(
        "IPN_SO_WANT_OOB_NUMNODES",
        watcher.set(IPN_SO_WANT_OOB_NUMNODES, 1),
    );
    watcher
}

fn select_agrees_with_poll() {
    let every = Selected {
        read: true,
        write: true,
        except: true,
    };
    let look = |sock: &Sock| ok("select", select(sock, every, Duration::ZERO));
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    same("reader of nothing", look(&reader).read, false);
    same(
        "sender",
        look(&sender),
        Selected {
            read: false,
            write: true,
            except: false,
        },
    );
    say(&sender, b"x");
    same("reader of a message", look(&reader).read, true);
    same("sender to a full pool", look(&sender), Selected::default());
    hear(&reader, b"x");
    same("reader afterwards", look(&reader).read, false);

    let bus = Bus::named("watched");
    let watcher = watcher(&bus);
    same(
        "watcher",
        look(&watcher),
        Selected {
            read: false,
            write: true,
            except: false,
        },
    );
    bus.join();
    same("watcher of a change", look(&watcher).except, true);
}

fn waiting_poll_wakes_for_a_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let waiting = Blocked::start(call::POLL, move || poll(&two, libc::POLLIN, -1));
    say(&one, b"x");
    same("poll", ok("poll", waiting.wakes()), libc::POLLIN);
}

fn waiting_poll_wakes_for_room() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    say(&sender, b"x");
    let waiting = Blocked::start(call::POLL, move || poll(&sender, libc::POLLOUT, -1));
    waiting.stays_blocked();
    hear(&reader, b"x");
    same("poll", ok("poll", waiting.wakes()), libc::POLLOUT);
}

fn waiting_poll_wakes_for_out_of_band() {
    let bus = Bus::new();
    let watcher = watcher(&bus);
    let waiting = Blocked::start(call::POLL, move || poll(&watcher, libc::POLLPRI, -1));
    let _port = bus.join();
    same("poll", ok("poll", waiting.wakes()), libc::POLLPRI);
}

fn waiting_select_wakes_for_a_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let ask = Selected {
        read: true,
        ..Selected::default()
    };
    let waiting = Blocked::start(call::SELECT, move || {
        select(&two, ask, Duration::from_secs(60))
    });
    say(&one, b"x");
    same("select", ok("select", waiting.wakes()), ask);
}

fn every_waiting_poll_wakes() {
    let bus = Bus::new();
    let one = bus.create();
    let shared = bus.join();
    let waiting: Vec<_> = (0..3)
        .map(|_| shared.clone())
        .chain((0..3).map(|_| bus.join()))
        .map(|sock| Blocked::start(call::POLL, move || poll(&sock, libc::POLLIN, -1)))
        .collect();
    say(&one, b"x");
    for poll in waiting {
        same("poll", ok("poll", poll.wakes()), libc::POLLIN);
    }
}

fn poll_waits_as_long_as_told() {
    let bus = Bus::new();
    let port = bus.create();
    let start = Instant::now();
    same(
        "poll of nothing for 50 ms",
        ok("poll", poll(&port, libc::POLLIN, 50)),
        0,
    );
    same(
        "waited at least 50 ms",
        start.elapsed() >= Duration::from_millis(50),
        true,
    );
}

fn unconnected_socket_can_be_polled() {
    let sock = open();
    let says = ok("poll of a new socket", poll(&sock, ALL, 0));
    same("POLLIN of a new socket", says & READABLE, 0);
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let says = ok("poll of a manager", poll(&manager, ALL, 0));
    same("POLLIN of a manager without a port", says & READABLE, 0);
}

fn poll_begun_before_connect_wakes() {
    let bus = Bus::new();
    let sender = bus.create();
    let port = open();
    let polled = port.clone();
    let waiting = thread::spawn(move || loop {
        match poll(&polled, libc::POLLIN, -1) {
            Ok(found) if found & libc::POLLIN != 0 => return,
            // A socket without a port may answer at once.
            _ => thread::sleep(Duration::from_millis(5)),
        }
    });
    thread::sleep(Duration::from_millis(20));
    ok("connect", port.connect(&bus.addr));
    say(&sender, b"x");
    wait_until("the poll ends", || waiting.is_finished());
}

fn waiter_that_came_too_late_wakes_for_the_next_message() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.join());
    let polled = port.clone();
    // It counts only a message that it gets itself.
    let waiting = thread::spawn(move || loop {
        same(
            "poll",
            ok("poll", poll(&polled, libc::POLLIN, -1)),
            libc::POLLIN,
        );
        thread::sleep(Duration::from_millis(10));
        if polled.recv(&mut [0; 9], NOW).is_ok() {
            return;
        }
    });
    for _ in 0..10 {
        say(&sender, b"x");
        // Taken away before the other thread has seen it, mostly.
        let _ = port.recv(&mut [0; 9], NOW);
        thread::sleep(Duration::from_millis(1));
    }
    let start = Instant::now();
    while !waiting.is_finished() {
        same("a poll that wakes", start.elapsed() < soon(), true);
        say(&sender, b"x");
        thread::sleep(Duration::from_millis(50));
    }
}

fn own_messages_over_lost_ones_leave_nothing_readable() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    let other = bus.join();
    say(&sender, b"first");
    (0..10).for_each(|n| say_number(&other, n));
    // What waited for the other port was overrun by its own messages: nothing is left for it.
    polls(&other, WRITABLE);
    hear_nothing(&other);
    polls(&sender, READABLE | WRITABLE);
    hear_number(&sender, 6);
}

/// What is said of a socket of AF_UNIX in the same state.
#[track_caller]
fn polls_as(sock: &Sock, other: &impl AsRawFd) {
    polls(sock, ok("poll of the other", poll(other, ALL, 0)));
}

const DIRECTIONS: [(Shutdown, i32); 3] = [
    (Shutdown::Read, libc::SHUT_RD),
    (Shutdown::Write, libc::SHUT_WR),
    (Shutdown::Both, libc::SHUT_RDWR),
];

fn shut_directions_poll_as_those_of_a_unix_socket() {
    for (shutdown, how) in DIRECTIONS {
        let bus = Bus::named(&format!("{shutdown:?}"));
        let _creator = bus.create();
        let (early, late) = (open(), bus.join());
        ok("shutdown", early.shutdown(how));
        ok("connect", early.connect(&bus.addr));
        ok("shutdown", late.shutdown(how));
        let (other, _peer) = ok("socketpair", UnixDatagram::pair());
        ok("shutdown", other.shutdown(shutdown));
        polls_as(&early, &other);
        polls_as(&late, &other);
    }
}

fn denied_directions_poll_as_shut_ones() {
    let bus = Bus::new();
    let _creator = bus.create();
    for (mode, shutdown) in [(0o744, Shutdown::Write), (0o722, Shutdown::Read)] {
        let mode = Permissions::from_mode(mode);
        ok("chmod", std::fs::set_permissions(&bus.path, mode));
        let (other, _peer) = ok("socketpair", UnixDatagram::pair());
        ok("shutdown", other.shutdown(shutdown));
        STRANGER.does(|| polls_as(&bus.join(), &other));
    }
}

fn ended_network_polls_as_a_unix_socket_without_a_peer() {
    let bus = Bus::new();
    let creator = bus.create_with(&lossless(1));
    let (port, reader) = (bus.join(), bus.reader());
    say(&creator, b"x");
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    let (other, peer) = ok("socketpair", UnixStream::pair());
    drop(peer);
    for sock in [&creator, &port, &reader] {
        polls_as(sock, &other);
    }
}

/// In each state: what `poll` says is ready answers without waiting, and only that.
fn what_is_ready_does_not_wait() {
    type State = (&'static str, fn(&Bus, &Sock));
    let states: [State; 8] = [
        ("just connected", |_, _| {}),
        ("a message waits", |bus, _| say(&bus.writer(), b"x")),
        ("its own message waits", |_, sock| say(sock, b"x")),
        ("deaf", |_, sock| {
            ok("shutdown", sock.shutdown(libc::SHUT_RD))
        }),
        ("mute", |_, sock| {
            ok("shutdown", sock.shutdown(libc::SHUT_WR))
        }),
        ("both", |_, sock| {
            ok("shutdown", sock.shutdown(libc::SHUT_RDWR))
        }),
        ("deaf, but for what is out of band", |_, sock| {
            ok("shutdown", sock.shutdown(libc::SHUT_RD));
            ok("IPN_SO_HANDLE_OOB", sock.set(IPN_SO_HANDLE_OOB, 1));
        }),
        ("ended", |bus, _| {
            ok("end", bus.manage().ioctl(IPN_TERMINATE).map(drop))
        }),
    ];
    for (number, (what, reach)) in states.into_iter().enumerate() {
        for full in [false, true] {
            let bus = Bus::named(&format!("{number}{full}"));
            let _creator = bus.create_with(&lossless(2));
            let (sock, _slow, writer) = (bus.join(), bus.reader(), bus.writer());
            reach(&bus, &sock);
            if full {
                while writer.send(b"y", NOW | libc::MSG_NOSIGNAL).is_ok() {}
            }
            let ready = ok("poll", poll(&sock, ALL, 0));
            let waits = |result: std::io::Result<usize>| {
                result.is_err_and(|error| error.raw_os_error() == Some(libc::EAGAIN))
            };
            let says = (ready & libc::POLLIN != 0, ready & libc::POLLOUT != 0);
            let peek = sock.recv(&mut [0; 9], NOW | libc::MSG_PEEK);
            let send = sock.send(b"z", NOW | libc::MSG_NOSIGNAL);
            let does = (!waits(peek), !waits(send));
            same(
                format_args!("(recv, send) {what}, full: {full}"),
                says,
                does,
            );
        }
    }
}

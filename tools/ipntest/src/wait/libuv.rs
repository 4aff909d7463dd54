// SPDX-License-Identifier: GPL-2.0
//! What libuv's loop believes of a port (`uv_poll_t`, which is level-triggered and has no other way).

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::socket::Sock;
use libuv::prelude::*;
use libuv::{PollEvents, PollHandle, RunMode};
use std::cell::Cell;
use std::io;
use std::os::fd::AsRawFd;
use std::rc::Rc;

cases!["libuv":
    message_wakes_the_loop,
    message_that_is_left_is_told_again,
    room_wakes_the_loop,
    room_that_a_filter_makes_wakes_the_loop,
    shut_directions_are_ready,
    shutdown_wakes_the_loop,
    end_wakes_the_loop,
    members_are_prioritized,
];

/// What a loop watches for.
const ALL: PollEvents = PollEvents::all();

/// A loop that watches a port.
struct Watch {
    event_loop: Loop,
    handle: PollHandle,
    seen: Rc<Cell<PollEvents>>,
}

/// The result of a function of libuv's, which must not fail.
#[track_caller]
fn did<T>(what: &str, result: libuv::Result<T>) -> T {
    ok(what, result.map_err(io::Error::other))
}

impl Watch {
    #[track_caller]
    fn of(sock: &Sock, events: PollEvents) -> Watch {
        let event_loop = did("uv_loop_init", Loop::new());
        let mut handle = did("uv_poll_init", event_loop.poll(sock.as_raw_fd()));
        let seen = Rc::new(Cell::new(PollEvents::empty()));
        let tell = seen.clone();
        let heard = move |_: PollHandle, status: libuv::Result<u32>, events| {
            did("uv_poll_cb", status);
            tell.set(tell.get() | events);
        };
        did("uv_poll_start", handle.start(events, heard));
        Watch {
            event_loop,
            handle,
            seen,
        }
    }

    #[track_caller]
    fn run(&mut self, mode: RunMode) -> PollEvents {
        self.seen.set(PollEvents::empty());
        did("uv_run", self.event_loop.run(mode));
        self.seen.get()
    }

    /// What is ready at once.
    #[track_caller]
    fn now(&mut self) -> PollEvents {
        self.run(RunMode::NoWait)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close(());
        let _ = self.event_loop.run(RunMode::Default);
    }
}

/// A loop in a thread of its own that sleeps, until something is ready.
#[track_caller]
fn asleep(sock: &Sock, events: PollEvents) -> Blocked<PollEvents> {
    let sock = sock.clone();
    let wait = move || Watch::of(&sock, events).run(RunMode::Once);
    Blocked::start(libc::SYS_epoll_pwait, wait)
}

/// The events that a sleeping loop is woken with.
#[track_caller]
fn wakes(blocked: Blocked<PollEvents>, events: PollEvents) {
    same("events", blocked.wakes(), events);
}

fn message_wakes_the_loop() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let blocked = asleep(&port, PollEvents::READABLE);
    say(&sender, b"hello");
    wakes(blocked, PollEvents::READABLE);
    hear(&port, b"hello");
    same(
        "at last",
        Watch::of(&port, PollEvents::READABLE).now(),
        PollEvents::empty(),
    );
}

fn message_that_is_left_is_told_again() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    let mut watch = Watch::of(&port, PollEvents::READABLE);
    same("at first", watch.now(), PollEvents::empty());
    [b"1", b"2"].map(|message| say(&sender, message));
    for message in [b"1", b"2"] {
        same("events", watch.now(), PollEvents::READABLE);
        same("the same again", watch.now(), PollEvents::READABLE);
        hear(&port, message);
    }
    same("at last", watch.now(), PollEvents::empty());
}

fn room_wakes_the_loop() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(1)), bus.reader());
    same(
        "with room",
        Watch::of(&sender, PollEvents::WRITABLE).now(),
        PollEvents::WRITABLE,
    );
    say(&sender, b"1");
    let blocked = asleep(&sender, PollEvents::WRITABLE);
    hear(&port, b"1");
    wakes(blocked, PollEvents::WRITABLE);
    say(&sender, b"2");
}

fn room_that_a_filter_makes_wakes_the_loop() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(1)), bus.reader());
    say(&sender, b"1");
    let blocked = asleep(&sender, PollEvents::WRITABLE);
    let nothing = [(0x06, 0, 0, 0)];
    ok("SO_ATTACH_FILTER", crate::sys::bpf::attach(&port, &nothing));
    wakes(blocked, PollEvents::WRITABLE);
    say(&sender, b"2");
}

fn shut_directions_are_ready() {
    let bus = Bus::new();
    let (creator, port) = (bus.create_with(&lossless(1)), bus.join());
    let _slow = bus.reader();
    say(&creator, b"1");
    hear(&port, b"1");
    let mut watch = Watch::of(&port, ALL);
    same("without room", watch.now(), PollEvents::empty());
    ok("SHUT_WR", port.shutdown(libc::SHUT_WR));
    same("SHUT_WR", watch.now(), PollEvents::WRITABLE);
    fails("send", port.send(b"x", libc::MSG_NOSIGNAL), libc::EPIPE);
    ok("SHUT_RD", port.shutdown(libc::SHUT_RD));
    // libuv takes a hang-up (POLLHUP) for everything that is watched for.
    same("both", watch.now(), ALL);
    fails("recv", port.recv(&mut [0; 9], 0), libc::EPIPE);
}

fn shutdown_wakes_the_loop() {
    let bus = Bus::new();
    let (_creator, port) = (bus.create(), bus.join());
    let events = PollEvents::READABLE | PollEvents::DISCONNECT;
    let blocked = asleep(&port, events);
    ok("SHUT_RD", port.shutdown(libc::SHUT_RD));
    wakes(blocked, events);
}

fn end_wakes_the_loop() {
    let bus = Bus::new();
    let (creator, port) = (bus.create(), bus.reader());
    let events = PollEvents::READABLE | PollEvents::DISCONNECT;
    let blocked = asleep(&port, events);
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    wakes(blocked, events);
    same("recv", ok("recv", port.recv(&mut [0; 9], 0)), 0);
}

fn members_are_prioritized() {
    let bus = Bus::new();
    let (creator, port) = (bus.create(), bus.reader());
    ok("HANDLE_OOB", port.set(IPN_SO_HANDLE_OOB, 1));
    ok("WANT_OOB", port.set(IPN_SO_WANT_OOB_NUMNODES, 1));
    let events = PollEvents::READABLE | PollEvents::PRIORITIZED;
    let blocked = asleep(&port, events);
    let _newcomer = bus.join();
    wakes(blocked, events);
    drop(creator);
}

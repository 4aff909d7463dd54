// SPDX-License-Identifier: GPL-2.0
//! What the `ipn` crate's calls do to the process that makes them, and to those that wait for it.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::programs::library_lab::*;
use crate::sys::call;
use crate::sys::signal;
use crate::sys::socket::Sock;
use ipn::{Builder, Errno, Manager, Port, Shutdown};
use std::os::fd::OwnedFd;

cases!["library_calls":
    descriptors_are_closed_on_exec,
    sending_raises_no_signal,
    receiver_makes_room_for_who_waits,
];

fn descriptors_are_closed_on_exec() {
    let bus = Bus::new();
    let manager = ok("bind", Manager::bind(&bus.path));
    let port = ok("connect", Port::connect(&bus.path));
    for fd in [
        OwnedFd::from(ok("clone", manager.try_clone())),
        OwnedFd::from(ok("clone", port.try_clone())),
        OwnedFd::from(manager),
        OwnedFd::from(port),
    ] {
        let flags = Sock::from(fd).fcntl(libc::F_GETFD, 0);
        same("flags", flags.ok(), Some(libc::FD_CLOEXEC));
    }
}

fn sending_raises_no_signal() {
    let bus = Bus::new();
    let port = create(&bus, &Builder::new());
    signal::count(libc::SIGPIPE, 0).expect("sigaction");
    ok("shutdown", port.shutdown(Shutdown::Write));
    fails("send", port.send(b"x"), Errno::PIPE);
    same("SIGPIPE", signal::counted(libc::SIGPIPE), 0);
}

/// Out of memory as by calls.
fn receiver_makes_room_for_who_waits() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().lossless(true).pool(1));
    let port = ok("connect", Port::connect(&bus.path));
    let mut receiver = ok("receiver", port.into_receiver());
    holds("it is mapped", receiver.not_mapped().is_none());
    ok("send", sender.send(b"first"));
    let waits = Blocked::start(call::SEND, move || sender.send(b"second"));
    let took = |receiver: &mut ipn::Receiver, text: &[u8]| {
        let taken = ok("take", receiver.take_bytes());
        same("message", taken, Some(text));
    };
    took(&mut receiver, b"first");
    ok("send", waits.wakes());
    took(&mut receiver, b"second");
}

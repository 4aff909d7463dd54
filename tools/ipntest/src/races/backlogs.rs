// SPDX-License-Identifier: GPL-2.0
//! Ports that a backlog waits for which their filter refuses, and calls whose pages come late, against
//! what ends and changes them.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::races::race::{against, Deed, Race, QUIET};
use crate::sys::bpf::{self, Instruction};
use crate::sys::late::Late;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::{dup2, Addr, Sock};
use std::fs::{self, File};
use std::sync::Arc;
use std::time::Duration;

cases!["races_backlogs":
    on_a_lossless_network @ 240,
    on_a_lossy_network @ 240,
];

/// Refuses all, and wants all.
const NOTHING: &[Instruction] = &[(0x06, 0, 0, 0)];
const ALL: &[Instruction] = &[(0x06, 0, 0, 99)];

/// A network with room for two messages, its creator's port, and one of a manager whose filter refuses
/// the two that wait.
#[derive(Clone)]
struct Scene {
    bus: Bus,
    keeper: Sock,
    port: Sock,
    late: Arc<Late>,
    nothing: Arc<File>,
}

impl Scene {
    fn set(flags: i32) -> Scene {
        let bus = Bus::new();
        let keeper = bus.create_with(&[(IPN_SO_FLAGS, flags), (IPN_SO_MSGPOOLSIZE, 2)]);
        // Long enough for a worker, short enough where none can help.
        let short = Duration::from_millis(2);
        ok("SO_SNDTIMEO", keeper.set_time_out(libc::SO_SNDTIMEO, short));
        let port = bus.manage();
        ok("connect", port.connect(&Addr::null(0)));
        ok("SO_ATTACH_FILTER", bpf::attach(&port, NOTHING));
        [b"one", b"two"].map(|message| say(&keeper, message));
        Scene {
            bus,
            keeper,
            port,
            late: Arc::new(ok("userfaultfd", Late::page())),
            nothing: Arc::new(ok("/dev/null", File::open("/dev/null"))),
        }
    }

    fn recv_late(&self, flags: i32) {
        drop(self.late.absent().recv(&self.port, 64, flags | NOW));
    }

    fn send_late(&self, sock: &Sock) {
        drop(sock.send_at(self.late.absent().address(), 64, QUIET));
    }
}

/// Things that end or change what goes on, whatever they answer.
const ENDS: &[Deed<Scene>] = &[
    // The number stays open, as /dev/null: only the socket is closed.
    ("close", |s| ok("dup2", dup2(&*s.nothing, &s.port))),
    ("shutdown", |s| drop(s.port.shutdown(libc::SHUT_RDWR))),
    ("IPN_TERMINATE", |s| drop(s.keeper.ioctl(IPN_TERMINATE))),
    ("fewer ports", |s| {
        for ports in [2, 30, 2] {
            drop(s.keeper.set(IPN_SO_CHANGE_NUMNODES, ports));
        }
    }),
    ("another filter", |s| drop(bpf::attach(&s.port, ALL))),
    ("no filter", |s| {
        drop(s.port.set_generic(libc::SO_DETACH_FILTER, 0));
    }),
    ("filters that come and go", |s| {
        for filter in [ALL, NOTHING, ALL, NOTHING] {
            drop(bpf::attach(&s.port, filter));
        }
    }),
];

/// Things that go on, with few waits, and those short.
const DOINGS: &[Deed<Scene>] = &[
    ("send", |s| {
        (0..6).for_each(|_| drop(s.keeper.send(b"x", QUIET)));
    }),
    ("send that may wait", |s| {
        (0..3).for_each(|_| drop(s.keeper.send(b"x", libc::MSG_NOSIGNAL)));
    }),
    ("poll for room", |s| {
        drop(poll(&s.keeper, libc::POLLOUT, 3));
    }),
    ("receive", |s| {
        for _ in 0..4 {
            drop(s.port.recv(&mut [0; 9], NOW));
            drop(s.keeper.send(b"x", QUIET));
        }
    }),
    ("peek, poll and FIONREAD", |s| {
        for _ in 0..3 {
            drop(s.port.recv(&mut [0; 9], NOW | libc::MSG_PEEK));
            drop(poll(&s.port, libc::POLLIN | libc::POLLOUT, 0));
            drop(s.port.ioctl_int(libc::FIONREAD));
            drop(s.keeper.send(b"x", QUIET));
        }
    }),
    ("receive into a late page", |s| {
        drop(bpf::attach(&s.port, ALL));
        drop(s.keeper.send(b"x", QUIET));
        s.recv_late(0);
        s.recv_late(0);
    }),
    ("peek into a late page", |s| {
        drop(s.port.set_generic(libc::SO_DETACH_FILTER, 0));
        drop(s.keeper.send(b"x", QUIET));
        s.recv_late(libc::MSG_PEEK);
    }),
    ("send out of a late page", |s| s.send_late(&s.keeper)),
    ("send of its own out of a late page", |s| {
        s.send_late(&s.port);
        drop(s.port.send(b"y", QUIET));
    }),
];

#[track_caller]
fn race_once(race: &mut Race, flags: i32, one: &Deed<Scene>, two: &Deed<Scene>) {
    let scene = Scene::set(flags);
    let (copy, first) = (scene.clone(), one.1);
    race.run(move || first(&copy), || two.1(&scene));
    let Scene {
        bus, keeper, port, ..
    } = scene;
    let ended = ok("IPN_SO_FLAGS", keeper.get(IPN_SO_FLAGS)) & IPN_FLAG_TERMINATED != 0;
    let is_there = |name: &str| one.0 == name || two.0 == name;
    same("the network has ended", ended, is_there("IPN_TERMINATE"));
    if !ended {
        // What is left is refused, if it is not too late for that: it holds nobody up.
        drop(bpf::attach(&port, NOTHING));
        while keeper.recv(&mut [0; 64], NOW).is_ok() {}
        for _ in 0..4 {
            wait_until("there is room", || keeper.send(b"alone", QUIET).is_ok());
        }
    }
    drop((keeper, port));
    let _ = fs::remove_file(&bus.path);
}

fn on_a_lossless_network() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    against(5, ENDS, DOINGS, |race, one, two| {
        race_once(race, IPN_FLAG_LOSSLESS, one, two);
    });
}

fn on_a_lossy_network() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    against(3, ENDS, DOINGS, |race, one, two| {
        race_once(race, 0, one, two);
    });
}

// SPDX-License-Identifier: GPL-2.0
//! What ends something against those who receive out of mapped memory, and what ends a mapping.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::mapping::lab::{at, map_cursor, map_head, map_ring, Map};
use crate::races::race::{against, against_each_other, die_meanwhile, Deed, Race, QUIET};
use crate::sys::poll::poll;
use crate::sys::process;
use crate::sys::signal;
use crate::sys::socket::{dup2, Addr, Sock};
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

cases!["races_mapping":
    ends_against_mapped_readers @ 240,
    ends_of_mappings_against_each_other @ 240,
    mapped_readers_that_die @ 240,
];

/// A lossless network with room for four messages, its creator's port, and a manager's port that is
/// mapped.
#[derive(Clone)]
struct Scene {
    bus: Bus,
    keeper: Sock,
    port: Sock,
    map: Arc<Map>,
    nothing: Arc<File>,
    pipe: Arc<(OwnedFd, OwnedFd)>,
}

impl Scene {
    fn set() -> Scene {
        let bus = Bus::new();
        let keeper = bus.create_with(&lossless(4));
        let port = bus.manage();
        ok("connect", port.connect(&Addr::null(0)));
        (0..3).for_each(|n| say_number(&keeper, n));
        Scene {
            bus,
            keeper,
            map: Arc::new(Map::of(&port)),
            port,
            nothing: Arc::new(ok("/dev/null", File::open("/dev/null"))),
            pipe: Arc::new(ok("pipe", process::pipe())),
        }
    }
}

/// The number stays open, as /dev/null: only the socket is closed.
fn close(s: &Scene, sock: &Sock) {
    ok("dup2", dup2(&*s.nothing, sock));
}

/// Things that end, whatever they answer. What is no longer mapped is other memory then.
const ENDS: &[Deed<Scene>] = &[
    ("munmap of the ring", |s| ok("mmap", s.map.ring.cover())),
    ("munmap of the cursor", |s| ok("mmap", s.map.cursor.cover())),
    ("close", |s| close(s, &s.port)),
    ("close of the others", |s| close(s, &s.keeper)),
    ("shutdown", |s| drop(s.port.shutdown(libc::SHUT_RDWR))),
    ("IPN_TERMINATE", |s| drop(s.keeper.ioctl(IPN_TERMINATE))),
    ("unlink", |s| drop(fs::remove_file(&s.bus.path))),
    ("all of it", |s| {
        close(s, &s.keeper);
        close(s, &s.port);
        ok("mmap", s.map.cursor.cover());
        ok("mmap", s.map.ring.cover());
    }),
];

/// What the mapped reader does, and what is done to it: a few times, without waiting.
const DOINGS: &[Deed<Scene>] = &[
    ("read", |s| {
        for _ in 0..6 {
            let (position, published) = (s.map.position(), s.map.published());
            if position < published {
                s.map.go_to(position + 1);
                drop(s.port.ioctl_int(libc::FIONREAD));
            }
        }
    }),
    ("read and recv", |s| {
        for _ in 0..4 {
            s.map.go_to(s.map.published());
            drop(s.port.recv(&mut [0; 9], NOW));
        }
    }),
    ("nonsense", |s| {
        for n in [u64::MAX, 0, 1 << 40, 5] {
            s.map.go_to(n);
            drop(s.port.ioctl_int(libc::FIONREAD));
        }
    }),
    ("poll", |s| {
        (0..6).for_each(|_| drop(poll(&s.port, libc::POLLIN | libc::POLLOUT, 0)));
    }),
    ("send of others", |s| {
        (0..6).for_each(|_| drop(s.keeper.send(b"x", QUIET)));
    }),
    ("own send", |s| {
        (0..6).for_each(|_| drop(s.port.send(b"x", QUIET)));
    }),
    ("mmap", |s| {
        for _ in 0..2 {
            drop(map_head(&s.port).and_then(|head| map_ring(&s.port, &head)));
            drop(map_cursor(&s.port));
        }
    }),
    ("the kernel reads it", |s| {
        drop(s.keeper.send_at(s.map.ring.address(), 1500, QUIET));
        drop(s.map.ring.give_to(&s.pipe.1, libc::SPLICE_F_NONBLOCK));
    }),
    ("the kernel writes it", |s| {
        (0..3).for_each(|_| drop(s.map.cursor.recv_into(&s.port, NOW)));
        drop(s.map.ring.recv_into(&s.port, NOW));
    }),
];

#[track_caller]
fn race_once(race: &mut Race, one: &Deed<Scene>, two: &Deed<Scene>) {
    let scene = Scene::set();
    let (copy, first) = (scene.clone(), one.1);
    race.run(move || first(&copy), || two.1(&scene));
    is_well(scene, [one.0, two.0]);
}

/// What was not unmapped is there still, however much has ended; and when the mapping is gone, nothing
/// of its port holds up those who are left.
#[track_caller]
fn is_well(scene: Scene, done: [&str; 2]) {
    let Scene {
        bus,
        keeper,
        port,
        map,
        ..
    } = scene;
    let is_done = |names: &[&str]| names.iter().any(|name| done.contains(name));
    if !is_done(&["munmap of the ring", "all of it"]) {
        let oldest = map.ring.word(at::OLDEST).load(Relaxed);
        let published = map.published();
        holds(
            format_args!("{done:?}: messages {oldest} to {published}"),
            published >= 3 && oldest <= published,
        );
    }
    drop((map, port));
    if !is_done(&["close of the others", "all of it"]) {
        let ended = ok("IPN_SO_FLAGS", keeper.get(IPN_SO_FLAGS)) & IPN_FLAG_TERMINATED != 0;
        same("the network has ended", ended, is_done(&["IPN_TERMINATE"]));
        if !ended {
            while keeper.recv(&mut [0; 2000], NOW).is_ok() {}
            (0..9).for_each(|_| say(&keeper, b"alone"));
        }
    }
    drop(keeper);
    let _ = fs::remove_file(&bus.path);
}

fn ends_against_mapped_readers() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    against(6, ENDS, DOINGS, race_once);
}

fn ends_of_mappings_against_each_other() {
    against_each_other(5, ENDS, race_once);
}

/// Mapped readers are killed in the middle of what they do, with children that have the mapping too.
fn mapped_readers_that_die() {
    let bus = Bus::new();
    let keeper = bus.create_with(&lossless(4));
    let race = Race::of(5);
    let mut round = 0;
    while !race.is_over() || round < 8 {
        let dying = [0, 1].map(|number| {
            Process::start(|_| {
                let port = bus.join();
                let map = Map::of(&port);
                if (round + number) % 2 == 0 {
                    // The child goes on when its parent is dead.
                    Process::start(|_| {
                        for _ in 0..200 {
                            map.go_to(map.published());
                            drop(port.ioctl_int(libc::FIONREAD));
                        }
                    });
                }
                loop {
                    map.go_to(map.published());
                    drop(port.ioctl_int(libc::FIONREAD));
                    drop(port.send(b"from one who dies", QUIET));
                }
            })
        });
        die_meanwhile(&keeper, dying);
        round += 1;
    }
    crate::lab::task::wait_until("all ports are given back", || {
        while keeper.recv(&mut [0; 64], NOW).is_ok() {}
        crate::sysfs::lab::value(&bus, "used") == "1"
    });
    (0..9).for_each(|n| say(&keeper, &[n]));
}

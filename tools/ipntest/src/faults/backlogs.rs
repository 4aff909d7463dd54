// SPDX-License-Identifier: GPL-2.0
//! The same of calls that meet messages which a filter refuses, and pages that come late.

use crate::abi::*;
use crate::faults::descriptors;
use crate::faults::fault::{own_bus, trial, try_each, Stage, EACH, MEMORY_AND_USER};
use crate::faults::messages::first;
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::pace::soon;
use crate::sys::bpf::{self, Instruction};
use crate::sys::late::Late;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use crate::sysfs::lab::directory;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

cases!["faults_backlogs":
    receiving @ 60,
    sending @ 60,
    late_pages @ 60,
];

/// A network, a port that sends, and one that messages wait for.
struct Scene {
    bus: Bus,
    sender: Sock,
    port: Sock,
    late: Option<Late>,
    filter: Option<OwnedFd>,
}

/// Refuses all.
const NOTHING: &[Instruction] = &[(0x06, 0, 0, 0)];
/// Wants what is longer than 4 bytes.
const LONGER: &[Instruction] = &[
    (0x80, 0, 0, 0),
    (0x25, 0, 1, 4),
    (0x06, 0, 0, 99),
    (0x06, 0, 0, 0),
];

impl Stage for Scene {
    /// Only what nobody has to look through the backlog for.
    fn state(&self) -> String {
        let sent = fs::read_to_string(directory(&self.bus).join("sent"));
        let drops = self.port.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
        format!("{sent:?} {:?} {}", drops.ok(), descriptors())
    }

    /// What is refused holds nobody up, whatever has failed.
    fn check(&self) {
        ok("poll", self.room());
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.bus.path);
    }
}

impl Scene {
    fn new(options: &[(i32, i32)], messages: &[&[u8]]) -> Scene {
        let bus = own_bus();
        let (sender, port) = (bus.create_with(options), bus.reader());
        messages.iter().for_each(|message| say(&sender, message));
        Scene {
            bus,
            sender,
            port,
            late: None,
            filter: None,
        }
    }

    fn with_filter(self, filter: &[Instruction]) -> Scene {
        ok("SO_ATTACH_FILTER", bpf::attach(&self.port, filter));
        self
    }

    fn with_late_page(mut self) -> Scene {
        self.late = Some(ok("userfaultfd", Late::page()));
        self
    }

    /// Waits for room.
    fn room(&self) -> io::Result<()> {
        let ready = poll(&self.sender, libc::POLLOUT, soon().as_millis() as i32)?;
        unless("no room", ready == libc::POLLOUT)
    }

    /// A buffer that comes late.
    fn recv_late(&self, flags: i32) -> io::Result<usize> {
        let late = self.late.as_ref().expect("a page");
        late.absent().recv(&self.port, 64, flags)
    }
}

/// Before the message that is wanted stand others.
fn backlog() -> Scene {
    let messages: [&[u8]; 4] = [b"no", b"nor", b"first", b"no"];
    Scene::new(&[(IPN_SO_MSGPOOLSIZE, 8)], &messages).with_filter(LONGER)
}

/// No sender finds room, as messages wait that are not wanted.
fn held_up() -> Scene {
    let scene = Scene::new(&lossless(2), &[]).with_filter(NOTHING);
    [b"one", b"two"].map(|message| say(&scene.sender, message));
    scene
}

/// The same, but they are wanted, as the filter is not attached. It is loaded: that warns of each fault.
fn full() -> Scene {
    const NOTHING: [u64; 2] = [0x0000_0000_0000_00b7, 0x0000_0000_0000_0095];
    let mut scene = Scene::new(&lossless(2), &[b"one", b"two"]);
    scene.filter = Some(ok("BPF_PROG_LOAD", bpf::load(bpf::FOR_SOCKETS, &NOTHING)));
    scene
}

/// Something is wrong but no fault.
fn unless(what: &str, so: bool) -> io::Result<()> {
    match so {
        true => Ok(()),
        false => Err(io::Error::other(String::from(what))),
    }
}

fn receiving() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("recv", backlog, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.port.recv(&mut buffer, NOW);
                first(got, &buffer)
            }),
            trial("peek", backlog, MEMORY_AND_USER, |scene| {
                let mut buffer = [0; 64];
                let got = scene.port.recv(&mut buffer, NOW | libc::MSG_PEEK);
                first(got, &buffer)
            }),
            trial("recvmmsg", backlog, MEMORY_AND_USER, |scene| {
                scene.port.recvmmsg(4, 64, NOW, None).map(drop)
            }),
            trial("poll", backlog, MEMORY_AND_USER, |scene| {
                unless("no POLLIN", poll(&scene.port, libc::POLLIN, 0)? != 0)
            }),
            trial("FIONREAD", backlog, MEMORY_AND_USER, |scene| {
                let length = scene.port.ioctl_int(libc::FIONREAD)?;
                unless("not the length of the message", length == 5)
            }),
        ],
    );
}

fn sending() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("send", held_up, MEMORY_AND_USER, |scene| {
                scene.sender.send(b"x", 0).map(drop)
            }),
            trial("poll for room", held_up, MEMORY_AND_USER, |scene| {
                scene.room()
            }),
            trial("attaching a filter", full, MEMORY_AND_USER, |scene| {
                let filter = scene.filter.as_ref().expect("a filter").as_raw_fd();
                scene.port.set_generic(libc::SO_ATTACH_BPF, filter)
            }),
        ],
    );
}

fn late_pages() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial(
                "recv into one",
                || backlog().with_late_page(),
                MEMORY_AND_USER,
                |scene| unless("another message", scene.recv_late(NOW)? == 5),
            ),
            trial(
                "peek into one",
                || backlog().with_late_page(),
                MEMORY_AND_USER,
                |scene| {
                    unless(
                        "another message",
                        scene.recv_late(NOW | libc::MSG_PEEK)? == 5,
                    )
                },
            ),
            trial(
                "send out of one",
                || held_up().with_late_page(),
                MEMORY_AND_USER,
                |scene| {
                    let at = scene.late.as_ref().expect("a page").absent().address();
                    scene.sender.send_at(at, 1000, 0).map(drop)
                },
            ),
        ],
    );
}

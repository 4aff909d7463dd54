// SPDX-License-Identifier: GPL-2.0
//! Every call of a socket but those about messages, with every allocation and every access to the caller's memory failing in
//! its turn.

pub mod backlogs;
pub mod device;
pub mod fault;
pub mod mapping;
pub mod messages;
pub mod seen;
pub mod switch;
pub mod sysfs;

use crate::abi::*;
use crate::faults::fault::{
    own_bus, trial, try_each, Stage, Trial, EACH, MEMORY, MEMORY_AND_USER, OF_NAMES, OF_SOCKETS,
};
use crate::lab::bus::*;
use crate::lab::check::{fails, ok};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::module::parameters::Changed;
use crate::sys::bpf;
use crate::sys::epoll::Epoll;
use crate::sys::memory::Pages;
use crate::sys::poll::poll;
use crate::sys::privilege::{give_up, CAP_SYS_RESOURCE};
use crate::sys::socket::{socket, Addr, Sock};
use crate::sysfs::lab::directory;
use std::fs;
use std::io;

cases!["faults":
    making_and_joining @ 60,
    making_costs_the_account_nothing @ 60,
    options @ 60,
    requests,
    ending,
];

/// A network, its creator's port, and the socket that the call is made on.
pub struct Scene {
    pub bus: Bus,
    keeper: Option<Sock>,
    sock: Option<Sock>,
    pub memory: Option<Pages>,
    pub epoll: Option<Epoll>,
}

/// The family's own options, with a value to set.
const OPTIONS: [(i32, i32); 11] = [
    (IPN_SO_PORT, 3),
    (IPN_SO_CHANGE_NUMNODES, 9),
    (IPN_SO_HANDLE_OOB, 1),
    (IPN_SO_WANT_OOB_NUMNODES, 1),
    (IPN_SO_SENDER, 1),
    (IPN_SO_OBSERVE, 1),
    (IPN_SO_MTU, 99),
    (IPN_SO_NUMNODES, 9),
    (IPN_SO_MSGPOOLSIZE, 9),
    (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS),
    (IPN_SO_MODE, 0o755),
];

/// `/proc` has no memory for an inode of its own: there is no such file then (`proc_pident_instantiate`).
const OF_PROC: &[i32] = &[libc::ENOMEM, libc::ENOBUFS, libc::EFAULT, libc::ENOENT];

pub const EVENTS: i16 = libc::POLLIN | libc::POLLOUT | libc::POLLPRI;

/// All that a socket tells of itself.
pub fn look(sock: &Sock) -> String {
    let options = OPTIONS.map(|(option, _)| sock.get(option).ok());
    let description = sock.getsockopt(LEVEL, IPN_SO_DESCR, 128).ok();
    let drops = sock.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64).ok();
    let generic = [libc::SO_TIMESTAMP, libc::SO_RXQ_OVFL, libc::SO_RCVTIMEO]
        .map(|option| sock.getsockopt(libc::SOL_SOCKET, option, 16).ok());
    let (name, peer) = (sock.name(128).ok(), sock.peer_name(128).ok());
    let waits = sock.ioctl_int(libc::FIONREAD).ok();
    let ready = poll(sock, EVENTS, 0).ok();
    format!(
        "{options:?} {description:?} {drops:?} {generic:?} {name:?} {peer:?} {waits:?} {ready:?}"
    )
}

/// How many descriptors the process has.
pub fn descriptors() -> usize {
    ok("/proc/self/fd", fs::read_dir("/proc/self/fd")).count()
}

impl Stage for Scene {
    fn state(&self) -> String {
        let keeper = self.keeper.as_ref().map(look);
        let sock = self.sock.as_ref().map(look);
        let (name, open) = (self.bus.path.exists(), descriptors());
        let listed = name.then(|| directory(&self.bus).exists());
        format!(
            "socket: {sock:?}\nkeeper: {keeper:?}\nname: {name} {listed:?}, descriptors: {open}"
        )
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.bus.path);
    }
}

impl Scene {
    /// The socket that the call is made on.
    pub fn sock(&self) -> &Sock {
        self.sock.as_ref().expect("a socket is on the stage")
    }

    /// Closes it.
    pub fn close(&mut self) -> io::Result<()> {
        self.sock.take().expect("a socket is on the stage").close()
    }

    /// With that many pages that were never touched.
    pub fn with_memory(mut self, pages: usize) -> Scene {
        self.memory = Some(ok("mmap", Pages::fresh(pages)));
        self
    }
}

/// Nobody has the name. There will not be many messages, so that not each of their pages is a chance.
fn free_name() -> Scene {
    let sock = open();
    ok("pool", sock.set(IPN_SO_MSGPOOLSIZE, 4));
    Scene {
        bus: own_bus(),
        keeper: None,
        sock: Some(sock),
        memory: None,
        epoll: None,
    }
}

/// A network with its keeper's port, and a socket that knows nothing of it.
fn unbound() -> Scene {
    let mut scene = free_name();
    scene.keeper = Some(
        scene
            .bus
            .create_with(&[(IPN_SO_MTU, 65535), (IPN_SO_MSGPOOLSIZE, 4)]),
    );
    scene
}

/// The same, and it is to observe.
fn observing() -> Scene {
    let scene = unbound();
    ok("IPN_SO_OBSERVE", scene.sock().set(IPN_SO_OBSERVE, 1));
    scene
}

fn no_socket() -> Scene {
    let mut scene = unbound();
    scene.sock = None;
    scene
}

fn manager() -> Scene {
    let scene = unbound();
    ok("bind", scene.sock().bind(&scene.bus.addr));
    scene
}

/// A port that two messages wait for.
pub fn port() -> Scene {
    let scene = unbound();
    ok("connect", scene.sock().connect(&scene.bus.addr));
    for text in [&b"first"[..], b"second"] {
        say(scene.keeper.as_ref().expect("a keeper"), text);
    }
    scene
}

fn port_of_a_manager() -> Scene {
    let scene = manager();
    ok("connect", scene.sock().connect(&Addr::null(0)));
    scene
}

/// A port whose filter wants all messages.
pub fn filtered_port() -> Scene {
    let scene = port();
    let all = [(0x06, 0, 0, 0xffff)];
    ok("SO_ATTACH_FILTER", bpf::attach(scene.sock(), &all));
    scene
}

fn making_and_joining() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("socket", no_socket, OF_SOCKETS, |scene| {
                scene.sock = Some(socket(AF_IPN, libc::SOCK_RAW, IPN_ANY)?);
                Ok(())
            }),
            trial("bind to a free name", free_name, OF_NAMES, |scene| {
                scene.sock().bind(&scene.bus.addr)
            }),
            trial("bind to a network", unbound, MEMORY_AND_USER, |scene| {
                scene.sock().bind(&scene.bus.addr)
            }),
            trial("connect", unbound, MEMORY_AND_USER, |scene| {
                scene.sock().connect(&scene.bus.addr)
            }),
            trial(
                "connect of an observer",
                observing,
                MEMORY_AND_USER,
                |scene| scene.sock().connect(&scene.bus.addr),
            ),
            trial("connect of a manager", manager, MEMORY_AND_USER, |scene| {
                scene.sock().connect(&Addr::null(0))
            }),
            trial(
                "connect of a manager by name",
                manager,
                MEMORY_AND_USER,
                |scene| scene.sock().connect(&scene.bus.addr),
            ),
            trial("getsockname", port, MEMORY_AND_USER, |scene| {
                scene.sock().name(128).map(drop)
            }),
            trial("getpeername", port, MEMORY_AND_USER, |scene| {
                scene.sock().peer_name(128).map(drop)
            }),
        ],
    );
}

/// A network that could not be made is on no account: the maker may have as many as ever.
fn making_costs_the_account_nothing() {
    let bind = trial("bind", free_name, OF_NAMES, |scene: &mut Scene| {
        scene.sock().bind(&scene.bus.addr)
    });
    try_each(EACH, || (), &[bind]);
    // Without that right the same user is bounded.
    let _bound = Changed::to("af_ipn", "max_user_networks", "2");
    Process::start(|_| {
        ok("capset", give_up(&[CAP_SYS_RESOURCE]));
        let bind = |name| {
            let sock = open();
            sock.bind(&Bus::named(name).addr).map(|()| sock)
        };
        let made = [ok("bind", bind("one")), ok("bind", bind("two"))];
        fails("bind", bind("three").map(drop), libc::ENOBUFS);
        drop(made);
    })
    .ends_well();
}

fn options() {
    let mut all: Vec<Trial<Scene>> = Vec::new();
    for (option, value) in OPTIONS {
        let stage = match option {
            IPN_SO_CHANGE_NUMNODES => port_of_a_manager,
            _ => unbound as fn() -> Scene,
        };
        let name = format!("setsockopt {option:#x}");
        all.push(trial(name, stage, MEMORY_AND_USER, move |scene| {
            scene.sock().set(option, value)
        }));
        let name = format!("getsockopt {option:#x}");
        all.push(trial(name, port, MEMORY_AND_USER, move |scene| {
            scene.sock().get(option).map(drop)
        }));
    }
    all.push(trial(
        "setsockopt IPN_SO_DESCR",
        port,
        MEMORY_AND_USER,
        |scene| {
            scene
                .sock()
                .setsockopt(LEVEL, IPN_SO_DESCR, b"a description\0")
        },
    ));
    all.push(trial(
        "getsockopt IPN_SO_DESCR",
        port,
        MEMORY_AND_USER,
        |scene| scene.sock().getsockopt(LEVEL, IPN_SO_DESCR, 128).map(drop),
    ));
    try_each(EACH, || (), &all);
}

fn requests() {
    try_each::<Scene>(
        EACH,
        || (),
        &[
            trial("IPN_CHECK", port, MEMORY, |scene| {
                scene.sock().ioctl(IPN_CHECK).map(drop)
            }),
            trial("IPN_TERMINATE", port_of_a_manager, MEMORY, |scene| {
                scene.sock().ioctl(IPN_TERMINATE).map(drop)
            }),
            trial("/proc/net/ipn", port, OF_PROC, |_| {
                fs::read_to_string("/proc/net/ipn").map(drop)
            }),
        ],
    );
}

fn ending() {
    let mut all: Vec<Trial<Scene>> = Vec::new();
    for (name, how) in [
        ("shutdown(SHUT_RD)", libc::SHUT_RD),
        ("shutdown(SHUT_WR)", libc::SHUT_WR),
        ("shutdown(SHUT_RDWR)", libc::SHUT_RDWR),
    ] {
        all.push(trial(name, port, &[], move |scene| {
            scene.sock().shutdown(how)
        }));
    }
    for (name, stage) in [
        ("close of an unbound socket", unbound as fn() -> Scene),
        ("close of a manager", manager),
        ("close of a port", port),
        ("close of a port with a filter", filtered_port),
    ] {
        all.push(trial(name, stage, &[], |scene| scene.close()));
    }
    all.push(trial("close of all", port_of_a_manager, &[], |scene| {
        scene.close()?;
        scene.keeper.take().expect("the keeper").close()
    }));
    try_each(EACH, || (), &all);
}

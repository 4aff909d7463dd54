// SPDX-License-Identifier: GPL-2.0
//! The same of what tells who is on a network: dumps, events, figures and senders; and of ports that observe.

use crate::abi::*;
use crate::faults::fault::{
    own_bus, trial, try_each, Stage, Trial, DEVICES, EACH, MEMORY, MEMORY_AND_USER,
};
use crate::faults::messages::first;
use crate::faults::{descriptors, look};
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::seen::family::{Family, NETWORK_GET, PORT_GET};
use crate::sys::netdev::Request;
use crate::sys::socket::{Addr, Sock};
use std::fs;
use std::io;

cases!["faults_seen":
    asking @ 60,
    events @ 60,
    figures_and_senders @ 60,
    observing_interfaces @ 60,
];

/// A network with a port that two messages wait for, and a socket of the netlink family.
struct Scene {
    bus: Bus,
    keeper: Sock,
    sock: Option<Sock>,
    family: Option<Family>,
    /// One that was asked.
    spent: Option<Family>,
}

impl Stage for Scene {
    fn state(&self) -> String {
        let sock = self.sock.as_ref().map(look);
        let (keeper, open) = (look(&self.keeper), descriptors());
        format!("socket: {sock:?}\nkeeper: {keeper}\ndescriptors: {open}")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.bus.path);
    }
}

impl Scene {
    fn sock(&self) -> &Sock {
        self.sock.as_ref().expect("a socket is on the stage")
    }

    fn dump(&mut self, command: u8) -> io::Result<()> {
        // Each time another: what is left of an answer that failed would be in the way of the next.
        let spent = self.spent.take();
        let family = match self.family.take() {
            Some(family) => family,
            None => {
                drop(spent);
                Family::find()?
            }
        };
        let told = family.dump(command, &[]);
        // It stays open, so that there are as many descriptors as before.
        self.spent = Some(family);
        told.map(drop)
    }
}

fn unbound() -> Scene {
    let bus = own_bus();
    let keeper = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    Scene {
        bus,
        keeper,
        sock: Some(open()),
        family: Some(Family::new()),
        spent: None,
    }
}

fn port() -> Scene {
    let scene = unbound();
    ok("connect", scene.sock().connect(&scene.bus.addr));
    for text in [&b"first"[..], b"second"] {
        say(&scene.keeper, text);
    }
    scene
}

fn manager() -> Scene {
    let scene = unbound();
    ok("bind", scene.sock().bind(&scene.bus.addr));
    scene
}

fn listening(scene: Scene) -> Scene {
    let family = scene.family.as_ref().expect("the family");
    ok("listening", family.listen());
    scene
}

fn unbound_and_heard() -> Scene {
    listening(unbound())
}

fn port_and_heard() -> Scene {
    listening(port())
}

fn manager_and_heard() -> Scene {
    listening(manager())
}

/// A port that is told who sends.
fn port_with_senders() -> Scene {
    let scene = port();
    ok("IPN_SO_SENDER", scene.sock().set(IPN_SO_SENDER, 1));
    scene
}

/// A manager that is to observe.
fn observing() -> Scene {
    let scene = manager();
    ok("IPN_SO_OBSERVE", scene.sock().set(IPN_SO_OBSERVE, 1));
    scene
}

fn asking() {
    let all: Vec<Trial<Scene>> = vec![
        trial("a dump of networks", port, MEMORY_AND_USER, |scene| {
            scene.dump(NETWORK_GET)
        }),
        trial("a dump of ports", port, MEMORY_AND_USER, |scene| {
            scene.dump(PORT_GET)
        }),
        trial("listening", port, MEMORY_AND_USER, |scene| {
            scene.family.as_ref().expect("the family").listen()
        }),
    ];
    try_each(EACH, || (), &all);
}

/// What has no memory for an event does without it.
fn events() {
    let all: Vec<Trial<Scene>> = vec![
        trial(
            "connect, which is heard",
            unbound_and_heard,
            MEMORY_AND_USER,
            |scene| scene.sock().connect(&scene.bus.addr),
        ),
        trial(
            "connect of a manager, which is heard",
            manager_and_heard,
            MEMORY_AND_USER,
            |scene| scene.sock().connect(&Addr::null(0)),
        ),
        trial(
            "IPN_TERMINATE, which is heard",
            manager_and_heard,
            MEMORY,
            |scene| scene.sock().ioctl(IPN_TERMINATE).map(drop),
        ),
        trial("close, which is heard", port_and_heard, &[], |scene| {
            scene.sock.take().expect("a socket").close()
        }),
    ];
    try_each(EACH, || (), &all);
}

fn figures_and_senders() {
    let all: Vec<Trial<Scene>> = vec![
        trial("IPN_SO_STATISTICS", port, MEMORY_AND_USER, |scene| {
            let got = scene.sock().getsockopt(LEVEL, IPN_SO_STATISTICS, 64);
            got.map(drop)
        }),
        trial(
            "recv with who has sent",
            port_with_senders,
            MEMORY_AND_USER,
            |scene| {
                let got = scene.sock().recvmsg(64, NOW)?;
                first(Ok(got.data.len()), &got.data)
            },
        ),
    ];
    try_each(EACH, || (), &all);
}

fn observing_interfaces() {
    let with = |flags: u16| {
        move |scene: &mut Scene| {
            let mut request = Request::of("ipn7").with_flags(IPN_NODEFLAG_TAP | flags);
            scene.sock().request(IPN_CONN_NETDEV, &mut request)
        }
    };
    let errnos = crate::faults::device::MAKING;
    let all: Vec<Trial<Scene>> = vec![
        trial("an interface that observes", observing, errnos, with(0)),
        trial(
            "one of messages that are no frames",
            observing,
            errnos,
            with(IPN_NODEFLAG_RAW),
        ),
    ];
    try_each(DEVICES, crate::device::lab::own_network, &all);
}

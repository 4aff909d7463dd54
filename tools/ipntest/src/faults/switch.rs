// SPDX-License-Identifier: GPL-2.0
//! The same of a network with the switch's policy.

use crate::abi::*;
use crate::faults::fault::{
    own_bus, trial, try_each, Stage, Trial, EACH, MEMORY_AND_USER, OF_NAMES, OF_SOCKETS,
};
use crate::faults::{descriptors, look};
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::switch::lab::{option::*, *};
use crate::sys::option::ask;
use crate::sys::socket::{socket, Addr, Sock};
use std::fs;

cases!["faults_switch":
    making_and_joining @ 60,
    sending @ 60,
    setting @ 60,
    getting @ 60,
];

/// A switch with two ports, and a socket that the call is made on.
struct Scene {
    lab: Lab,
    ports: [Sock; 2],
    sock: Option<Sock>,
}

impl Scene {
    fn sock(&self) -> &Sock {
        self.sock.as_ref().expect("a socket is on the stage")
    }
}

impl Stage for Scene {
    fn state(&self) -> String {
        let sock = self.sock.as_ref().map(look);
        let ports = self.ports.each_ref().map(look);
        let table = self.lab.get(FDB, &[0], 65536);
        let vlans = self.lab.get(VLANS, &[1, 0], 65536);
        let bounds = [AGEING, LIMITS, FILTERING, MIRROR, GROUP_FWD]
            .map(|option| self.lab.try_get(option, &[], 64).ok());
        let port = self.lab.try_get(PORT, &[0], 64).ok();
        let (open, made) = (descriptors(), another().path.exists());
        format!("socket: {sock:?}\nports: {ports:?}\naddresses: {:?}\nVLANs: {vlans:?}\n{bounds:?} {port:?} {made} {open}",
            // Their ages change.
            word(&table, 1))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.lab.bus.path);
        let _ = fs::remove_file(another().path);
    }
}

/// Not many messages, so that not each of their pages is a chance.
const SMALL: [(i32, i32); 1] = [(IPN_SO_MSGPOOLSIZE, 4)];

/// A name that nobody has.
fn another() -> Bus {
    let name = own_bus().path.with_extension("another");
    Bus {
        addr: Addr::of(&name),
        path: name,
    }
}

fn observing() -> Scene {
    let scene = unbound();
    ok("IPN_SO_OBSERVE", scene.sock().set(IPN_SO_OBSERVE, 1));
    scene
}

fn unbound() -> Scene {
    let name = own_bus().path;
    let name = name.file_name().and_then(|name| name.to_str());
    let name = name.expect("an ordinary name");
    let lab = Lab::named(name, IPN_VDESWITCH, &SMALL);
    let ports = lab.ports();
    say(&ports[0], &frame(BROADCAST, mac(1), "hello"));
    hear(&ports[1], &frame(BROADCAST, mac(1), "hello"));
    let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
    for (option, value) in SMALL {
        ok("an option", sock.set(option, value));
    }
    Scene {
        lab,
        ports,
        sock: Some(sock),
    }
}

fn no_socket() -> Scene {
    let mut scene = unbound();
    scene.sock = None;
    scene
}

fn manager() -> Scene {
    let scene = unbound();
    ok("bind", scene.sock().bind(&scene.lab.bus.addr));
    scene
}

fn port() -> Scene {
    let scene = unbound();
    ok("connect", scene.sock().connect(&scene.lab.bus.addr));
    scene
}

/// The options that are set, each with a value.
fn settings() -> Vec<(i32, Vec<u8>)> {
    vec![
        (AGEING, 5000_u64.to_ne_bytes().to_vec()),
        (LIMITS, words(&[100, 50])),
        (FILTERING, words(&[1])),
        (PORT, words(&[0, ISOLATED, ISOLATED, 0])),
        (FDB_ADD, address(mac(9), 0, 1)),
        (FDB_DEL, address(mac(1), 0, 0)),
        (FDB_FLUSH, words(&[0, 0, 0, 0])),
        (MIRROR, words(&[1])),
        (GROUP_FWD, words(&[0x4000])),
        (VLAN_ADD, vlan(1, 7, UNTAGGED)),
        (VLAN_DEL, vlan(1, 1, 0)),
    ]
}

/// The options that are got, each with the question that its place begins with.
const QUESTIONS: [(i32, &[u32]); 9] = [
    (AGEING, &[]),
    (LIMITS, &[]),
    (FILTERING, &[]),
    (MIRROR, &[]),
    (GROUP_FWD, &[]),
    (STATS, &[]),
    (PORT, &[0]),
    (FDB, &[0]),
    (VLANS, &[1, 0]),
];

#[track_caller]
fn try_all(trials: &[Trial<Scene>]) {
    // It holds the family's module from now on.
    load_switch();
    try_each(EACH, || (), trials);
}

fn making_and_joining() {
    let all: Vec<Trial<Scene>> = vec![
        trial("socket", no_socket, OF_SOCKETS, |scene| {
            scene.sock = Some(socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH)?);
            Ok(())
        }),
        trial("bind to a free name", unbound, OF_NAMES, |scene| {
            scene.sock().bind(&another().addr)
        }),
        trial("connect", unbound, MEMORY_AND_USER, |scene| {
            scene.sock().connect(&scene.lab.bus.addr)
        }),
        trial(
            "connect of an observer",
            observing,
            MEMORY_AND_USER,
            |scene| scene.sock().connect(&scene.lab.bus.addr),
        ),
        trial("connect of a manager", manager, MEMORY_AND_USER, |scene| {
            scene.sock().connect(&Addr::null(0))
        }),
        trial(
            "another number of ports",
            manager,
            MEMORY_AND_USER,
            |scene| scene.sock().set(IPN_SO_CHANGE_NUMNODES, 20),
        ),
        trial("close of a port", port, &[], |scene| {
            scene.sock.take().expect("a port").close()
        }),
    ];
    try_all(&all);
}

fn sending() {
    let all: Vec<Trial<Scene>> = vec![
        trial("send to all", port, MEMORY_AND_USER, |scene| {
            let frame = frame(BROADCAST, mac(7), "to all");
            scene.sock().send(&frame, NOW).map(drop)
        }),
        trial("send to one", port, MEMORY_AND_USER, |scene| {
            let frame = frame(mac(1), mac(7), "to one");
            scene.sock().send(&frame, NOW).map(drop)
        }),
    ];
    try_all(&all);
}

fn setting() {
    let name = |option| format!("setting option {option}");
    let all: Vec<Trial<Scene>> = settings()
        .into_iter()
        .map(|(option, value)| {
            trial(name(option), manager, MEMORY_AND_USER, move |scene| {
                scene.sock().setsockopt(IPN_VDESWITCH, option, &value)
            })
        })
        .collect();
    try_all(&all);
}

fn getting() {
    let all: Vec<Trial<Scene>> = QUESTIONS
        .into_iter()
        .map(|(option, question)| {
            let name = format!("getting option {option}");
            trial(name, port, MEMORY_AND_USER, move |scene| {
                let mut place = words(question);
                place.resize(4096, 0);
                ask(scene.sock(), IPN_VDESWITCH, option, place).map(drop)
            })
        })
        .collect();
    try_all(&all);
}

// SPDX-License-Identifier: GPL-2.0
//! `libvdeplug_ipn.so`, through vdeplug's own programs.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, User, COMRADE, OWNER, ROOT, STRANGER};
use crate::pace::soon;
use crate::switch::lab::{frame, load_switch, mac, BROADCAST};
use crate::sys::socket::Sock;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

cases!["vdeplug":
    frames_pass_between_two_plugs,
    dpipe_joins_two_networks,
    plug_joins_two_networks_by_itself,
    options_shape_the_network,
    network_has_room_for_tags,
    who_comes_first_creates,
    plug_creates_a_switch,
    faults_have_their_errno,
    plug_ends_with_its_network,
];

/// `vde_plug` on a network, whose other end is here: frames come and go as a stream, each after
/// its length.
struct Plug {
    program: Running,
    input: ChildStdin,
    frames: Receiver<Vec<u8>>,
}

impl Plug {
    /// Plugs in, and waits until the port is taken.
    #[track_caller]
    fn new(user: User, bus: &Bus, options: &str) -> Plug {
        let plug = Plug::start(user, bus, options);
        wait_until("the plug is in", || {
            fs::read_dir(format!("/proc/{}/fd", plug.program.id())).is_ok_and(|fds| fds.count() > 5)
        });
        plug
    }

    #[track_caller]
    fn start(user: User, bus: &Bus, options: &str) -> Plug {
        let mut command = vde_plug(user, bus, options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = Running::start(command);
        let (input, mut output) = program.pipes();
        let (tell, frames) = mpsc::channel();
        thread::spawn(move || {
            let mut len = [0; 2];
            while output.read_exact(&mut len).is_ok() {
                let mut frame = vec![0; usize::from(u16::from_be_bytes(len))];
                if output.read_exact(&mut frame).is_err() || tell.send(frame).is_err() {
                    return;
                }
            }
        });
        Plug {
            program,
            input,
            frames,
        }
    }

    #[track_caller]
    fn say(&mut self, frame: &[u8]) {
        let len = u16::try_from(frame.len()).expect("the length of a frame");
        let message = [&len.to_be_bytes()[..], frame].concat();
        ok("writing a frame", self.input.write_all(&message));
    }

    #[track_caller]
    fn hears(&self, expected: &[u8]) {
        let got = self.frames.recv_timeout(soon()).expect("a frame comes");
        assert!(got == expected, "frame: {got:x?}, expected {expected:x?}");
    }
}

#[track_caller]
fn vde_plug(user: User, bus: &Bus, options: &str) -> Command {
    program("vde_plug", user, &[&url(bus, options)])
}

/// A frame of this length.
fn long_frame(len: usize) -> Vec<u8> {
    let mut bytes = frame(BROADCAST, mac(1), "");
    bytes.resize(len, 0x55);
    bytes
}

/// Waits for a message.
#[track_caller]
fn wait_for(sock: &Sock, expected: &[u8]) {
    let mut buffer = [0; 65536];
    let limit = sock.set_time_out(libc::SO_RCVTIMEO, soon());
    ok("setting a time-out", limit);
    let len = ok("recv", sock.recv(&mut buffer, 0));
    assert!(buffer[..len] == *expected, "{len} bytes, not the frame");
}

fn frames_pass_between_two_plugs() {
    let bus = Bus::new();
    let mut one = Plug::new(OWNER, &bus, "[create/policy=hub/mode=666]");
    open_to(&bus, 0o666);
    let mut two = Plug::new(STRANGER, &bus, "");
    for number in 0..50 {
        let there = frame(mac(2), mac(1), &format!("there {number}"));
        one.say(&there);
        two.hears(&there);
        let back = frame(mac(1), mac(2), &format!("back {number}"));
        two.say(&back);
        one.hears(&back);
    }
}

fn dpipe_joins_two_networks() {
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let ends = [left.create(), right.create()];
    let arguments = [
        "vde_plug",
        &url(&left, "[3]"),
        "=",
        "vde_plug",
        &url(&right, "[port=4]"),
    ];
    let pipe = Running::start(program("dpipe", ROOT, &arguments));
    cross(&ends, pipe);
}

fn plug_joins_two_networks_by_itself() {
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let ends = [left.create(), right.create()];
    let arguments = [&url(&left, "[3]")[..], &url(&right, "[port=4]")];
    let plug = Running::start(program("vde_plug", ROOT, &arguments));
    cross(&ends, plug);
}

/// What is sent on one network comes out of the other, once a program joins them; it ends with
/// the networks.
#[track_caller]
fn cross(ends: &[Sock; 2], joint: Running) {
    let message = frame(mac(2), mac(1), "across");
    for (from, to) in [(0, 1), (1, 0)] {
        wait_until("a frame comes across", || {
            say(&ends[from], &message);
            let mut buffer = [0; 64];
            let len = ends[to].recv(&mut buffer, NOW);
            len.is_ok_and(|len| buffer[..len] == message)
        });
    }
    for end in ends {
        ok("terminate", end.ioctl(IPN_TERMINATE));
    }
    same("status of the joint", joint.status(), Some(0));
}

fn options_shape_the_network() {
    let bus = Bus::new();
    let _plug = Plug::new(OWNER, &bus, "[create/port=5/mode=644/mtu=9018]");
    let mode = ok("stat", fs::metadata(&bus.path)).permissions().mode();
    same("mode of the file", mode & 0o777, 0o644);
    let taken = open();
    ok("asking for port 5", taken.set(IPN_SO_PORT, 5));
    same(
        "connect to the port of the plug",
        taken.connect(&bus.addr).map_err(|e| e.raw_os_error()),
        Err(Some(libc::EADDRINUSE)),
    );
    same("MTU", ok("getsockopt", bus.reader().get(IPN_SO_MTU)), 9018);
}

fn network_has_room_for_tags() {
    let bus = Bus::new();
    let mut plug = Plug::new(OWNER, &bus, "[create]");
    let port = bus.join();
    let mode = ok("stat", fs::metadata(&bus.path)).permissions().mode();
    same("mode of the file", mode & 0o777, 0o700);
    same("MTU", ok("getsockopt", port.get(IPN_SO_MTU)), 1522);
    // What is too long is lost, what comes after it is not.
    plug.say(&long_frame(1523));
    plug.say(&long_frame(1522));
    wait_for(&port, &long_frame(1522));
    say(&port, &long_frame(1522));
    plug.hears(&long_frame(1522));
    // Scraps do not come out of the plug.
    say(&port, b"no frame");
    say(&port, b"");
    say(&port, &long_frame(14));
    plug.hears(&long_frame(14));
}

fn who_comes_first_creates() {
    let bus = Bus::new();
    let mut plugs: Vec<_> = (0..6)
        .map(|_| Plug::start(OWNER, &bus, "[create]"))
        .collect();
    wait_until("the network is there", || bus.path.exists());
    let watcher = open();
    wait_until("it can be joined", || watcher.connect(&bus.addr).is_ok());
    // A plug hears what comes once it is in.
    wait_until("all are in", || {
        say(&watcher, &frame(BROADCAST, mac(9), "who is there?"));
        plugs.iter_mut().all(|plug| plug.frames.try_recv().is_ok())
    });
    for plug in &mut plugs {
        assert!(plug.program.is_alive(), "a plug has ended");
    }
}

fn plug_creates_a_switch() {
    load_switch();
    let bus = Bus::new();
    let mut one = Plug::new(OWNER, &bus, "[create/policy=switch/mode=666]");
    open_to(&bus, 0o666);
    let mut two = Plug::new(COMRADE, &bus, "[policy=switch]");
    let three = Plug::new(STRANGER, &bus, "");
    let [all, back, answer] = [
        frame(BROADCAST, mac(1), "who has it?"),
        frame(mac(1), mac(2), "I have"),
        frame(mac(2), mac(1), "here it is"),
    ];
    one.say(&all);
    two.hears(&all);
    three.hears(&all);
    two.say(&back);
    one.hears(&back);
    one.say(&answer);
    two.hears(&answer);
    // The third heard neither: what comes next is this.
    one.say(&all);
    three.hears(&all);
}

fn faults_have_their_errno() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    open_to(&bus, 0o600);
    for options in [
        "[",
        "[]x",
        "[port=]",
        "[port=x]",
        "[colour=red]",
        "[mode=660]",
        "[policy=bridge]",
        "[create/mode=9]",
        "[create/mtu=0]",
        "'",
    ] {
        complains(vde_plug(ROOT, &bus, options), &["Invalid argument"]);
    }
    complains(
        program("vde_plug", ROOT, &["ipn://"]),
        &["Invalid argument"],
    );
    let long = format!("ipn:///{}", "x".repeat(200));
    complains(program("vde_plug", ROOT, &[&long]), &["Invalid argument"]);
    let none = Bus::named("none");
    complains(
        vde_plug(ROOT, &none, ""),
        &["libvdeplug_ipn", "No such file", "no such network"],
    );
    complains(vde_plug(COMRADE, &bus, ""), &["Permission denied", "chmod"]);
    let elsewhere = Bus::named("nowhere/bus");
    complains(vde_plug(ROOT, &elsewhere, "[create]"), &["No such file"]);
    let _port = bus.join();
    complains(vde_plug(ROOT, &bus, "[0]"), &["Address already in use"]);
    complains(
        vde_plug(ROOT, &bus, "[port=64]"),
        &["Cannot assign requested address"],
    );
    complains(vde_plug(ROOT, &bus, "[policy=17]"), &["not supported"]);
    let group = ["-g", "u1", &url(&none, "[create]")];
    complains(
        program("vde_plug", ROOT, &group),
        &["not supported", "chgrp"],
    );
    same("a file was left behind", none.path.exists(), false);
}

fn plug_ends_with_its_network() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    open_to(&bus, 0o666);
    let plug = Plug::new(OWNER, &bus, "");
    ok("terminate", manager.ioctl(IPN_TERMINATE));
    same("status of the plug", plug.program.status(), Some(0));
    // Its name stays, and is told from one that never was.
    drop(manager);
    complains(vde_plug(OWNER, &bus, ""), &["Connection refused", "rm "]);
    complains(vde_plug(OWNER, &bus, "[create]"), &["Connection refused"]);
}

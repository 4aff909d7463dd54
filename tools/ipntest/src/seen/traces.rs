// SPDX-License-Identifier: GPL-2.0
//! Trace points: what `perf trace`, `trace-cmd` and `bpftrace` see of a network.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::{cases, directory};
use crate::lab::task::wait_until;
use crate::switch::lab::{frame, mac, Lab};
use crate::sys::bpf;
use crate::sys::mount;
use crate::sys::process;
use crate::sys::socket::Sock;
use std::cell::Cell;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::thread;

cases!["traces":
    messages_are_told_with_their_ports,
    ports_that_come_and_go_are_told,
    who_waits_is_told,
    what_is_lost_is_told_with_its_reason,
    switch_tells_why_no_port_gets_a_frame,
];

/// The kernel's tracing, with an instance of the test's own.
struct Tracing {
    instance: PathBuf,
    /// Lines that were read before.
    read: Cell<usize>,
}

impl Tracing {
    /// With these events on.
    #[track_caller]
    fn of(events: &[&str]) -> Tracing {
        let place = directory().join("tracing");
        ok("own mount namespace", mount::own_namespace());
        ok("mkdir", fs::create_dir(&place));
        ok("tracefs", mount::mount("tracefs", &place, "tracefs", 0));
        let instance = format!("instances/ipntest_{}", process::process_id());
        let instance = place.join(instance);
        ok("an instance", fs::create_dir(&instance));
        let read = Cell::new(0);
        let tracing = Tracing { instance, read };
        for event in events {
            tracing.write(&format!("events/ipn/{event}/enable"), "1");
        }
        tracing
    }

    #[track_caller]
    fn write(&self, file: &str, text: &str) {
        let path = self.instance.join(file);
        let mut opened = ok(file, File::options().write(true).truncate(true).open(path));
        ok(text, opened.write_all(text.as_bytes()));
    }

    /// What these events told of a network since the last call, in their order.
    #[track_caller]
    fn told(&self, bus: &Bus) -> Vec<String> {
        let inode = ok("stat", fs::metadata(&bus.path)).ino();
        let trace = ok("trace", fs::read_to_string(self.instance.join("trace")));
        let of_it = format!(" ino={inode} ");
        let lines = trace.lines().filter(|line| !line.starts_with('#'));
        let before = self.read.replace(lines.clone().count());
        let lines = lines.skip(before).filter(|line| line.contains(&of_it));
        lines
            .map(|line| {
                let (head, tail) = line.split_once(&of_it).expect("it has it");
                let event = head.split(": ").nth(1).unwrap_or_default();
                format!("{event} {tail}")
            })
            .collect()
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.instance);
    }
}

fn lines(expected: &[&str]) -> Vec<String> {
    expected.iter().map(|line| line.to_string()).collect()
}

fn messages_are_told_with_their_ports() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let tracing = Tracing::of(&["ipn_send", "ipn_recv"]);
    say(&one, b"seven..");
    hear(&two, b"seven..");
    let expected = ["ipn_send port=0 len=7", "ipn_recv port=1 from=0 len=7"];
    same("told", tracing.told(&bus), lines(&expected));
    // Several by one call too.
    ok("records", two.set(IPN_SO_RECORDS, 1));
    say(&one, b"a");
    say(&one, b"bc");
    ok("recv", two.recv(&mut [0; 200], NOW));
    let expected = [
        "ipn_send port=0 len=1",
        "ipn_send port=0 len=2",
        "ipn_recv port=1 from=0 len=1",
        "ipn_recv port=1 from=0 len=2",
    ];
    same("told of records", tracing.told(&bus), lines(&expected));
    drop(tracing);
}

fn ports_that_come_and_go_are_told() {
    let bus = Bus::new();
    let tracing = Tracing::of(&["ipn_join", "ipn_leave"]);
    let one = bus.create();
    let two = bus.reader();
    let third = open();
    ok("IPN_SO_OBSERVE", third.set(IPN_SO_OBSERVE, 1));
    ok("connect", third.connect(&bus.addr));
    drop(two);
    let expected = [
        "ipn_join port=0 can=receive|send",
        "ipn_join port=1 can=receive",
        "ipn_join port=2 can=receive|observe",
        "ipn_leave port=1",
    ];
    same("told", tracing.told(&bus), lines(&expected));
    drop(one);
}

fn who_waits_is_told() {
    let bus = Bus::new();
    let one = bus.create_with(&lossless(1));
    let two = bus.join();
    let tracing = Tracing::of(&["ipn_wait"]);
    let waits = thread::spawn(move || {
        let heard = two.recv(&mut [0; 9], 0);
        (two, heard)
    });
    let mut told = Vec::new();
    wait_until("it waits", || {
        told.extend(tracing.told(&bus));
        !told.is_empty()
    });
    same("told", told, lines(&["ipn_wait port=1 for=message"]));
    say(&one, b"first");
    let (two, heard) = waits.join().expect("the thread");
    ok("recv", heard);
    say(&one, b"second");
    let waits = thread::spawn(move || one.send(b"third", 0));
    let mut told = Vec::new();
    wait_until("it waits", || {
        told.extend(tracing.told(&bus));
        !told.is_empty()
    });
    same("told", told, lines(&["ipn_wait port=0 for=room"]));
    hear(&two, b"second");
    ok("send", waits.join().expect("the thread"));
}

fn what_is_lost_is_told_with_its_reason() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    let two = bus.join();
    let tracing = Tracing::of(&["ipn_drop"]);
    for number in 0..10 {
        say_number(&one, number);
    }
    hear_number(&two, 6);
    let overrun = "ipn_drop port=1 count=6 reason=overrun";
    same("told", tracing.told(&bus), lines(&[overrun]));
    let third = bus.join();
    ok("filter", bpf::attach(&third, &[(0x06, 0, 0, 0)]));
    say(&one, b"for others");
    hear_nothing(&third);
    let filtered = "ipn_drop port=2 count=1 reason=filtered";
    same("told of a filter", tracing.told(&bus), lines(&[filtered]));
}

fn switch_tells_why_no_port_gets_a_frame() {
    let lab = Lab::new();
    let [one, _two]: [Sock; 2] = lab.ports();
    let tracing = Tracing::of(&["ipn_drop"]);
    say(&one, b"short");
    say(&one, &frame(mac(2), [0; 6], "from nobody"));
    say(&one, &frame([1, 0x80, 0xc2, 0, 0, 1], mac(1), "a pause"));
    say(&one, &frame(mac(1), mac(1), "to myself"));
    let expected = [
        "ipn_drop port=0 count=1 reason=too_short",
        "ipn_drop port=0 count=1 reason=invalid_source",
        "ipn_drop port=0 count=1 reason=reserved",
        "ipn_drop port=0 count=1 reason=same_port",
    ];
    same("told", tracing.told(&lab.bus), lines(&expected));
}

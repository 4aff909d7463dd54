// SPDX-License-Identifier: GPL-2.0
//! Cables of networks that files describe: `ipn up`, `ipn down` and `ipn save`.

use crate::cable::lab::*;
use crate::device::lab::{exists, own_network};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::described::*;
use crate::lab::host::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::wait_until;
use crate::sys::process::kill;
use std::fs;
use std::process::{Command, Stdio};

cases!["cable_described":
    cables_are_laid_until_a_signal @ 60,
    second_up_lays_and_ends_cables @ 60,
    what_is_saved_has_the_cables @ 60,
    down_ends_them @ 60,
    cable_that_cannot_be_laid_is_told_and_tried_again @ 60,
    wrong_url_is_refused_with_its_line @ 60,
    cable_of_a_second_up_that_cannot_be_laid_is_told @ 60,
    cable_that_ends_is_laid_again @ 60,
    killed_holder_takes_its_cables_along @ 60,
    cable_that_is_told_more_than_once_takes_its_device_along @ 60,
];

/// Two cables of the kernel's to nowhere, and a stranger's.
const TWO: &str = "[[cable]]\nurl = \"vxlan://192.0.2.2/7?iface=lo\"\n\
                   [[cable]]\nurl = \"vxlan://192.0.2.3/8?iface=lo\"\n";

/// One of them.
const ONE: &str = "[[cable]]\nurl = \"vxlan://192.0.2.3/8?iface=lo\"\n";

/// `ipn up`, with programs of the test's among those that it may find. What cables say is no matter.
#[track_caller]
fn up_command(file: &str) -> Command {
    let mut command = ipn(&["up", file]);
    let path = std::env::var("PATH").expect("a PATH");
    command.env("PATH", format!("{path}:{}", directory().display()));
    command.stderr(Stdio::null());
    command
}

/// The same, once the network is up.
#[track_caller]
fn up(bus: &Bus, file: &str) -> Running {
    start_up(up_command(file), bus)
}

/// The devices of the two cables are there, or not.
#[track_caller]
fn devices_are(seven: bool, eight: bool) {
    same("ipnvx7", exists("ipnvx7"), seven);
    same("ipnvx8", exists("ipnvx8"), eight);
}

/// The process that has a device.
#[track_caller]
fn server_of(device: &str) -> i32 {
    let text = says(&["show", "--dev", device, "--json"]);
    let (_, rest) = text.split_once("\"pid\": ").expect("a process");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("its number")
}

fn cables_are_laid_until_a_signal() {
    own_network();
    let bus = Bus::new();
    let stranger = "#!/bin/sh\nexec ipn recv \"$1\"\n";
    write("ipn-cable-any", stranger.as_bytes(), 0o755);
    let file = describe(&bus, &format!("{TWO}[[cable]]\nurl = \"any://x\""));
    let holder = up(&bus, &file);
    devices_are(true, true);
    let ports = ports(&bus);
    has(&ports, &["cable vxlan://192.0.2.2/7?iface=lo", "ipnvx8"]);
    same("readers", ports.matches("receive").count(), 1);
    interrupt(holder);
    devices_are(false, false);
    same("the network", bus.path.exists(), false);
}

fn second_up_lays_and_ends_cables() {
    own_network();
    let bus = Bus::new();
    let file = describe(&bus, ONE);
    let holder = up(&bus, &file);
    devices_are(false, true);
    let eight = server_of("ipnvx8");
    describe(&bus, TWO);
    let said = says(&["up", &file]);
    has(
        &said,
        &["was changed: cable vxlan://192.0.2.2/7?iface=lo\n"],
    );
    devices_are(true, true);
    has(&says(&["up", &file]), &["nothing to change"]);
    same("the process of the other", server_of("ipnvx8"), eight);
    describe(&bus, "");
    has(&says(&["up", &file]), &["no cable vxlan://192.0.2.3/8"]);
    wait_until("the devices go", || !exists("ipnvx7") && !exists("ipnvx8"));
    interrupt(holder);
}

fn what_is_saved_has_the_cables() {
    own_network();
    let bus = Bus::new();
    let holder = up(&bus, &describe(&bus, ONE));
    let by_hand = ["cable", name(&bus), "vxlan://192.0.2.2/7?iface=lo"];
    let mut by_hand = ipn(&by_hand);
    by_hand.stderr(Stdio::null());
    let (by_hand, _) = start(by_hand);
    let text = says(&["save", name(&bus)]);
    has(
        &text,
        &[ONE, "[[cable]]\nurl = \"vxlan://192.0.2.2/7?iface=lo\"\n"],
    );
    // The device goes with the cable.
    holds("no device is grabbed", !text.contains("[[grab]]"));
    drop(by_hand);
    interrupt(holder);
}

fn down_ends_them() {
    own_network();
    let bus = Bus::new();
    let file = describe(&bus, TWO);
    let holder = up(&bus, &file);
    succeeds(ipn(&["down", &file]), b"");
    devices_are(false, false);
    same("status of the holder", holder.status(), Some(0));
}

fn cable_that_cannot_be_laid_is_told_and_tried_again() {
    own_network();
    let bus = Bus::new();
    let late = "vxlan://192.0.2.2/7?iface=late";
    let file = describe(&bus, &format!("{ONE}[[cable]]\nurl = \"{late}\""));
    let mut command = up_command(&file);
    command.stderr(ok("a file", fs::File::create("told")));
    let (holder, line) = start(command);
    has(&line, &["is up"]);
    devices_are(false, true);
    let told = ok("told", fs::read_to_string("told"));
    let again = format!("the cable {late} of the network {}", name(&bus));
    has(&told, &["no such interface", &again, "laid again in 1 s"]);
    ip("link add late type veth");
    wait_until("it is laid", || ports(&bus).contains("ipnvx7"));
    interrupt(holder);
    devices_are(false, false);
}

fn wrong_url_is_refused_with_its_line() {
    let bus = Bus::new();
    let file = describe(&bus, "\n[[cable]]\nurl = \"vxlan://192.0.2.2\"");
    complains(ipn(&["up", &file]), &["line 4", "no VNI", "try: write"]);
    same("the network", bus.path.exists(), false);
}

fn cable_of_a_second_up_that_cannot_be_laid_is_told() {
    own_network();
    let bus = Bus::new();
    let file = describe(&bus, ONE);
    let holder = up(&bus, &file);
    describe(&bus, &format!("{ONE}[[cable]]\nurl = \"nobody://x\""));
    let process = format!("process {}", holder.id());
    let words = ["nobody://x", "is not laid within", &process];
    complains(ipn(&["up", &file]), &words);
    devices_are(false, true);
    interrupt(holder);
    devices_are(false, false);
}

fn cable_that_ends_is_laid_again() {
    own_network();
    let bus = Bus::new();
    let holder = up(&bus, &describe(&bus, ONE));
    let first = server_of("ipnvx8");
    ok("kill", kill(first, libc::SIGTERM));
    wait_until("it is laid again", || {
        exists("ipnvx8") && ports(&bus).contains("ipnvx8")
    });
    holds("it is another process", server_of("ipnvx8") != first);
    interrupt(holder);
}

fn killed_holder_takes_its_cables_along() {
    own_network();
    let bus = Bus::new();
    let file = describe(&bus, TWO);
    let holder = up(&bus, &file);
    // It keeps the network, so that the next takes that up.
    let _member = bus.join();
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    let (holder, line) = start(up_command(&file));
    has(&line, &["nothing to change", "held from here now"]);
    devices_are(true, true);
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    wait_until("the devices go", || !exists("ipnvx7") && !exists("ipnvx8"));
    succeeds(ipn(&["down", &file]), b"");
}

fn cable_that_is_told_more_than_once_takes_its_device_along() {
    own_network();
    let bus = Bus::new();
    let mut command = up_command(&describe(&bus, ONE));
    command.stderr(ok("a file", fs::File::create("told")));
    let (holder, line) = start(command);
    has(&line, &["is up"]);
    let cable = server_of("ipnvx8");
    // As the kernel does when a process ends that has several threads.
    let told = || ok("told", fs::read_to_string("told"));
    wait_until("it ends", || {
        let _ = kill(cable, libc::SIGTERM);
        told().contains("has ended")
    });
    // A cable that is killed leaves its device.
    has(&told(), &["has ended, exit status: 0"]);
    interrupt(holder);
}

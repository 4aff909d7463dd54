// SPDX-License-Identifier: GPL-2.0
//! `ipn tap`, `ipn grab` and `ipn release`, as root and others use them.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process, User, OWNER, ROOT};
use crate::sys::process::kill;
use std::process::Command;

cases!["device_tool":
    tap_lasts_until_a_signal,
    grabbed_device_is_free_after_a_signal,
    persistent_ones_last_until_released,
    persistent_one_is_served_again,
    end_of_the_network_or_the_device_is_told,
    tap_is_followed_into_another_namespace,
    faults_say_what_to_try,
];

#[track_caller]
fn ipn(user: User, arguments: &[&str]) -> Command {
    program("ipn", user, arguments)
}

/// A command that serves a device, once it does.
#[track_caller]
fn serving(arguments: &[&str], device: &str) -> Running {
    let (running, line) = start(ipn(ROOT, arguments));
    let expected = format!(
        "{device} is on the network {}; Ctrl-C ends that\n",
        arguments[1]
    );
    same("what it says", line, expected);
    running
}

/// A command that leaves a device there.
#[track_caller]
fn leaves(arguments: &[&str], device: &str) {
    let said = succeeds(ipn(ROOT, arguments), b"");
    let expected = format!(
        "{device} is on the network {}; ipn release {device} ends it\n",
        arguments[1]
    );
    same(
        "what it says",
        String::from_utf8_lossy(&said),
        expected.into(),
    );
}

#[track_caller]
fn interrupt(running: Running) {
    ok("kill", kill(running.id() as i32, libc::SIGINT));
    same("status", running.status(), Some(0));
}

fn tap_lasts_until_a_signal() {
    own_network();
    let bus = Bus::new();
    let port = bus.create();
    let tap = serving(&["tap", name(&bus)], "ipn0");
    link_up("ipn0");
    let host = listener("ipn0");
    say(&port, &frame(1, 60));
    hears(&host, &frame(1, 60));
    interrupt(tap);
    same("ipn0", exists("ipn0"), false);
    interrupt(serving(&["tap", name(&bus), "mine"], "mine"));
}

fn grabbed_device_is_free_after_a_signal() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let port = bus.create();
    let grab = serving(&["grab", name(&bus), device], device);
    let (host, far) = (listener(device), listener(peer));
    ok("send", far.send(&frame(1, 60), 0));
    hears(&port, &frame(1, 60));
    interrupt(grab);
    ok("send", far.send(&frame(2, 60), 0));
    hears(&host, &frame(2, 60));
}

fn persistent_ones_last_until_released() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 2)]);
    leaves(&["tap", name(&bus), "--persist"], "ipn0");
    leaves(&["grab", name(&bus), device, "--persist"], device);
    is_full(&bus);
    for device in ["ipn0", device] {
        succeeds(ipn(ROOT, &["release", device]), b"");
        has_room(&bus);
    }
    same("ipn0", exists("ipn0"), false);
    same("the device", exists(device), true);
    drop(keeper);
}

fn persistent_one_is_served_again() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    leaves(&["tap", name(&bus), "mine", "--persist"], "mine");
    leaves(&["tap", name(&bus), "mine", "--persist"], "mine");
    leaves(&["grab", name(&bus), device, "--persist"], device);
    let tap = serving(&["tap", name(&bus), "mine"], "mine");
    let grab = serving(&["grab", name(&bus), device], device);
    complains(
        ipn(ROOT, &["tap", name(&bus), "mine"]),
        &["another process"],
    );
    interrupt(tap);
    interrupt(grab);
    same("mine", exists("mine"), false);
    let free = crate::device::lab::grab(&keeper, device);
    ok("a grab of what is free again", free);
}

fn end_of_the_network_or_the_device_is_told() {
    own_network();
    let bus = Bus::new();
    let creator = bus.create();
    let one = serving(&["tap", name(&bus), "one"], "one");
    let two = serving(&["tap", name(&bus), "two"], "two");
    ip("link del one");
    same("status", one.status(), Some(0));
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    same("status", two.status(), Some(0));
}

fn tap_is_followed_into_another_namespace() {
    own_network();
    let bus = Bus::new();
    let port = bus.create();
    let mut tap = serving(&["tap", name(&bus)], "ipn0");
    let far = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        link_up("ipn0");
        let host = listener("ipn0");
        line.tell(0);
        hears(&host, &frame(1, 60));
        line.tell(0);
        line.hear();
        wait_until("it goes there", || !exists("ipn0"));
    });
    far.line.hear();
    ip(&format!("link set ipn0 netns {}", far.pid));
    far.line.tell(0);
    far.line.hear();
    holds("it is served there", tap.is_alive());
    say(&port, &frame(1, 60));
    far.line.hear();
    interrupt(tap);
    far.line.tell(0);
    far.ends_well();
}

fn faults_say_what_to_try() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let none = ["there is no such network", "ipn create"];
    complains(ipn(ROOT, &["tap", name(&bus)]), &none);
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    open_to(&bus, 0o777);
    let right = ["the tap mine", name(&bus), "CAP_NET_ADMIN", "as root"];
    complains(ipn(OWNER, &["tap", name(&bus), "mine"]), &right);
    let right = ["take the device v0", "CAP_NET_ADMIN", "as root"];
    complains(ipn(OWNER, &["grab", name(&bus), device]), &right);
    let right = ["release the device v0", "CAP_NET_ADMIN"];
    complains(ipn(OWNER, &["release", device]), &right);
    ip("link add br0 type bridge");
    ip("link set v0 master br0");
    let path = name(&bus);
    for (line, words) in [
        (
            ["tap", path, "lo"],
            ["interface of that name", "another name"],
        ),
        (["grab", path, device], ["taken", "nomaster"]),
        (["grab", path, "none"], ["no such device", "ip link"]),
        (
            ["grab", path, "lo"],
            ["no Ethernet device", "another device"],
        ),
    ] {
        complains(ipn(ROOT, &line), &words);
    }
    complains(
        ipn(ROOT, &["release", "v0"]),
        &["no network has", "ip link"],
    );
    let _port = bus.join();
    complains(
        ipn(ROOT, &["tap", path]),
        &["no free port", "member leaves"],
    );
}

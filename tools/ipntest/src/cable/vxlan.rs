// SPDX-License-Identifier: GPL-2.0
//! Cables for frames: the kernel's VXLAN between two machines.

use crate::abi::*;
use crate::cable::lab::*;
use crate::device::lab::{exists, frame, hears, hears_no_frame, own_network};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::far::Far;
use crate::lab::host::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, OWNER, ROOT};
use crate::sys::poll::poll;
use crate::sys::process::kill;
use crate::sys::socket::Sock;
use std::fs;
use std::process::Stdio;

cases!["cable_vxlan":
    frames_of_the_whole_inner_mtu_pass_and_none_is_cut @ 60,
    frames_pass_over_ipv6 @ 60,
    frames_pass_by_a_group @ 60,
    device_goes_with_a_signal @ 60,
    device_goes_with_the_network,
    device_of_a_killed_one_is_taken_away_by_the_next,
    cable_ends_with_its_device,
    second_one_of_a_vni_needs_another_port,
    cable_is_shown_with_its_far_end @ 60,
    faults_say_what_to_try,
];

/// The device of the cables here.
const DEVICE: &str = "ipnvx7";

/// The other machine, by a wire of the usual MTU, and a switch on each.
struct Lab {
    far: Far,
    left: Bus,
    right: Bus,
    managers: [Sock; 2],
}

#[track_caller]
fn lab() -> Lab {
    own_network();
    let far = Far::new();
    ip("link set v0 mtu 1500");
    far.ip("link set veth0 mtu 1500");
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let managers = [switch(&left), switch(&right)];
    Lab {
        far,
        left,
        right,
        managers,
    }
}

impl Lab {
    /// A cable on each side, once they are laid; what that of the near side says.
    #[track_caller]
    fn join(&self, there: &str, here: &str) -> (Running, Running, String) {
        let mut near = ipn(&["cable", name(&self.left), there]);
        let mut far = self.far.program("ipn", &["cable", name(&self.right), here]);
        // That longer frames do not pass is another test's.
        for command in [&mut near, &mut far] {
            command.stderr(Stdio::null());
        }
        let (near, line) = start(near);
        let (far, _) = start(far);
        (near, far, line)
    }

    /// A port of each switch.
    #[track_caller]
    fn ports(&self) -> [Sock; 2] {
        [join(&self.left), join(&self.right)]
    }
}

/// A frame reaches the other side, once that is ready: neighbours have to be asked for.
#[track_caller]
fn reaches(from: &Sock, to: &Sock) {
    wait_until("a frame comes", || {
        say(from, &frame(0, 60));
        ok("poll", poll(to, libc::POLLIN, 50)) & libc::POLLIN != 0
    });
    // Each try comes in the end.
    while ok("poll", poll(to, libc::POLLIN, 200)) & libc::POLLIN != 0 {
        ok("recv", to.recv(&mut [0; 64], NOW));
    }
}

/// What the protocol IP has counted here: a column of `/proc/net/snmp`.
#[track_caller]
fn ip_counts(column: &str) -> u64 {
    let text = ok("snmp", fs::read_to_string("/proc/self/net/snmp"));
    let mut lines = text.lines().filter(|line| line.starts_with("Ip: "));
    let (names, numbers) = (lines.next(), lines.next());
    let names = names.expect("names").split(' ');
    let found = names.zip(numbers.expect("numbers").split(' '));
    let mut found = found.filter(|(name, _)| *name == column);
    let (_, number) = found.next().expect("the column");
    number.parse().expect("a number")
}

/// What a device has not sent, for whatever reason.
#[track_caller]
fn unsent(device: &str) -> u64 {
    ["tx_dropped", "tx_errors"]
        .map(|counter| {
            crate::device::lab::tells(device, &format!("statistics/{counter}"))
                .parse::<u64>()
                .expect("a number")
        })
        .iter()
        .sum()
}

fn frames_of_the_whole_inner_mtu_pass_and_none_is_cut() {
    let lab = lab();
    let (_near, _far, line) = lab.join("vxlan://192.0.2.2/7", "vxlan://192.0.2.1/7");
    has(
        &line,
        &[
            "by ipnvx7",
            "its MTU is 1450",
            "v0 has 1500",
            "VXLAN takes 50",
        ],
    );
    let [left, right] = lab.ports();
    reaches(&left, &right);
    reaches(&right, &left);
    let before = unsent(DEVICE);
    let cut = ip_counts("FragCreates");
    for (from, to) in [(&left, &right), (&right, &left)] {
        say(from, &frame(1, 1464));
        hears(to, &frame(1, 1464));
    }
    // A byte more, and as much as the device itself would not take.
    for len in [1465, 1468, 1469] {
        say(&left, &frame(2, len));
    }
    say(&left, &frame(3, 60));
    hears(&right, &frame(3, 60));
    hears_no_frame(&right);
    same("frames that were not sent", unsent(DEVICE) - before, 3);
    same("fragments", ip_counts("FragCreates") - cut, 0);
    let ports = ports(&lab.left);
    has(&ports, &["1 too_long"]);
}

fn frames_pass_over_ipv6() {
    let lab = lab();
    let on = |device| format!("echo 0 >/proc/sys/net/ipv6/conf/{device}/disable_ipv6");
    succeeds(program("sh", ROOT, &["-c", &on("v0")]), b"");
    succeeds(lab.far.program("sh", &["-c", &on("veth0")]), b"");
    ip("address add 2001:db8::1/64 dev v0 nodad");
    lab.far.ip("address add 2001:db8::2/64 dev veth0 nodad");
    let (_near, _far, line) = lab.join("vxlan://[2001:db8::2]/7", "vxlan://[2001:db8::1]/7");
    has(&line, &["its MTU is 1430", "VXLAN takes 70"]);
    let [left, right] = lab.ports();
    reaches(&left, &right);
    say(&left, &frame(1, 1444));
    hears(&right, &frame(1, 1444));
    say(&left, &frame(2, 1445));
    say(&left, &frame(3, 60));
    hears(&right, &frame(3, 60));
    let text = ok("snmp6", fs::read_to_string("/proc/self/net/snmp6"));
    let made = text.lines().find(|line| line.starts_with("Ip6FragCreates"));
    has(made.expect("a counter"), &["\t0"]);
}

fn frames_pass_by_a_group() {
    let lab = lab();
    let group = "vxlan://239.1.2.3/7?port=8472,iface=";
    let (here, there) = (format!("{group}v0"), format!("{group}veth0"));
    let _cables = lab.join(&here, &there);
    let [left, right] = lab.ports();
    reaches(&left, &right);
    reaches(&right, &left);
}

fn device_goes_with_a_signal() {
    let lab = lab();
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let (near, far, _) = lab.join("vxlan://192.0.2.2/7", "vxlan://192.0.2.1/7");
        same(DEVICE, exists(DEVICE), true);
        for cable in [near, far] {
            ok("kill", kill(cable.id() as i32, signal));
            same("status", cable.status(), Some(0));
        }
        same(DEVICE, exists(DEVICE), false);
    }
}

fn device_goes_with_the_network() {
    let lab = lab();
    let (near, mut far, _) = lab.join("vxlan://192.0.2.2/7", "vxlan://192.0.2.1/7");
    ok("IPN_TERMINATE", lab.managers[0].ioctl(IPN_TERMINATE));
    same("status", near.status(), Some(0));
    same(DEVICE, exists(DEVICE), false);
    holds("the far end stays", far.is_alive());
}

fn device_of_a_killed_one_is_taken_away_by_the_next() {
    let lab = lab();
    let url = "vxlan://192.0.2.2/7";
    let (near, _far, _) = lab.join(url, "vxlan://192.0.2.1/7");
    ok("kill", kill(near.id() as i32, libc::SIGKILL));
    same("status", near.status(), None);
    same(DEVICE, exists(DEVICE), true);
    let mut next = ipn(&["cable", name(&lab.left), url]);
    next.stderr(Stdio::null());
    let (next, line) = start(next);
    has(&line, &["by ipnvx7:"]);
    ok("kill", kill(next.id() as i32, libc::SIGTERM));
    same("status", next.status(), Some(0));
    same(DEVICE, exists(DEVICE), false);
}

fn cable_ends_with_its_device() {
    let lab = lab();
    let (near, _far, _) = lab.join("vxlan://192.0.2.2/7", "vxlan://192.0.2.1/7");
    ip(&format!("link del {DEVICE}"));
    same("status", near.status(), Some(0));
}

fn second_one_of_a_vni_needs_another_port() {
    let lab = lab();
    let url = "vxlan://192.0.2.2/7";
    let (_near, line) = start(ipn(&["cable", name(&lab.left), url]));
    has(&line, &["by ipnvx7:"]);
    let words = [
        "ipnvx7 has VNI 7 on UDP port 4789 already",
        "?port=",
        "ip link del ipnvx7",
    ];
    complains(ipn(&["cable", name(&lab.right), url]), &words);
    let other = format!("{url}?port=4790");
    let (_near, line) = start(ipn(&["cable", name(&lab.right), &other]));
    has(&line, &["by ipnvx7-1:"]);
}

fn cable_is_shown_with_its_far_end() {
    let lab = lab();
    let (_near, _far, _) = lab.join("vxlan://192.0.2.2/7", "vxlan://192.0.2.1/7");
    let url = "cable vxlan://192.0.2.2/7";
    let left = name(&lab.left);
    has(&ports(&lab.left), &[DEVICE, url]);
    has(&says(&["show", left]), &["cable    vxlan://192.0.2.2/7"]);
    has(&says(&["graph", left]), &["192.0.2.2/7", "vxlan", "Thick"]);
    has(&says(&["graph", left, "--dot"]), &["192.0.2.2/7\\nvxlan"]);
    // One that was grabbed by hand is told apart from others.
    ip("link add vx0 type vxlan id 9 dstport 4789 remote 192.0.2.2");
    let (_grab, _) = start(ipn(&["grab", left, "vx0"]));
    has(&says(&["graph", left, "--dot"]), &["vx0\\nvxlan"]);
}

fn faults_say_what_to_try() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    open_to(&bus, 0o777);
    let cable = |url| ipn(&["cable", name(&bus), url]);
    let right = ["a VXLAN device", "CAP_NET_ADMIN", "as root"];
    let url = "vxlan://192.0.2.2/7?iface=lo";
    complains(program("ipn", OWNER, &["cable", name(&bus), url]), &right);
    for (url, words) in [
        ("vxlan://192.0.2.2/7", ["no route", "ip route"]),
        (
            "vxlan://192.0.2.2/7?iface=none",
            ["no such interface", "ip link"],
        ),
    ] {
        complains(cable(url), &words);
    }
    ip("link add v0 mtu 100 type veth");
    let words = ["MTU is 100", "VXLAN takes 50"];
    complains(cable("vxlan://192.0.2.2/7?iface=v0"), &words);
    // What passes is said, and what does not.
    ip("link set v0 mtu 1500");
    let file = ok("a file", fs::File::create("told"));
    let mut command = cable("vxlan://192.0.2.2/7?iface=v0");
    command.stderr(file);
    let (cable, _) = start(command);
    let told = || ok("told", fs::read_to_string("told"));
    wait_until("it is told", || told().contains("mtu 1550"));
    has(&told(), &["have 1514 bytes", "over 1464 do not pass"]);
    drop(cable);
}

// SPDX-License-Identifier: GPL-2.0
//! Where a device may stand: what a network may grab beside masters, taps and what stands on them, and
//! what may be put there later.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{cases, skip};
use crate::lab::task::Process;
use crate::sys::process::user_id;
use std::process::Command;

cases!["device_standing":
    what_stands_on_a_tap_is_not_grabbed,
    nothing_comes_to_stand_on_itself_later,
    nor_by_way_of_two_networks,
    device_and_what_stands_on_it_are_not_both_grabbed,
    what_has_a_master_is_not_grabbed,
    grabbed_one_gets_no_master,
    promiscuity_is_as_before_afterwards,
    wifi_station_is_not_grabbed @ 60,
];

/// Makes a VLAN.
#[track_caller]
fn vlan(under: &str, number: u16) -> String {
    let name = format!("{under}.{number}");
    ip(&format!(
        "link add link {under} name {name} type vlan id {number}"
    ));
    name
}

/// Makes a device that is the master of others without a receive handler.
#[track_caller]
fn vrf(name: &str) {
    load_stock("vrf");
    if !try_ip(&format!("link add {name} type vrf table 10")) {
        skip("the kernel has no VRF");
    }
}

/// How many want all frames of a device.
#[track_caller]
fn promiscuity(device: &str) -> u32 {
    let words = ["-d", "link", "show", device];
    let shown = ok("ip", Command::new("ip").args(words).output());
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let mut words = shown.split_whitespace();
    let number = words
        .find(|word| *word == "promiscuity")
        .and_then(|_| words.next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no promiscuity in {shown:?}"))
}

fn what_stands_on_a_tap_is_not_grabbed() {
    own_network();
    load_stock("8021q");
    load_stock("macvlan");
    let bus = Bus::new();
    let (keeper, manager) = (bus.manage_new(&[]), bus.manage());
    let other = Bus::named("other").manage_new(&[]);
    tap_up(&keeper, "ipn0");
    ip("link add link ipn0 name m0 type macvlan");
    let on_it = [vlan("ipn0", 5), "m0".into(), vlan("m0", 6)];
    for device in &on_it {
        fails(
            format_args!("a grab of {device}"),
            grab(&manager, device),
            libc::ELOOP,
        );
    }
    same("promiscuity", promiscuity("ipn0"), 0);
    // A bridge takes a tap, and what stands on the bridge stands on the tap.
    let bridged = bus.manage();
    tap_up(&bridged, "ipn1");
    ip("link add br0 type bridge");
    ip("link set ipn1 master br0");
    let on_bridge = vlan("br0", 7);
    fails(
        "a grab of what is on the bridge",
        grab(&manager, &on_bridge),
        libc::ELOOP,
    );
    ok("a grab for another network", grab(&other, &on_it[2]));
    ip("link set ipn1 nomaster");
    ok(
        "a grab of what is on it no more",
        grab(&manager, &on_bridge),
    );
}

fn nothing_comes_to_stand_on_itself_later() {
    own_network();
    load_stock("8021q");
    load_stock("team");
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    same("name", ok("a tap", tap(&keeper, "ipn0")), "ipn0".into());
    ip("link add t0 type team");
    ip("link add br0 type bridge");
    let on_bridge = vlan("br0", 7);
    for (device, enslave) in [
        ("t0", "link set ipn0 master t0"),
        (on_bridge.as_str(), "link set ipn0 master br0"),
    ] {
        let manager = bus.manage();
        ok("a grab", grab(&manager, device));
        holds(format_args!("ip {enslave} is refused"), !try_ip(enslave));
        ok("close", manager.close());
        is_no_port_any_more("ipn0");
        ip(enslave);
        ip("link set ipn0 nomaster");
    }
    // The tap goes its way where no loop arises.
    let manager = bus.manage();
    ok("a grab", grab(&manager, &on_bridge));
    ip("link set ipn0 master t0");
}

fn nor_by_way_of_two_networks() {
    own_network();
    load_stock("8021q");
    let (a, b) = (Bus::named("a"), Bus::named("b"));
    let keepers = [a.manage_new(&[]), b.manage_new(&[])];
    ok("a tap", tap(&keepers[0], "tap-a"));
    ok("a tap", tap(&keepers[1], "tap-b"));
    let b_on_a = b.manage();
    ok("a grab", grab(&b_on_a, &vlan("tap-a", 5)));
    let back = vlan("tap-b", 6);
    fails("a grab back", grab(&a.manage(), &back), libc::ELOOP);
    // Two ways in the same direction are none.
    ok("a second way", grab(&b.manage(), &vlan("tap-a", 7)));

    ip("link add br0 type bridge");
    let a_on_bridge = a.manage();
    ok("a grab", grab(&a_on_bridge, &vlan("br0", 8)));
    let enslave = "link set tap-b master br0";
    holds("the tap is refused", !try_ip(enslave));
    ok("close", a_on_bridge.close());
    is_no_port_any_more("tap-b");
    ip(enslave);
}

fn device_and_what_stands_on_it_are_not_both_grabbed() {
    own_network();
    load_stock("8021q");
    let [device, _] = veth();
    let on_it = vlan(device, 5);
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    for (first, second) in [(device, on_it.as_str()), (on_it.as_str(), device)] {
        let (one, two) = (bus.manage(), bus.manage());
        ok("a grab", grab(&one, first));
        fails("a grab of the other", grab(&two, second), libc::ELOOP);
        // A trunk for one network, a VLAN of it for another.
        let other = Bus::named(first).manage_new(&[]);
        ok("a grab of the other", grab(&other, second));
        for manager in [one, other] {
            ok("close", manager.close());
        }
        same("promiscuity", promiscuity(device), 0);
    }
}

fn what_has_a_master_is_not_grabbed() {
    own_network();
    let [device, _] = veth();
    vrf("vrf0");
    ip(&format!("link set {device} master vrf0"));
    let manager = Bus::new().manage_new(&[]);
    fails("a grab", grab(&manager, device), libc::EBUSY);
    same("promiscuity", promiscuity(device), 0);
    ip(&format!("link set {device} nomaster"));
    ok("a grab of what is free", grab(&manager, device));
}

fn grabbed_one_gets_no_master() {
    own_network();
    let [device, peer] = veth();
    vrf("vrf0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let enslave = format!("link set {device} master vrf0");
    holds("no VRF takes it", !try_ip(&enslave));
    let far = listener(peer);
    ok("send", far.send(&frame(1, 60), 0));
    hears(&port, &frame(1, 60));
    same("promiscuity", promiscuity(device), 1);
    ok("close", manager.close());
    same("promiscuity afterwards", promiscuity(device), 0);
    ip(&enslave);
}

fn promiscuity_is_as_before_afterwards() {
    own_network();
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        same("promiscuity there", promiscuity("v0"), 0);
        ip(&format!("link set v0 netns {}", line.hear()));
    });
    other.line.hear();
    let [device, _] = veth();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let port = bus.join();
    fails(
        "a grab for a full network",
        grab(&bus.manage(), device),
        libc::EADDRNOTAVAIL,
    );
    same("promiscuity", promiscuity(device), 0);
    drop((keeper, port));

    let bus = Bus::named("free");
    let _keeper = bus.manage_new(&[]);
    let manager = bus.manage();
    ok("a grab", grab(&manager, device));
    for _ in 0..2 {
        link_down(device);
        link_up(device);
    }
    ip(&format!("link set {device} promisc on"));
    same("promiscuity", promiscuity(device), 2);
    ip(&format!("link set {device} promisc off"));
    ip(&format!("link set {device} netns {}", other.pid));
    other.line.tell(0);
    other.line.tell(crate::sys::process::process_id() as u64);
    other.ends_well();
    same("promiscuity after its journey", promiscuity(device), 0);
}

/// A device of the initial network namespace, where the driver puts it.
fn wifi_station_is_not_grabbed() {
    if user_id() != 0 {
        skip("only root has network devices");
    }
    load_stock("mac80211_hwsim");
    if !exists("wlan0") {
        skip("the kernel has no Wi-Fi that is simulated");
    }
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    fails("a grab", grab(&manager, "wlan0"), libc::EOPNOTSUPP);
    same("promiscuity", promiscuity("wlan0"), 0);
}

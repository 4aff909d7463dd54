// SPDX-License-Identifier: GPL-2.0
//! What VDE's plugins and the kernel's tunnels join to a network: networks of other machines, the
//! host, the world outside.

use crate::device::lab::{link_up, own_network};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::far::Far;
use crate::lab::host::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User, OWNER, ROOT, STRANGER};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

cases!["links":
    pipe_over_ssh_joins_networks @ 60,
    vxvde_joins_networks_of_two_machines @ 60,
    grabbed_vxlan_devices_join_networks_of_two_machines @ 60,
    users_tap_puts_the_host_on_a_network @ 60,
    slirp_leads_out_of_a_network_and_into_it @ 60,
];

/// More than a connection has under way at a time.
const LONG: usize = 100_000;

/// A node of the user whose network it is.
#[track_caller]
fn node(bus: &Bus, address: &str, arguments: &[&str]) -> Command {
    let address = format!("{address}/24");
    let all = [&[name(bus), "--ip", &address], arguments].concat();
    program("ipn-echo", ROOT, &all)
}

/// A node that serves.
#[track_caller]
fn server(bus: &Bus, address: &str) -> Running {
    start(node(bus, address, &[])).0
}

/// A node's ping is answered, soon if not the first time.
#[track_caller]
fn pings(bus: &Bus, from: &str, to: &str) {
    wait_until(&format!("{from} reaches {to}"), || {
        let ping = ["--ping", to, "--count", "1", "--timeout", "1"];
        let ran = node(bus, from, &ping).output();
        ok("running ipn-echo", ran).status.success()
    });
}

/// What a node sends comes back as it was.
#[track_caller]
fn is_echoed(bus: &Bus, from: &str, to: &str) {
    let mut sent = vec![0; LONG];
    fastrand::Rng::with_seed(7).fill(&mut sent);
    let to = format!("{to}:7");
    let got = succeeds(node(bus, from, &["--connect", &to]), &sent);
    holds(format_args!("{from} has its bytes back"), got == sent);
}

/// Nodes of each network reach those of the other.
#[track_caller]
fn are_one(left: &Bus, right: &Bus) {
    let _servers = [server(left, "10.0.0.1"), server(right, "10.0.0.2")];
    for (bus, from, to) in [
        (left, "10.0.0.11", "10.0.0.2"),
        (right, "10.0.0.12", "10.0.0.1"),
    ] {
        pings(bus, from, to);
        is_echoed(bus, from, to);
    }
}

/// A user's network.
#[track_caller]
fn network_of(user: User, bus: &Bus) -> Running {
    start(program("ipn", user, &["create", name(bus)])).0
}

fn pipe_over_ssh_joins_networks() {
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let _ends = [network_of(OWNER, &left), network_of(STRANGER, &right)];
    // What sshd does over there: one string for the shell, as that user.
    let stand_in = b"#!/bin/sh\nuser=${1%@*}\nshift\nexec su \"$user\" -c \"$*\"\n";
    write("ssh", stand_in, 0o755);
    let (here, there) = (url(&left, ""), url(&right, ""));
    let words = ["vde_plug", &here, "=", "ssh", "u3@far", "vde_plug", &there];
    let mut pipe = program("dpipe", ROOT, &words);
    let path = std::env::var("PATH").expect("a PATH");
    pipe.env("PATH", format!("{}:{path}", directory().display()));
    let pipe = Running::start(pipe);
    are_one(&left, &right);
    // It ends with the networks, on both sides.
    for bus in [&left, &right] {
        succeeds(program("ipn", ROOT, &["end", name(bus)]), b"");
    }
    same("status of the pipe", pipe.status(), Some(0));
    wait_until("nobody is on the networks", || {
        let list = ok("/proc/net/ipn", fs::read_to_string("/proc/net/ipn"));
        [&left, &right].iter().all(|bus| !list.contains(name(bus)))
    });
}

fn vxvde_joins_networks_of_two_machines() {
    own_network();
    let far = Far::new();
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let _ends = [left.manage_new(&[]), right.manage_new(&[])];
    let group = "vxvde://239.1.2.3";
    ip("route add 239.0.0.0/8 dev v0");
    far.ip("route add 239.0.0.0/8 dev veth0");
    let plug = program("vde_plug", ROOT, &[&url(&left, ""), group]);
    let far_plug = far.program("vde_plug", &[&url(&right, ""), group]);
    let _plugs = [Running::start(plug), Running::start(far_plug)];
    are_one(&left, &right);
}

fn grabbed_vxlan_devices_join_networks_of_two_machines() {
    own_network();
    let far = Far::new();
    let (left, right) = (Bus::named("left"), Bus::named("right"));
    let _ends = [left.manage_new(&[]), right.manage_new(&[])];
    let tunnel = "link add vx0 type vxlan id 7 dstport 4789";
    ip(&format!("{tunnel} remote 192.0.2.2 dev v0"));
    far.ip(&format!("{tunnel} remote 192.0.2.1 dev veth0"));
    link_up("vx0");
    far.ip("link set vx0 up");
    let _grabs = [
        start(program("ipn", ROOT, &["grab", name(&left), "vx0"])),
        start(far.program("ipn", &["grab", name(&right), "vx0"])),
    ];
    are_one(&left, &right);
}

fn users_tap_puts_the_host_on_a_network() {
    own_network();
    let device = "/dev/net/tun";
    // As udev has it.
    let open = fs::set_permissions(device, Permissions::from_mode(0o666));
    ok(device, open);
    ip(&format!("tuntap add dev t0 mode tap user {}", OWNER.id));
    ip("address add 10.0.0.9/24 dev t0");
    link_up("t0");
    let bus = Bus::new();
    let _creator = network_of(OWNER, &bus);
    let _plug = Running::start(program("vde_plug", OWNER, &[&url(&bus, ""), "tap://t0"]));
    let _server = server(&bus, "10.0.0.1");
    pings(&bus, "10.0.0.2", "10.0.0.9");
    let page = fetched_by_the_host("http://10.0.0.1/");
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("10.0.0.1/24"), "{page}");
    write("page", &[b'x'; LONG], 0o644);
    let _pages = serve_pages("10.0.0.9:80");
    let fetch = ["--fetch", "http://10.0.0.9/page"];
    let page = succeeds(node(&bus, "10.0.0.2", &fetch), b"");
    same("length of the page", page.len(), LONG);
}

fn slirp_leads_out_of_a_network_and_into_it() {
    own_network();
    // The address where slirp listens.
    link_up("lo");
    let bus = Bus::new();
    let _creator = network_of(OWNER, &bus);
    let way_in = "slirp:///tcpfwd=127.0.0.1:8080:10.0.2.15:80";
    let _plug = Running::start(program("vde_plug", OWNER, &[&url(&bus, ""), way_in]));
    let _server = server(&bus, "10.0.2.15");
    pings(&bus, "10.0.2.16", "10.0.2.2");
    // The host's own services are at slirp's address.
    write("page", &[b'x'; LONG], 0o644);
    let _pages = serve_pages("127.0.0.1:80");
    let fetch = ["--fetch", "http://10.0.2.2/page"];
    let page = succeeds(node(&bus, "10.0.2.16", &fetch), b"");
    same("length of the page", page.len(), LONG);
    let page = fetched_by_the_host("http://127.0.0.1:8080/");
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("10.0.2.15/24"), "{page}");
}

// SPDX-License-Identifier: GPL-2.0
//! `ipn-echo`: processes of different users as Internet nodes of one network, without a device.

use crate::abi::*;
use crate::device::lab::{counters, ip, link_up, own_network, tap};
use crate::lab::bus::{lossless, Bus, NOW};
use crate::lab::check::{ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{User, COMRADE, OWNER, STRANGER};
use crate::switch::lab::Lab;
use crate::sys::socket::{socket, Sock};
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

cases!["echo":
    nodes_ping_each_other,
    bytes_come_back_as_they_were,
    page_is_fetched,
    users_talk_without_any_device,
    host_pings_a_node_through_a_tap,
    host_fetches_a_page_through_a_tap,
    lossless_network_with_hardly_any_room_is_enough,
    switch_keeps_them_apart_from_others,
    faults_are_explained,
    rights_are_those_of_the_file,
    node_ends_with_its_network,
    node_creates_a_network,
];

/// The host.
const ROOT: User = User { id: 0, groups: &[] };

const SERVER: [&str; 4] = ["--ip", "10.0.0.1/24", "--ip", "fd00::1/64"];
const CLIENT: [&str; 4] = ["--ip", "10.0.0.2/24", "--ip", "fd00::2/64"];

/// A node.
#[track_caller]
fn node(user: User, bus: &Bus, addresses: &[&str], arguments: &[&str]) -> Command {
    let all = [&[name(bus)], addresses, arguments].concat();
    program("ipn-echo", user, &all)
}

/// Another user's node that is a client.
#[track_caller]
fn client(bus: &Bus, arguments: &[&str]) -> Command {
    node(STRANGER, bus, &CLIENT, arguments)
}

/// A network open to all with a user's node on it.
#[track_caller]
fn served(options: &[(i32, i32)]) -> (Bus, Sock, Running) {
    let bus = Bus::new();
    let manager = bus.manage_new(options);
    open_to(&bus, 0o666);
    let (server, line) = start(node(OWNER, &bus, &SERVER, &["--mac", "02:00:00:00:00:01"]));
    let expected = format!("port 0 of {}: 02:00:00:00:00:01, 10.0.0.1/24", name(&bus));
    assert!(line.starts_with(&expected), "the node says {line:?}");
    (bus, manager, server)
}

/// Bytes without a pattern.
fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(7).fill(&mut bytes);
    bytes
}

fn nodes_ping_each_other() {
    let (bus, _manager, _server) = served(&[]);
    // The last one is the link-local address that goes with the Ethernet address.
    for address in ["10.0.0.1", "fd00::1", "fe80::ff:fe00:1"] {
        let ping = client(&bus, &["--ping", address, "--count", "2"]);
        let text = String::from_utf8_lossy(&succeeds(ping, b"")).into_owned();
        assert!(text.ends_with("2 of 2 pings answered\n"), "{text}");
    }
}

fn bytes_come_back_as_they_were() {
    let (bus, _manager, _server) = served(&[]);
    for address in ["10.0.0.1:7", "[fd00::1]:7"] {
        for len in [100_000, 1, 0] {
            let sent = noise(len);
            let got = succeeds(client(&bus, &["--connect", address]), &sent);
            assert!(got == sent, "{len} bytes sent, {} back", got.len());
        }
    }
}

fn page_is_fetched() {
    let (bus, _manager, _server) = served(&[]);
    // More often than the node has sockets for.
    for _ in 0..10 {
        for url in ["http://10.0.0.1/", "http://[fd00::1]:80"] {
            let page = succeeds(client(&bus, &["--fetch", url]), b"");
            let page = String::from_utf8_lossy(&page);
            assert!(page.contains("10.0.0.1/24"), "{page}");
            assert!(page.ends_with("</html>\n"), "{page}");
        }
    }
}

fn users_talk_without_any_device() {
    let (bus, _manager, _server) = served(&[]);
    // The other one is in a network namespace that has nothing but a loopback which is down.
    own_network();
    let devices = ok("/proc/net/dev", fs::read_to_string("/proc/net/dev"));
    let names = devices.lines().filter_map(|line| line.split_once(':'));
    let names: Vec<_> = names.map(|(name, _)| name.trim()).collect();
    same("devices", names, vec!["lo"]);
    same("ping of the host", try_ping("127.0.0.1"), false);
    for address in ["10.0.0.1:7", "[fd00::1]:7"] {
        let sent = noise(20_000);
        let got = succeeds(client(&bus, &["--connect", address]), &sent);
        assert!(got == sent, "{} bytes back", got.len());
    }
}

/// A user's node on a switch, and the host on it with the tap `ipn0`, which has addresses of the
/// same subnets and is the only way to it.
#[track_caller]
fn node_and_host() -> (Lab, Sock, Running) {
    own_network();
    let lab = Lab::new();
    open_to(&lab.bus, 0o766);
    let (server, _) = start(node(OWNER, &lab.bus, &SERVER, &[]));
    let host = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind", host.bind(&lab.bus.addr));
    ok("a tap", tap(&host, "ipn0"));
    for setting in ["accept_dad", "disable_ipv6"] {
        let file = format!("/proc/sys/net/ipv6/conf/ipn0/{setting}");
        ok(&file, fs::write(&file, "0"));
    }
    link_up("ipn0");
    ip("address add 10.0.0.9/24 dev ipn0");
    ip("address add fd00::9/64 dev ipn0");
    (lab, host, server)
}

fn try_ping(address: &str) -> bool {
    let ping = program("ping", ROOT, &["-c", "2", "-W", "5", address]);
    run(ping, b"").status.success()
}

fn host_pings_a_node_through_a_tap() {
    let (_lab, _host, _server) = node_and_host();
    for address in ["10.0.0.1", "fd00::1"] {
        let before = counters("ipn0");
        same("ping", try_ping(address), true);
        let after = counters("ipn0");
        assert!(
            after.tx >= before.tx + 2 && after.rx >= before.rx + 2,
            "ipn0 carried it: {after:?} after {before:?}"
        );
    }
}

fn host_fetches_a_page_through_a_tap() {
    let (lab, _host, _server) = node_and_host();
    for url in ["http://10.0.0.1/", "http://[fd00::1]/"] {
        let page = succeeds(program("wget", ROOT, &["-q", "-O", "-", url]), b"");
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("10.0.0.1/24"), "{page}");
        assert!(page.ends_with("</html>\n"), "{page}");
    }
    // The other way round there is nobody.
    let other = client(&lab.bus, &["--connect", "10.0.0.9:80"]);
    complains(other, &["10.0.0.9:80", "refused"]);
}

fn lossless_network_with_hardly_any_room_is_enough() {
    let (bus, _manager, _server) = served(&lossless(1));
    let sent = noise(100_000);
    let got = succeeds(client(&bus, &["--connect", "10.0.0.1:7"]), &sent);
    assert!(got == sent, "{} bytes back", got.len());
}

fn switch_keeps_them_apart_from_others() {
    let lab = Lab::with(&lossless(16));
    let bus = lab.bus.clone();
    open_to(&bus, 0o666);
    let (_server, _) = start(node(OWNER, &bus, &SERVER, &[]));
    let listener = lab.port(9);
    let sent = noise(100_000);
    let mut command = client(&bus, &["--connect", "10.0.0.1:7"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut connected = Running::start(command);
    let (mut input, mut output) = connected.pipes();
    let mut got = vec![0; sent.len()];
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| input.write_all(&sent));
        ok("reading", output.read_exact(&mut got));
        ok("writing", sending.join().expect("no panic"));
    });
    assert!(got == sent, "other bytes back");
    // The client is there yet: what the server sends to one that has gone is for all.
    let mut heard = 0;
    let mut buffer = [0; 2048];
    while let Ok(len) = listener.recv(&mut buffer, NOW) {
        assert!(
            buffer[0] & 1 != 0,
            "a frame for somebody else: {:x?}",
            &buffer[..len]
        );
        heard += 1;
    }
    assert!(heard > 0, "nobody asked for an address");
    drop(input);
    same("status", connected.status(), Some(0));
}

fn faults_are_explained() {
    let (bus, _manager, _server) = served(&[]);
    let fetch = client(&bus, &["--fetch", "http://10.0.0.1/other"]);
    complains(fetch, &["404 Not Found", "http://10.0.0.1:80/other"]);
    let connect = client(&bus, &["--connect", "10.0.0.1:9"]);
    complains(connect, &["10.0.0.1:9", "refused"]);
    let ping = client(
        &bus,
        &["--ping", "10.0.0.3", "--count", "1", "--timeout", "0.3"],
    );
    complains(ping, &["10.0.0.3 does not answer"]);
    let far = client(&bus, &["--ping", "10.0.1.1"]);
    complains(far, &["10.0.1.1 is in no subnet", "--ip"]);
    let elsewhere = Bus::named("elsewhere");
    let lost = client(&elsewhere, &["--ping", "10.0.0.1"]);
    complains(lost, &[name(&elsewhere), "no such network"]);
    let policy = client(&bus, &["--policy", "17", "--ping", "10.0.0.1"]);
    complains(policy, &["policy"]);
}

fn rights_are_those_of_the_file() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    open_to(&bus, 0o600);
    let ping = || client(&bus, &["--ping", "10.0.0.1", "--timeout", "0.1"]);
    complains(ping(), &[name(&bus), "chmod o+rw"]);
    open_to(&bus, 0o604);
    complains(ping(), &["may not send", "w bit"]);
    open_to(&bus, 0o602);
    complains(ping(), &["does not receive", "r bit"]);
}

fn node_ends_with_its_network() {
    let (_bus, manager, server) = served(&[]);
    ok("terminate", manager.ioctl(IPN_TERMINATE));
    same("status of the node", server.status(), Some(0));
}

fn node_creates_a_network() {
    let bus = Bus::new();
    let arguments = ["--create", "--mode", "600"];
    let (_server, line) = start(node(OWNER, &bus, &SERVER, &arguments));
    assert!(line.starts_with("port 0 of "), "the node says {line:?}");
    let own = node(OWNER, &bus, &CLIENT, &["--create", "--ping", "10.0.0.1"]);
    succeeds(own, b"");
    let other = node(COMRADE, &bus, &CLIENT, &["--create", "--ping", "10.0.0.1"]);
    complains(other, &["receiving needs the r bit"]);
}

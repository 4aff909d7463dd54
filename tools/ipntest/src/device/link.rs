// SPDX-License-Identifier: GPL-2.0
//! Taps as the host's tools see them: driver, carrier, MTU, counters.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::{program, run, succeeds};
use crate::lab::runner::{cases, skip};
use crate::lab::task::{wait_until, Process, User};
use crate::sys::poll::poll;
use crate::sys::process::wait;
use crate::sys::socket::Sock;
use crate::sysfs::lab::directory_name;
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::thread::{self, JoinHandle};

cases!["device_link":
    ethtool_names_driver_and_version,
    device_tells_its_network_and_port,
    carrier_lasts_as_long_as_the_network,
    carrier_is_taken_away_and_given_back,
    state_is_known,
    speed_is_what_was_set,
    bond_counts_on_its_speed,
    host_joins_groups,
    host_hears_when_a_frame_was_sent,
    frame_in_pieces_comes_whole,
    flexible_mtu_is_within_the_networks,
    what_came_while_it_was_down_is_past,
    every_frame_is_delivered_or_counted @ 60,
    hosts_backlog_loses_nothing @ 60,
];

/// The one who runs the tests.
const ROOT: User = User { id: 0, groups: &[] };

fn ethtool_names_driver_and_version() {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    tap_up(&manager, "ipn0");
    let said = succeeds(program("ethtool", ROOT, &["-i", "ipn0"]), b"");
    let said = String::from_utf8_lossy(&said);
    let value = |name: &str| {
        let mut lines = said.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {said:?}"))
    };
    same("driver", value("driver"), "ipn");
    holds(
        "the version begins with a number",
        value("version").starts_with(|first: char| first.is_ascii_digit()),
    );
}

/// Taps and grabbed devices say where they are a port.
fn device_tells_its_network_and_port() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let (keeper, manager) = (bus.manage_new(&[]), bus.manage());
    ok("IPN_SO_PORT", keeper.set(IPN_SO_PORT, 7));
    tap_up(&keeper, "ipn0");
    ok("a grab", grab(&manager, device));
    for (device, port) in [("ipn0", "7"), (device, "0")] {
        same(
            "network",
            tells(device, "ipn_port/network"),
            directory_name(&bus),
        );
        same("port", tells(device, "ipn_port/port"), port.into());
    }
    let said = succeeds(program("ethtool", ROOT, &["-i", "ipn0"]), b"");
    let said = String::from_utf8_lossy(&said);
    let place = format!("bus-info: {}/7", directory_name(&bus));
    assert!(said.lines().any(|line| line == place), "{said}");
    let shown = |device| {
        let words = ["-d", "link", "show", device];
        let ran = ok("ip", Command::new("ip").args(words).output());
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    let file = ok("stat", fs::metadata(&bus.path));
    let switch = format!(
        "portname p7 switchid {:08x}{:08x}{:016x} ",
        libc::major(file.dev()),
        libc::minor(file.dev()),
        file.ino()
    );
    assert!(shown("ipn0").contains(&switch), "{}", shown("ipn0"));
    for (device, port) in [("ipn0", 7), (device, 0)] {
        let alias = format!("alias ipn {}/{port}", directory_name(&bus));
        assert!(shown(device).contains(&alias), "{}", shown(device));
    }
    ip("link set ipn0 alias mine");
    assert!(shown("ipn0").contains("alias mine"), "{}", shown("ipn0"));

    ip("link set ipn0 down");
    ip("link set ipn0 name lan0");
    same("renamed", tells("lan0", "ipn_port/port"), "7".into());
    ok("close", manager.close());
    let left = device_file(device, "ipn_port").exists();
    same("what a free device tells", left, false);
    assert!(!shown(device).contains("alias"), "{}", shown(device));

    // What a user has written there stays.
    ip(&format!("link set {device} alias uplink"));
    let manager = bus.manage();
    ok("a grab", grab(&manager, device));
    assert!(shown(device).contains("alias uplink"), "{}", shown(device));
    ok("close", manager.close());
    assert!(shown(device).contains("alias uplink"), "{}", shown(device));
}

fn carrier_lasts_as_long_as_the_network() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    tap_up(&manager, "ipn0");
    same("carrier", tells("ipn0", "carrier"), "1".into());
    drop(bus.join());
    same("alone", tells("ipn0", "carrier"), "1".into());
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    same("persistent", tells("ipn0", "carrier"), "1".into());
    ok("IPN_TERMINATE", bus.manage().ioctl(IPN_TERMINATE));
    same("after the end", tells("ipn0", "carrier"), "0".into());
    link_down("ipn0");
    link_up("ipn0");
    same("set up again", tells("ipn0", "carrier"), "0".into());
}

fn carrier_is_taken_away_and_given_back() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(4));
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    ip("link set ipn0 carrier off");
    same("carrier", tells("ipn0", "carrier"), "0".into());
    // More than the network holds: nobody waits for a cable.
    for number in 0..10 {
        ok("send", port.send(&frame(number, 60), 0));
    }
    counts("dropped", "ipn0", |c| c.rx_dropped, 10);
    same("received", counters("ipn0").rx, 0);
    ip("link set ipn0 carrier on");
    same("carrier", tells("ipn0", "carrier"), "1".into());
    say(&port, &frame(10, 60));
    hears(&host, &frame(10, 60));
    ok("send of the host", host.send(&frame(11, 60), 0));
    hears(&port, &frame(11, 60));
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    let back = try_ip("link set ipn0 carrier on");
    same("a carrier without a network", back, false);
    same("carrier", tells("ipn0", "carrier"), "0".into());
}

fn state_is_known() {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    same("name", ok("a tap", tap(&manager, "ipn0")), "ipn0".into());
    same("while down", tells("ipn0", "operstate"), "down".into());
    link_up("ipn0");
    wait_until("it is up", || tells("ipn0", "operstate") == "up");
}

fn speed_is_what_was_set() {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    tap_up(&manager, "ipn0");
    let is = |speed: &str, duplex: &str| {
        same("speed", tells("ipn0", "speed"), speed.into());
        same("duplex", tells("ipn0", "duplex"), duplex.into());
    };
    is("10000", "full");
    let set = ["-s", "ipn0", "speed", "1000", "duplex", "half"];
    succeeds(program("ethtool", ROOT, &set), b"");
    is("1000", "half");
    let refused = run(program("ethtool", ROOT, &["-s", "ipn0", "port", "tp"]), b"");
    same("a socket for a cable", refused.status.success(), false);
    is("1000", "half");
}

/// 802.3ad takes no link whose speed is not known.
fn bond_counts_on_its_speed() {
    own_network();
    load_stock("bonding");
    let manager = Bus::new().manage_new(&[]);
    same("name", ok("a tap", tap(&manager, "ipn0")), "ipn0".into());
    if !try_ip("link add b0 type bond mode 802.3ad miimon 20") {
        skip("the kernel has no bonds");
    }
    ip("link set ipn0 master b0");
    link_up("b0");
    let table = ok("the bond", fs::read_to_string("/proc/net/bonding/b0"));
    for line in ["MII Status: up", "Speed: 10000 Mbps", "Duplex: full"] {
        assert!(table.lines().any(|said| said == line), "{line}: {table}");
    }
}

fn host_joins_groups() {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    tap_up(&manager, "ipn0");
    ip("maddress add 01:80:c2:00:00:0e dev ipn0");
    ip("maddress del 01:80:c2:00:00:0e dev ipn0");
}

fn host_hears_when_a_frame_was_sent() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    let stamps = libc::SOF_TIMESTAMPING_TX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    let stamps = stamps.to_ne_bytes();
    ok(
        "SO_TIMESTAMPING",
        host.setsockopt(libc::SOL_SOCKET, libc::SO_TIMESTAMPING, &stamps),
    );
    ok("send", host.send(&frame(1, 60), 0));
    hears(&port, &frame(1, 60));
    let ready = ok("poll", poll(&host, libc::POLLERR, soon_in_ms()));
    holds("something is told", ready & libc::POLLERR != 0);
    let told = ok("recvmsg", host.recvmsg(2000, libc::MSG_ERRQUEUE));
    let stamp = told.control(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING);
    holds("when it was sent", stamp.is_some());
}

/// With scatter and gather the stack leaves a packet's data in pages.
fn frame_in_pieces_comes_whole() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    ip("address add 10.9.0.1/24 dev ipn0");
    ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev ipn0");
    let host = ok("a UDP socket", UdpSocket::bind("10.9.0.1:0"));
    for len in [1, 700, 1472] {
        let data: Vec<u8> = (0..len).map(|at: usize| (at % 251) as u8).collect();
        ok("send", host.send_to(&data, "10.9.0.2:4000"));
        let mut buffer = [0; 2000];
        let frame = loop {
            let got = ok("recv", port.recv(&mut buffer, 0));
            // The host may speak of its groups too.
            if buffer[..got].get(23) == Some(&17) {
                break &buffer[..got];
            }
        };
        same("length", frame.len(), 42 + len);
        holds("its data", frame.ends_with(&data));
    }
}

fn flexible_mtu_is_within_the_networks() {
    own_network();
    for flags in [0, IPN_FLAG_FLEXMTU] {
        let bus = Bus::named(&flags.to_string());
        let manager = bus.manage_new(&[(IPN_SO_MTU, 1000), (IPN_SO_FLAGS, flags)]);
        tap_up(&manager, "ipn0");
        for (mtu, fits) in [(67, false), (68, true), (986, true), (987, false)] {
            let set = try_ip(&format!("link set ipn0 mtu {mtu}"));
            same(format_args!("MTU {mtu}"), set, fits);
        }
        same("MTU", tells("ipn0", "mtu"), "986".into());
        same("the network's", ok("get", manager.get(IPN_SO_MTU)), 1000);
    }
}

fn what_came_while_it_was_down_is_past() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(4));
    let port = bus.join();
    tap_up(&manager, "ipn0");
    link_down("ipn0");
    // More than the network holds: nobody waits for an interface that is down.
    for number in 0..10 {
        ok("send", port.send(&frame(number, 60), 0));
    }
    counts("dropped", "ipn0", |c| c.rx_dropped, 10);
    link_up("ipn0");
    let host = listener("ipn0");
    say(&port, &frame(10, 60));
    hears(&host, &frame(10, 60));
    let after = counters("ipn0");
    same(
        "received and dropped",
        (after.rx, after.rx_dropped),
        (1, 10),
    );
}

/// Threads that send so many numbered frames each.
fn senders(ports: [Sock; 2], frames: u32) -> Vec<JoinHandle<()>> {
    let start = |(place, port): (u32, Sock)| {
        thread::spawn(move || {
            for number in 0..frames {
                ok("send", port.send(&frame(place * frames + number, 60), 0));
            }
        })
    };
    (0..).zip(ports).map(start).collect()
}

/// The numbers in the frames that come, which are so many.
#[track_caller]
fn numbers(host: &Sock, count: u64) -> Vec<u32> {
    let numbers = (0..count)
        .map(|_| number_in(&hears_of(host, PROTOCOL)))
        .collect();
    hears_no_frame(host);
    numbers
}

fn every_frame_is_delivered_or_counted() {
    const FRAMES: u32 = 5000;
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    for sender in senders([bus.writer(), bus.writer()], FRAMES) {
        sender.join().expect("the sender ends well");
    }
    wait_until("every frame is counted", || {
        let seen = counters("ipn0");
        seen.rx + seen.rx_dropped == u64::from(2 * FRAMES)
    });
    let received = counters("ipn0").rx;
    let mut heard = numbers(&host, received);
    heard.sort_unstable();
    heard.dedup();
    same("different frames", heard.len() as u64, received);
}

fn hosts_backlog_loses_nothing() {
    const FRAMES: u32 = 5000;
    const BACKLOG: &str = "/proc/sys/net/core/netdev_max_backlog";
    let before = ok(BACKLOG, fs::read_to_string(BACKLOG));
    ok(BACKLOG, fs::write(BACKLOG, "1"));
    let test = Process::start(|_| {
        own_network();
        let bus = Bus::new();
        let manager = bus.manage_new(&lossless(64));
        tap_up(&manager, "ipn0");
        let host = listener("ipn0");
        for sender in senders([bus.writer(), bus.writer()], FRAMES) {
            sender.join().expect("the sender ends well");
        }
        wait_until("all is received", || {
            counters("ipn0").rx == u64::from(2 * FRAMES)
        });
        same("dropped", counters("ipn0").rx_dropped, 0);
        let mut heard = numbers(&host, u64::from(2 * FRAMES));
        heard.sort_unstable();
        holds("every frame came once", heard.into_iter().eq(0..2 * FRAMES));
    });
    let (_, status) = ok("waitpid", wait(test.pid, 0));
    ok(BACKLOG, fs::write(BACKLOG, before.trim()));
    same("status", status, 0);
}

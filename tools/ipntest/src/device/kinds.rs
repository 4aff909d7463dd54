// SPDX-License-Identifier: GPL-2.0
//! Grabs of devices of several drivers, and beside others who take devices.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{cases, skip};
use crate::lab::task::{wait_until, Process};
use crate::sys::process::user_id;
use crate::sys::socket::Sock;
use std::fs;
use std::thread;

cases!["device_kinds":
    ports_of_others_are_busy,
    bridge_and_grab_live_side_by_side,
    device_that_moves_away_gives_its_port_back,
    dummy_takes_what_it_gets,
    vxlan_carries_frames,
    virtio_net_carries_frames,
    burst_waits_for_a_card @ 40,
    burst_waits_for_a_full_network_behind,
    unplugged_card_gives_its_port_back,
    card_comes_back_from_a_namespace_that_ends,
];

fn ports_of_others_are_busy() {
    own_network();
    load_stock("macvlan");
    load_stock("team");
    let [device, _] = veth();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[]);
    ip("link add br0 type bridge");
    ip("link add t0 type team");
    let takings = [
        ("link set v0 master br0", "link set v0 nomaster"),
        ("link add link v0 name m0 type macvlan", "link del m0"),
        ("link set v0 master t0", "link set v0 nomaster"),
    ];
    for (take, free) in takings {
        // A team wants its devices down.
        link_down("v0");
        let manager = bus.manage();
        ip(take);
        fails(
            format_args!("a grab after {take}"),
            grab(&manager, device),
            libc::EBUSY,
        );
        ip(free);
        ok(format_args!("a grab after {free}"), grab(&manager, device));
        link_down("v0");
        holds(format_args!("ip {take} is refused"), !try_ip(take));
        ok("close", manager.close());
        is_no_port_any_more(device);
        ip(take);
        ip(free);
    }
}

fn bridge_and_grab_live_side_by_side() {
    own_network();
    ip("link add br0 type bridge");
    link_up("br0");
    for (near, far) in [("b0", "f0"), ("b1", "f1"), ("g0", "f2")] {
        ip(&format!("link add {near} type veth peer name {far}"));
        for end in [near, far] {
            link_up(end);
        }
    }
    for device in ["b0", "b1"] {
        ip(&format!("link set {device} master br0"));
    }
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, "g0"));
    let [f0, f1, f2] = ["f0", "f1", "f2"].map(listener);
    for number in 0..20 {
        let to_bridge = frame(2 * number, 60);
        ok("send to the bridge", f0.send(&to_bridge, 0));
        hears(&f1, &to_bridge);
        let to_network = frame(2 * number + 1, 60);
        ok("send to the network", f2.send(&to_network, 0));
        hears(&port, &to_network);
        say(&port, &to_network);
        hears(&f2, &to_network);
    }
    for quiet in [&f0, &f1, &f2, &port] {
        hears_no_frame(quiet);
    }
}

fn device_that_moves_away_gives_its_port_back() {
    own_network();
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    let [device, peer] = veth();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let manager = bus.manage();
    ok("a grab", grab(&manager, device));
    is_full(&bus);
    ip(&format!("link set {device} netns {}", other.pid));
    has_room(&bus);
    ok("close", manager.close());
    let _port = bus.join();
    holds("its peer is still there", exists(peer));
    other.line.tell(0);
    other.ends_well();
}

fn dummy_takes_what_it_gets() {
    own_network();
    load_stock("dummy");
    ip("link add d0 type dummy");
    link_up("d0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, "d0"));
    for number in 0..20 {
        say(&port, &frame(number, 60));
    }
    counts("sent", "d0", |c| c.tx, 20);
    let after = counters("d0");
    same("bytes sent", after.tx_bytes, 20 * 60);
    same("dropped", after.tx_dropped, 0);
}

/// Frames both ways between a port and the far end of a wire.
#[track_caller]
fn both_ways(port: &Sock, far: &Sock, lengths: impl Iterator<Item = usize>) {
    for (number, len) in (0..).zip(lengths) {
        let there = frame(2 * number, len);
        say(port, &there);
        hears(far, &there);
        let back = frame(2 * number + 1, len);
        ok("send of the far end", far.send(&back, 0));
        hears(port, &back);
    }
}

fn vxlan_carries_frames() {
    own_network();
    load_stock("vxlan");
    let tunnel = |device: &str, from: u8, to: u8, under: &str| {
        ip(&format!("addr add 10.8.0.{from}/24 dev {under}"));
        link_up(under);
        ip(&format!(
            "link add {device} type vxlan id 7 local 10.8.0.{from} remote 10.8.0.{to} \
             dstport 4789 dev {under}"
        ));
        link_up(device);
    };
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        tunnel("x1", 2, 1, "far0");
        let far = listener("x1");
        line.tell(0);
        // Says what it hears.
        for number in 0..20 {
            let got = hears_of(&far, PROTOCOL);
            same("number", number_in(&got), number);
            ok("send of the far end", far.send(&got, 0));
        }
    });
    other.line.hear();
    ip("link add v0 type veth peer name far0");
    ip(&format!("link set far0 netns {}", other.pid));
    other.line.tell(0);
    tunnel("x0", 1, 2, "v0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, "x0"));
    other.line.hear();
    for number in 0..20 {
        let there = frame(number, 60 + number as usize * 70);
        say(&port, &there);
        hears(&port, &there);
    }
    other.ends_well();
}

/// The guest's two cards, on one wire, up and quiet.
#[track_caller]
fn cards() -> [&'static str; 2] {
    if user_id() != 0 {
        skip("only root has network devices");
    }
    load_stock("virtio_net");
    let cards = ["eth0", "eth1"];
    for card in cards {
        if !exists(card) {
            skip("the guest has no two network cards");
        }
        let ipv6 = format!("/proc/sys/net/ipv6/conf/{card}/disable_ipv6");
        ok(&ipv6, fs::write(&ipv6, "1"));
        link_up(card);
    }
    cards
}

fn virtio_net_carries_frames() {
    let [card, other] = cards();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, card));
    let far = listener(other);
    let before = counters(card);
    both_ways(&port, &far, (0..50).map(|step| 60 + step * 29));
    let after = counters(card);
    same("sent", after.tx - before.tx, 50);
    same("received", after.rx - before.rx, 50);
    same("dropped", after.rx_dropped - before.rx_dropped, 0);
    same("dropped", after.tx_dropped - before.tx_dropped, 0);
}

/// The frames that come, as many as there should be.
#[track_caller]
fn all_come(sock: &Sock, protocol: u16, count: u32, number: impl Fn(&[u8]) -> u32) {
    for expected in 0..count {
        same("number", number(&hears_of(sock, protocol)), expected);
    }
}

fn burst_waits_for_a_card() {
    const FRAMES: u32 = 5000;
    let [card, other] = cards();
    plain_queue(card);
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(16));
    let port = bus.writer();
    ok("a grab", grab(&manager, card));
    let far = listener(other);
    let dropped = counters(card).tx_dropped;
    let sender = thread::spawn(move || {
        for number in 0..FRAMES {
            ok("send", port.send(&frame(number, 60), 0));
        }
    });
    all_come(&far, PROTOCOL, FRAMES, number_in);
    sender.join().expect("the sender ends well");
    same("dropped", counters(card).tx_dropped, dropped);
}

/// A VLAN on a tap of another network is grabbed: what that network has no room for waits in the
/// tap's queue, and then in the first network.
fn burst_waits_for_a_full_network_behind() {
    const VLAN: u16 = 0x8100;
    own_network();
    load_stock("8021q");
    let behind = Bus::named("behind");
    let mut options = lossless(16).to_vec();
    options.push((IPN_SO_MTU, 1518));
    let maker = behind.manage_new(&options);
    let reader = behind.join();
    tap_up(&maker, "ipn0");
    plain_queue("ipn0");
    ip("link add link ipn0 name tag0 type vlan id 5");
    link_up("tag0");
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(16));
    let port = bus.writer();
    ok("a grab", grab(&manager, "tag0"));

    let mut sent = 0;
    let refused = loop {
        match port.send(&frame(sent, 60), NOW) {
            Ok(_) => sent += 1,
            Err(error) => break error.raw_os_error(),
        }
        assert!(sent < 20_000, "nothing holds the sender up");
    };
    same("error of the last one", refused, Some(libc::EAGAIN));
    all_come(&reader, VLAN, sent, |frame| {
        same("tag", &frame[14..18], &[0, 5, 0x88, 0xb5]);
        number_in(&frame[4..])
    });
    for device in ["ipn0", "tag0"] {
        same("dropped", counters(device).tx_dropped, 0);
    }
    ok("send", port.send(&frame(sent, 60), 0));
    same("what goes on", hears_of(&reader, VLAN).len(), 64);
}

fn unplugged_card_gives_its_port_back() {
    const DRIVER: &str = "/sys/bus/virtio/drivers/virtio_net";
    let [_, card] = cards();
    let place = ok(
        "readlink",
        fs::read_link(format!("/sys/class/net/{card}/device")),
    );
    let name = place.file_name().and_then(|name| name.to_str());
    let name = name.expect("a virtio device");
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let manager = bus.manage();
    ok("a grab", grab(&manager, card));
    is_full(&bus);
    ok("unbind", fs::write(format!("{DRIVER}/unbind"), name));
    same("the card", exists(card), false);
    has_room(&bus);
    ok("close", manager.close());
    ok("bind", fs::write(format!("{DRIVER}/bind"), name));
    wait_until("the card is back", || exists(card));
}

fn card_comes_back_from_a_namespace_that_ends() {
    let [_, card] = cards();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        let manager = bus.manage();
        ok("a grab", grab(&manager, card));
        ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
        is_full(&bus);
    });
    other.line.hear();
    ip(&format!("link set {card} netns {}", other.pid));
    same("the card", exists(card), false);
    other.line.tell(0);
    other.ends_well();
    wait_until("the card is back", || exists(card));
    has_room(&bus);
    let manager = bus.manage();
    ok("a grab of what is free again", grab(&manager, card));
}

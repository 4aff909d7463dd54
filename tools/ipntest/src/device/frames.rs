// SPDX-License-Identifier: GPL-2.0
//! Frames are what was sent: a grabbed device shows no memory, and one that gives no Ethernet frames
//! is none.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{cases, directory};
use crate::lab::task::OWNER;
use crate::switch::lab::{load_switch, Lab};
use crate::sys::privilege::own_user_namespace;
use crate::sys::socket::{socket, Sock};
use crate::sys::tun;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

cases!["device_frames":
    device_without_frames_is_refused,
    device_of_another_link_type_is_refused,
    taken_device_stays_an_ethernet_device,
    users_device_stays_an_ethernet_device,
    packets_without_a_header_are_dropped,
    packets_through_layers_without_a_header_are_dropped,
    vlan_that_keeps_its_tags_gives_whole_frames,
    full_frames_of_a_vlan_pass_a_switch,
];

/// An IPv4 packet that a device without frames could bring, `len` bytes of a pattern in all.
fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![
        0x45, 0, 0, 84, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    packet.resize(len, b'y');
    packet
}

/// A device without frames (`IFF_TUN`), down.
#[track_caller]
fn tun_device(name: &str) -> File {
    let flags = libc::IFF_TUN | libc::IFF_NO_PI;
    ok("a tun", tun::make(name, flags, 0))
}

/// One that calls itself Ethernet, up.
#[track_caller]
fn false_ethernet(name: &str) -> File {
    let file = tun_device(name);
    ok("TUNSETLINK", tun::set_type(&file, libc::ARPHRD_ETHER));
    file
}

/// A team that is up.
#[track_caller]
fn team(name: &str) {
    load_stock("team");
    ip(&format!("link add {name} type team"));
    link_up(name);
}

fn device_without_frames_is_refused() {
    own_network();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let manager = bus.manage();
    let file = tun_device("tun0");
    fails("a grab of a tun", grab(&manager, "tun0"), libc::EINVAL);
    ok("TUNSETLINK", tun::set_type(&file, libc::ARPHRD_ETHER));
    let refused = grab(&manager, "tun0");
    fails("a grab of a tun that says Ethernet", refused, libc::EINVAL);
    has_room(&bus);
    drop(keeper);
}

/// Its addresses are as long as those of Ethernet, and its own is one of these: the type alone tells.
fn device_of_another_link_type_is_refused() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let flags = libc::IFF_TAP | libc::IFF_NO_PI;
    let file = ok("a tap of the host's", tun::make("tap0", flags, 0));
    ok("TUNSETLINK", tun::set_type(&file, libc::ARPHRD_FDDI));
    let refused = grab(&manager, "tap0");
    fails("a grab of what says FDDI", refused, libc::EINVAL);
    ok("TUNSETLINK", tun::set_type(&file, libc::ARPHRD_ETHER));
    ok("a grab of what says Ethernet", grab(&manager, "tap0"));
}

/// A tun changes the type of the team that takes it as its first port, were it not grabbed.
#[track_caller]
fn type_stays() {
    team("tm0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    ok("a grab", grab(&manager, "tm0"));
    let _file = tun_device("tun0");
    let take = "link set tun0 master tm0";
    holds(
        "no tun becomes the port of a team that is grabbed",
        !try_ip(take),
    );
    ok("close", manager.close());
    ip(take);
}

fn taken_device_stays_an_ethernet_device() {
    own_network();
    type_stays();
    let flags = libc::IFF_TAP | libc::IFF_NO_PI;
    let file = ok("a tap of the host's", tun::make("tap0", flags, 0));
    let bus = Bus::named("tap");
    let manager = bus.manage_new(&[]);
    ok("a grab", grab(&manager, "tap0"));
    let change = || tun::set_type(&file, libc::ARPHRD_NONE);
    fails("TUNSETLINK", change(), libc::EPERM);
    ok("close", manager.close());
    ok("TUNSETLINK", change());
}

fn users_device_stays_an_ethernet_device() {
    own_network();
    load_stock("team");
    // As udev has it.
    let open = fs::set_permissions(tun::PLACE, Permissions::from_mode(0o666));
    ok(tun::PLACE, open);
    let place = directory().join("users");
    ok("mkdir", fs::create_dir(&place));
    ok(
        "chmod",
        fs::set_permissions(&place, Permissions::from_mode(0o777)),
    );
    OWNER.does(|| {
        let namespaces = own_user_namespace(libc::CLONE_NEWNET);
        ok("own user and network namespaces", namespaces);
        type_stays();
    });
}

/// What is written to a tun below a grabbed device reaches no port, and each packet is counted.
#[track_caller]
fn are_dropped(port: &Sock, file: &mut File, device: &str, begin: &[u8]) {
    let before = counters(device).rx_dropped;
    for number in 0..50 {
        let mut packet = packet(84 + number * 29);
        packet[..begin.len()].copy_from_slice(begin);
        ok("write", file.write_all(&packet));
    }
    counts("dropped", device, |c| c.rx_dropped - before, 50);
    hear_nothing(port);
}

fn packets_without_a_header_are_dropped() {
    own_network();
    team("tm0");
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, "tm0"));
    let mut file = false_ethernet("tun0");
    ip("link set tun0 master tm0");
    link_up("tun0");
    are_dropped(&port, &mut file, "tm0", &[]);
}

fn packets_through_layers_without_a_header_are_dropped() {
    own_network();
    load_stock("macvlan");
    const ADDRESS: [u8; 6] = [0x46, 0, 0, 0, 0, 1];
    let mut file = false_ethernet("tun0");
    ip("link add link tun0 name m0 address 46:00:00:00:00:01 type macvlan mode vepa");
    for device in ["tun0", "m0"] {
        link_up(device);
    }
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, "m0"));
    // What the macvlan takes for the address is the packet's beginning.
    are_dropped(&port, &mut file, "m0", &ADDRESS);
}

/// Such a device shows the host its frames with their tags, and takes them so.
fn vlan_that_keeps_its_tags_gives_whole_frames() {
    own_network();
    load_stock("8021q");
    let [device, peer] = veth();
    let tag = |number: u16| [0x81, 0, (number >> 8) as u8, number as u8];
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ip(&format!(
        "link add link {device} name tag5 type vlan id 5 reorder_hdr off"
    ));
    link_up("tag5");
    ok("a grab", grab(&manager, "tag5"));
    let far = listener(peer);
    for number in 0..20 {
        let plain = frame(number, 60 + number as usize * 29);
        let tagged = [&plain[..12], &tag(5), &plain[12..]].concat();
        ok("send of the far end", far.send(&tagged, 0));
        hear(&port, &tagged);
    }
    // A frame of another VLAN in it.
    let plain = frame(7, 60);
    let twice = [&plain[..12], &tag(5), &tag(6), &plain[12..]].concat();
    ok("send of the far end", far.send(&twice, 0));
    hear(&port, &twice);
}

/// As over a bridge: an interface of a VLAN on a tap has the tap's MTU of 1500, and the tag comes on top.
fn full_frames_of_a_vlan_pass_a_switch() {
    own_network();
    load_stock("8021q");
    load_switch();
    let lab = Lab::new();
    let server = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind", server.bind(&lab.bus.addr));
    tap_up(&server, "lan");
    ip("link add link lan name vlan5 type vlan id 5");
    link_up("vlan5");
    same("its MTU", tells("vlan5", "mtu"), "1500".into());
    let port = lab.port(1);
    let far = listener("vlan5");
    for len in [60, 1510, 1514] {
        let plain = frame(1, len);
        let tagged = [&plain[..12], &[0x81, 0, 0, 5], &plain[12..]].concat();
        ok("send to the port", far.send(&plain, 0));
        hear(&port, &tagged);
        say(&port, &tagged);
        hears(&far, &plain);
    }
    let plain = Lab::named("plain", IPN_VDESWITCH, &[(IPN_SO_MTU, 1514)]);
    same(
        "an MTU that is told",
        ok("get", plain.manager.get(IPN_SO_MTU)),
        1514,
    );
}

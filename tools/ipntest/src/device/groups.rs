// SPDX-License-Identifier: GPL-2.0
//! Frames to the groups that no bridge forwards unasked (LLDP, 802.1X, ...), on a grabbed device.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::seen::family::Family;
use crate::switch::lab::{option, Lab};
use crate::sys::socket::{socket, Sock};
use std::collections::BTreeMap;

cases!["device_groups":
    switch_and_host_have_those_of_a_bridge,
    hub_and_host_have_them_all,
    tagged_ones_are_the_networks_as_they_came,
];

/// `IPN_DROP_RESERVED`.
const RESERVED: u16 = 19;
/// The last digit of the group of pause frames, which end at the first bridge.
const PAUSE: u8 = 1;

/// A frame to 01:80:C2:00:00:0X.
fn to_group(last: u8) -> Vec<u8> {
    let mut frame = frame(u32::from(last), 60);
    frame[..6].copy_from_slice(&[0x01, 0x80, 0xc2, 0, 0, last]);
    frame
}

/// A number of no group's.
const MARK: u32 = 99;

/// Whether a frame comes before the mark that was sent after it.
#[track_caller]
fn comes_before_the_mark(sock: &Sock, expected: &[u8]) -> bool {
    let got = hears_of(sock, PROTOCOL);
    if number_in(&got) == MARK {
        return false;
    }
    holds("it is as it was sent", got == expected);
    same("what follows", number_in(&hears_of(sock, PROTOCOL)), MARK);
    true
}

/// Each goes where it would go on a bridge, and to the host.
fn switch_and_host_have_those_of_a_bridge() {
    own_network();
    let switch = Lab::new();
    let port = switch.port(5);
    ip("link add br0 type bridge");
    link_up("br0");
    for (near, far) in [("g0", "f0"), ("b1", "f1"), ("b2", "f2")] {
        ip(&format!("link add {near} type veth peer name {far}"));
        for end in [near, far] {
            link_up(end);
        }
    }
    for device in ["b1", "b2"] {
        ip(&format!("link set {device} master br0"));
    }
    let manager = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind", manager.bind(&switch.bus.addr));
    ok("a grab", grab(&manager, "g0"));
    let host = listener("g0");
    let [to_switch, to_bridge, bridged] = ["f0", "f1", "f2"].map(listener);
    let mark = frame(MARK, 60);
    wait_until("the bridge forwards", || {
        ok("send", to_bridge.send(&mark, 0));
        next(&bridged, PROTOCOL, 20).is_some()
    });
    while next(&bridged, PROTOCOL, 20).is_some() {}
    for mask in [0, 0xfff8_u32] {
        switch.set(option::GROUP_FWD, &mask.to_ne_bytes());
        ip(&format!("link set br0 type bridge group_fwd_mask {mask}"));
        for last in 0..16 {
            let group = to_group(last);
            for far in [&to_switch, &to_bridge] {
                ok("send", far.send(&group, 0));
                ok("send", far.send(&mark, 0));
            }
            let of_bridge = comes_before_the_mark(&bridged, &group);
            same(
                format_args!("group {last} is forwarded with mask {mask:#x}"),
                comes_before_the_mark(&port, &group),
                of_bridge,
            );
            if last != PAUSE {
                hears(&host, &group);
            }
        }
    }
    hears_no_frame(&host);
    counts("pause frames", "g0", |c| c.rx_dropped, 2);
}

fn hub_and_host_have_them_all() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let (host, far) = (listener(device), listener(peer));
    for last in 0..16 {
        let group = to_group(last);
        ok("send", far.send(&group, 0));
        if last != PAUSE {
            hears(&port, &group);
            hears(&host, &group);
        }
    }
    hears_no_frame(&port);
    hears_no_frame(&host);
    counts("pause frames", device, |c| c.rx_dropped, 1);
    // Its port has the reason.
    let told = Family::new().ports(&bus);
    same("drops", told[1].drops(), BTreeMap::from([(RESERVED, 1)]));
}

/// The host's VLAN has none of them where there is no such VLAN.
fn tagged_ones_are_the_networks_as_they_came() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_MTU, 1518)]);
    let port = bus.join();
    ok("a grab", grab(&manager, device));
    let far = listener(peer);
    let mut tagged = to_group(14);
    tagged.splice(12..12, [0x81, 0, 0, 5]);
    ok("send", far.send(&tagged, 0));
    let got = hears_any(&port);
    holds("the frame is as it was sent", got == tagged);
}

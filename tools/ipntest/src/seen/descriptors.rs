// SPDX-License-Identifier: GPL-2.0
//! What a descriptor's file in `/proc/PID/fdinfo` tells, and a device that goes by itself.

use super::family::inode;
use crate::abi::*;
use crate::device::lab::{about, ip, own_network, tap};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::fs;
use std::os::fd::AsRawFd;

cases!["seen_descriptors":
    descriptor_tells_its_network_and_port,
    descriptor_tells_its_device,
    device_that_goes_is_told_to_who_polls,
];

/// The lines that are ours: keys without `ipn-`, and values.
#[track_caller]
fn lines(sock: &Sock) -> Vec<(String, String)> {
    let file = format!("/proc/self/fdinfo/{}", sock.as_raw_fd());
    let text = ok(&file, fs::read_to_string(&file));
    let ours = text.lines().filter_map(|line| line.strip_prefix("ipn-"));
    ours.filter_map(|line| line.split_once(":\t"))
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

fn value(lines: &[(String, String)], key: &str) -> Option<String> {
    let found = lines.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.clone())
}

fn descriptor_tells_its_network_and_port() {
    let fresh = open();
    same("fresh", lines(&fresh), vec![]);
    let bus = Bus::named("with a blank");
    let manager = bus.manage_new(&[]);
    let told = lines(&manager);
    same("port", value(&told, "port"), None);
    let network = value(&told, "network").expect("it is told");
    holds("network", network.ends_with(&format!(":{}", inode(&bus))));
    let path = value(&told, "path").expect("it is told");
    holds("path", path.ends_with("/with\\040a\\040blank"));
    let [_first, port] = [bus.join(), bus.join()];
    same("port", value(&lines(&port), "port").as_deref(), Some("1"));
    same("device", value(&lines(&port), "device"), None);
}

fn descriptor_tells_its_device() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.create();
    let manager = bus.manage();
    ok("a tap", tap(&manager, "seen0"));
    let device = |sock: &Sock| value(&lines(sock), "device");
    same("device", device(&manager).as_deref(), Some("seen0"));
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    let manager = bus.manage();
    same("device", device(&manager), None);
    ok("IPN_JOIN_NETDEV", about(&manager, IPN_JOIN_NETDEV, "seen0"));
    same("device", device(&manager).as_deref(), Some("seen0"));
    same(
        "port",
        value(&lines(&manager), "port").as_deref(),
        Some("1"),
    );
    ip("link del seen0");
    wait_until("it has left", || value(&lines(&manager), "port").is_none());
    same("device", device(&manager), None);
}

fn device_that_goes_is_told_to_who_polls() {
    own_network();
    let bus = Bus::new();
    let _keeper = bus.create();
    let manager = bus.manage();
    ok("a tap", tap(&manager, "seen0"));
    let ready = |limit| {
        ok(
            "poll",
            poll(&manager, libc::POLLIN | libc::POLLRDHUP, limit),
        )
    };
    same("before", ready(0), 0);
    ip("link del seen0");
    let expected = libc::POLLIN | libc::POLLRDHUP | libc::POLLHUP;
    same("afterwards", ready(10_000), expected);
}

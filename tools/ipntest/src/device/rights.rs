// SPDX-License-Identifier: GPL-2.0
//! Who may make, take and keep network devices.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::OWNER;
use crate::sys::message::Control;
use crate::sys::socket::{socketpair, Addr, Sock};
use std::fs::{set_permissions, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;

cases!["device_rights":
    needs_the_right_over_the_network_namespace,
    only_managers_without_a_port_may,
    naming_a_device_takes_the_right_to_manage,
];

fn needs_the_right_over_the_network_namespace() {
    own_network();
    let refused = |manager: &Sock| {
        fails("a tap", tap(manager, ""), libc::EPERM);
        fails("a grab", grab(manager, "lo"), libc::EPERM);
        for request in [
            IPN_JOIN_NETDEV,
            IPN_SETPERSIST_NETDEV,
            IPN_CLRPERSIST_NETDEV,
            SIOCSIFHWADDR,
        ] {
            let what = format!("request {request:#x}");
            fails(what, about(manager, request, "ipn0"), libc::EPERM);
        }
        let persist = manager.ioctl_number(IPN_SETPERSIST, 1);
        fails("IPN_SETPERSIST", persist, libc::EPERM);
    };
    let pair = socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0);
    let (ours, theirs) = ok("socketpair(AF_UNIX)", pair);
    // What a user has opened gives the user's rights to its holder.
    OWNER.does(|| {
        let manager = Bus::new().manage_new(&[]);
        refused(&manager);
        let control = [Control::rights(manager.as_raw_fd())];
        ok("sendmsg", theirs.sendmsg(&[b"x"], &control, None, 0));
    });
    let message = ok("recvmsg", ours.recvmsg(8, 0));
    let passed = message.rights().pop().expect("a descriptor was passed");
    let passed = Sock::from(passed);
    refused(&passed);
    // And what root has opened gives a user nothing.
    let manager = Bus::named("root").manage_new(&[]);
    OWNER.does(|| refused(&manager));
    same("name", ok("a tap", tap(&manager, "")), "ipn0".into());
}

fn only_managers_without_a_port_may() {
    own_network();
    let bus = Bus::new();
    let both = |what: &str, sock: &Sock, errno| {
        fails(format_args!("a tap of {what}"), tap(sock, ""), errno);
        let join = about(sock, IPN_JOIN_NETDEV, "ipn0");
        fails(format_args!("IPN_JOIN_NETDEV of {what}"), join, errno);
    };
    both("a new socket", &open(), libc::ENOTCONN);
    let creator = bus.create();
    both("a connected manager", &creator, libc::EISCONN);
    both("a port", &bus.join(), libc::EISCONN);
    let manager = bus.manage();
    ok("a tap", tap(&manager, ""));
    both("a tap", &manager, libc::EISCONN);
    let connect = manager.connect(&Addr::null(0));
    fails("connect of a tap's socket", connect, libc::EISCONN);
}

fn naming_a_device_takes_the_right_to_manage() {
    own_network();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    let maker = bus.manage();
    tap_up(&maker, "ipn0");
    let set_mode = |mode| {
        let mode = Permissions::from_mode(mode);
        ok("chmod", set_permissions(&bus.path, mode));
    };
    let keep = |sock: &Sock| about(sock, IPN_SETPERSIST_NETDEV, "ipn0");
    let end = |sock: &Sock| about(sock, IPN_CLRPERSIST_NETDEV, "ipn0");
    let stranger = Bus::named("other").manage_new(&[]);
    // Even root needs one x bit.
    set_mode(0o666);
    for sock in [&open(), &bus.join(), &stranger] {
        fails("IPN_SETPERSIST_NETDEV", keep(sock), libc::EACCES);
    }
    ok("IPN_SETPERSIST_NETDEV of a manager", keep(&keeper));
    ok("close", maker.close());
    for sock in [&open(), &bus.join(), &stranger] {
        fails("IPN_CLRPERSIST_NETDEV", end(sock), libc::EACCES);
    }
    same("ipn0", exists("ipn0"), true);
    set_mode(0o100);
    ok("IPN_CLRPERSIST_NETDEV with x", end(&open()));
    same("ipn0", exists("ipn0"), false);
}

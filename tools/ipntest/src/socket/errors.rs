// SPDX-License-Identifier: GPL-2.0
//! Sockets that are not made, and control messages that are refused.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::sys::message::Control;
use crate::sys::socket::{socket, socketpair};

cases!["errors":
    wrong_sockets_are_not_made,
    wrong_control_messages_are_refused,
    every_socket_type_and_protocol,
];

fn wrong_sockets_are_not_made() {
    for (kind, protocol, errno) in [
        (libc::SOCK_STREAM, IPN_BROADCAST, libc::ESOCKTNOSUPPORT),
        (libc::SOCK_RDM, IPN_VDESWITCH, libc::EPROTONOSUPPORT),
        (10, IPN_BROADCAST, libc::ESOCKTNOSUPPORT),
        (libc::SOCK_DCCP, IPN_BROADCAST, libc::ESOCKTNOSUPPORT),
        (libc::SOCK_RAW, 3, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 4, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 63, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 64, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 255, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 256, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, 257, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, i32::MAX, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, i32::MIN, libc::EPROTONOSUPPORT),
        (libc::SOCK_RAW, -1, libc::EPROTONOSUPPORT),
        (0, IPN_BROADCAST, libc::ESOCKTNOSUPPORT),
        (9, IPN_BROADCAST, libc::ESOCKTNOSUPPORT),
        (11, IPN_BROADCAST, libc::EINVAL),
        (15, IPN_BROADCAST, libc::EINVAL),
        (libc::SOCK_RAW | 0x100, IPN_BROADCAST, libc::EINVAL),
    ] {
        let what = format!("socket of type {kind:#x}, protocol {protocol}");
        fails(what, socket(AF_IPN, kind, protocol).map(drop), errno);
    }
    if !std::path::Path::new("/sys/module/kvde_switch").exists() {
        let switch = socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH);
        fails(
            "the switch without its module",
            switch.map(drop),
            libc::EPROTONOSUPPORT,
        );
    }
    let pair = socketpair(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST);
    fails("socketpair", pair.map(drop), libc::EOPNOTSUPP);
}

fn every_socket_type_and_protocol() {
    let kinds = [
        libc::SOCK_RAW,
        libc::SOCK_DGRAM,
        libc::SOCK_SEQPACKET,
        libc::SOCK_RDM,
    ];
    for kind in kinds {
        for protocol in [IPN_ANY, IPN_BROADCAST] {
            for flags in [0, libc::SOCK_CLOEXEC, libc::SOCK_NONBLOCK] {
                let sock = ok("socket", socket(AF_IPN, kind | flags, protocol));
                let told = |option| ok("getsockopt", sock.get_int(libc::SOL_SOCKET, option));
                same("SO_DOMAIN", told(libc::SO_DOMAIN), AF_IPN);
                same("SO_TYPE", told(libc::SO_TYPE), kind);
                same("SO_PROTOCOL", told(libc::SO_PROTOCOL), protocol);
            }
        }
    }
}

fn wrong_control_messages_are_refused() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let message = |level, kind, len| Control {
        level,
        kind,
        data: vec![0; len],
    };
    for (what, control) in [
        ("rights", Control::rights(0)),
        (
            "credentials",
            message(libc::SOL_SOCKET, libc::SCM_CREDENTIALS, 12),
        ),
        (
            "a time stamp request",
            message(libc::SOL_SOCKET, libc::SO_TIMESTAMPING, 4),
        ),
        ("a mark", message(libc::SOL_SOCKET, libc::SO_MARK, 4)),
        ("one of the family's level", message(LEVEL, 0, 4)),
        ("one of another level", message(77, 77, 16)),
        ("one without data", message(LEVEL, 0, 0)),
    ] {
        let sent = one.sendmsg(&[b"x"], std::slice::from_ref(&control), None, NOW);
        fails(format_args!("sendmsg with {what}"), sent, libc::EINVAL);
        let sent = one.sendmsg(&[b"x"], &[control.clone(), control], None, NOW);
        fails(
            format_args!("sendmsg with {what} twice"),
            sent,
            libc::EINVAL,
        );
        hear_nothing(&two);
    }
    let mut lying = vec![0_u8; 16];
    lying[..8].copy_from_slice(&u64::MAX.to_ne_bytes());
    fails(
        "a header that lies",
        one.sendmsg_bytes(&[b"x"], &lying, None, NOW),
        libc::EINVAL,
    );
    // Too short for a header: there is no control message in it.
    let sent = one.sendmsg_bytes(&[b"x"], &[0; 8], None, NOW);
    same(
        "sendmsg with a stub",
        sent.map_err(|e| e.raw_os_error()).is_ok_and(|n| n != 1),
        false,
    );
    while two.recvmsg(9, NOW).is_ok() {}
    say(&one, b"plain");
    hear(&two, b"plain");
}

// SPDX-License-Identifier: GPL-2.0
//! Every `MSG_` bit, alone and in pairs, on `send` and `recv`.

use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::sys::signal;
use crate::sys::socket::Sock;

cases!["flags":
    every_flag_pair_on_send @ 40,
    every_flag_pair_on_recv_with_a_message @ 40,
    every_flag_pair_on_recv_without_a_message,
    every_flag_pair_on_a_full_lossless_network,
    every_flag_pair_without_a_port,
];

/// All single bits and all pairs of bits, with `MSG_DONTWAIT`.
fn pairs() -> impl Iterator<Item = i32> {
    (0..32).flat_map(|a| (a..32).map(move |b| ((1_u32 << a) | (1 << b)) as i32 | NOW))
}

const WAIT_FOR_ONE: i32 = libc::MSG_WAITFORONE;

fn has(flags: i32, bits: i32) -> bool {
    flags & bits != 0
}

#[track_caller]
fn two_ports() -> (Sock, Sock) {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let bus = Bus::new();
    (bus.create(), bus.join())
}

fn every_flag_pair_on_send() {
    let (one, two) = two_ports();
    for flags in pairs() {
        let what = format!("send with {flags:#x}");
        if has(flags, libc::MSG_OOB) {
            fails(&what, one.send(b"message", flags), libc::EOPNOTSUPP);
        } else {
            same(&what, ok(&what, one.send(b"message", flags)), 7);
            hear(&two, b"message");
        }
        hear_nothing(&two);
        hear_nothing(&one);
    }
}

fn every_flag_pair_on_recv_with_a_message() {
    let (one, two) = two_ports();
    for flags in pairs() {
        let what = format!("recv with {flags:#x}");
        say(&one, b"message");
        let mut buffer = [0; 4];
        let received = two.recv(&mut buffer, flags);
        if has(flags, libc::MSG_OOB | libc::MSG_ERRQUEUE) {
            fails(&what, received, libc::EOPNOTSUPP);
            hear(&two, b"message");
        } else {
            let expected = if has(flags, libc::MSG_TRUNC) { 7 } else { 4 };
            same(&what, ok(&what, received), expected);
            same(&what, &buffer, b"mess");
            if has(flags, libc::MSG_PEEK) {
                hear(&two, b"message");
            }
        }
        hear_nothing(&two);
    }
}

fn every_flag_pair_on_recv_without_a_message() {
    let (_one, two) = two_ports();
    for flags in pairs() {
        let unsupported = has(flags, libc::MSG_OOB | libc::MSG_ERRQUEUE);
        let errno = if unsupported {
            libc::EOPNOTSUPP
        } else {
            libc::EAGAIN
        };
        fails(
            format_args!("recv with {flags:#x}"),
            two.recv(&mut [0; 9], flags),
            errno,
        );
        if !has(flags, WAIT_FOR_ONE) {
            fails(
                format_args!("recvmmsg with {flags:#x}"),
                two.recvmmsg(2, 9, flags & i32::MAX, None),
                errno,
            );
        }
    }
}

fn every_flag_pair_on_a_full_lossless_network() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    say(&sender, b"first");
    for flags in pairs() {
        let errno = if has(flags, libc::MSG_OOB) {
            libc::EOPNOTSUPP
        } else {
            libc::EAGAIN
        };
        fails(
            format_args!("send with {flags:#x}"),
            sender.send(b"message", flags),
            errno,
        );
    }
    hear(&reader, b"first");
    hear_nothing(&reader);
}

fn every_flag_pair_without_a_port() {
    ok("sigaction", signal::count(libc::SIGPIPE, 0));
    let sock = open();
    for flags in pairs() {
        let expected = [libc::ENOTCONN, libc::EOPNOTSUPP];
        let refused = |bits| &expected[..if has(flags, bits) { 2 } else { 1 }];
        let what = format!("with {flags:#x}");
        crate::lab::check::fails_with(
            format_args!("send {what}"),
            sock.send(b"x", flags),
            refused(libc::MSG_OOB),
        );
        let bits = libc::MSG_OOB | libc::MSG_ERRQUEUE;
        crate::lab::check::fails_with(
            format_args!("recv {what}"),
            sock.recv(&mut [0; 9], flags),
            refused(bits),
        );
    }
}

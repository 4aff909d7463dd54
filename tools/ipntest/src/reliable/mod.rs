// SPDX-License-Identifier: GPL-2.0
//! The reliable bus (`SOCK_RDM`): its window, its history, its gaps.

pub mod accounts;
pub mod chaos;
pub mod crowd;
pub mod gaps;
pub mod history;
pub mod hostile;
pub mod kinds;
pub mod rate;
pub mod sequences;
pub mod window;

use crate::abi::*;
use crate::lab::bus::{Bus, NOW};
use crate::lab::check::{fails, holds, ok, same};
use crate::sys::message::Received;
use crate::sys::socket::{socket, Addr, Sock};
use std::time::Duration;

/// A window that no test outlives.
const LONG: (i32, i32) = (IPN_SO_WINDOW, 1_000_000);

/// Messages that a bus of [`small`] holds for sure.
const HELD: u32 = 8;

/// Options of a bus with room for eight numbers and a window of so many milliseconds.
fn small(window: i32) -> [(i32, i32); 3] {
    [
        (IPN_SO_WINDOW, window),
        (IPN_SO_MTU, 16),
        (IPN_SO_MSGPOOLSIZE, HELD as i32),
    ]
}

/// An unbound socket of the type.
#[track_caller]
fn open() -> Sock {
    ok("socket(SOCK_RDM)", socket(AF_IPN, libc::SOCK_RDM, IPN_ANY))
}

/// Makes a bus and takes a port.
#[track_caller]
fn create(bus: &Bus, options: &[(i32, i32)]) -> Sock {
    let sock = open();
    for &(option, value) in options {
        let what = format!("setting option {option:#x} to {value}");
        ok(what, sock.set(option, value));
    }
    ok("bind to a free name", sock.bind(&bus.addr));
    ok("connect of the creator", sock.connect(&Addr::null(0)));
    sock
}

/// Takes a port, with options of before connect.
#[track_caller]
fn join_with(bus: &Bus, options: &[(i32, i32)]) -> Sock {
    let sock = open();
    for &(option, value) in options {
        let what = format!("setting option {option:#x} to {value}");
        ok(what, sock.set(option, value));
    }
    ok("connect", sock.connect(&bus.addr));
    sock
}

/// Takes a port.
#[track_caller]
fn join(bus: &Bus) -> Sock {
    join_with(bus, &[])
}

/// The next `recv` says that messages were missed, once.
#[track_caller]
fn is_reset(sock: &Sock) {
    fails("recv behind a gap", sock.recvmsg(64, NOW), libc::ECONNRESET);
}

/// Whose messages were missed before one, and how many.
fn gaps(received: &Received) -> Vec<(u32, u64)> {
    let Some(control) = received.control(LEVEL, IPN_SO_GAPS) else {
        return Vec::new();
    };
    let gap = |bytes: &[u8]| {
        let lost = u64::from_ne_bytes(bytes[..8].try_into().unwrap());
        (u32::from_ne_bytes(bytes[8..12].try_into().unwrap()), lost)
    };
    control.data.chunks_exact(16).map(gap).collect()
}

/// The next message is this number, and comes behind these gaps.
#[track_caller]
fn hear_behind(sock: &Sock, expected: u32, missed: &[(u32, u64)]) {
    let received = ok("recvmsg", sock.recvmsg(64, NOW));
    same("gaps", gaps(&received), missed.to_vec());
    same("message", received.data, expected.to_ne_bytes().to_vec());
}

/// What a message came with: its sequence, and how many of its port were skipped before it.
#[track_caller]
fn sequence(received: &Received) -> (u64, u64) {
    let control = received.control(LEVEL, IPN_SO_SEQUENCE);
    let data = &control.expect("a sequence").data;
    same("length of a sequence", data.len(), 48);
    let word = |at: usize| u64::from_ne_bytes(data[at..at + 8].try_into().unwrap());
    (word(0), word(16))
}

/// The number of a port.
#[track_caller]
fn port(sock: &Sock) -> u32 {
    ok("IPN_SO_PORT", sock.get(IPN_SO_PORT)) as u32
}

/// What a port has counted: a word of `struct ipn_statistics`.
#[track_caller]
fn counted(sock: &Sock, at: usize) -> u64 {
    let bytes = ok(
        "IPN_SO_STATISTICS",
        sock.getsockopt(LEVEL, IPN_SO_STATISTICS, 96),
    );
    same("length of the statistics", bytes.len(), 96);
    u64::from_ne_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap())
}

/// Some time passes in which messages get older than a window of so many milliseconds: two of the kernel's ticks more.
fn outlive(window: i32) {
    std::thread::sleep(Duration::from_millis(window as u64 + 10));
    holds("the window is short", window < 1000);
}

// SPDX-License-Identifier: GPL-2.0
//! A network for a test: a name in the test's directory, and the usual ways to join it.

use crate::abi::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner;
use crate::sys::message::Received;
use crate::sys::socket::{socket, Addr, Sock};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Never wait: what was sent is there when `send` has returned.
pub const NOW: i32 = libc::MSG_DONTWAIT;

/// Option 2-tuples for a lossless network with room for this many messages.
pub fn lossless(pool: i32) -> [(i32, i32); 2] {
    [
        (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS),
        (IPN_SO_MSGPOOLSIZE, pool),
    ]
}

/// An unbound socket of the family.
#[track_caller]
pub fn open() -> Sock {
    ok(
        "socket(AF_IPN)",
        socket(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST),
    )
}

static BY_MAPPING: AtomicBool = AtomicBool::new(false);

/// From now on, ports that may receive do so out of mapped memory, in this process and those that it
/// forks.
pub fn receive_by_mapping() {
    BY_MAPPING.store(true, Ordering::Relaxed);
}

/// A port was taken.
#[track_caller]
fn taken(sock: Sock) -> Sock {
    if BY_MAPPING.load(Ordering::Relaxed) {
        ok("mapping the network's memory", sock.receive_by_mapping());
    }
    sock
}

/// Where a network is, or will be.
#[derive(Clone)]
pub struct Bus {
    /// Its path.
    pub path: PathBuf,
    /// Its address.
    pub addr: Addr,
}

impl Bus {
    /// The test's usual network.
    pub fn new() -> Bus {
        Bus::named("bus")
    }

    /// One of several.
    pub fn named(name: &str) -> Bus {
        Bus::at(runner::directory().join(name))
    }

    /// One that has its name somewhere else.
    pub fn at(path: impl Into<PathBuf>) -> Bus {
        let path = path.into();
        Bus {
            addr: Addr::of(&path),
            path,
        }
    }

    /// Creates it: a manager without a port.
    #[track_caller]
    pub fn manage_new(&self, options: &[(i32, i32)]) -> Sock {
        let sock = open();
        for &(option, value) in options {
            ok(
                format_args!("setting option {option:#x} to {value}"),
                sock.set(option, value),
            );
        }
        ok("bind to a free name", sock.bind(&self.addr));
        sock
    }

    /// Creates it and takes a port.
    #[track_caller]
    pub fn create_with(&self, options: &[(i32, i32)]) -> Sock {
        let sock = self.manage_new(options);
        ok("connect of the creator", sock.connect(&Addr::null(0)));
        taken(sock)
    }

    /// Creates it with the defaults and takes a port.
    #[track_caller]
    pub fn create(&self) -> Sock {
        self.create_with(&[])
    }

    /// Joins as another manager, without a port.
    #[track_caller]
    pub fn manage(&self) -> Sock {
        let sock = open();
        ok("bind to a live network", sock.bind(&self.addr));
        sock
    }

    /// Takes a port for both directions.
    #[track_caller]
    pub fn join(&self) -> Sock {
        let sock = open();
        ok("connect", sock.connect(&self.addr));
        taken(sock)
    }

    /// Takes a port that only receives.
    #[track_caller]
    pub fn reader(&self) -> Sock {
        let sock = open();
        ok(
            "shutdown(SHUT_WR) before connect",
            sock.shutdown(libc::SHUT_WR),
        );
        ok("connect of a reader", sock.connect(&self.addr));
        taken(sock)
    }

    /// Takes a port that only sends.
    #[track_caller]
    pub fn writer(&self) -> Sock {
        let sock = open();
        ok(
            "shutdown(SHUT_RD) before connect",
            sock.shutdown(libc::SHUT_RD),
        );
        ok("connect of a writer", sock.connect(&self.addr));
        sock
    }
}

/// Sends a message without waiting.
#[track_caller]
pub fn say(sock: &Sock, message: &[u8]) {
    let sent = ok(
        format_args!("send {}", show(message)),
        sock.send(message, NOW),
    );
    same("length that send answers", sent, message.len());
}

/// Sends a number as a message.
#[track_caller]
pub fn say_number(sock: &Sock, number: u32) {
    say(sock, &number.to_ne_bytes());
}

/// The next message is this one and it is there already.
#[track_caller]
pub fn hear(sock: &Sock, expected: &[u8]) {
    let mut buffer = [0; 65536];
    let len = ok(
        format_args!("recv, expecting {}", show(expected)),
        sock.recv(&mut buffer, NOW),
    );
    let got = &buffer[..len];
    assert!(
        got == expected,
        "recv: {}, expected {}",
        show(got),
        show(expected)
    );
}

/// The next message is this number.
#[track_caller]
pub fn hear_number(sock: &Sock, expected: u32) {
    same("number received", next_number(sock), expected);
}

/// The number in the next message.
#[track_caller]
pub fn next_number(sock: &Sock) -> u32 {
    let mut buffer = [0; 8];
    let len = ok("recv of a number", sock.recv(&mut buffer, NOW));
    same("length of a number", len, 4);
    u32::from_ne_bytes([buffer[0], buffer[1], buffer[2], buffer[3]])
}

/// The next message, with what came beside it.
#[track_caller]
pub fn hear_with_control(sock: &Sock) -> Received {
    ok("recvmsg", sock.recvmsg(65536, NOW))
}

/// Nothing waits.
#[track_caller]
pub fn hear_nothing(sock: &Sock) {
    fails(
        "recv with nothing to receive",
        sock.recvmsg(64, NOW),
        libc::EAGAIN,
    );
}

/// A message as a test's output shows it.
fn show(message: &[u8]) -> String {
    let head = message[..message.len().min(40)].escape_ascii();
    if message.len() > 40 {
        format!("\"{head}...\" of {} bytes", message.len())
    } else {
        format!("\"{head}\"")
    }
}

/// How many networks there are.
#[track_caller]
pub fn networks() -> usize {
    ok("/proc/net/ipn", fs::read_to_string("/proc/net/ipn"))
        .lines()
        .count()
        - 1
}

// SPDX-License-Identifier: GPL-2.0
//! Long messages, which are written in parts: pictures beside short ones.

pub mod losses;
pub mod readers;
pub mod room;
pub mod senders;
pub mod stuck;
pub mod whole;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;

pub const PICTURE: usize = 3_000_000;
pub const MOST: usize = 16 << 20;

/// Options for messages of up to `mtu` bytes, and more.
pub fn of(mtu: usize, more: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mtu = [(IPN_SO_MTU, mtu as i32)];
    [&mtu[..], more].concat()
}

/// So many bytes that follow from a number, each from those before it.
pub fn bytes(len: usize, number: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number.into());
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    let head = number.to_ne_bytes();
    let count = len.min(4);
    bytes[..count].copy_from_slice(&head[..count]);
    bytes
}

#[track_caller]
pub fn next(sock: &Sock, room: usize) -> Vec<u8> {
    ok("recvmsg", sock.recvmsg(room, NOW)).data
}

#[track_caller]
pub fn hear_long(sock: &Sock, expected: &[u8]) {
    let got = next(sock, expected.len() + 1);
    same("length", got.len(), expected.len());
    holds("its bytes", got == expected);
}

/// On a lossy network and on a lossless one whose messages are pictures: the network, and its maker, who has a port.
#[track_caller]
pub fn on_both(test: impl Fn(Bus, Sock)) {
    for more in [&[][..], &[(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS)]] {
        let bus = Bus::named(&format!("bus{}", more.len()));
        let sender = bus.create_with(&of(PICTURE, more));
        test(bus, sender);
    }
}

/// Messages sent, as the network tells.
#[track_caller]
pub fn count_sent(bus: &Bus) -> u64 {
    value(bus, "sent").parse().expect("a number")
}

// SPDX-License-Identifier: GPL-2.0
//! Calls about network devices, and requests.

use super::slot;
use crate::program::{Argument, Call, Slot};
use crate::values::*;
use fastrand::Rng;
use ipntest::abi::*;

/// Any request.
pub fn any_request(rng: &mut Rng) -> u64 {
    let generic = [
        0x5411,
        0x8901,
        0x8902,
        0x8903,
        0x8904,
        0x8905,
        0x8906,
        0x8907,
        0x8910,
        0x8913,
        SIOCSIFHWADDR,
    ];
    match rng.u32(0..4) {
        0 => one(rng, &generic),
        1 => one(rng, &CHARACTER_DEVICE_REQUESTS).1,
        2 => one(rng, &DEVICE_REQUESTS),
        _ => u64::from(rng.u32(..)),
    }
}

const DEVICE_REQUESTS: [u64; 8] = [
    IPN_CONN_NETDEV,
    IPN_CONN_NETDEV,
    IPN_CONN_NETDEV,
    IPN_JOIN_NETDEV,
    IPN_SETPERSIST,
    IPN_SETPERSIST_NETDEV,
    IPN_CLRPERSIST_NETDEV,
    SIOCSIFHWADDR,
];

/// The argument of a request, most often about a device.
pub fn argument(rng: &mut Rng) -> Argument {
    match rng.u32(0..5) {
        0 => Argument::Room,
        1 => Argument::Number(one(rng, &[0, 1, 2, 16, 4095, u64::MAX, 1 << 63])),
        2 => Argument::Hardware(device(rng), rng.u8(0..30)),
        _ => Argument::Device(
            device(rng),
            one(rng, &[0x10, 0x10, 0x50, 0x20, 0x20, 0x30, 0, u16::MAX]),
        ),
    }
}

/// Something about network devices.
pub fn call(rng: &mut Rng, sock: Slot) -> Call {
    const WORDS: [&str; 16] = [
        "link add d0 type dummy",
        "link add v0 type veth",
        "link add br0 type bridge",
        "link set d0 master br0",
        "link set d0 up",
        "link set d0 down",
        "link set v0 up",
        "link set veth0 up",
        "link set t0 up",
        "link set t0 down",
        "link set t0 mtu 1400",
        "link set t0 name t1",
        "link set lan0 up",
        "link del d0",
        "link del v0",
        "link del t0",
    ];
    match rng.u32(0..12) {
        0..5 => Call::Request {
            sock,
            request: one(rng, &DEVICE_REQUESTS),
            argument: argument(rng),
        },
        5..8 => Call::Ip {
            words: one(rng, &WORDS).into(),
        },
        8 => Call::Packet {
            to: slot(rng),
            device: one(rng, &["d0", "v0", "veth0", "t0", "lan0"]).into(),
        },
        9 => Call::Leave,
        _ => super::sysfs::command(rng),
    }
}

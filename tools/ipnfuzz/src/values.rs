// SPDX-License-Identifier: GPL-2.0
//! Numbers that are worth a try: those of the interface, those around its bounds, and others.

use crate::program::{station, Address, Control, Data, Memory, Name};
use fastrand::Rng;
use ipntest::abi::*;

/// One of several.
pub fn one<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    rng.choice(of).expect("there is one").clone()
}

/// Whether something happens that does so once in so many times.
pub fn once_in(rng: &mut Rng, times: u32) -> bool {
    rng.u32(0..times) == 0
}

/// Numbers around the bounds of something.
const BOUNDS: [i32; 38] = [
    i32::MIN,
    -4096,
    -2,
    -1,
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    63,
    64,
    65,
    127,
    128,
    129,
    255,
    256,
    257,
    511,
    512,
    1513,
    1514,
    1515,
    4095,
    4096,
    4097,
    65534,
    65535,
    65536,
    65537,
    16_777_216,
    16_777_217,
    0x7fff_fffe,
    i32::MAX,
];

/// Any number, most often one at a bound.
pub fn int(rng: &mut Rng) -> i32 {
    match rng.u32(0..8) {
        0 => rng.i32(..),
        1 => 1 << rng.u32(0..31),
        2 => rng.i32(0..70_000),
        _ => one(rng, &BOUNDS),
    }
}

/// A length of a few bytes to more than a page.
pub fn len(rng: &mut Rng) -> u32 {
    match rng.u32(0..6) {
        0 => rng.u32(0..70),
        1 => rng.u32(0..5000),
        2 => int(rng).unsigned_abs() % 70_000,
        _ => one(
            rng,
            &[
                0, 1, 2, 3, 4, 5, 8, 12, 16, 24, 40, 64, 127, 128, 129, 256, 1514,
            ],
        ),
    }
}

/// Flags of `send` and `recv`, most often those with a meaning here.
pub fn message_flags(rng: &mut Rng) -> i32 {
    const MEANT: [i32; 7] = [
        libc::MSG_DONTWAIT,
        libc::MSG_NOSIGNAL,
        libc::MSG_PEEK,
        libc::MSG_TRUNC,
        libc::MSG_OOB,
        libc::MSG_ERRQUEUE,
        libc::MSG_WAITALL,
    ];
    // Most do not wait: a call that does costs time.
    let mut flags = if once_in(rng, 6) {
        0
    } else {
        libc::MSG_DONTWAIT
    };
    while once_in(rng, 3) {
        flags |= one(rng, &MEANT);
    }
    if once_in(rng, 20) {
        flags |= 1 << rng.u32(0..31);
    }
    flags
}

/// A name, most often one of few.
pub fn name(rng: &mut Rng) -> Name {
    match rng.u32(0..10) {
        0..6 => Name::A,
        6 => Name::B,
        7 => one(rng, &[Name::B, Name::C, Name::Link, Name::Long]),
        _ => one(rng, &Name::ALL),
    }
}

/// An address, most often a right one.
pub fn address(rng: &mut Rng) -> Address {
    let mut address = Address {
        name: Some(name(rng)),
        family: AF_IPN as u16,
        len: None,
    };
    match rng.u32(0..20) {
        0 => address.family = one(rng, &[0, 1, 2, 10, 12, 14, 16, 0x0d00, u16::MAX]),
        1 => {
            address.len = Some(one(
                rng,
                &[0, 1, 2, 3, 4, 109, 110, 111, 128, 129, u32::MAX],
            ))
        }
        2 => {
            address.name = None;
            address.len = Some(one(rng, &[0, 0, 0, 1, 2, 110, u32::MAX]));
        }
        _ => {}
    }
    address
}

/// A message, most often one that fits.
pub fn data(rng: &mut Rng, frames: bool) -> Data {
    if frames {
        let tag = once_in(rng, 3).then(|| tag(rng));
        let nearly = [0, 5, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 59, 60, 64];
        return Data::Frame {
            to: rng.u8(0..30),
            from: if once_in(rng, 8) {
                rng.u8(0..30)
            } else {
                rng.u8(1..6)
            },
            tag,
            len: if once_in(rng, 3) {
                one(rng, &nearly)
            } else {
                64
            },
        };
    }
    if once_in(rng, 5) {
        return Data::Records {
            lens: (0..rng.u32(0..9)).map(|_| record_len(rng)).collect(),
            mark: rng.u8(..),
            cut: if once_in(rng, 5) { rng.u16(0..40) } else { 0 },
            sequenced: once_in(rng, 4),
        };
    }
    let len = match rng.u32(0..10) {
        0 => len(rng),
        1 => one(rng, &[1513, 1514, 1515, 4096, 65535, 65536]),
        2 => one(rng, &LONG),
        _ => rng.u32(0..40),
    };
    Data::Text {
        len,
        mark: rng.u8(..),
    }
}

/// Windows that no program outlives, that each does, and those between.
pub const WINDOWS: [i32; 8] = [0, 0, 1, 20, 1000, 1_000_000, 1_000_000, IPN_WINDOW_MAX];

/// Rates at which one message is too many, at which none is, and those between.
pub const RATES: [i32; 6] = [0, 0, 1, 1000, 1_000_000, i32::MAX];

/// Flags of reliable buses.
const KINDS: [i32; 4] = [
    IPN_FLAG_RELIABLE,
    IPN_FLAG_HISTORY,
    IPN_FLAG_EVICT,
    IPN_FLAG_HISTORY | IPN_FLAG_EVICT,
];

/// Lengths around those of parts.
pub const LONG: [u32; 12] = [
    16383, 16384, 16385, 16400, 20000, 32768, 32769, 40000, 49152, 49153, 65536, 70000,
];

/// A length of a message among others: most often short, sometimes as long as what the module gathers.
fn record_len(rng: &mut Rng) -> u16 {
    match rng.u32(0..12) {
        0 => one(rng, &[1513, 1514, 1515]),
        1 => one(rng, &[4071, 4072, 4073, 9000, 16384, 16385, 40000]),
        _ => rng.u16(0..40),
    }
}

/// The control word of a tag: a priority and a VLAN, few and at the bounds.
fn tag(rng: &mut Rng) -> u16 {
    (rng.u16(0..16) << 12) | one(rng, &[0, 1, 2, 3, 5, 4094, 4095])
}

/// Memory that is not as it should be.
pub fn memory(rng: &mut Rng) -> Memory {
    one(
        rng,
        &[
            Memory::Nowhere,
            Memory::Fresh,
            Memory::Fresh,
            Memory::Cut,
            Memory::Late,
        ],
    )
}

/// A control part, most often none.
pub fn control(rng: &mut Rng) -> Control {
    match rng.u32(0..8) {
        0 => Control::Rights,
        1 => Control::Unknown,
        2 => Control::Cut,
        3 => Control::Origin(rng.u8(..)),
        _ => Control::None,
    }
}

/// An option of the family's own, or a number next to one.
pub fn own_option(rng: &mut Rng) -> i32 {
    match rng.u32(0..12) {
        0 => int(rng),
        1 => rng.i32(0..0x100),
        _ => one(
            rng,
            &[
                IPN_SO_PORT,
                IPN_SO_DESCR,
                IPN_SO_CHANGE_NUMNODES,
                IPN_SO_HANDLE_OOB,
                IPN_SO_WANT_OOB_NUMNODES,
                IPN_SO_CREATOR,
                IPN_SO_FILE,
                IPN_SO_STATISTICS,
                IPN_SO_SENDER,
                IPN_SO_RECORDS,
                IPN_SO_RECORDS,
                IPN_SO_OBSERVE,
                IPN_SO_OBSERVE,
                IPN_SO_MTU,
                IPN_SO_NUMNODES,
                IPN_SO_MSGPOOLSIZE,
                IPN_SO_FLAGS,
                IPN_SO_MODE,
                IPN_SO_BYTES,
                IPN_SO_HISTORY,
                IPN_SO_SINCE,
                IPN_SO_SEQUENCE,
                IPN_SO_SKIP,
                IPN_SO_SKIP,
                IPN_SO_ORIGIN,
                IPN_SO_GAPS,
                IPN_SO_WINDOW,
                IPN_SO_RATE,
            ],
        ),
    }
}

/// A value of that option, most often one that it may have.
pub fn own_value(rng: &mut Rng, option: i32) -> Vec<u8> {
    if option == IPN_SO_DESCR {
        return Data::Text {
            len: one(rng, &[0, 1, 5, 127, 128, 129]),
            mark: rng.u8(..),
        }
        .bytes();
    }
    let number = if once_in(rng, 8) {
        int(rng)
    } else {
        match option {
            IPN_SO_PORT => rng.i32(-1..9),
            IPN_SO_CHANGE_NUMNODES | IPN_SO_NUMNODES => one(rng, &[1, 2, 3, 4, 8, 63, 64, 65, 130]),
            IPN_SO_HANDLE_OOB
            | IPN_SO_WANT_OOB_NUMNODES
            | IPN_SO_SENDER
            | IPN_SO_SEQUENCE
            | IPN_SO_OBSERVE => rng.i32(0..2),
            IPN_SO_RECORDS => rng.i32(0..3),
            IPN_SO_HISTORY => one(rng, &[1, 2, 3, 8, IPN_HISTORY_ALL]),
            IPN_SO_SINCE => one(rng, &[1, 50, 1000, 1_000_000, i32::MAX]),
            IPN_SO_SKIP => one(rng, &[1, 1, 2, 5, 100, i32::MAX]),
            IPN_SO_WINDOW => one(rng, &WINDOWS),
            IPN_SO_RATE => one(rng, &RATES),
            IPN_SO_MTU => match once_in(rng, 4) {
                true => one(rng, &LONG) as i32,
                false => one(rng, &[1, 2, 16, 64, 81, 82, 100, 1514, 1514, 1518, 9000]),
            },
            IPN_SO_MSGPOOLSIZE => one(rng, &[1, 1, 2, 3, 4, 8, 16, 256]),
            IPN_SO_BYTES => one(
                rng,
                &[16, 100, 128, 1000, 1520, 4096, 16384, 40000, 70000, 131072],
            ),
            IPN_SO_FLAGS => {
                let kind = match once_in(rng, 3) {
                    true => one(rng, &KINDS) | (rng.i32(0..4) << 1),
                    false => rng.i32(0..8),
                };
                kind | if once_in(rng, 6) {
                    IPN_FLAG_ONE_WRITER
                } else {
                    0
                }
            }
            IPN_SO_MODE => one(
                rng,
                &[0, 0o100, 0o200, 0o400, 0o444, 0o644, 0o700, 0o750, 0o777],
            ),
            _ => int(rng),
        }
    };
    let mut value = number.to_ne_bytes().to_vec();
    if once_in(rng, 12) {
        value.resize(len(rng) as usize, 0);
    }
    value
}

/// A value of an option of the switch, most often nearly right: words, an address, a VLAN.
pub fn switch_value(rng: &mut Rng) -> Vec<u8> {
    let mut value = Vec::new();
    if rng.bool() {
        value.extend(station(rng.u8(0..30)));
        value.extend(one(rng, &[0_u16, 1, 2, 3, 5, 4094, 4095]).to_ne_bytes());
    }
    for _ in 0..rng.u32(0..6) {
        let word = match rng.u32(0..8) {
            0 => u32::MAX,
            1 => int(rng) as u32,
            // Flags of a port.
            2 => 1 << rng.u32(0..8),
            _ => rng.u32(0..9),
        };
        value.extend(word.to_ne_bytes());
    }
    if once_in(rng, 12) {
        value.resize(len(rng) as usize, 0xff);
    }
    value
}

/// The name of a device: few, so that they meet, and some that no device has.
pub fn device(rng: &mut Rng) -> String {
    let few = [
        "d0", "d0", "v0", "veth0", "t0", "t1", "lan%d", "", "lo", "br0",
    ];
    let odd = [
        ".",
        "a/b",
        "%d%d",
        "%s",
        "sixteen-letters-",
        "eth0",
        " ",
        "ipn0",
    ];
    let name: &str = if once_in(rng, 8) {
        one(rng, &odd)
    } else {
        one(rng, &few)
    };
    name.into()
}

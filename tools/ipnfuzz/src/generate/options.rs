// SPDX-License-Identifier: GPL-2.0
//! Calls about options.

use crate::program::{Call, Filter, Slot};
use crate::values::*;
use fastrand::Rng;
use ipntest::abi::*;

/// One of the family's own is set.
pub fn set_own(rng: &mut Rng, sock: Slot) -> Call {
    let option = own_option(rng);
    let value = own_value(rng, option);
    let len =
        once_in(rng, 25).then(|| one(rng, &[0, 1, 3, 4, 5, 127, 128, 129, 1 << 31, u32::MAX]));
    // What is read beyond the value would not be the same next time.
    let len = len.filter(|&len| len as usize <= value.len() || len > i32::MAX as u32);
    Call::Set {
        sock,
        level: LEVEL,
        option,
        value,
        len,
    }
}

/// One of the family's own is asked for.
pub fn get_own(rng: &mut Rng, sock: Slot) -> Call {
    let room = if once_in(rng, 4) { len(rng) } else { 4 };
    Call::Get {
        sock,
        level: LEVEL,
        option: own_option(rng),
        asked: Vec::new(),
        room,
    }
}

/// One of level `SOL_SOCKET`.
pub fn generic(rng: &mut Rng, sock: Slot) -> Call {
    let option = rng.i32(1..85);
    let level = libc::SOL_SOCKET;
    if rng.bool() {
        return Call::Get {
            sock,
            level,
            option,
            asked: Vec::new(),
            room: len(rng),
        };
    }
    let value = match rng.u32(0..4) {
        // A time: half a second at most, or the wrong length.
        0 => [0_u64.to_ne_bytes(), rng.u64(0..500_000).to_ne_bytes()].concat(),
        1 => vec![0; len(rng) as usize],
        _ => int(rng).to_ne_bytes().into(),
    };
    Call::Set {
        sock,
        level,
        option,
        value,
        len: None,
    }
}

/// A lossless network with room for a few messages is to be made.
pub fn small_and_lossless(rng: &mut Rng, sock: Slot) -> [Call; 2] {
    let pool = rng.i32(1..5);
    [
        set(sock, IPN_SO_FLAGS, IPN_FLAG_LOSSLESS),
        set(sock, IPN_SO_MSGPOOLSIZE, pool),
    ]
}

/// A network whose longest messages go in parts, a few of them.
pub fn in_parts(rng: &mut Rng, sock: Slot) -> [Call; 3] {
    let mtu = match rng.bool() {
        true => one(rng, &LONG[2..]) as i32,
        false => rng.i32(16385..70_001),
    };
    let room = match rng.bool() {
        true => set(sock, IPN_SO_MSGPOOLSIZE, rng.i32(1..5)),
        false => set(sock, IPN_SO_BYTES, mtu + rng.i32(0..100_000)),
    };
    let flags = rng.i32(0..2) * IPN_FLAG_LOSSLESS;
    [
        set(sock, IPN_SO_MTU, mtu),
        room,
        set(sock, IPN_SO_FLAGS, flags),
    ]
}

/// A small network of one writer.
pub fn of_one_writer(rng: &mut Rng, sock: Slot) -> [Call; 2] {
    let flags = IPN_FLAG_ONE_WRITER | (rng.i32(0..2) * IPN_FLAG_LOSSLESS);
    let room = match rng.u32(0..3) {
        0 => set(sock, IPN_SO_BYTES, one(rng, &[1520, 4096, 16384])),
        _ => set(sock, IPN_SO_MSGPOOLSIZE, rng.i32(1..9)),
    };
    [room, set(sock, IPN_SO_FLAGS, flags)]
}

/// A small reliable bus.
pub fn reliable(rng: &mut Rng, sock: Slot) -> Vec<Call> {
    let flags = one(
        rng,
        &[
            0,
            IPN_FLAG_HISTORY,
            IPN_FLAG_EVICT,
            IPN_FLAG_HISTORY | IPN_FLAG_EVICT,
        ],
    );
    let room = match rng.u32(0..4) {
        0 => set(sock, IPN_SO_BYTES, one(rng, &[1520, 4096, 16384])),
        _ => set(sock, IPN_SO_MSGPOOLSIZE, rng.i32(1..9)),
    };
    let mut calls = vec![room, set(sock, IPN_SO_FLAGS, flags)];
    if !once_in(rng, 4) {
        calls.push(set(sock, IPN_SO_WINDOW, one(rng, &WINDOWS)));
    }
    if once_in(rng, 3) {
        calls.push(set(sock, IPN_SO_RATE, one(rng, &RATES)));
    }
    if once_in(rng, 3) {
        calls.push(set(sock, IPN_SO_MTU, rng.i32(16385..70_001)));
        calls.push(set(sock, IPN_SO_MSGPOOLSIZE, rng.i32(1..5)));
    }
    calls
}

/// What a port begins with, or what was lost before what it sends.
pub fn of_a_member(rng: &mut Rng, sock: Slot) -> Call {
    match rng.u32(0..6) {
        0 => set(sock, IPN_SO_SINCE, one(rng, &[1, 50, 1_000_000, i32::MAX])),
        1..3 => set(
            sock,
            IPN_SO_HISTORY,
            one(rng, &[1, 2, 3, 8, IPN_HISTORY_ALL]),
        ),
        3 => set(sock, IPN_SO_RECORDS, rng.i32(0..3)),
        _ => set(sock, IPN_SO_SEQUENCE, 1),
    }
}

/// So many messages were lost before the next one.
pub fn skip(rng: &mut Rng, sock: Slot) -> Call {
    set(sock, IPN_SO_SKIP, rng.i32(1..7))
}

fn set(sock: Slot, option: i32, value: i32) -> Call {
    Call::Set {
        sock,
        level: LEVEL,
        option,
        value: value.to_ne_bytes().into(),
        len: None,
    }
}

/// Another filter, or none.
pub fn filter(rng: &mut Rng, sock: Slot) -> Call {
    let filters = [
        Filter::All,
        Filter::Nothing,
        Filter::First(0),
        Filter::First(3),
        Filter::Odd,
    ];
    if once_in(rng, 3) {
        return Call::Set {
            sock,
            level: libc::SOL_SOCKET,
            option: libc::SO_DETACH_FILTER,
            value: vec![0; 4],
            len: None,
        };
    }
    let filter = one(rng, &filters);
    Call::Filter { sock, filter }
}

/// One of a policy.
pub fn of_policy(rng: &mut Rng, sock: Slot) -> Call {
    let level = one(
        rng,
        &[IPN_VDESWITCH, IPN_VDESWITCH, IPN_VDESWITCH, 3, 63, 64, -1],
    );
    let option = rng.i32(0..18);
    if rng.bool() {
        Call::Set {
            sock,
            level,
            option,
            value: switch_value(rng),
            len: None,
        }
    } else {
        Call::Get {
            sock,
            level,
            option,
            asked: switch_value(rng),
            room: len(rng),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Calls about options.

use crate::program::{Call, Slot};
use crate::values::*;
use fastrand::Rng;
use ipntest::abi::{IPN_VDESWITCH, LEVEL};

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

// SPDX-License-Identifier: GPL-2.0
//! Calls about the files of networks in sysfs.

use super::any_slot;
use crate::program::{Call, Slot};
use crate::sysfs::COMMANDS;
use crate::values::{device, name, once_in, one};
use fastrand::Rng;

const VALUES: [&str; 12] = [
    "path", "policy", "flags", "mtu", "ports", "used", "taken", "readers", "writers", "pool",
    "sent", "dropped",
];

/// A value is read, or directories are counted.
pub fn look(rng: &mut Rng) -> Call {
    if once_in(rng, 4) {
        return Call::Directories;
    }
    Call::Look {
        name: name(rng),
        file: one(rng, &VALUES).into(),
    }
}

/// Something with a file that stays open.
pub fn file(rng: &mut Rng) -> Call {
    let file = place(rng);
    match rng.u32(0..3) {
        0 => Call::Open {
            to: file,
            name: name(rng),
            file: one(rng, &VALUES).into(),
        },
        1 => Call::ReadFile {
            file,
            room: one(rng, &[0, 1, 5, 4096]),
        },
        _ => command(rng),
    }
}

/// Where files are most often.
fn place(rng: &mut Rng) -> Slot {
    if once_in(rng, 8) {
        any_slot(rng)
    } else {
        rng.u8(6..8)
    }
}

/// Something with the file that devices are made and taken with.
pub fn command(rng: &mut Rng) -> Call {
    let file = place(rng);
    if rng.bool() {
        return Call::Open {
            to: file,
            name: name(rng),
            file: COMMANDS.into(),
        };
    }
    let device = device(rng);
    let words = match rng.u32(0..10) {
        0..3 => format!("tap {device}"),
        3..6 => format!("grab {device}"),
        6..8 => format!("release {device}"),
        8 => one(
            rng,
            &["", "tap", "grab", "tap a b", "\n", "tap  t0\n", "steal d0"],
        )
        .into(),
        _ => "tap ".repeat(rng.usize(0..1500)),
    };
    Call::WriteFile { file, words }
}

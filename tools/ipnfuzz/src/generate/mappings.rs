// SPDX-License-Identifier: GPL-2.0
//! Calls about mapped memory.

use super::{any_slot, Theme};
use crate::program::{Call, Part, Slot};
use crate::values::{int, len, once_in, one};
use fastrand::Rng;
use libc::{PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE};

/// A mapping is made, or used.
pub fn call(rng: &mut Rng, theme: Theme, sock: Slot) -> Call {
    let (ring, cursor) = (area(rng, RING), area(rng, CURSOR));
    let either = one(rng, &[ring, cursor]);
    match rng.u32(0..12) {
        0..3 => map(rng, sock),
        3 => write(rng, sock),
        4..7 => scribble(rng, cursor),
        7 => Call::Peek {
            area: either,
            word: rng.u16(0..20),
        },
        8..10 => Call::LookBack {
            area: ring,
            back: rng.u8(0..6),
        },
        _ if theme == Theme::Model => map(rng, sock),
        10 => Call::Protect {
            area: either,
            access: access(rng),
        },
        _ => change(rng, either),
    }
}

/// What the one writer of a network does, and at times something else.
pub fn write(rng: &mut Rng, sock: Slot) -> Call {
    let place = area(rng, WRITER);
    match rng.u32(0..24) {
        0..3 => Call::MapWriter { sock, to: place },
        3 => {
            // Positions, and the first descriptors.
            let word = match rng.u32(0..3) {
                0 => rng.u16(0..3),
                1 => rng.u16(8..40),
                _ => rng.u16(..),
            };
            let value = match rng.u32(0..4) {
                0 => rng.u64(..),
                1 => (rng.u64(0..24) << 3) | 1,
                _ => rng.u64(0..24),
            };
            Call::Scribble {
                area: place,
                word,
                value,
            }
        }
        _ => publish(rng),
    }
}

/// The next message is written as it should be.
pub fn publish(rng: &mut Rng) -> Call {
    let len = match rng.u32(0..8) {
        0 => len(rng),
        1 => 1514,
        2 => one(rng, &[0, 15, 16, 17, 1000]),
        _ => rng.u32(0..40),
    };
    Call::Publish {
        area: WRITER,
        len,
        mark: rng.u8(..),
    }
}

/// A port maps what there is to write.
pub fn writer(sock: Slot) -> Call {
    Call::MapWriter { sock, to: WRITER }
}

/// A port maps its ring and its cursor.
pub fn both(sock: Slot) -> [Call; 2] {
    let map = |part, to, access| Call::Map {
        sock,
        to,
        part,
        pages: 1,
        access,
        shared: true,
    };
    [
        map(Part::Ring, RING, PROT_READ),
        map(Part::Cursor, CURSOR, PROT_READ | PROT_WRITE),
    ]
}

/// Where a ring is, most often.
const RING: Slot = 8;
/// Where a cursor is.
const CURSOR: Slot = 9;
/// Where the one writer writes.
const WRITER: Slot = 10;

/// This place, most often.
fn area(rng: &mut Rng, place: Slot) -> Slot {
    if once_in(rng, 8) {
        any_slot(rng)
    } else {
        place
    }
}

fn access(rng: &mut Rng) -> i32 {
    one(
        rng,
        &[
            PROT_NONE,
            PROT_READ,
            PROT_READ | PROT_WRITE,
            PROT_READ | PROT_EXEC,
            PROT_WRITE,
        ],
    )
}

fn map(rng: &mut Rng, sock: Slot) -> Call {
    let part = match rng.u32(0..12) {
        0 => Part::Page(one(
            rng,
            &[1, 2, 0x0fff_ffff, 0x1000_0000, 0x1000_0001, u32::MAX],
        )),
        1 => Part::Writer,
        2..7 => Part::Ring,
        _ => Part::Cursor,
    };
    let (place, pages, right) = match part {
        Part::Cursor => (CURSOR, 1, PROT_READ | PROT_WRITE),
        _ => (RING, one(rng, &[1, 1, 2, 3, 98, 99, 100]), PROT_READ),
    };
    Call::Map {
        sock,
        to: area(rng, place),
        part,
        pages: if once_in(rng, 9) {
            rng.u32(0..200)
        } else {
            pages
        },
        access: if once_in(rng, 9) { access(rng) } else { right },
        shared: !once_in(rng, 12),
    }
}

/// Positions are small numbers in programs this short.
fn scribble(rng: &mut Rng, area: Slot) -> Call {
    let value = match rng.u32(0..6) {
        0 => int(rng) as u64,
        1 => rng.u64(..),
        2 => u64::MAX - rng.u64(0..3),
        _ => rng.u64(0..24),
    };
    Call::Scribble {
        area,
        word: if once_in(rng, 4) { rng.u16(0..4) } else { 0 },
        value,
    }
}

/// What may be advised about pages, but for what would poison the kernel's memory.
const ADVICE: [i32; 9] = [
    libc::MADV_DONTNEED,
    libc::MADV_REMOVE,
    libc::MADV_FREE,
    libc::MADV_DONTFORK,
    libc::MADV_DODUMP,
    libc::MADV_DONTDUMP,
    libc::MADV_MERGEABLE,
    libc::MADV_HUGEPAGE,
    libc::MADV_POPULATE_WRITE,
];

fn change(rng: &mut Rng, area: Slot) -> Call {
    if rng.bool() {
        let advice = one(rng, &ADVICE);
        Call::Advise { area, advice }
    } else {
        let pages = one(rng, &[0, 1, 1, 2, 3, 100]);
        Call::Resize { area, pages }
    }
}

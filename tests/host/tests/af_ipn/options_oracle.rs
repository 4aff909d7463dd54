// SPDX-License-Identifier: GPL-2.0

//! The options of a network to be, as the interface's table has them.

use crate::{
    abi::errno::Errno,
    network::shape::{Limits, Shape},
};

/// The module's parameters as they are unless told.
pub(crate) const LIMITS: Limits = Limits {
    ports: 4096,
    bytes: 64 << 20,
};

/// Option, default and bounds as the interface's table has them; flags have bits instead.
pub(crate) const TABLE: [(u32, u32, i64, i64); 8] = [
    (0x80, 1514, 1, 16_777_216),
    (0x81, 64, 1, 4096),
    (0x82, 85, 1, 65536),
    (0x83, 0, 0, 15),
    (0x84, 0o700, 0, 0o777),
    (0x85, 131_072, 16, 1 << 30),
    (0x86, 1000, 0, 86_400_000),
    (0x87, 0, 0, 0x7fff_ffff),
];

/// The options that a network of a shape has: the last two are a reliable bus's.
pub(crate) fn table(shape: &Shape) -> &'static [(u32, u32, i64, i64)] {
    if shape.is_reliable() {
        &TABLE
    } else {
        &TABLE[..6]
    }
}

/// A reliable bus to be.
pub(crate) fn reliable() -> Shape {
    Shape::default_within(1, true, &LIMITS)
}

/// Whether a value is one of an option.
fn naive(shape: &Shape, option: u32, value: i32, limits: &Limits) -> Result<(), Errno> {
    let (is_hub, value) = (shape.is_hub, i64::from(value));
    let (_, _, min, max) = *table(shape)
        .iter()
        .find(|row| row.0 == option)
        .ok_or(Errno::NOPROTOOPT)?;
    let max = match option {
        0x81 => i64::from(limits.ports),
        // Excl, flexmtu, history, evict, and what it is anyway.
        0x83 if shape.is_reliable() => {
            let others = value & !(2 | 4 | 16 | 32 | 64);
            return (others == 0).then_some(()).ok_or(Errno::INVAL);
        }
        // One writer is of a hub, and so are long messages.
        0x83 if !is_hub => 7,
        0x80 if !is_hub => 65535,
        _ => max,
    };
    (min..=max)
        .contains(&value)
        .then_some(())
        .ok_or(Errno::INVAL)
}

/// Sets an option of a shape and compares with the oracle: the answer, and what the shape is then.
pub(crate) fn check(shape: &mut Shape, option: u32, value: i32, limits: &Limits) {
    let before = *shape;
    let expected = naive(&before, option, value, limits);
    assert_eq!(
        shape.set(option, value, limits),
        expected,
        "{option:#x} = {value}"
    );
    if expected.is_err() {
        assert_eq!(*shape, before, "{option:#x} = {value} was refused");
        return;
    }
    let is = |option| shape.get(option).expect("an option of the table");
    let was = |option| before.get(option).expect("an option of the table");
    let set = match option {
        // A reliable bus stays one.
        0x83 if before.is_reliable() => value | 16,
        // Bytes are whole sixteens.
        0x85 => value & !15,
        _ => value,
    };
    assert_eq!(is(option), set as u32);
    let (mtu, flags, pool, bytes) = (is(0x80), is(0x83), is(0x82), is(0x85));
    // One writer writes each message in one piece.
    let in_parts = before.is_hub && flags & 8 == 0;
    match option {
        // Of both what was said last counts.
        0x82 => assert_eq!(bytes, 0),
        0x85 => assert_eq!(pool, most_for_sure(bytes, mtu, in_parts)),
        // As many messages, or as many bytes, where those were said.
        0x80 | 0x83 if bytes == 0 => assert_eq!(pool, was(0x82)),
        0x80 => assert_eq!(pool, most_for_sure(bytes, mtu, in_parts)),
        0x83 => {
            assert_eq!(bytes, was(0x85));
            assert_eq!(pool, most_for_sure(bytes, mtu, in_parts));
        }
        _ => assert_eq!((pool, bytes), (was(0x82), was(0x85))),
    }
    for row in table(shape)
        .iter()
        .filter(|row| ![option, 0x82, 0x85].contains(&row.0))
    {
        assert_eq!(is(row.0), was(row.0), "{option:#x} set");
    }
}

/// How many messages of up to `mtu` bytes so many bytes hold, each of whole sixteens and in one piece, wherever
/// the first of them is; one at least, and not more than 65,536. Where they may be in parts, one that is longer than 16 KiB,
/// or 8 bytes here for some short ones, is, and has a descriptor for each, and one more, which takes 16 bytes too; what the longest
/// costs so, and may leave, is there besides.
fn most_for_sure(bytes: u32, mtu: u32, in_parts: bool) -> u32 {
    let whole = |len: u32| len.div_ceil(16) * 16;
    let part = if (17..=48).contains(&mtu) { 8 } else { 16384 };
    if in_parts && mtu > part {
        let descriptors = mtu.div_ceil(part) + 1;
        let size = mtu / part * whole(part) + whole(mtu % part) + 16;
        let usual = whole(mtu).min(128);
        let by_index = (bytes / usual).min(65536).max(descriptors) / descriptors;
        let by_bytes = u64::from(bytes + size - whole(mtu) + 16) / u64::from(size);
        return by_bytes.clamp(1, by_index.into()) as u32;
    }
    let size = mtu.div_ceil(16) * 16;
    // What one may leave at the end counts as taken.
    let left = u64::from(bytes) + 16;
    let fits = |count: &u64| (count + 1) * u64::from(size) <= left;
    let most = (0..=65536).rev().find(fits);
    most.unwrap_or(0).max(1) as u32
}

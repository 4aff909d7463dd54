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
pub(crate) const TABLE: [(u32, u32, i64, i64); 6] = [
    (0x80, 1514, 1, 65535),
    (0x81, 64, 1, 4096),
    (0x82, 85, 1, 65536),
    (0x83, 0, 0, 7),
    (0x84, 0o700, 0, 0o777),
    (0x85, 131_072, 16, 1 << 30),
];

/// Whether a value is one of an option.
fn naive(option: u32, value: i32, limits: &Limits) -> Result<(), Errno> {
    let value = i64::from(value);
    let (_, _, min, max) = *TABLE
        .iter()
        .find(|row| row.0 == option)
        .ok_or(Errno::NOPROTOOPT)?;
    let max = match option {
        0x81 => i64::from(limits.ports),
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
    let expected = naive(option, value, limits);
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
    // Bytes are whole sixteens.
    let set = if option == 0x85 { value & !15 } else { value };
    assert_eq!(is(option), set as u32);
    let (mtu, pool, bytes) = (is(0x80), is(0x82), is(0x85));
    match option {
        // Of both what was said last counts.
        0x82 => assert_eq!(bytes, 0),
        0x85 => assert_eq!(pool, most_for_sure(bytes, mtu)),
        // As many messages, or as many bytes, where those were said.
        0x80 if bytes == 0 => assert_eq!(pool, was(0x82)),
        0x80 => assert_eq!(pool, most_for_sure(bytes, mtu)),
        _ => assert_eq!((pool, bytes), (was(0x82), was(0x85))),
    }
    for row in TABLE
        .iter()
        .filter(|row| ![option, 0x82, 0x85].contains(&row.0))
    {
        assert_eq!(is(row.0), was(row.0), "{option:#x} set");
    }
}

/// How many messages of up to `mtu` bytes so many bytes hold, each of whole sixteens and in one piece, wherever
/// the first of them is; one at least, and not more than 65,536.
fn most_for_sure(bytes: u32, mtu: u32) -> u32 {
    let size = mtu.div_ceil(16) * 16;
    // What one may leave at the end counts as taken.
    let left = u64::from(bytes) + 16;
    let fits = |count: &u64| (count + 1) * u64::from(size) <= left;
    let most = (0..=65536).rev().find(fits);
    most.unwrap_or(0).max(1) as u32
}

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
pub(crate) const TABLE: [(u32, u32, i64, i64); 5] = [
    (0x80, 1514, 1, 65535),
    (0x81, 64, 1, 4096),
    (0x82, 256, 1, 65536),
    (0x83, 0, 0, 7),
    (0x84, 0o700, 0, 0o777),
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
    assert_eq!(shape.get(option), Ok(value as u32));
    for row in TABLE.iter().filter(|row| row.0 != option) {
        assert_eq!(shape.get(row.0), before.get(row.0), "{option:#x} set");
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Sequences out of bytes.

use arbitrary::{Result, Unstructured};

/// Longest sequence.
const MOST: usize = 300;

/// As many as the bytes are enough for, and at most [`MOST`].
pub(crate) fn many<'a, T>(
    bytes: &mut Unstructured<'a>,
    mut one: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while !bytes.is_empty() && all.len() < MOST {
        all.push(one(bytes)?);
    }
    Ok(all)
}

// SPDX-License-Identifier: GPL-2.0

//! Printing, where the reader may be gone.

use crate::failure::Failure;
use std::io::Write;

/// Prints a line, at once.
pub fn say(line: &str) -> Result<(), Failure> {
    print(format!("{line}\n").as_bytes())
}

/// Prints bytes, at once.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .map_err(|error| Failure::System("write the output", error))
}

// SPDX-License-Identifier: GPL-2.0

//! Printing, where the reader may be gone.

use crate::failure::Failure;
use std::io::Write;

/// Prints a text on the standard output, at once.
pub fn print(text: &[u8]) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(text)
        .and_then(|()| output.flush())
        .map_err(|error| Failure::output(&error))
}

/// Prints a line.
pub fn print_line(text: &str) -> Result<(), Failure> {
    print(format!("{text}\n").as_bytes())
}

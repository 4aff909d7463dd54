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

/// Prints a line on the standard error. There is nobody to tell when that fails.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

// SPDX-License-Identifier: GPL-2.0

//! Printing, where the reader may be gone.

use crate::failure::Failure;
use crate::stop::Stop;
use rustix::event::PollFlags;
use std::io::Write;
use std::os::fd::AsFd;

/// What a pipe takes whole as soon as it takes something: `PIPE_BUF` of pipe(7).
const PART: usize = 4096;

/// Prints a text on the standard output, at once.
pub fn print(text: &[u8]) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(text)
        .and_then(|()| output.flush())
        .map_err(|error| Failure::output(&error))
}

/// Prints a line as soon as its reader has room for it. Until then a signal is heeded, so that the
/// caller can take back what it has made.
pub fn announce(stop: &Stop, text: &str) -> Result<(), Failure> {
    let output = std::io::stdout();
    for part in format!("{text}\n").as_bytes().chunks(PART) {
        stop.wait(output.as_fd(), PollFlags::OUT, None)?;
        print(part)?;
    }
    Ok(())
}

/// Prints a line.
pub fn print_line(text: &str) -> Result<(), Failure> {
    print(format!("{text}\n").as_bytes())
}

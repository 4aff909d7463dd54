// SPDX-License-Identifier: GPL-2.0

//! Saying what is wrong.

use std::io::Write;

/// Prints a line on the standard error, or several. There is no one to tell when that fails.
/// Whatever is in it of other people's, the terminal does not obey it.
pub fn complain(text: &str) {
    let is_plain = |c| c == '\n' || !ipn::is_unsafe(c);
    let escape = |c: char| match is_plain(c) {
        true => c.to_string(),
        false => c.escape_unicode().to_string(),
    };
    let text: String = text.chars().map(escape).collect();
    let _ = writeln!(std::io::stderr(), "{text}");
}

// SPDX-License-Identifier: GPL-2.0

//! JSON, in which what a terminal would obey is escaped: it can be in strings only.

use serde::Serialize;

/// A value, a line for each member.
pub fn to_json(value: &impl Serialize) -> String {
    escape(&serde_json::to_string_pretty(value).expect("plain data are JSON")) + "\n"
}

/// A value in one line, whose end is the caller's.
pub fn to_json_line(value: &impl Serialize) -> String {
    escape(&serde_json::to_string(value).expect("plain data are JSON"))
}

fn escape(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c == '\n' || !ipn::is_unsafe(c) {
            true => text.push(c),
            // None of them is beyond the first plane.
            false => text.push_str(&format!("\\u{:04x}", c as u32)),
        }
    }
    text
}

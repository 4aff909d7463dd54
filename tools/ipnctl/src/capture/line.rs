// SPDX-License-Identifier: GPL-2.0

//! A message as a line of text.

use serde::Serialize;
use std::fmt::Write;
use std::time::{Duration, SystemTime};

/// Bytes of a message that a line shows.
const SHOWN: usize = 16;

/// When a message was sent (of the day, UTC), by which port, how long it is, and its first bytes.
pub fn text(port: u32, time: SystemTime, message: &[u8]) -> String {
    let time = since(time);
    let (day, micros) = (time.as_secs() % 86_400, time.subsec_micros());
    let (hours, minutes, seconds) = (day / 3600, day / 60 % 60, day % 60);
    let shown = message.get(..SHOWN).unwrap_or(message);
    let mut bytes = hex(shown, " ");
    if shown.len() < message.len() {
        bytes.push_str(" ..");
    }
    let text: String = shown.iter().map(|&byte| letter(byte)).collect();
    let len = message.len();
    format!(
        "{hours:02}:{minutes:02}:{seconds:02}.{micros:06}Z  port {port:<4} {len:>5} bytes  \
         {bytes:<50}  {text}"
    )
    .trim_end()
    .to_owned()
}

/// The same as JSON, and whole.
pub fn json(port: u32, time: SystemTime, message: &[u8], missed: u64) -> String {
    #[derive(Serialize)]
    struct Line {
        /// Seconds since 1970.
        time: f64,
        port: u32,
        length: usize,
        /// Messages that were missed before it.
        missed: u64,
        /// In hexadecimal.
        bytes: String,
    }
    let line = Line {
        time: since(time).as_secs_f64(),
        port,
        length: message.len(),
        missed,
        bytes: hex(message, ""),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

fn since(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

fn hex(bytes: &[u8], between: &str) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let between = if at == 0 { "" } else { between };
        let _ = write!(text, "{between}{byte:02x}");
    }
    text
}

/// A byte as a terminal may show it.
fn letter(byte: u8) -> char {
    match byte {
        b' '..=b'~' => byte.into(),
        _ => '.',
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;

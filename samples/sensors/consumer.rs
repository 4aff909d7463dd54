// SPDX-License-Identifier: GPL-2.0

//! Prints the values of all sensors on a network, until it ends.
//!
//! ```sh
//! sensor-consumer-rs /tmp/sensors
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// A sensor's value: its name, a number, and its unit, in characters that no terminal obeys.
fn parse(message: &[u8]) -> Option<[&str; 3]> {
    let is_printable = message.iter().all(|byte| (b' '..=b'~').contains(byte));
    let text = std::str::from_utf8(message).ok().filter(|_| is_printable)?;
    let mut words = text.split_whitespace();
    let value = [words.next()?, words.next()?, words.next()?];
    let is_decimal = value[1].chars().all(|c| "0123456789.eE+-".contains(c));
    let is_number = is_decimal && value[1].parse::<f64>().is_ok();
    (is_number && words.next().is_none()).then_some(value)
}

/// Tells a person, if there is one.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn run(network: &OsString) -> Result<(), Box<dyn Error>> {
    let port = ipn::Builder::new()
        .direction(ipn::Direction::Receive)
        .connect(network)?;
    port.set_report_losses(true)?;
    let mut buffer = [0; 128];
    let mut told = 0;
    loop {
        let received = port.recv_with(&mut buffer, ipn::RecvFlags::empty())?;
        let ipn::Content::Message(message) = received.content(&buffer) else {
            return Ok(());
        };
        let lost = received.lost().unwrap_or(told);
        if lost != told {
            let new = lost.wrapping_sub(told);
            tell(&format!("sensor-consumer-rs: lost {new} values"));
            told = lost;
        }
        match parse(message) {
            Some([name, value, unit]) => writeln!(io::stdout(), "{name}: {value} {unit}")
                .map_err(|error| format!("standard output: {error}"))?,
            None => tell(&format!(
                "sensor-consumer-rs: not a value: {}",
                message.escape_ascii()
            )),
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let [network] = &arguments[..] else {
        tell("usage: sensor-consumer-rs NETWORK");
        return ExitCode::from(2);
    };
    match run(network) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("sensor-consumer-rs: {error}"));
            ExitCode::FAILURE
        }
    }
}

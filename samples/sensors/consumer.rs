// SPDX-License-Identifier: GPL-2.0

//! Prints the values of all sensors on a network, until it ends.
//!
//! ```sh
//! sensor-consumer-rs /tmp/sensors
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// A sensor's value: its name, a number, and its unit.
fn parse(message: &[u8]) -> Option<[&str; 3]> {
    let mut words = std::str::from_utf8(message).ok()?.split_whitespace();
    let value = [words.next()?, words.next()?, words.next()?];
    let is_number = value[1].parse::<f64>().is_ok();
    (is_number && words.next().is_none()).then_some(value)
}

fn run(network: &str) -> Result<(), Box<dyn Error>> {
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
            eprintln!(
                "sensor-consumer-rs: lost {} values",
                lost.wrapping_sub(told)
            );
            told = lost;
        }
        match parse(message) {
            Some([name, value, unit]) => writeln!(io::stdout(), "{name}: {value} {unit}")
                .map_err(|error| format!("standard output: {error}"))?,
            None => eprintln!(
                "sensor-consumer-rs: not a value: {}",
                message.escape_ascii()
            ),
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [network] = &arguments[..] else {
        eprintln!("usage: sensor-consumer-rs NETWORK");
        return ExitCode::from(2);
    };
    match run(network) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sensor-consumer-rs: {error}");
            ExitCode::FAILURE
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Sends the number that a file begins with, once a second, as a sensor's value.
//!
//! ```sh
//! sensor-producer-rs /tmp/sensors load /proc/loadavg jobs
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, thread};

fn run(network: &str, name: &str, file: &str, unit: &str) -> Result<(), Box<dyn Error>> {
    let port = ipn::Builder::new()
        .mode(0o744) // everybody may receive
        .replace_stale(true) // what a network that has ended has left
        .direction(ipn::Direction::Send)
        .bind(network)?
        .connect()?;
    loop {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let value = text.split_whitespace().next();
        let value = value.ok_or_else(|| format!("{file}: there is no value in it"))?;
        port.send(format!("{name} {value} {unit}").as_bytes())?;
        thread::sleep(Duration::from_secs(1));
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [network, name, file, unit] = &arguments[..] else {
        eprintln!("usage: sensor-producer-rs NETWORK NAME FILE UNIT");
        return ExitCode::from(2);
    };
    match run(network, name, file, unit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sensor-producer-rs: {error}");
            ExitCode::FAILURE
        }
    }
}

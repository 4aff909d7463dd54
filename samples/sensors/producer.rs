// SPDX-License-Identifier: GPL-2.0

//! Sends the number that a file begins with, once a second, as a sensor's value.
//!
//! ```sh
//! sensor-producer-rs /tmp/sensors load /proc/loadavg jobs
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, thread};

/// Tells a person, if there is one.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn run(network: &Path, name: &str, file: &Path, unit: &str) -> Result<(), Box<dyn Error>> {
    let port = ipn::Builder::new()
        .mode(0o744) // everybody may receive
        .replace_stale(true) // what a network that has ended has left
        .direction(ipn::Direction::Send)
        .bind(network)?
        .connect()?;
    loop {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
        let value = text.split_whitespace().next();
        let value = value.ok_or_else(|| format!("{shown}: there is no value in it"))?;
        port.send(format!("{name} {value} {unit}").as_bytes())?;
        thread::sleep(Duration::from_secs(1));
    }
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let [network, name, file, unit] = &arguments[..] else {
        tell("usage: sensor-producer-rs NETWORK NAME FILE UNIT");
        return ExitCode::from(2);
    };
    let (name, unit) = (name.to_string_lossy(), unit.to_string_lossy());
    match run(network.as_ref(), &name, file.as_ref(), &unit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("sensor-producer-rs: {error}"));
            ExitCode::FAILURE
        }
    }
}

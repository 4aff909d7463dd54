// SPDX-License-Identifier: GPL-2.0

//! Sends prices of some symbols in turn, so many rounds of them, to a reliable bus, and holds that until a signal.
//!
//! ```sh
//! market-producer /tmp/prices 1000
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// What is traded.
const SYMBOLS: [&str; 5] = ["ACME", "GLOBEX", "HOOLI", "INITECH", "UMBRELLA"];

/// Tells a person, if there is one.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A price in cents, which goes up and down with the rounds.
fn price(symbol: usize, round: u32) -> u32 {
    let swing = round.wrapping_mul(7 + symbol as u32) % 200;
    10_000 * (symbol as u32 + 1) + swing.abs_diff(100)
}

fn run(network: &OsString, rounds: u32) -> Result<(), Box<dyn Error>> {
    let port = ipn::Builder::new()
        .reliable(true)
        .window(Duration::from_secs(1)) // who is later than that misses prices
        .bytes(64 * 1024)
        .keep_history(true) // who comes late begins with the last ones
        .mode(0o744) // everybody may receive
        .replace_stale(true)
        .direction(ipn::Direction::Send)
        .bind(network)?
        .connect()?;
    for round in 1..=rounds {
        for (number, symbol) in SYMBOLS.iter().enumerate() {
            let cents = price(number, round);
            let text = format!("{symbol} {}.{:02} {round}", cents / 100, cents % 100);
            port.send(text.as_bytes())?;
        }
    }
    let waited = port.statistics()?.waited;
    writeln!(
        io::stdout(),
        "sent {} prices, {waited} had to wait",
        port.statistics()?.sent
    )?;
    // The last prices are there for who comes now.
    loop {
        thread::park();
    }
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let rounds = arguments
        .get(1)
        .and_then(|text| text.to_str()?.parse().ok());
    let ([network, _], Some(rounds)) = (&arguments[..], rounds) else {
        tell("usage: market-producer NETWORK ROUNDS");
        return ExitCode::from(2);
    };
    match run(network, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("market-producer: {error}"));
            ExitCode::FAILURE
        }
    }
}

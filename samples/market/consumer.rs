// SPDX-License-Identifier: GPL-2.0

//! Prints prices from a reliable bus until that ends: the last so many that were sent before, and all that follow. It
//! takes so many milliseconds for each.
//!
//! ```sh
//! market-consumer /tmp/prices 5     # begins with the last price of each of five symbols
//! market-consumer /tmp/prices 0 20  # is slow, and told what it misses
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Tells a person, if there is one.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn run(network: &OsString, last: u32, pause: Duration) -> Result<(), Box<dyn Error>> {
    let port = ipn::Builder::new()
        .reliable(true)
        .history((last != 0).then_some(ipn::History::Last(last)))
        .direction(ipn::Direction::Receive)
        .connect(network)?;
    let mut buffer = vec![0; port.network().mtu()?];
    loop {
        let told = match port.recv_sequenced(&mut buffer, ipn::RecvFlags::empty()) {
            // It came too late for some; the next message says for which.
            Err(error) if error.is_gap() => continue,
            told => told?,
        };
        for gap in &told.gaps {
            let whose = match gap.port {
                Some(port) => format!("port {port}"),
                None => "others".to_owned(),
            };
            tell(&format!(
                "market-consumer: missed {} prices of {whose}",
                gap.lost
            ));
        }
        let ipn::Content::Message(price) = told.received.content(&buffer) else {
            return Ok(());
        };
        // A terminal may obey what is not printable.
        writeln!(io::stdout(), "{}", price.escape_ascii())?;
        thread::sleep(pause);
    }
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let number = |at: usize| match arguments.get(at) {
        None => Some(0),
        Some(text) => text.to_str()?.parse().ok(),
    };
    let (1..=3, Some(last), Some(pause)) = (arguments.len(), number(1), number(2)) else {
        tell("usage: market-consumer NETWORK [LAST [MILLISECONDS]]");
        return ExitCode::from(2);
    };
    match run(&arguments[0], last, Duration::from_millis(pause.into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("market-consumer: {error}"));
            ExitCode::FAILURE
        }
    }
}

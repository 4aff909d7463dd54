// SPDX-License-Identifier: GPL-2.0

//! A router: what cables connect to that cannot reach each other, or are many.

use crate::config;
use crate::logged;
use crate::options::Options;
use ipn_cable::{Failure, Url};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::thread;
use std::time::Duration;
use zenoh::config::WhatAmI;
use zenoh::Wait;

/// How often it is looked for warnings.
const TICK: Duration = Duration::from_millis(500);

/// Routes from where it listens, `ENDPOINT[,ENDPOINT...][?OPTION=VALUE,...]`, until a signal ends it.
///
/// # Errors
///
/// What is wrong with that, or that it cannot listen there.
pub fn run(listen: &str) -> Result<(), Failure> {
    let options = Options::of_router(&Url::parse(&format!("zenoh://{listen}"), "zenoh")?)?;
    let config = config::of(&options, WhatAmI::Router)?;
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::because(format!("cannot watch for signals: {error}")))?;
    let session = zenoh::open(config).wait().map_err(|error| {
        Failure::new(
            format!("cannot listen: {}", logged::plain(&error.to_string())),
            "look whether the address is this machine's, and whether another program listens there",
        )
    })?;
    let places: Vec<_> = options.listen.iter().map(ToString::to_string).collect();
    // That nobody reads it is no fault.
    let _ = writeln!(std::io::stdout(), "router at {}", places.join(", "));
    thread::spawn(|| loop {
        while let Some(text) = logged::next() {
            // The same.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
        thread::sleep(TICK);
    });
    signals.forever().next();
    // It has ended then, whatever it says.
    let _ = session.close().wait();
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! `ipn create`.

use crate::cli;
use crate::failure::Failure;
use crate::network_file::{self, builder};
use crate::output::print;
use crate::stop::Stop;
use ipn::Flags;
use std::time::{Duration, Instant};

/// How often to look whether another manager has ended the network: a manager
/// without a port has nothing to wait for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Creates a network and holds it.
pub fn run(args: &cli::Create) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let path = args.path.display();
    let (manager, file) = network_file::create(&args.path, &args.shape, &builder(&args.shape))?;
    say(match &file {
        Some(_) => format!("network {path} is up; Ctrl-C ends it"),
        None => format!("network {path} was there, and is managed from here too; Ctrl-C leaves it"),
    })?;
    let network = manager.network();
    loop {
        if network.flags()?.contains(Flags::TERMINATED) {
            // That nobody reads it any more is no fault.
            let _ = say(format!("network {path} was ended by another manager"));
            return Ok(());
        }
        match stop.sleep_until(Instant::now() + LOOK_EVERY) {
            Ok(()) => {}
            Err(Failure::Signal(_)) => break,
            Err(failure) => return Err(failure),
        }
    }
    if file.is_some() {
        network.terminate()?;
        let _ = say(format!("network {path} has ended"));
    }
    Ok(())
}

/// Prints a line.
fn say(text: String) -> Result<(), Failure> {
    print((text + "\n").as_bytes())
}

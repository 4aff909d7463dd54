// SPDX-License-Identifier: GPL-2.0

//! `ipn create`.

use crate::cli;
use crate::failure::Failure;
use crate::network_file::{self, builder};
use crate::output::{announce, print_line};
use crate::stop::Stop;
use ipn::{Flags, Shown};
use rustix::event::PollFlags;
use rustix::fd::AsFd;

/// Creates a network and holds it.
pub fn run(args: &cli::Create) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let path = Shown::of(&args.path);
    let builder = builder(&args.shape);
    let builder = match args.rate {
        Some(rate) => builder.rate(rate),
        None => builder,
    };
    let (manager, file) = network_file::create(&args.path, &args.shape, &builder)?;
    let text = match &file {
        Some(_) => "is up; Ctrl-C ends it",
        None => "was there, and is managed from here too; Ctrl-C leaves it",
    };
    announce(&stop, &format!("network {path} {text}"))?;
    let network = manager.network();
    loop {
        if network.flags()?.contains(Flags::TERMINATED) {
            // That its reader has gone is no fault.
            let _ = print_line(&format!("network {path} was ended by another manager"));
            return Ok(());
        }
        // The end is told whether it is asked for or not.
        match stop.wait(manager.as_fd(), PollFlags::empty(), None) {
            Ok(_) => {}
            Err(Failure::Signal(_)) => break,
            Err(failure) => return Err(failure),
        }
    }
    if let Some(file) = file {
        let busy = stop.busy();
        // First, while no other network can have the name.
        drop(file);
        network.terminate()?;
        drop(busy);
        let _ = print_line(&format!("network {path} has ended"));
    }
    Ok(())
}

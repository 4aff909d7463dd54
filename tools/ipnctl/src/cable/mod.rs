// SPDX-License-Identifier: GPL-2.0

//! `ipn cable`: a network reaches other machines. Each engine is a program of its own, but for VXLAN,
//! which the kernel has.

mod ethernet;
mod links;
mod program;
mod tunnel;
mod url;
mod vxlan;

pub use links::vxlan_devices;
pub use url::{of_description, Url, DESCRIBED};

use crate::failure::Failure;
use crate::found::find;
use crate::stop::Stop;
use clap::{Args, ValueHint};
use rustix::process::{getppid, set_parent_process_death_signal, Pid, Signal};
use std::path::PathBuf;

/// `ipn cable`.
#[derive(Debug, Args)]
pub struct Cable {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// The far end, and how it is reached:
    /// vxlan://REMOTE/VNI[?port=4789,iface=DEV,local=ADDRESS],
    /// pgm://GROUP[:PORT], zenoh://[ENDPOINT,...]/KEY, or
    /// SCHEME://... by a program ipn-cable-SCHEME
    pub url: Url,
    /// End with this process, which has started the command
    #[arg(long, value_name = "PID", hide = true)]
    pub with: Option<i32>,
}

/// Lays a cable, and holds it.
pub fn run(args: &Cable) -> Result<(), Failure> {
    if let Some(starter) = args.with {
        end_with(starter)?;
    }
    find("lay a cable from", &args.path)?;
    match args.url.vxlan() {
        Some(to) => {
            let stop = match args.with {
                Some(_) => Stop::watch_as_child()?,
                None => Stop::watch()?,
            };
            ethernet::run(&stop, &args.path, &args.url, &to)
        }
        None => Err(program::become_it(&args.path, &args.url)),
    }
}

/// Has this process, and the program that it becomes, end with the one that started it.
fn end_with(starter: i32) -> Result<(), Failure> {
    let set = set_parent_process_death_signal(Some(Signal::TERM));
    set.map_err(|errno| Failure::Error {
        text: format!("cannot be told of the end of process {starter}: {errno}"),
        hint: None,
    })?;
    // It may have ended before.
    match getppid().map(Pid::as_raw_nonzero) {
        Some(parent) if parent.get() == starter => Ok(()),
        _ => Err(Failure::Signal(signal_hook::consts::SIGTERM)),
    }
}

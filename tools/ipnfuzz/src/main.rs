// SPDX-License-Identifier: GPL-2.0
//! Makes calls on AF_IPN sockets that nobody would think of, and judges the answers.
//!
//! `ipnfuzz run` does it, as root in a guest with the module loaded; `ipnfuzz replay` does again what
//! is in a file. What is found wrong is in the report; what stops the guest is in the trace that it
//! leaves on the host, where `ipnfuzz recover` makes the program out of it.

#![deny(unsafe_code)]

mod campaign;
mod corpus;
mod coverage;
mod documented;
mod execute;
mod files;
mod filter;
mod finding;
mod generate;
mod host;
mod kinds;
mod limits;
mod mapped;
mod minimise;
mod model;
mod mutate;
mod outcome;
mod pen;
mod program;
mod remains;
mod sys;
mod sysfs;
mod tally;
mod trace;
mod transfer;
mod values;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Fuzzer of the AF_IPN socket family
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Run(campaign::Run),
    Replay(campaign::Replay),
    Recover(host::Recover),
    Candidates(host::Candidates),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(arguments) => campaign::run(&arguments),
        Command::Replay(arguments) => campaign::replay(&arguments),
        Command::Recover(arguments) => host::recover(&arguments),
        Command::Candidates(arguments) => host::candidates(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ipnfuzz: {error}");
            ExitCode::from(2)
        }
    }
}

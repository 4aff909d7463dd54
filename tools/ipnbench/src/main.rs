// SPDX-License-Identifier: GPL-2.0

//! What `AF_IPN` costs, beside other ways to get messages to many processes.
//!
//! `ipnbench run` measures, as root in a guest with the module loaded, and prints records in JSON.
//! `ipnbench report` makes tables and a chart of them.

#![deny(unsafe_code)]

mod attack;
mod cells;
mod chart;
mod clock;
mod cost;
mod document;
mod entries;
mod fairness;
mod flow;
mod growth;
mod latency;
mod media;
mod memory;
mod parts;
mod peers;
mod record;
mod report;
mod results;
mod run;
mod section;
mod senders;
mod statistics;
mod sys;
mod table;
mod target;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What AF_IPN costs, beside other ways to get messages to many processes
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, and print the records
    Run(run::Run),
    /// Make tables and a chart of the records
    Report(report::Report),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(run) => parts::run(&run),
        Command::Report(report) => report::run(&report),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ipnbench: {error}");
            ExitCode::FAILURE
        }
    }
}

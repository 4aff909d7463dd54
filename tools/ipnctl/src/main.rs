// SPDX-License-Identifier: GPL-2.0

//! `ipn`: networks between processes, from the shell.

#![deny(unsafe_code)]

mod cable;
mod capture;
mod cli;
mod complain;
mod create;
mod described;
mod device;
mod end;
mod failure;
mod found;
mod generate;
mod input;
mod json;
mod network_file;
mod output;
mod recv;
mod rtnetlink;
mod seen;
mod send;
mod shape;
mod show;
mod sort;
mod steps;
mod stop;
mod switch;
mod switch_cli;
mod switch_show;
mod sys;
mod table;
mod tally;
mod values;
mod version;
mod way;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let outcome = match cli.command {
        Command::Create(args) => create::run(&args),
        Command::Send(args) => send::run(&args),
        Command::Recv(args) => recv::run(&args),
        Command::Dump(args) => capture::dump(&args),
        Command::Replay(args) => capture::replay(&args),
        Command::Show(args) if args.prometheus => seen::prometheus(),
        Command::Show(args) if args.asks_for_ports() => seen::ports(&args),
        Command::Show(args) => show::run(&args),
        Command::Watch(args) => seen::watch(&args),
        Command::Top(args) => seen::top(&args),
        Command::Graph(args) => seen::graph(&args),
        Command::End(args) => end::run(&args),
        Command::Up(args) => described::up(&args),
        Command::Down(args) => described::down(&args),
        Command::Save(args) => described::save(&args),
        Command::Tap(args) => device::tap(&args),
        Command::Monitor(args) => device::monitor(&args),
        Command::Grab(args) => device::grab(&args),
        Command::Release(args) => device::release(&args),
        Command::Cable(args) => cable::run(&args),
        Command::Switch(args) => switch::run(&args),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man { directory } => generate::man(&directory),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.conclude(),
    }
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
fn explain(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    match printed {
        Err(gone) if !error.use_stderr() => Failure::output(&gone).conclude(),
        // The status of a wrong command line tells enough.
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

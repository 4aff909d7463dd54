// SPDX-License-Identifier: GPL-2.0

//! `ipn-echo`: a program with a TCP/IP stack of its own, which is a node with its
//! own addresses on an Ethernet network of the AF_IPN family. No network device
//! and no privilege has a part in it.

#![deny(unsafe_code)]

mod args;
mod failure;
mod fetch;
mod node;
mod output;
mod page;
mod ping;
mod serve;
mod talk;

use args::{Args, Deed};
use clap::Parser;
use failure::Failure;
use ipn::{Builder, Port};
use node::Node;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match Args::try_parse() {
        Ok(args) => run(&args),
        // The help, or the version.
        Err(asked) if !asked.use_stderr() => {
            let printed = asked.print().and_then(|()| std::io::stdout().flush());
            printed.map_err(|error| Failure::System("write the output", error))
        }
        Err(wrong) => wrong.exit(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // There is nobody to tell when that fails.
            let _ = writeln!(std::io::stderr(), "ipn-echo: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Joins the network and does what was asked for.
fn run(args: &Args) -> Result<(), Failure> {
    let port = join(args)?;
    let mac = args.mac.unwrap_or_else(args::random_mac);
    let mut node = Node::new(port, mac, &args.ip)?;
    match args.deed() {
        Deed::Serve => serve::run(&mut node, &args.path),
        Deed::Ping(to) => ping::run(&mut node, to, args.count, args.timeout),
        Deed::Connect(to) => {
            let connection = talk::open(&mut node, to, args.timeout)?;
            talk::with_standard_streams(&mut node, connection)
        }
        Deed::Fetch(url) => fetch::run(&mut node, url, args.timeout),
    }
}

/// Joins the network, or creates it.
fn join(args: &Args) -> Result<Port, ipn::Error> {
    let mut builder = Builder::new().description("ipn-echo");
    if let Some(policy) = args.policy {
        builder = builder.policy(policy);
    }
    if let Some(mode) = args.mode {
        builder = builder.mode(mode);
    }
    match args.create {
        true => builder.connect_or_create(&args.path),
        false => builder.connect(&args.path),
    }
}

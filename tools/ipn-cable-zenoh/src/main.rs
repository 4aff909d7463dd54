// SPDX-License-Identifier: GPL-2.0

//! `ipn-cable-zenoh`: a cable over Zenoh, which finds the others, connects to them by routers or
//! directly, and encrypts; and a router for those who have none.
//!
//! Crate `zenoh` is the engine, of which TCP and TLS are built in; `serde_json` writes its configuration,
//! and `tracing` is how it tells what went wrong. Crate `zenoh-ext` has publishers that keep what they have
//! sent and subscribers that ask for it; but it counts samples, not time and bytes, and answers where the
//! connection's bytes are read: two that answer each other more than the connection holds wait for each
//! other until it breaks.

#![deny(unsafe_code)]

mod batch;
mod config;
mod endpoint;
mod engine;
mod inbox;
mod logged;
mod options;
mod order;
mod outbox;
mod router;
#[cfg(test)]
mod testing;
mod window;

use engine::Zenoh;
use options::Options;
use std::io::Write;
use std::process::ExitCode;

const USAGE: &str = "ipn-cable-zenoh PATH \
zenoh://[ENDPOINT,...]/KEY[?listen=,scout=,iface=,window=,bytes=,ca=,cert=,key=]
       ipn-cable-zenoh --router ENDPOINT[,...][?connect=,ca=,cert=,key=]
ENDPOINT is HOST, HOST:PORT, tls/HOST or tls/HOST:PORT";

fn main() -> ExitCode {
    logged::listen();
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|asked| asked == "--router") {
        let listen = arguments.next().filter(|_| arguments.next().is_none());
        let Some(listen) = listen else {
            return complain(
                &format!("where it is to listen is wanted\nUsage: {USAGE}"),
                2,
            );
        };
        return match router::run(&listen.to_string_lossy()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => complain(&failure.to_string(), 1),
        };
    }
    ipn_cable::program("zenoh", USAGE, |url, bus| {
        let bytes = bus.bytes()?.unwrap_or_default() as usize;
        // Each message takes more in a frame.
        Zenoh::open(Options::of(url, bus.window()?, bytes.saturating_mul(2))?)
    })
}

fn complain(text: &str, status: u8) -> ExitCode {
    // There is nobody to tell when that fails.
    let _ = writeln!(std::io::stderr(), "ipn-cable-zenoh: {text}");
    ExitCode::from(status)
}

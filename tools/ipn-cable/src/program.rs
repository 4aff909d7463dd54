// SPDX-License-Identifier: GPL-2.0

//! What the programs have in common.

use crate::bus::{Reader, Writer};
use crate::carry::Carrier;
use crate::deliver::{Deliverer, Side};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::identity;
use crate::inlet::Inlet;
use crate::outlet::Outlet;
use crate::stop::Stop;
use crate::told::Told;
use crate::turn::Turns;
use crate::url::Url;
use ipn::{Network, Shown};
use sd_notify::NotifyState;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

/// The longest description of a port, in bytes.
const DESCRIPTION_MAX: usize = ipn::abi::IPN_DESCRLEN - 1;

/// A cable from its command line, `NAME PATH URL`, to its end: `main` of a program `ipn-cable-SCHEME`.
/// `open` opens the engine once the bus is joined, of which it may ask what it is like. The status is 0 when the bus
/// or a signal has ended it, 2 for a wrong command line, else 1.
pub fn program<E: Engine>(
    scheme: &'static str,
    usage: &'static str,
    open: impl FnOnce(&Url, &Network<'_>) -> Result<E, Failure>,
) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (path, url) = match &arguments[..] {
        [asked] if asked == "--help" || asked == "-h" => return say(&format!("Usage: {usage}")),
        [asked] if asked == "--version" || asked == "-V" => {
            let version = env!("CARGO_PKG_VERSION");
            return say(&format!("ipn-cable-{scheme} {version}"));
        }
        [path, url] => (Path::new(path), url.to_string_lossy()),
        _ => {
            complain(
                scheme,
                &format!("a bus and a URL are wanted\nUsage: {usage}"),
            );
            return ExitCode::from(2);
        }
    };
    let outcome = Url::parse(&url, scheme).and_then(|url| run(path, &url, open));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(scheme, &failure.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Joins the bus to the others until it ends, or a signal asks to stop.
fn run<E: Engine>(
    path: &Path,
    url: &Url,
    open: impl FnOnce(&Url, &Network<'_>) -> Result<E, Failure>,
) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let description = described(url);
    let writer = Writer::join(path, &description)?;
    let (port, network) = (writer.port().number()?, writer.port().network());
    let (bus, mtu) = (identity::bus(path, network.file()?), network.mtu()?);
    let engine = open(url, &network)?;
    let reader = Reader::join(path, &description)?;
    let side = Side {
        writer,
        inlet: Mutex::new(Inlet::new(bus)),
    };
    let mut carrier = Carrier {
        reader,
        engine: &engine,
        outlet: Outlet::new(bus, port),
        told: Told::of(path),
        stop: &stop,
    };
    let mut deliverer = Deliverer {
        side: &side,
        mtu,
        engine: &engine,
        turns: Turns::of(path),
        told: Told::of(path),
        stop: &stop,
    };
    // That nobody reads it is no fault.
    let up = format!(
        "{}: cable to {}",
        Shown::of(&path),
        Shown::of(&url.to_string())
    );
    let _ = writeln!(std::io::stdout(), "{up}");
    // Without systemd there is nothing to tell, and that is no fault.
    let _ = sd_notify::notify(false, &[NotifyState::Ready]);
    let outcome = thread::scope(|scope| {
        let listening = scope.spawn(|| ended(&stop, side.listen_on(&stop)));
        let delivering = scope.spawn(|| ended(&stop, deliverer.run()));
        let carried = ended(&stop, carrier.run());
        let joined = [listening, delivering].map(|thread| thread.join());
        joined.into_iter().fold(carried, |outcome, joined| {
            let panicked = || Failure::because("a thread has panicked");
            outcome.and(joined.unwrap_or_else(|_| Err(panicked())))
        })
    });
    let _ = sd_notify::notify(false, &[NotifyState::Stopping]);
    outcome?;
    engine.finish();
    Ok(())
}

/// A part of the cable has ended, so the others are to.
fn ended(stop: &Stop, outcome: Result<(), Failure>) -> Result<(), Failure> {
    stop.ask();
    outcome
}

/// What tells of the cable where its ports are shown.
fn described(url: &Url) -> String {
    let mut text = format!("cable {url}");
    let mut len = text.len().min(DESCRIPTION_MAX);
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    text.truncate(len);
    text
}

fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(scheme: &str, text: &str) {
    // There is nobody to tell when that fails.
    let _ = writeln!(std::io::stderr(), "ipn-cable-{scheme}: {text}");
}

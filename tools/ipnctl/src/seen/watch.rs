// SPDX-License-Identifier: GPL-2.0

//! `ipn watch`: what happens.

use super::json::{JsonNetwork, JsonPort};
use super::kernel::{failure, listen, Kernel};
use super::users::Users;
use crate::cli;
use crate::failure::Failure;
use crate::json::to_json_line;
use crate::output::print_line;
use crate::stop::{Stop, Woken};
use ipn::{DropReason, FileNumbers, Shown};
use ipn_netlink::{Event, Heard, Network, Port, What};
use rustix::event::PollFlags;
use serde::Serialize;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const WHAT: &str = "watch the networks";

/// Prints events until there is a reason to stop.
pub fn watch(args: &cli::Watch) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let mut events = listen(WHAT)?;
    // What is there now, as what happens later does not tell all of it.
    let mut kernel = Kernel::open(WHAT, None)?;
    let mut scope = Scope::new(args.path.as_deref());
    scope.know_all(&kernel.networks()?);
    let (users, mut left) = (Users::read(), args.count);
    loop {
        let heard = events.hear().map_err(|error| failure(WHAT, &error))?;
        let mut lines = Vec::new();
        match heard {
            Heard::Events(events) => {
                for event in events {
                    // A loss does not tell where its network is, and what did may have been missed.
                    if !scope.knows(&event.network) {
                        scope.know_all(&kernel.networks()?);
                    }
                    lines.extend(scope.take(event).map(|event| match args.json {
                        true => json(&event, &users, SystemTime::now()),
                        false => text(&event, &users),
                    }));
                }
            }
            Heard::Missed => lines.push(missed(args.json, SystemTime::now())),
            _ => {
                let output = std::io::stdout();
                let woken =
                    stop.wait_with_output(events.as_fd(), PollFlags::IN, output.as_fd(), None)?;
                if woken == Woken::ReaderLeft {
                    return Ok(());
                }
            }
        }
        for line in lines {
            print_line(&line)?;
            left = left.map(|left| left.saturating_sub(1));
            if left == Some(0) {
                return Ok(());
            }
        }
        stop.check()?;
    }
}

/// Which networks are told of, and what is known of them.
#[derive(Debug)]
struct Scope {
    /// The path that was asked for, from the root on, and the file that was there; or none: all.
    only: Option<(PathBuf, Option<FileNumbers>)>,
    paths: HashMap<FileNumbers, PathBuf>,
}

impl Scope {
    fn new(path: Option<&Path>) -> Self {
        let only = path.map(|path| {
            let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
            let whole = whole.unwrap_or_else(|_| path.to_owned());
            (whole, FileNumbers::find(path).ok())
        });
        Self {
            only,
            paths: HashMap::new(),
        }
    }

    /// Notes where a network is.
    fn know(&mut self, network: &Network) {
        if !network.path.as_os_str().is_empty() {
            self.paths.insert(network.file, network.path.clone());
        }
    }

    fn know_all(&mut self, networks: &[Network]) {
        networks.iter().for_each(|network| self.know(network));
    }

    /// Whether it is known where a network is, or that is told.
    fn knows(&self, network: &Network) -> bool {
        !network.path.as_os_str().is_empty() || self.paths.contains_key(&network.file)
    }

    /// An event that is to be told, with the path that is known.
    fn take(&mut self, mut event: Event) -> Option<Event> {
        event.network.path = place(&event.network.path);
        self.know(&event.network);
        if let Some(path) = self.paths.get(&event.network.file) {
            event.network.path.clone_from(path);
        }
        if event.what == What::NetworkEnded {
            self.paths.remove(&event.network.file);
        }
        let (path, file) = match &mut self.only {
            None => return Some(event),
            Some((path, file)) => (path, file),
        };
        // Another may be made there.
        if event.what == What::NetworkMade && event.network.path == *path {
            *file = Some(event.network.file);
        }
        let is_it = *file == Some(event.network.file) || event.network.path == *path;
        is_it.then_some(event)
    }
}

/// Where a network is or was: a name that is removed is told with a mark behind it.
fn place(path: &Path) -> PathBuf {
    let name = path.as_os_str().as_bytes().strip_suffix(b" (deleted)");
    match name {
        Some(name) if path.symlink_metadata().is_err() => OsStr::from_bytes(name).into(),
        _ => path.to_owned(),
    }
}

fn text(event: &Event, users: &Users) -> String {
    let mut text = match event.network.path.as_os_str().is_empty() {
        true => event.network.file.to_string(),
        false => Shown::of(&event.network.path).to_string(),
    };
    let none = Port::new(event.network.file, 0);
    let port = event.port.as_ref().unwrap_or(&none);
    let device = port.device.as_ref().map(|device| Shown::of(&device.name));
    // Writing to a string does not fail.
    let _ = match event.what {
        What::NetworkMade => write!(text, ": made"),
        What::NetworkEnded => write!(text, ": ended"),
        What::PortTaken => write!(text, ": port {} taken by {}", port.number, who(port, users)),
        What::PortLeft => write!(text, ": port {} left by {}", port.number, who(port, users)),
        What::Lost => {
            let reason = event.reason.unwrap_or(DropReason::Overrun);
            write!(
                text,
                ": port {} of {} has lost {} messages in all, {reason}: {}",
                port.number,
                who(port, users),
                lost(port, reason),
                reason.why()
            )
        }
        What::DeviceGone => match device {
            Some(device) => write!(text, ": port {}: its device {device} has gone", port.number),
            None => write!(text, ": port {}: its device has gone", port.number),
        },
        other => write!(text, ": {}", other.name()),
    };
    text
}

/// How many messages a port has lost for a reason.
fn lost(port: &Port, reason: DropReason) -> u64 {
    let counted = port.drops.iter().find(|(one, _)| *one == reason);
    counted.map_or(port.lost, |(_, count)| *count)
}

/// Who has a port.
fn who(port: &Port, users: &Users) -> String {
    let mut text = match port.command.is_empty() {
        true => "a process".to_owned(),
        false => Shown::of(&port.command).to_string(),
    };
    if let Some(pid) = port.pid {
        text += &format!(", process {pid}");
    }
    if let Some(uid) = port.uid {
        text += &format!(", of {}", users.name(uid));
    }
    if let Some(device) = &port.device {
        text += &format!(", device {}", Shown::of(&device.name));
    }
    if !port.description.is_empty() {
        text += &format!(", {}", Shown::of(&port.description));
    }
    text
}

#[derive(Debug, Serialize)]
struct JsonEvent<'a> {
    event: &'static str,
    /// Since 1970.
    time_ms: u128,
    /// Why messages were lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten)]
    network: Option<JsonNetwork<'a>>,
    #[serde(flatten)]
    port: Option<JsonPort<'a>>,
}

fn json(event: &Event, users: &Users, now: SystemTime) -> String {
    to_json_line(&JsonEvent {
        event: event.what.name(),
        time_ms: milliseconds(now),
        reason: event.reason.map(|reason| reason.to_string()),
        network: Some(JsonNetwork::of(&event.network)),
        port: event.port.as_ref().map(|port| JsonPort::of(port, users)),
    })
}

/// That events are lost.
fn missed(json: bool, now: SystemTime) -> String {
    match json {
        true => to_json_line(&JsonEvent {
            event: "missed",
            time_ms: milliseconds(now),
            reason: None,
            network: None,
            port: None,
        }),
        false => "some events are lost, as more came than there was room for".to_owned(),
    }
}

fn milliseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis()
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;

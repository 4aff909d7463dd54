// SPDX-License-Identifier: GPL-2.0

//! `ipn show --ports`: who is on a network; `--dev` and `--pid`: where a device and a process are.

use super::drops;
use super::json::{direction, JsonMember, JsonNetwork, JsonPort};
use super::kernel::Kernel;
use super::process::descriptors_of;
use super::snapshot::Snapshot;
use super::users::Users;
use crate::cli;
use crate::complain::complain;
use crate::failure::Failure;
use crate::json::to_json;
use crate::output::print;
use crate::table::table;
use ipn::Shown;
use ipn_netlink::{Network, Port};
use std::ffi::OsStr;
use std::time::Duration;

/// Shows ports.
pub fn show(args: &cli::Show) -> Result<(), Failure> {
    let mut kernel = Kernel::open("show the ports", args.path.as_deref())?;
    let seen = kernel.look()?;
    let found: Vec<_> = match (&args.dev, args.pid) {
        (Some(device), _) => of_device(&seen, device)?,
        (None, Some(pid)) => of_process(&seen, pid)?,
        (None, None) => seen.ports().collect(),
    };
    if args.path.is_some() {
        hint_at_others(&seen);
    }
    let text = text(&found, args.path.is_some(), args.json, &Users::read());
    print(text.as_bytes())
}

/// The port that a device is.
fn of_device<'a>(
    seen: &'a Snapshot,
    device: &OsStr,
) -> Result<Vec<(&'a Network, &'a Port)>, Failure> {
    let is_it = |port: &Port| port.device.as_ref().is_some_and(|one| one.name == device);
    let found: Vec<_> = seen.ports().filter(|(_, port)| is_it(port)).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::new(
            format!(
                "no network that is shown to you has the device {}",
                Shown::of(device)
            ),
            "ipn show --ports as root lists the devices of all networks",
        )),
    }
}

/// The ports that a process has taken, or has a descriptor of.
fn of_process(seen: &Snapshot, pid: u32) -> Result<Vec<(&Network, &Port)>, Failure> {
    let held = descriptors_of(pid);
    let is_its = |port: &Port| port.pid == Some(pid) || held.contains(&(port.network, port.number));
    let found: Vec<_> = seen.ports().filter(|(_, port)| is_its(port)).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::new(
            format!("process {pid} has no port that is shown to you"),
            "ipn show --ports as root lists the processes of all networks",
        )),
    }
}

/// Says that there are more, whose they are not told.
fn hint_at_others(seen: &Snapshot) {
    if seen.networks.is_empty() {
        complain(
            "ipn: no process of this network namespace is on it, so its ports are shown only to \
             root outside, and to those who have the x bit of its file",
        );
    }
    for (network, ports) in &seen.networks {
        let (shown, taken) = (ports.len(), network.ports as usize);
        if shown < taken {
            complain(&format!(
                "ipn: {shown} of {taken} ports; all are shown to root, to who made it, and to \
                 those who have the x bit of its file"
            ));
        }
    }
}

/// Ports, a line each; of one network, or each with its path.
fn text(found: &[(&Network, &Port)], is_one: bool, json: bool, users: &Users) -> String {
    if json {
        let members = found.iter().map(|(network, port)| JsonMember {
            network: JsonNetwork::of(network),
            port: JsonPort::of(port, users),
        });
        return to_json(&members.collect::<Vec<_>>());
    }
    let header = [
        "PORT",
        "KIND",
        "PID",
        "COMMAND",
        "USER",
        "DIRECTION",
        "DEVICE",
        "SENT",
        "RECEIVED",
        "LOST",
        "REFUSED",
        "LAG",
        "WAITING",
        "DROPPED",
        "DESCRIPTION",
        if is_one { "" } else { "NETWORK" },
    ];
    let rows: Vec<_> = std::iter::once(header.map(str::to_owned))
        .chain(found.iter().map(|(network, port)| {
            let path = match is_one {
                true => String::new(),
                false => Shown::of(&network.path).to_string(),
            };
            row(port, path, users)
        }))
        .collect();
    table(&rows)
}

fn row(port: &Port, path: String, users: &Users) -> [String; 16] {
    let said = |text: &OsStr| match text.is_empty() {
        true => "-".to_owned(),
        false => Shown::of(text).to_string(),
    };
    let device = port.device.as_ref();
    [
        port.number.to_string(),
        port.kind.to_string(),
        port.pid
            .map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
        said(&port.command),
        users.name_of(port.uid),
        direction(port).to_owned(),
        said(device.map_or(OsStr::new(""), |device| &device.name)),
        port.sent.to_string(),
        port.received.to_string(),
        port.lost.to_string(),
        port.refused.to_string(),
        port.lag.to_string(),
        port.waiting.map_or_else(|| "-".to_owned(), seconds),
        drops::field(&port.drops),
        said(&port.description),
        path,
    ]
}

/// A time, as short as it is worth.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..=9 => format!("{:.1}s", time.as_secs_f64()),
        10..=119 => format!("{}s", time.as_secs()),
        120..=7199 => format!("{}m", time.as_secs() / 60),
        7200..=172_799 => format!("{}h", time.as_secs() / 3600),
        _ => format!("{}d", time.as_secs() / 86400),
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;

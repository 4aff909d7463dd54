// SPDX-License-Identifier: GPL-2.0

//! `ipn show`.

use crate::cli;
use crate::failure::Failure;
use crate::found::find;
use crate::json::to_json;
use crate::output::print;
use crate::seen::{self, drops};
use crate::table::table;
use crate::values::time_text;
use ipn::{Entry, Flags, Shown};
use ipn_netlink::{Network, Port};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

/// A network as it is shown in JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    path: Cow<'a, str>,
    /// Its bytes, where they are no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<&'a [u8]>,
    inode: u64,
    policy: &'a str,
    lossless: bool,
    one_writer: bool,
    reliable: bool,
    history: bool,
    evict: bool,
    exclusive: bool,
    flexible_mtu: bool,
    terminated: bool,
    mtu: u32,
    ports: u32,
    used: u32,
    readers: u32,
    writers: u32,
    pool: u32,
    sent: u64,
    /// Bytes of those; null: a module that does not tell.
    sent_bytes: Option<u64>,
    lost: u64,
    /// Messages by the reason for which they were lost.
    drops: Option<BTreeMap<String, u64>>,
    /// Of a reliable bus: how long a message stays at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ms: Option<u128>,
    /// How old the oldest message is that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_ms: Option<u128>,
    /// Bytes a second of each port; 0: as many as it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    /// Ports that were evicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    evicted: Option<u64>,
    /// URLs of the cables of its ports, of a single network.
    #[serde(skip_serializing_if = "Option::is_none")]
    cables: Option<&'a [String]>,
}

impl<'a> Json<'a> {
    fn of(entry: &'a Entry, more: Option<&Network>, cables: Option<&'a [String]>) -> Self {
        Self {
            path: match entry.path.to_str() {
                Some(text) => text.into(),
                None => Shown::of(&entry.path).to_string().into(),
            },
            path_bytes: match entry.path.to_str() {
                Some(_) => None,
                None => Some(entry.path.as_os_str().as_bytes()),
            },
            inode: entry.inode,
            policy: &entry.policy,
            lossless: entry.flags.contains(Flags::LOSSLESS),
            one_writer: entry.flags.contains(Flags::ONE_WRITER),
            reliable: entry.flags.contains(Flags::RELIABLE),
            history: entry.flags.contains(Flags::HISTORY),
            evict: entry.flags.contains(Flags::EVICT),
            exclusive: entry.flags.contains(Flags::EXCLUSIVE),
            flexible_mtu: entry.flags.contains(Flags::FLEXIBLE_MTU),
            terminated: entry.flags.contains(Flags::TERMINATED),
            mtu: entry.mtu,
            ports: entry.ports,
            used: entry.used,
            readers: entry.readers,
            writers: entry.writers,
            pool: entry.pool,
            sent: entry.sent,
            sent_bytes: more.map(|network| network.sent_bytes),
            lost: entry.dropped,
            drops: more.map(|network| drops::names(&network.drops)),
            window_ms: more.and_then(|network| Some(network.window?.as_millis())),
            oldest_ms: more.and_then(|network| Some(network.age?.as_millis())),
            rate: more.and_then(|network| network.rate),
            evicted: more.and_then(|network| network.evicted),
            cables,
        }
    }
}

/// Shows a network, or all of them.
pub fn run(args: &cli::Show) -> Result<(), Failure> {
    let text = match &args.path {
        Some(path) => {
            let entry = find("show", path)?;
            let networks = seen::networks();
            let cables = seen::cables(path);
            one(&entry, more(&networks, &entry), &cables, args.json)
        }
        None => {
            let more = if args.json {
                seen::networks()
            } else {
                Vec::new()
            };
            all(&ipn::networks()?, &more, args.json)
        }
    };
    print(text.as_bytes())
}

/// What the kernel tells of a network besides its line in the list.
fn more<'a>(networks: &'a [Network], entry: &Entry) -> Option<&'a Network> {
    let is_it =
        |network: &&Network| network.file.inode == entry.inode && network.path == entry.path;
    networks.iter().find(is_it)
}

/// All networks, a line each.
fn all(entries: &[Entry], networks: &[Network], json: bool) -> String {
    if json {
        let shown = entries
            .iter()
            .map(|entry| Json::of(entry, more(networks, entry), None));
        return to_json(&shown.collect::<Vec<_>>());
    }
    let header = [
        "POLICY", "FLAGS", "MTU", "PORTS", "READERS", "WRITERS", "POOL", "SENT", "LOST", "PATH",
    ];
    let rows: Vec<_> = std::iter::once(header.map(str::to_owned))
        .chain(entries.iter().map(row))
        .collect();
    table(&rows)
}

fn row(entry: &Entry) -> [String; 10] {
    [
        entry.policy.clone(),
        flag_names(entry.flags),
        entry.mtu.to_string(),
        format!("{}/{}", entry.used, entry.ports),
        entry.readers.to_string(),
        entry.writers.to_string(),
        entry.pool.to_string(),
        entry.sent.to_string(),
        entry.dropped.to_string(),
        Shown::of(&entry.path).to_string(),
    ]
}

/// One network, a line for each of its properties.
fn one(entry: &Entry, more: Option<&Network>, cables: &[String], json: bool) -> String {
    if json {
        return to_json(&Json::of(entry, more, Some(cables)));
    }
    let bytes = more.map(|network| format!(", {} bytes", network.sent_bytes));
    let dropped = more.map_or_else(String::new, |network| drops::text(&network.drops));
    let mut text = format!(
        "{}\n  policy   {}\n  flags    {}\n  mtu      {} bytes\n  ports    {} of {} in use\n  \
         readers  {}\n  writers  {}\n  pool     {} messages\n  sent     {} messages{}\n  \
         lost     {} messages\n",
        Shown::of(&entry.path),
        entry.policy,
        flag_names(entry.flags),
        entry.mtu,
        entry.used,
        entry.ports,
        entry.readers,
        entry.writers,
        entry.pool,
        entry.sent,
        bytes.unwrap_or_default(),
        entry.dropped
    );
    if !dropped.is_empty() {
        text += &format!("  dropped  {dropped}\n");
    }
    if let Some(network) = more.filter(|network| network.window.is_some()) {
        text += &reliable(network, &seen::overrun(network.file));
    }
    for cable in cables {
        text += &format!("  cable    {cable}\n");
    }
    text
}

/// What there is to say of a reliable bus, and of those of its ports that have lost messages.
fn reliable(network: &Network, overrun: &[Port]) -> String {
    let window = time_text(network.window.unwrap_or_default());
    let mut text = format!("  window   {window} at least");
    if let Some(age) = network.age.filter(|age| !age.is_zero()) {
        text += &format!(", the oldest message is {} old", time_text(age));
    }
    text.push('\n');
    text += &match network.rate {
        None | Some(0) => "  rate     as fast as it can\n".to_owned(),
        Some(rate) => format!("  rate     {rate} bytes a second of each port\n"),
    };
    for port in overrun {
        let who = match port.pid {
            Some(pid) => format!("{} {pid}", Shown::of(&port.command)),
            None => Shown::of(&port.command).to_string(),
        };
        text += &format!(
            "  overrun  port {} ({who}) missed {} messages\n",
            port.number, port.lost
        );
    }
    if let Some(evicted) = network.evicted.filter(|count| *count != 0) {
        let ports = if evicted == 1 { "port" } else { "ports" };
        text += &format!("  evicted  {evicted} {ports}\n");
    }
    text
}

/// The names of the flags that are set.
fn flag_names(flags: Flags) -> String {
    let names: Vec<_> = [
        (Flags::LOSSLESS, "lossless"),
        (Flags::ONE_WRITER, "one-writer"),
        (Flags::RELIABLE, "reliable"),
        (Flags::HISTORY, "history"),
        (Flags::EVICT, "evict"),
        (Flags::EXCLUSIVE, "excl"),
        (Flags::FLEXIBLE_MTU, "flexmtu"),
        (Flags::TERMINATED, "ended"),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .map(|(_, name)| name)
    .collect();
    match names.is_empty() {
        true => "-".to_owned(),
        false => names.join(","),
    }
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! `ipn show`.

use crate::cli;
use crate::failure::Failure;
use crate::found::find;
use crate::json::to_json;
use crate::output::print;
use crate::seen::{self, drops};
use crate::table::table;
use ipn::{Entry, Flags, Shown};
use ipn_netlink::Network;
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
}

impl<'a> Json<'a> {
    fn of(entry: &'a Entry, more: Option<&Network>) -> Self {
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
        }
    }
}

/// Shows a network, or all of them.
pub fn run(args: &cli::Show) -> Result<(), Failure> {
    let text = match &args.path {
        Some(path) => {
            let entry = find(path)?;
            let networks = seen::networks();
            one(&entry, more(&networks, &entry), args.json)
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
            .map(|entry| Json::of(entry, more(networks, entry)));
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
fn one(entry: &Entry, more: Option<&Network>, json: bool) -> String {
    if json {
        return to_json(&Json::of(entry, more));
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
    text
}

/// The names of the flags that are set.
fn flag_names(flags: Flags) -> String {
    let names: Vec<_> = [
        (Flags::LOSSLESS, "lossless"),
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

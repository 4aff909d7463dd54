// SPDX-License-Identifier: GPL-2.0

//! `ipn show`.

use crate::cli;
use crate::failure::Failure;
use crate::json::to_json;
use crate::network_file::is_missing;
use crate::output::print;
use crate::table::table;
use ipn::{Entry, Flags, Shown};
use serde::Serialize;
use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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
    lost: u64,
}

impl<'a> From<&'a Entry> for Json<'a> {
    fn from(entry: &'a Entry) -> Self {
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
            lost: entry.dropped,
        }
    }
}

/// Shows a network, or all of them.
pub fn run(args: &cli::Show) -> Result<(), Failure> {
    let text = match &args.path {
        Some(path) => one(&find(path)?, args.json),
        None => all(&ipn::networks()?, args.json),
    };
    print(text.as_bytes())
}

/// The network behind `path`.
pub fn find(path: &Path) -> Result<Entry, Failure> {
    let name = Shown::of(path);
    let fail = |reason: &str, hint: &str| {
        let text = format!("cannot show the network {name}: {reason}");
        Failure::new(text, hint)
    };
    if is_missing(path) {
        let hint = "check the name; ipn show lists the networks in use";
        return Err(fail("there is no such network", hint));
    }
    if let Some(entry) = ipn::network(path)? {
        return Ok(entry);
    }
    let why = ipn::Error::no_network(path);
    Err(fail(&why.reason(), why.hint().unwrap_or("check the name")))
}

/// All networks, a line each.
fn all(entries: &[Entry], json: bool) -> String {
    if json {
        return to_json(&entries.iter().map(Json::from).collect::<Vec<_>>());
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
fn one(entry: &Entry, json: bool) -> String {
    if json {
        return to_json(&Json::from(entry));
    }
    format!(
        "{}\n  policy   {}\n  flags    {}\n  mtu      {} bytes\n  ports    {} of {} in use\n  \
         readers  {}\n  writers  {}\n  pool     {} messages\n  sent     {} messages\n  \
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
        entry.dropped
    )
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

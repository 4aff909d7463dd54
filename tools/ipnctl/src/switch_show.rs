// SPDX-License-Identifier: GPL-2.0

//! How `ipn switch` shows what it shows: lines as those of `bridge`, or JSON.

use ipn::switch::{Address, Statistics, SwitchPort, Vlan};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Debug, Serialize)]
struct ShownAddress {
    mac: String,
    port: u32,
    vlan: Option<u16>,
    state: &'static str,
    age_ms: u128,
}

/// Addresses, a line each.
pub fn addresses(entries: &[Address], json: bool) -> String {
    let vlan = |entry: &Address| (entry.vlan != 0).then_some(entry.vlan);
    if json {
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| ShownAddress {
                mac: entry.address.to_string(),
                port: entry.port,
                vlan: vlan(entry),
                state: if entry.fixed { "static" } else { "dynamic" },
                age_ms: entry.age.as_millis(),
            })
            .collect();
        return to_json(&shown);
    }
    let mut text = String::new();
    for entry in entries {
        // Writing to a string does not fail.
        let _ = write!(text, "{} port {}", entry.address, entry.port);
        if let Some(vlan) = vlan(entry) {
            let _ = write!(text, " vlan {vlan}");
        }
        let _ = match entry.fixed {
            true => writeln!(text, " static"),
            false => writeln!(text, " age {:.1}s", entry.age.as_secs_f64()),
        };
    }
    text
}

#[derive(Debug, Serialize)]
struct ShownVlan {
    vlan: u16,
    #[serde(rename = "vlanEnd", skip_serializing_if = "Option::is_none")]
    last: Option<u16>,
    flags: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct ShownVlans {
    port: u32,
    vlans: Vec<ShownVlan>,
}

/// The VLANs of ports; those that follow each other with the same flags are one.
pub fn vlans(ports: &[(u32, Vec<Vlan>)], json: bool) -> String {
    let shown: Vec<_> = ports
        .iter()
        .map(|(port, vlans)| ShownVlans {
            port: *port,
            vlans: compress(vlans),
        })
        .collect();
    if json {
        return to_json(&shown);
    }
    let mut text = format!("{:<6}vlan-id\n", "port");
    for port in &shown {
        let mut name = port.port.to_string();
        if port.vlans.is_empty() {
            let _ = writeln!(text, "{name:<6}none");
        }
        for vlan in &port.vlans {
            let numbers = match vlan.last {
                Some(last) => format!("{}-{last}", vlan.vlan),
                None => vlan.vlan.to_string(),
            };
            let words = [&[numbers.as_str()], vlan.flags.as_slice()].concat();
            let _ = writeln!(text, "{name:<6}{}", words.join(" "));
            name.clear();
        }
    }
    text
}

fn compress(vlans: &[Vlan]) -> Vec<ShownVlan> {
    let mut shown: Vec<ShownVlan> = Vec::new();
    for vlan in vlans {
        let flags: Vec<_> = [(vlan.pvid, "PVID"), (vlan.untagged, "Egress Untagged")]
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name))
            .collect();
        match shown.last_mut() {
            Some(before)
                if before.flags == flags
                    && !vlan.pvid
                    && before.last.unwrap_or(before.vlan) + 1 == vlan.vlan =>
            {
                before.last = Some(vlan.vlan);
            }
            _ => shown.push(ShownVlan {
                vlan: vlan.vlan,
                last: None,
                flags,
            }),
        }
    }
    shown
}

#[derive(Debug, Serialize)]
struct ShownPort {
    port: u32,
    held: bool,
    learning: bool,
    isolated: bool,
    locked: bool,
    flood: bool,
    mcast_flood: bool,
    bcast_flood: bool,
    addresses: u32,
}

/// Ports, a line each.
pub fn ports(ports: &[SwitchPort], json: bool) -> String {
    if json {
        let shown: Vec<_> = ports
            .iter()
            .map(|port| ShownPort {
                port: port.port,
                held: port.held,
                learning: port.learning,
                isolated: port.isolated,
                locked: port.locked,
                flood: port.flood,
                mcast_flood: port.mcast_flood,
                bcast_flood: port.bcast_flood,
                addresses: port.addresses,
            })
            .collect();
        return to_json(&shown);
    }
    let mut text = String::new();
    for port in ports {
        let _ = writeln!(
            text,
            "port {} learning {} isolated {} locked {} flood {} mcast_flood {} bcast_flood {} addresses {}{}",
            port.port,
            on(port.learning),
            on(port.isolated),
            on(port.locked),
            on(port.flood),
            on(port.mcast_flood),
            on(port.bcast_flood),
            port.addresses,
            if port.held { "" } else { " free" }
        );
    }
    text
}

/// What holds for the whole switch.
#[derive(Debug, Serialize)]
pub struct Settings {
    /// How long a silent station is remembered; none is for ever.
    pub ageing_ms: Option<u128>,
    /// How many addresses may be learned.
    pub limit: u32,
    /// How many at one port.
    pub port_limit: u32,
    /// Whether VLANs count.
    pub filtering: bool,
    /// The mirror port.
    pub mirror: Option<u32>,
    /// Which reserved groups are forwarded.
    pub group_fwd_mask: u16,
}

/// What holds for the whole switch, as `set` takes it.
pub fn settings(settings: &Settings, json: bool) -> String {
    if json {
        return to_json(settings);
    }
    let ageing = settings.ageing_ms.map(|millis| format!("{millis}ms"));
    let mirror = settings.mirror.map(|port| port.to_string());
    format!(
        "ageing {}\nlimit {}\nport-limit {}\nfiltering {}\nmirror {}\ngroup-fwd-mask {:#x}\n",
        ageing.as_deref().unwrap_or("never"),
        settings.limit,
        settings.port_limit,
        on(settings.filtering),
        mirror.as_deref().unwrap_or("off"),
        settings.group_fwd_mask
    )
}

/// Counters, a line each.
pub fn statistics(statistics: &Statistics, json: bool) -> String {
    if json {
        let map: serde_json::Map<_, _> = statistics
            .counters()
            .map(|(name, counter)| (name.to_owned(), counter.into()))
            .collect();
        return to_json(&map);
    }
    let mut text = String::new();
    for (name, counter) in statistics.counters() {
        let _ = writeln!(text, "{name:<20} {counter}");
    }
    text
}

const fn on(on: bool) -> &'static str {
    match on {
        true => "on",
        false => "off",
    }
}

fn to_json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("plain data are JSON");
    text.push('\n');
    text
}

#[cfg(test)]
#[path = "switch_show_tests.rs"]
mod tests;

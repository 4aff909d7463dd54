// SPDX-License-Identifier: GPL-2.0

//! `ipn show --prometheus`: figures as OpenMetrics text.
//!
//! It keeps to what Prometheus' older text format has too, which node_exporter's collector of text
//! files reads: counters and gauges.

use super::json::direction;
use super::kernel::Kernel;
use super::snapshot::Snapshot;
use super::users::Users;
use crate::failure::Failure;
use crate::output::print;
use ipn::{DropReason, Flags, Policy, Shown};
use ipn_netlink::{Network, Port};
use std::ffi::OsStr;
use std::fmt::{Display, Write as _};

/// Prints the figures of now.
pub fn prometheus() -> Result<(), Failure> {
    let seen = Kernel::open("show the figures", None)?.look()?;
    print(text(&seen, &Users::read()).as_bytes())
}

/// What a network is counted by.
type OfNetwork = fn(&Network) -> u64;

const NETWORK_GAUGES: [(&str, &str, OfNetwork); 7] = [
    ("ipn_network_ports", "Ports that are taken.", |one| {
        one.ports.into()
    }),
    (
        "ipn_network_ports_limit",
        "Ports that there can be.",
        |one| one.capacity.into(),
    ),
    ("ipn_network_readers", "Ports that can receive.", |one| {
        one.readers.into()
    }),
    ("ipn_network_writers", "Ports that can send.", |one| {
        one.writers.into()
    }),
    ("ipn_network_mtu_bytes", "The longest message.", |one| {
        one.mtu.into()
    }),
    (
        "ipn_network_pool_messages",
        "Messages that it holds.",
        |one| one.pool.into(),
    ),
    ("ipn_network_ended", "Whether it has ended.", |one| {
        one.flags.contains(Flags::TERMINATED).into()
    }),
];

const NETWORK_COUNTERS: [(&str, &str, OfNetwork); 3] = [
    (
        "ipn_network_sent_messages",
        "Messages that its ports have sent.",
        |one| one.sent,
    ),
    (
        "ipn_network_sent_bytes",
        "Bytes that its ports have sent.",
        |one| one.sent_bytes,
    ),
    (
        "ipn_network_lost_messages",
        "Messages that its readers have lost.",
        |one| one.lost,
    ),
];

/// What a port is counted by.
type OfPort = fn(&Port) -> u64;

const PORT_COUNTERS: [(&str, &str, OfPort); 6] = [
    (
        "ipn_port_sent_messages",
        "Messages that it has sent.",
        |one| one.sent,
    ),
    ("ipn_port_sent_bytes", "Bytes that it has sent.", |one| {
        one.sent_bytes
    }),
    (
        "ipn_port_received_messages",
        "Messages that it has received.",
        |one| one.received,
    ),
    (
        "ipn_port_received_bytes",
        "Bytes that it has received.",
        |one| one.received_bytes,
    ),
    (
        "ipn_port_lost_messages",
        "Messages that it has lost.",
        |one| one.lost,
    ),
    (
        "ipn_port_refused_messages",
        "Messages that its filter has refused.",
        |one| one.refused,
    ),
];

/// All figures.
fn text(seen: &Snapshot, users: &Users) -> String {
    let mut text = Text::default();
    let networks = || seen.networks.iter().map(|(network, _)| network);
    text.family("ipn_network_info", "gauge", "What a network is: always 1.");
    for network in networks() {
        let mut labels = labels(network);
        labels.push(("policy", Policy::new(network.policy).to_string()));
        labels.push((
            "lossless",
            network.flags.contains(Flags::LOSSLESS).to_string(),
        ));
        labels.push((
            "reliable",
            network.flags.contains(Flags::RELIABLE).to_string(),
        ));
        labels.push(("owner", users.name_of(network.owner)));
        text.value("ipn_network_info", &labels, 1);
    }
    for (name, help, of) in NETWORK_GAUGES {
        text.family(name, "gauge", help);
        networks().for_each(|network| text.value(name, &labels(network), of(network)));
    }
    for (name, help, of) in NETWORK_COUNTERS {
        text.family(name, "counter", help);
        let total = format!("{name}_total");
        networks().for_each(|network| text.value(&total, &labels(network), of(network)));
    }
    text.family(
        "ipn_network_dropped_messages",
        "counter",
        "Messages that were lost, by reason, without what filters have refused.",
    );
    for network in networks() {
        text.drops("ipn_network", &labels(network), &network.drops);
    }
    text.family("ipn_port_info", "gauge", "Who has a port: always 1.");
    for (network, port) in seen.ports() {
        let mut labels = port_labels(network, port);
        let said = |text: &OsStr| Shown::of(text).to_string();
        let device = port.device.as_ref();
        labels.push(("kind", port.kind.to_string()));
        labels.push(("command", said(&port.command)));
        labels.push((
            "pid",
            port.pid.map_or_else(String::new, |pid| pid.to_string()),
        ));
        labels.push(("user", users.name_of(port.uid)));
        labels.push(("direction", direction(port).to_owned()));
        labels.push((
            "device",
            device.map_or_else(String::new, |device| said(&device.name)),
        ));
        labels.push(("description", said(&port.description)));
        text.value("ipn_port_info", &labels, 1);
    }
    for (name, help, of) in PORT_COUNTERS {
        text.family(name, "counter", help);
        let total = format!("{name}_total");
        seen.ports().for_each(|(network, port)| {
            text.value(&total, &port_labels(network, port), of(port));
        });
    }
    text.family(
        "ipn_port_dropped_messages",
        "counter",
        "Messages of it or for it that were lost, by reason, lost and refused ones among them.",
    );
    for (network, port) in seen.ports() {
        text.drops("ipn_port", &port_labels(network, port), &port.drops);
    }
    text.family(
        "ipn_port_lag_messages",
        "gauge",
        "Messages between it and the newest.",
    );
    for (network, port) in seen.ports() {
        text.value(
            "ipn_port_lag_messages",
            &port_labels(network, port),
            port.lag,
        );
    }
    text.family(
        "ipn_port_waiting_seconds",
        "gauge",
        "How long it has been waiting in a call.",
    );
    for (network, port) in seen.ports() {
        let waiting = port.waiting.unwrap_or_default().as_secs_f64();
        text.value(
            "ipn_port_waiting_seconds",
            &port_labels(network, port),
            waiting,
        );
    }
    reliable(&mut text, seen);
    text.0.push_str("# EOF\n");
    text.0
}

/// A family of what only reliable buses have: its name, kind and help, and what there is of one.
type Family<T> = (
    &'static str,
    &'static str,
    &'static str,
    fn(&T) -> Option<f64>,
);

const OF_RELIABLE: [Family<Network>; 4] = [
    (
        "ipn_network_window_seconds",
        "gauge",
        "How long a message of a reliable bus stays at least.",
        |one| Some(one.window?.as_secs_f64()),
    ),
    (
        "ipn_network_oldest_seconds",
        "gauge",
        "How old the oldest message of a reliable bus is that is left.",
        |one| Some(one.age?.as_secs_f64()),
    ),
    (
        "ipn_network_rate_bytes",
        "gauge",
        "The most bytes a second of each port of a reliable bus; 0: as many as it can.",
        |one| one.rate.map(f64::from),
    ),
    (
        "ipn_network_evicted_ports",
        "counter",
        "Ports that were evicted from a reliable bus.",
        |one| one.evicted.map(|count| count as f64),
    ),
];

const OF_ITS_PORTS: [Family<Port>; 2] = [
    (
        "ipn_port_waited_messages",
        "counter",
        "Messages that it has sent to a reliable bus and that had to wait.",
        |one| one.waited.map(|count| count as f64),
    ),
    (
        "ipn_port_pace_bytes",
        "gauge",
        "Bytes that it has sent to a reliable bus in the last whole second.",
        |one| one.pace.map(|count| count as f64),
    ),
];

/// What only reliable buses have, and their ports.
fn reliable(text: &mut Text, seen: &Snapshot) {
    for (name, kind, help, of) in OF_RELIABLE {
        let each = seen.networks.iter();
        text.optional(
            (name, kind, help),
            each.map(|(one, _)| (labels(one), of(one))),
        );
    }
    for (name, kind, help, of) in OF_ITS_PORTS {
        let each = seen.ports();
        text.optional(
            (name, kind, help),
            each.map(|(network, one)| (port_labels(network, one), of(one))),
        );
    }
}

/// The labels that tell a network from all others; of one path there may have been several.
fn labels(network: &Network) -> Vec<(&'static str, String)> {
    vec![
        ("network", Shown::of(&network.path).to_string()),
        ("file", network.file.to_string()),
    ]
}

fn port_labels(network: &Network, port: &Port) -> Vec<(&'static str, String)> {
    let mut labels = labels(network);
    labels.push(("port", port.number.to_string()));
    labels
}

/// Lines of the format.
#[derive(Debug, Default)]
struct Text(String);

// Writing to a string does not fail.
impl Text {
    /// Says what follows.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# TYPE {name} {kind}\n# HELP {name} {help}");
    }

    /// Counters by reason; of a reason that there was not there is none.
    fn drops(&mut self, of: &str, labels: &[(&str, String)], drops: &[(DropReason, u64)]) {
        let name = format!("{of}_dropped_messages_total");
        for (reason, count) in drops {
            let mut labels = labels.to_vec();
            labels.push(("reason", reason.to_string()));
            self.value(&name, &labels, count);
        }
    }

    /// A family of what some have.
    fn optional(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        values: impl Iterator<Item = (Vec<(&'static str, String)>, Option<f64>)>,
    ) {
        self.family(name, kind, help);
        let total = match kind {
            "counter" => format!("{name}_total"),
            _ => name.to_owned(),
        };
        for (labels, value) in values {
            if let Some(value) = value {
                self.value(&total, &labels, value);
            }
        }
    }

    fn value(&mut self, name: &str, labels: &[(&str, String)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }
}

/// A label's text in its quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! What comes and goes in a second, of counts at two moments.

use crate::seen::snapshot::Snapshot;
use ipn::FileNumbers;
use ipn_netlink::{Network, Port};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Messages in a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    pub sent: f64,
    pub received: f64,
    pub lost: f64,
    pub sent_bytes: f64,
    pub received_bytes: f64,
}

impl Rate {
    /// All that moves.
    pub fn sum(self) -> f64 {
        self.sent + self.received
    }
}

/// What tells a holder of a port from all others.
type Holder = (FileNumbers, u32, Option<Duration>);

/// The counts of the last moment, and what became of them.
#[derive(Debug, Default)]
pub struct Rates {
    pub seen: Snapshot,
    taken: Option<Instant>,
    networks: HashMap<FileNumbers, Rate>,
    ports: HashMap<Holder, Rate>,
}

impl Rates {
    /// Takes the counts of now.
    pub fn take(&mut self, seen: Snapshot, now: Instant) {
        let before = std::mem::replace(&mut self.seen, seen);
        let Some(time) = self.taken.replace(now) else {
            return;
        };
        let seconds = now.saturating_duration_since(time).as_secs_f64();
        let networks: HashMap<_, _> = before
            .networks
            .iter()
            .map(|(one, _)| (one.file, one))
            .collect();
        let ports: HashMap<_, _> = before
            .ports()
            .map(|(_, port)| (holder(port), port))
            .collect();
        // One that is new began with nothing.
        let none = Network::new(FileNumbers::new(0, 0, 0));
        self.networks = self
            .seen
            .networks
            .iter()
            .map(|(now, _)| {
                let was = networks.get(&now.file).copied().unwrap_or(&none);
                let rate = Rate {
                    sent: rate(was.sent, now.sent, seconds),
                    lost: rate(was.lost, now.lost, seconds),
                    sent_bytes: rate(was.sent_bytes, now.sent_bytes, seconds),
                    ..Rate::default()
                };
                (now.file, rate)
            })
            .collect();
        let none = Port::new(none.file, 0);
        self.ports = self
            .seen
            .ports()
            .map(|(_, now)| {
                let was = ports.get(&holder(now)).copied().unwrap_or(&none);
                let rate = Rate {
                    sent: rate(was.sent, now.sent, seconds),
                    received: rate(was.received, now.received, seconds),
                    lost: rate(was.lost, now.lost, seconds),
                    sent_bytes: rate(was.sent_bytes, now.sent_bytes, seconds),
                    received_bytes: rate(was.received_bytes, now.received_bytes, seconds),
                };
                (holder(now), rate)
            })
            .collect();
    }

    /// The rate of a network: what its ports send, and lose.
    pub fn network(&self, network: &Network) -> Rate {
        self.networks
            .get(&network.file)
            .copied()
            .unwrap_or_default()
    }

    /// The rate of a port.
    pub fn port(&self, port: &Port) -> Rate {
        self.ports.get(&holder(port)).copied().unwrap_or_default()
    }
}

fn holder(port: &Port) -> Holder {
    (port.network, port.number, port.since)
}

/// Counts do not go back; where one does, it is another's.
fn rate(was: u64, now: u64, seconds: f64) -> f64 {
    match seconds > 0.0 {
        true => now.saturating_sub(was) as f64 / seconds,
        false => 0.0,
    }
}

#[cfg(test)]
#[path = "rates_tests.rs"]
mod tests;

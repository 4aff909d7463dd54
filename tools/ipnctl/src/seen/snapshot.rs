// SPDX-License-Identifier: GPL-2.0

//! Networks and ports as they were at a moment.

use ipn::FileNumbers;
use ipn_netlink::{Network, Port};
use std::collections::BTreeMap;

/// What is there, in an order that does not change by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Networks by their paths, each with its ports by their numbers.
    pub networks: Vec<(Network, Vec<Port>)>,
}

impl Snapshot {
    /// Puts ports to their networks. A port whose network is not there has gone with it.
    pub fn new(networks: Vec<Network>, ports: Vec<Port>, only: Option<FileNumbers>) -> Self {
        let key = |file: FileNumbers| (file.major, file.minor, file.inode);
        let mut by_file: BTreeMap<_, Vec<Port>> = BTreeMap::new();
        for port in ports {
            by_file.entry(key(port.network)).or_default().push(port);
        }
        let wanted = networks
            .into_iter()
            .filter(|network| only.is_none_or(|file| file == network.file));
        let mut networks: Vec<_> = wanted
            .map(|network| {
                let mut ports = by_file.remove(&key(network.file)).unwrap_or_default();
                ports.sort_by_key(|port| (port.number, port.since));
                (network, ports)
            })
            .collect();
        networks.sort_by(|(one, _), (other, _)| {
            (&one.path, key(one.file)).cmp(&(&other.path, key(other.file)))
        });
        Self { networks }
    }

    /// Whether there are ports that are not told of.
    pub fn hides_ports(&self) -> bool {
        let hides = |(network, ports): &(Network, Vec<Port>)| ports.len() < network.ports as usize;
        self.networks.iter().any(hides)
    }

    /// All ports, each with its network.
    pub fn ports(&self) -> impl Iterator<Item = (&Network, &Port)> {
        self.networks
            .iter()
            .flat_map(|(network, ports)| ports.iter().map(move |port| (network, port)))
    }
}

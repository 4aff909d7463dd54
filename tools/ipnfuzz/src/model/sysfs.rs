// SPDX-License-Identifier: GPL-2.0
//! The files of networks in sysfs.

use super::files::{Found, Kind};
use super::network::Network;
use super::{Expected, Model};
use crate::outcome::Answer;
use crate::program::Name;
use libc::ENOENT;

impl Model {
    pub(super) fn look(&self, name: Name, file: &str) -> Expected {
        let inode = match self.files.find(&name.path(), self.user) {
            Found::Inode(inode) => inode,
            Found::Free => return Expected::Fails(vec![ENOENT]),
            Found::Error(errno, _) => return Expected::Fails(vec![errno]),
        };
        let network = match self.files.inode(inode).kind {
            Kind::Network(network) => &self.networks[network],
            _ => return Expected::Fails(vec![ENOENT]),
        };
        if !network.is_used() {
            return Expected::Fails(vec![ENOENT]);
        }
        if network.wild && ["flags", "sent"].contains(&file) {
            return Expected::Any;
        }
        match value(network, file) {
            Some(text) => Expected::Answers(Answer::stored(0, text.into_bytes())),
            None => Expected::Unknown,
        }
    }
}

/// What is in a file, as far as the model knows it.
fn value(network: &Network, file: &str) -> Option<String> {
    let (readers, writers) = network.census();
    let shape = &network.shape;
    Some(match file {
        "policy" => "hub".into(),
        "flags" => format!("{:#x}", network.flags()),
        "mtu" => shape.mtu.to_string(),
        "ports" => shape.ports.to_string(),
        "used" => network.ports.iter().flatten().count().to_string(),
        "taken" => taken(network),
        "readers" => readers.to_string(),
        "writers" => writers.to_string(),
        "pool" => shape.said_pool().to_string(),
        "sent" => network.sent().to_string(),
        _ => return None,
    })
}

/// The numbers of the ports that are taken, as ranges.
fn taken(network: &Network) -> String {
    let is_taken = |number: usize| network.ports.get(number).is_some_and(Option::is_some);
    let ranges: Vec<String> = (0..network.ports.len())
        .filter(|number| is_taken(*number) && (*number == 0 || !is_taken(number - 1)))
        .map(|first| {
            let last = (first..)
                .find(|number| !is_taken(number + 1))
                .unwrap_or(first);
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    ranges.join(",")
}

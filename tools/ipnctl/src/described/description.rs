// SPDX-License-Identifier: GPL-2.0

//! What a file says of a network: ipn-network(5).

use super::values::{
    Ageing, Bytes, Cidr, Device, Group, Mac, Mask, Mode, Owner, Policy, Time, Vids,
};
use crate::cable::Url;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A network as it is described. What is not said is left as it is, in a new network as the
/// module makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Description {
    /// Its file.
    pub path: PathBuf,
    /// Its delivery policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// The mode bits of its file, whatever the umask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Who owns its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The group of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The longest message, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// The number of ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<u32>,
    /// How many messages it holds, were each as long as the MTU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<u32>,
    /// The same in bytes of messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u32>,
    /// Whether senders wait for the slowest reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lossless: Option<bool>,
    /// Whether one port sends, which maps its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_writer: Option<bool>,
    /// Whether it is a reliable bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reliable: Option<bool>,
    /// Of a reliable bus: how long a message stays at least for who has not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Time>,
    /// Of a reliable bus: bytes a second that each port may send; 0: as many as it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Bytes>,
    /// Of a reliable bus: whether ports may begin with what was sent before they came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<bool>,
    /// Of a reliable bus: whether a reader later than the window finds the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evict: Option<bool>,
    /// Whether it has a single manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<bool>,
    /// Whether devices may change the MTU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flexmtu: Option<bool>,
    /// A text that describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What holds for a whole switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// Interfaces that it makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tap: Vec<Tap>,
    /// Devices of the host that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grab: Vec<Grab>,
    /// Cables to other machines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cable: Vec<Cable>,
    /// Ports of a switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub port: Vec<Port>,
    /// Static addresses of a switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub r#static: Vec<Static>,
}

/// What holds for a whole switch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switch {
    /// How long a silent station is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ageing: Option<Ageing>,
    /// How many addresses may be learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many at one port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_limit: Option<u32>,
    /// Whether VLANs count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtering: Option<bool>,
    /// The port that gets a copy of every frame: one that is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<u32>,
    /// Which reserved groups are forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_fwd_mask: Option<Mask>,
}

/// An interface that a network makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tap {
    /// Its name.
    pub name: Device,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u32>,
    /// Its hardware address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Whether it is up; unless said it is.
    #[serde(default = "yes")]
    pub up: bool,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Cidr>,
}

/// A device of the host that a network takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grab {
    /// Its name.
    pub name: Device,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u32>,
    /// Whether it is up; unless said it is.
    #[serde(default = "yes")]
    pub up: bool,
}

/// A cable to other machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cable {
    /// Where it leads.
    pub url: Url,
}

/// A port of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Port {
    /// Its number.
    pub number: u32,
    /// Whether sources of frames are learned.
    #[serde(default = "yes")]
    pub learning: bool,
    /// Whether it is kept apart from other such ports.
    #[serde(default)]
    pub isolated: bool,
    /// Whether only static addresses send by it.
    #[serde(default)]
    pub locked: bool,
    /// Whether it gets frames for stations that are not known.
    #[serde(default = "yes")]
    pub flood: bool,
    /// Whether it gets multicast.
    #[serde(default = "yes", rename = "mcast_flood")]
    pub mcast_flood: bool,
    /// Whether it gets broadcast.
    #[serde(default = "yes", rename = "bcast_flood")]
    pub bcast_flood: bool,
    /// All its VLANs; unless said VLAN 1, PVID and untagged.
    #[serde(default = "vlan_one")]
    pub vlans: Vec<Vlans>,
}

/// A port's part in VLANs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vlans {
    /// The VLANs.
    pub vid: Vids,
    /// Whether frames that come untagged belong to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pvid: bool,
    /// Whether its frames leave untagged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untagged: bool,
}

/// A static address of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Static {
    /// The station.
    pub mac: Mac,
    /// The port it is at.
    pub port: u32,
    /// Its VLAN, where the switch filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u16>,
}

const fn yes() -> bool {
    true
}

fn vlan_one() -> Vec<Vlans> {
    vec![Vlans {
        vid: Vids { first: 1, last: 1 },
        pvid: true,
        untagged: true,
    }]
}

impl Port {
    /// A port that nothing was said of.
    pub fn untouched(number: u32) -> Self {
        Self {
            number,
            learning: true,
            isolated: false,
            locked: false,
            flood: true,
            mcast_flood: true,
            bcast_flood: true,
            vlans: vlan_one(),
        }
    }

    /// The VLANs, a number each, in ascending order.
    pub fn each_vlan(&self) -> Vec<ipn::switch::Vlan> {
        let mut all: Vec<_> = self
            .vlans
            .iter()
            .flat_map(|vlans| {
                (vlans.vid.first..=vlans.vid.last).map(|vlan| {
                    ipn::switch::Vlan::new(vlan)
                        .pvid(vlans.pvid)
                        .untagged(vlans.untagged)
                })
            })
            .collect();
        all.sort_by_key(|vlan| vlan.vlan);
        all
    }
}

/// Where in a file something is: keys, and places in lists.
pub type Place = Vec<Step>;

/// A step to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To the value of a key.
    Key(&'static str),
    /// To one of a list, from 0.
    Index(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// What is wrong with a description: where, and a text that ends in what to try.
pub type Wrong = (Place, String);

impl Description {
    /// The text of a file that says this.
    pub fn to_text(&self) -> String {
        toml::to_string(self).expect("plain data are TOML")
    }

    /// Where all cables lead.
    pub fn cables(&self) -> Vec<Url> {
        self.cable.iter().map(|cable| cable.url.clone()).collect()
    }

    /// The names of all devices.
    pub fn devices(&self) -> impl Iterator<Item = Device> + '_ {
        let taps = self.tap.iter().map(|tap| tap.name);
        taps.chain(self.grab.iter().map(|grab| grab.name))
    }
}

#[cfg(test)]
#[path = "description_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! What is in the picture: its texts, and what belongs together. Where it is drawn is another's.

use super::switches::{few, names, words, Switches};
use crate::cable::Url;
use crate::seen::drops;
use crate::seen::ports::seconds;
use crate::seen::short::short;
use crate::seen::snapshot::Snapshot;
use crate::seen::users::Users;
use ipn::{Flags, Policy, Shown};
use ipn_netlink::{Kind, Network, Port};

/// Characters that tell the stations of a port where all that is known of it stands.
const ALL_STATIONS: usize = 1000;

/// Networks, and who is on them.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture {
    pub networks: Vec<Bus>,
    pub processes: Vec<Process>,
    pub devices: Vec<Device>,
}

/// A network.
#[derive(Debug, PartialEq, Eq)]
pub struct Bus {
    pub path: String,
    pub facts: String,
    pub is_switch: bool,
    pub has_ended: bool,
    pub places: Vec<Place>,
    /// Ports that are not told of.
    pub others: usize,
}

/// A port.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub number: u32,
    pub description: String,
    /// Messages that it has sent and received, as far as it may.
    pub sent: String,
    pub received: String,
    /// What is wrong: losses.
    pub trouble: String,
    pub receives: bool,
    pub sends: bool,
    pub observes: bool,
    pub vlans: Vec<(String, bool)>,
    /// Addresses of the stations at it.
    pub stations: Vec<String>,
    /// Of those of the picture.
    pub process: Option<usize>,
    /// Of those of the picture: its device, or the far end of its cable.
    pub device: Option<usize>,
    /// Whether messages pass through the process, and not by a device alone.
    pub by_process: bool,
    /// All that is known of it.
    pub all: String,
}

/// A process that has taken ports.
#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    pub command: String,
    pub facts: String,
}

/// A network device, or other machines.
#[derive(Debug, PartialEq, Eq)]
pub struct Device {
    pub name: String,
    pub facts: String,
    /// Whether it is the far end of a cable.
    pub is_far: bool,
}

impl Picture {
    /// The picture of what was seen. `tunnels` are the devices of this host that lead to other machines;
    /// `lives` tells whether a process does.
    pub fn of(
        seen: &Snapshot,
        switches: &Switches,
        tunnels: &[(u32, String)],
        users: &Users,
        lives: impl Fn(u32) -> bool,
    ) -> Self {
        let mut picture = Self {
            networks: Vec::new(),
            processes: Vec::new(),
            devices: Vec::new(),
        };
        let mut known = Vec::new();
        for (network, ports) in &seen.networks {
            let mut places = Vec::new();
            for port in ports {
                // One that is not seen from here is another for each port.
                let key = port.pid.map(|pid| (pid, &port.command, port.uid));
                let process = match known.iter().position(|one| key.is_some() && *one == key) {
                    Some(index) => index,
                    None => {
                        known.push(key);
                        picture.processes.push(process(port, users, &lives));
                        picture.processes.len() - 1
                    }
                };
                let device = right_of(port, tunnels).map(|device| {
                    picture.devices.push(device);
                    picture.devices.len() - 1
                });
                let key = (port.network, port.number);
                let vlans = switches.vlans.get(&key).map(|vlans| words(vlans));
                let stations = switches.stations.get(&key).map(|all| names(all));
                places.push(place(
                    port,
                    vlans.unwrap_or_default(),
                    stations.unwrap_or_default(),
                    (process, device),
                ));
            }
            picture.networks.push(bus(network, places, users));
        }
        picture
    }
}

/// What a port leads to: the far end of a cable, or its device.
fn right_of(port: &Port, tunnels: &[(u32, String)]) -> Option<Device> {
    if let Some(cable) = cable_of(port) {
        return Some(Device {
            name: cable.far_end().to_owned(),
            facts: cable.scheme().to_owned(),
            is_far: true,
        });
    }
    let device = port.device.as_ref()?;
    let is_it = |(index, name): &(u32, String)| *index == device.index && device.name == name[..];
    let leads_far = tunnels.iter().any(is_it);
    Some(Device {
        name: Shown::of(&device.name).to_string(),
        facts: match port.kind {
            Kind::Grab if leads_far => "vxlan".to_owned(),
            Kind::Grab => "grabbed".to_owned(),
            kind => kind.to_string(),
        },
        is_far: leads_far,
    })
}

/// The cable that a port is.
fn cable_of(port: &Port) -> Option<Url> {
    crate::cable::of_description(&Shown::of(&port.description).to_string())
}

fn bus(network: &Network, places: Vec<Place>, users: &Users) -> Bus {
    let number = |one: usize, many: &str| match one {
        1 => format!("1 {}", many.trim_end_matches('s')),
        _ => format!("{one} {many}"),
    };
    let policy = Policy::new(network.policy).to_string();
    let mut facts = vec![policy, number(network.ports as usize, "ports")];
    if network.flags.contains(Flags::LOSSLESS) {
        facts.push("lossless".to_owned());
    }
    if network.flags.contains(Flags::RELIABLE) {
        facts.push("reliable".to_owned());
    }
    if let Some(owner) = network.owner {
        facts.push(format!("of {}", users.name(owner)));
    }
    facts.push(format!(
        "{} sent, {} bytes",
        short(network.sent),
        short(network.sent_bytes)
    ));
    let has_ended = network.flags.contains(Flags::TERMINATED);
    if has_ended {
        facts.push("ended".to_owned());
    }
    Bus {
        path: Shown::of(&network.path).to_string(),
        facts: facts.join(" · "),
        is_switch: network.policy == Policy::SWITCH.number(),
        has_ended,
        others: (network.ports as usize).saturating_sub(places.len()),
        places,
    }
}

fn place(
    port: &Port,
    vlans: Vec<(String, bool)>,
    stations: Vec<String>,
    (process, device): (usize, Option<usize>),
) -> Place {
    let count = |may, arrow, number| match may {
        true => format!("{arrow}{}", short(number)),
        false => String::new(),
    };
    let mut all = vec![
        format!("port {}, {}", port.number, port.kind),
        format!("sent {} ({} bytes)", port.sent, port.sent_bytes),
        format!("received {} ({} bytes)", port.received, port.received_bytes),
        format!(
            "lost {}, refused {}, behind {}",
            port.lost, port.refused, port.lag
        ),
    ];
    if let Some(time) = port.waiting {
        all.push(format!("waiting for {}", seconds(time)));
    }
    let dropped = drops::text(&port.drops);
    if !dropped.is_empty() {
        all.push(format!("dropped {dropped}"));
    }
    if let Some(device) = port.device.as_ref() {
        all.push(format!("device {}", Shown::of(&device.name)));
    }
    if let Some(cable) = cable_of(port) {
        all.push(format!("cable {cable}"));
    }
    if !stations.is_empty() {
        all.push(format!("stations {}", few(&stations, ALL_STATIONS)));
    }
    Place {
        number: port.number,
        description: Shown::of(&port.description).to_string(),
        sent: count(port.sends, '↑', port.sent),
        received: count(port.receives, '↓', port.received),
        trouble: match port.lost {
            0 => String::new(),
            lost => format!("lost {}", short(lost)),
        },
        receives: port.receives,
        sends: port.sends,
        observes: port.kind == Kind::Observer,
        vlans,
        stations,
        process: Some(process),
        device,
        by_process: port.device.is_none(),
        all: all.join("\n"),
    }
}

fn process(port: &Port, users: &Users, lives: &impl Fn(u32) -> bool) -> Process {
    let user = users.name_of(port.uid);
    let facts = match port.pid {
        Some(pid) if lives(pid) => format!("{pid} · {user}"),
        Some(pid) => format!("{pid}, ended · {user}"),
        None => user,
    };
    Process {
        command: match port.command.is_empty() {
            true => "?".to_owned(),
            false => Shown::of(&port.command).to_string(),
        },
        facts,
    }
}

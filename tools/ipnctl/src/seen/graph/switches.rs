// SPDX-License-Identifier: GPL-2.0

//! The VLANs of ports, and the stations at them.

use crate::seen::snapshot::Snapshot;
use ipn::switch::{Address, Vlan};
use ipn::{FileNumbers, Manager, Policy};
use ipn_netlink::Network;
use std::collections::HashMap;

/// A port: its network and its number.
type Place = (FileNumbers, u32);

/// What switches tell of their ports.
#[derive(Debug, Default)]
pub struct Switches {
    /// The VLANs that each is in.
    pub vlans: HashMap<Place, Vec<Vlan>>,
    /// The stations at each.
    pub stations: HashMap<Place, Vec<Address>>,
}

impl Switches {
    /// Those of all switches that the caller may manage. Of others it is not told.
    pub fn of(seen: &Snapshot) -> Self {
        let mut found = Self::default();
        for (network, ports) in &seen.networks {
            let Some(manager) = manager_of(network) else {
                continue;
            };
            let file = network.file;
            let network = manager.network();
            let switch = network.switch();
            for port in ports {
                if let Ok(vlans) = switch.vlans(port.number) {
                    found.vlans.insert((port.network, port.number), vlans);
                }
            }
            for station in switch.addresses().unwrap_or_default() {
                let place = (file, station.port);
                found.stations.entry(place).or_default().push(station);
            }
        }
        found
    }
}

/// A manager of a switch. Where it was made may be another's place by now.
fn manager_of(network: &Network) -> Option<Manager> {
    if network.policy != Policy::SWITCH.number()
        || FileNumbers::find(&network.path).ok()? != network.file
    {
        return None;
    }
    let manager = Manager::existing(&network.path).ok()?;
    (manager.network().file().ok()? == network.file).then_some(manager)
}

/// VLANs in few words, each with whether untagged frames belong to it: `10`, `20-29`. Nothing where a
/// port has what each has at first.
pub fn words(vlans: &[Vlan]) -> Vec<(String, bool)> {
    if vlans == [Vlan::AT_FIRST] {
        return Vec::new();
    }
    let mut ranges: Vec<(u16, u16, bool)> = Vec::new();
    for vlan in vlans {
        match ranges.last_mut() {
            Some((_, last, false)) if !vlan.pvid && last.checked_add(1) == Some(vlan.vlan) => {
                *last = vlan.vlan;
            }
            _ => ranges.push((vlan.vlan, vlan.vlan, vlan.pvid)),
        }
    }
    let text = |first: u16, last: u16| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let words = ranges
        .into_iter()
        .map(|(first, last, is_pvid)| (text(first, last), is_pvid));
    words.collect()
}

/// Stations by their addresses, in an order that does not change by itself.
pub fn names(stations: &[Address]) -> Vec<String> {
    let mut stations: Vec<_> = stations.iter().collect();
    stations.sort_by_key(|station| (station.vlan, station.address));
    let name = |station: &&Address| match station.vlan {
        0 => station.address.to_string(),
        vlan => format!("{} VLAN {vlan}", station.address),
    };
    stations.iter().map(name).collect()
}

/// As many names as there is room for in so many columns, at least one, and how many more there are.
pub fn few(names: &[String], columns: usize) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let more = match names.len() - index - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let comma = if index == 0 { "" } else { ", " };
        if index != 0 && text.len() + comma.len() + name.len() + more.len() > columns {
            text += &format!(", and {} more", names.len() - index);
            break;
        }
        text += comma;
        text += name;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_stations_a_few_are_named() {
        let station = |last, vlan| {
            let address = format!("52:54:00:00:00:{last:02x}").parse();
            Address::new(address.expect("an address"), vlan, 1)
        };
        let all = names(&[station(3, 10), station(2, 0), station(1, 10)]);
        assert_eq!(
            all,
            [
                "52:54:00:00:00:02",
                "52:54:00:00:00:01 VLAN 10",
                "52:54:00:00:00:03 VLAN 10"
            ]
        );
        assert_eq!(few(&all, 200), all.join(", "));
        assert_eq!(
            few(&all, 60),
            "52:54:00:00:00:02, 52:54:00:00:00:01 VLAN 10, and 1 more"
        );
        assert_eq!(few(&all, 1), "52:54:00:00:00:02, and 2 more");
        assert_eq!(few(&all[..1], 1), "52:54:00:00:00:02");
        assert_eq!(few(&[], 60), "");
    }

    #[test]
    fn vlans_that_follow_each_other_are_one() {
        assert_eq!(words(&[Vlan::AT_FIRST]), []);
        assert_eq!(words(&[]), []);
        let vlans = [
            Vlan::new(1),
            Vlan::new(2),
            Vlan::new(3).pvid(true),
            Vlan::new(4),
            Vlan::new(10),
        ];
        let said = words(&vlans);
        let said: Vec<_> = said
            .iter()
            .map(|(text, pvid)| (text.as_str(), *pvid))
            .collect();
        assert_eq!(
            said,
            [("1-2", false), ("3", true), ("4", false), ("10", false)]
        );
    }
}

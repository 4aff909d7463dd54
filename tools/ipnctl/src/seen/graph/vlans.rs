// SPDX-License-Identifier: GPL-2.0

//! The VLANs of ports.

use crate::seen::snapshot::Snapshot;
use ipn::switch::Vlan;
use ipn::{FileNumbers, Manager, Policy};
use ipn_netlink::Network;
use std::collections::HashMap;

/// The VLANs of a port: what stands there, and whether frames without a tag are in it.
pub type Vlans = HashMap<(FileNumbers, u32), Vec<Vlan>>;

/// The VLANs of the ports of all switches that the caller may manage. Of others they are not told.
pub fn of(seen: &Snapshot) -> Vlans {
    let mut found = Vlans::new();
    for (network, ports) in &seen.networks {
        if let Some(manager) = manager_of(network) {
            let network = manager.network();
            let switch = network.switch();
            for port in ports {
                if let Ok(vlans) = switch.vlans(port.number) {
                    found.insert((port.network, port.number), vlans);
                }
            }
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use super::*;

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

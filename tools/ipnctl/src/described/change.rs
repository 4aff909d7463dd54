// SPDX-License-Identifier: GPL-2.0

//! From what there is to what is described.

use super::cables::changes;
use super::description::{Description, Port, Static, Tap};
use super::links::{Link, Links};
use super::values::Device;
use crate::failure::Failure;
use ipn::switch::Limits;
use ipn::{Builder, Network, Shown};
use std::fmt::Display;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a change is made from.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The network.
    pub network: Network<'a>,
    /// What there is.
    pub is: &'a Description,
    /// What was described before: what of it is described no more is taken back.
    pub before: &'a Description,
    /// What is described.
    pub wanted: &'a Description,
}

/// Notes what was changed.
type Done = Vec<String>;

impl Change<'_> {
    /// Fails if something differs that a network keeps from its creation on.
    pub fn check(&self) -> Result<(), Failure> {
        let (is, wanted) = (self.is, self.wanted);
        let mut kept = Vec::new();
        differs("policy", is.policy, wanted.policy, &mut kept);
        differs("mtu", is.mtu, wanted.mtu, &mut kept);
        differs("pool", is.pool, wanted.pool, &mut kept);
        differs("bytes", is.bytes, wanted.bytes, &mut kept);
        if let (Some(is), Some(wanted)) = (is.bytes, wanted.pool) {
            kept.push(format!("bytes is {is}, and no pool of {wanted}"));
        }
        if let (Some(is), Some(wanted)) = (is.pool, wanted.bytes) {
            kept.push(format!("pool is {is}, and no bytes of {wanted}"));
        }
        differs("lossless", is.lossless, wanted.lossless, &mut kept);
        differs("one-writer", is.one_writer, wanted.one_writer, &mut kept);
        differs("reliable", is.reliable, wanted.reliable, &mut kept);
        differs("window", is.window, wanted.window, &mut kept);
        differs("rate", is.rate, wanted.rate, &mut kept);
        differs("history", is.history, wanted.history, &mut kept);
        differs("evict", is.evict, wanted.evict, &mut kept);
        differs("exclusive", is.exclusive, wanted.exclusive, &mut kept);
        differs("flexmtu", is.flexmtu, wanted.flexmtu, &mut kept);
        for (name, port) in ports_of_devices(wanted) {
            let there = ports_of_devices(is).find(|(other, _)| *other == name);
            let there = there.and_then(|(_, port)| port);
            differs(&format!("the port of {name}"), there, port, &mut kept);
        }
        for tap in &wanted.tap {
            if is.grab.iter().any(|grab| grab.name == tap.name) {
                kept.push(format!("{} is grabbed, not a tap", tap.name));
            }
        }
        for grab in &wanted.grab {
            if is.tap.iter().any(|tap| tap.name == grab.name) {
                kept.push(format!("{} is a tap, not grabbed", grab.name));
            }
        }
        match kept.is_empty() {
            true => Ok(()),
            false => Err(Failure::new(
                format!(
                    "cannot change the network {} in place: {}; nothing was changed",
                    Shown::of(&wanted.path),
                    kept.join(", ")
                ),
                "ipn down, then ipn up: that ends it for all members",
            )),
        }
    }

    /// Changes what differs, and tells what that was. What fails may be half done.
    pub fn apply(&self) -> Result<Vec<String>, Failure> {
        let mut done = Vec::new();
        self.take_back(&mut done)?;
        if let Some(ports) = self
            .wanted
            .ports
            .filter(|_| self.is.ports != self.wanted.ports)
        {
            self.network.set_ports(ports)?;
            done.push(format!("ports {ports}"));
        }
        self.set_switch(&mut done)?;
        self.make_devices(&mut done)?;
        self.set_ports(&mut done)?;
        self.add_addresses(&mut done)?;
        // They are for the process that holds it, which reads what is described.
        done.extend(changes(&self.before.cables(), &self.wanted.cables()));
        self.give_file(&mut done)?;
        Ok(done)
    }

    /// Devices and addresses that are described no more go.
    fn take_back(&self, done: &mut Done) -> Result<(), Failure> {
        let switch = self.network.switch();
        let gone = |entry: &&Static| {
            self.is.r#static.contains(entry) && !self.wanted.r#static.contains(entry)
        };
        for entry in self.before.r#static.iter().filter(gone) {
            switch.delete_address(entry.mac.0, entry.vlan.unwrap_or(0), Some(entry.port))?;
            done.push(format!("no static {} at port {}", entry.mac, entry.port));
        }
        for name in self.before.devices() {
            let has = |of: &Description| of.devices().any(|other| other == name);
            if has(self.is) && !has(self.wanted) {
                ipn::release_device(name.0)?;
                done.push(format!("no {name}"));
            }
        }
        Ok(())
    }

    fn set_switch(&self, done: &mut Done) -> Result<(), Failure> {
        let switch = self.network.switch();
        let (Some(is), Some(wanted)) = (&self.is.switch, &self.wanted.switch) else {
            return Ok(());
        };
        if let Some(ageing) = wanted.ageing.filter(|_| is.ageing != wanted.ageing) {
            switch.set_ageing(ageing.0)?;
            done.push(format!("ageing {ageing}"));
        }
        let limits = Limits::new(
            wanted.limit.or(is.limit).unwrap_or_default(),
            wanted.port_limit.or(is.port_limit).unwrap_or_default(),
        );
        if (Some(limits.network), Some(limits.port)) != (is.limit, is.port_limit) {
            switch.set_limits(limits)?;
            done.push(format!(
                "limit {}, port-limit {}",
                limits.network, limits.port
            ));
        }
        if let Some(filtering) = wanted
            .filtering
            .filter(|_| is.filtering != wanted.filtering)
        {
            switch.set_filtering(filtering)?;
            done.push(format!("filtering {filtering}"));
        }
        if let Some(mask) = wanted
            .group_fwd_mask
            .filter(|_| is.group_fwd_mask != wanted.group_fwd_mask)
        {
            switch.set_forwarded_groups(mask.0)?;
            done.push(format!("group-fwd-mask {mask}"));
        }
        Ok(())
    }

    fn make_devices(&self, done: &mut Done) -> Result<(), Failure> {
        let (is, wanted) = (self.is, self.wanted);
        let bind = |port: Option<u32>| {
            let any = Builder::new();
            match port {
                Some(port) => any.port(port).manage_existing(&wanted.path),
                None => any.manage_existing(&wanted.path),
            }
        };
        if wanted.devices().next().is_none() {
            return Ok(());
        }
        let links = Links::open()?;
        for tap in &wanted.tap {
            if !is.tap.iter().any(|there| there.name == tap.name) {
                let (device, _) = bind(tap.port)?.tap(tap.name.0)?;
                // It is the network's, not this process's: another may change it, or end it.
                device.set_persistent(true)?;
                done.push(format!("tap {}", tap.name));
            }
            self.set_tap(&links, tap, done)?;
        }
        for grab in &wanted.grab {
            if !is.grab.iter().any(|there| there.name == grab.name) {
                let device = bind(grab.port)?.grab(grab.name.0)?;
                device.set_persistent(true)?;
                done.push(format!("grabbed {}", grab.name));
            }
            set_up(&links, &links.find(grab.name)?, grab.up, done)?;
        }
        Ok(())
    }

    /// The addresses of a tap, and whether it is up.
    fn set_tap(&self, links: &Links, tap: &Tap, done: &mut Done) -> Result<(), Failure> {
        let link = links.find(tap.name)?;
        if let Some(mac) = tap.mac.filter(|_| link.mac != tap.mac) {
            links.set_mac(&link, mac)?;
            done.push(format!("{} has {mac}", tap.name));
        }
        let there = links.addresses(&link)?;
        let before = self
            .before
            .tap
            .iter()
            .find(|before| before.name == tap.name);
        let before = before.map_or(&[][..], |before| &before.addresses);
        for address in before.iter().filter(|address| there.contains(address)) {
            if !tap.addresses.contains(address) {
                links.remove(&link, *address)?;
                done.push(format!("{} has no {address}", tap.name));
            }
        }
        for address in tap
            .addresses
            .iter()
            .filter(|address| !there.contains(address))
        {
            links.add(&link, *address)?;
            done.push(format!("{} has {address}", tap.name));
        }
        set_up(links, &link, tap.up, done)
    }

    /// The ports of a switch; those that are described no more are as at first.
    fn set_ports(&self, done: &mut Done) -> Result<(), Failure> {
        let find =
            |of: &Description, number| of.port.iter().find(|port| port.number == number).cloned();
        let before = self.before.port.iter().map(|port| port.number);
        let forgotten = before.filter(|number| find(self.wanted, *number).is_none());
        let all = self
            .wanted
            .port
            .iter()
            .cloned()
            .chain(forgotten.map(Port::untouched));
        let ports = self.network.ports()?;
        for wanted in all.filter(|port| port.number < ports) {
            let is = find(self.is, wanted.number).unwrap_or_else(|| Port::untouched(wanted.number));
            if self.set_port(&is, &wanted)? {
                done.push(format!("port {}", wanted.number));
            }
        }
        Ok(())
    }

    /// Whether something had to be changed.
    fn set_port(&self, is: &Port, wanted: &Port) -> Result<bool, Failure> {
        let switch = self.network.switch();
        let number = wanted.number;
        if is.learning != wanted.learning {
            switch.set_learning(number, wanted.learning)?;
        }
        if is.isolated != wanted.isolated {
            switch.set_isolated(number, wanted.isolated)?;
        }
        if is.locked != wanted.locked {
            switch.set_locked(number, wanted.locked)?;
        }
        if is.flood != wanted.flood {
            switch.set_flood(number, wanted.flood)?;
        }
        if is.mcast_flood != wanted.mcast_flood {
            switch.set_mcast_flood(number, wanted.mcast_flood)?;
        }
        if is.bcast_flood != wanted.bcast_flood {
            switch.set_bcast_flood(number, wanted.bcast_flood)?;
        }
        let (there, vlans) = (is.each_vlan(), wanted.each_vlan());
        for vlan in &there {
            if !vlans.iter().any(|other| other.vlan == vlan.vlan) {
                switch.delete_vlan(number, vlan.vlan)?;
            }
        }
        for vlan in vlans.iter().filter(|vlan| !there.contains(vlan)) {
            switch.add_vlan(number, *vlan)?;
        }
        // VLANs may be put together otherwise, and be the same.
        let vlans = wanted.vlans.clone();
        Ok(there != wanted.each_vlan()
            || Port {
                vlans,
                ..is.clone()
            } != *wanted)
    }

    /// What needs ports that are held: static addresses and the mirror.
    fn add_addresses(&self, done: &mut Done) -> Result<(), Failure> {
        let switch = self.network.switch();
        for entry in &self.wanted.r#static {
            if !self.is.r#static.contains(entry) || !self.is_kept(entry.port) {
                self.needs_holder(entry.port, &format!("the static address {}", entry.mac))?;
                switch.add_address(entry.mac.0, entry.vlan.unwrap_or(0), entry.port)?;
                done.push(format!("static {} at port {}", entry.mac, entry.port));
            }
        }
        let mirror = |of: &Description| of.switch.as_ref().and_then(|switch| switch.mirror);
        match mirror(self.wanted) {
            None if mirror(self.before).is_some() && mirror(self.is) == mirror(self.before) => {
                switch.set_mirror(None)?;
                done.push("no mirror".to_owned());
            }
            Some(port) if mirror(self.is) != Some(port) => {
                self.needs_holder(port, "the mirror")?;
                switch.set_mirror(Some(port))?;
                done.push(format!("mirror {port}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether who held a port when it was looked at has kept it.
    fn is_kept(&self, port: u32) -> bool {
        let device = ports_of_devices(self.is).find(|(_, other)| *other == Some(port));
        device.is_none_or(|(name, _)| self.wanted.devices().any(|other| other == name))
    }

    fn needs_holder(&self, port: u32, what: &str) -> Result<(), Failure> {
        match self.network.switch().port(port)?.held {
            true => Ok(()),
            false => Err(Failure::new(
                format!(
                    "cannot set {what} of the network {}: no socket holds port {port}",
                    Shown::of(&self.wanted.path)
                ),
                format!("give a tap or a grab of the file port = {port}; a process's port has it when the process is there"),
            )),
        }
    }

    /// The owner, group and mode of the file, in this order: no user is let in too early.
    fn give_file(&self, done: &mut Done) -> Result<(), Failure> {
        let (is, wanted) = (self.is, self.wanted);
        let path = &wanted.path;
        let owner = wanted.owner.filter(|_| is.owner != wanted.owner);
        let group = wanted.group.filter(|_| is.group != wanted.group);
        let whom = [
            owner.map(|owner| format!("owner {owner}")),
            group.map(|group| format!("group {group}")),
        ];
        if owner.is_some() || group.is_some() {
            let numbers = (owner.map(|owner| owner.0), group.map(|group| group.0));
            std::os::unix::fs::chown(path, numbers.0, numbers.1).map_err(|error| {
                let whom: Vec<_> = whom.iter().flatten().cloned().collect();
                Failure::new(
                    format!(
                        "cannot give {} the {}: {error}",
                        Shown::of(&path),
                        whom.join(" and ")
                    ),
                    "root gives files away; others may choose a group they are in",
                )
            })?;
            done.extend(whom.into_iter().flatten());
        }
        if let Some(mode) = wanted.mode.filter(|_| is.mode != wanted.mode) {
            set_mode(path, mode.0)?;
            done.push(format!("mode {mode}"));
        }
        Ok(())
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Failure> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| Failure::file("change the mode of", path, &error))
}

fn set_up(links: &Links, link: &Link, up: bool, done: &mut Done) -> Result<(), Failure> {
    if link.is_up != up {
        links.set_up(link, up)?;
        done.push(format!("{} {}", link.name, if up { "up" } else { "down" }));
    }
    Ok(())
}

/// The devices of a description with their ports, where these are said.
fn ports_of_devices(of: &Description) -> impl Iterator<Item = (Device, Option<u32>)> + '_ {
    let taps = of.tap.iter().map(|tap| (tap.name, tap.port));
    taps.chain(of.grab.iter().map(|grab| (grab.name, grab.port)))
}

/// Notes a value that is wanted other than it is, where both are known.
fn differs<T: PartialEq + Display>(
    what: &str,
    is: Option<T>,
    wanted: Option<T>,
    notes: &mut Vec<String>,
) {
    if let (Some(is), Some(wanted)) = (is, wanted) {
        if is != wanted {
            notes.push(format!("{what} is {is}, not {wanted}"));
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `ipn switch`.

use crate::cli::Cli;
use crate::failure::Failure;
use crate::network_file::is_missing;
use crate::output::print;
use crate::steps::Steps;
use crate::switch_cli::{Command, Fdb, Port, Said, Switch as Arguments, Vlan};
use crate::switch_show as show;
use clap::error::ErrorKind;
use clap::CommandFactory;
use ipn::switch::{Limits, Switch, SwitchPort, Vlan as PortVlan};
use ipn::{Errno, Manager, Network, Shown};

/// Does what is asked with a switch network.
pub fn run(args: &Arguments) -> Result<(), Failure> {
    let path = &args.path;
    if is_missing(path) {
        return Err(Failure::new(
            format!(
                "cannot manage the switch {}: there is no such network",
                Shown::of(&path)
            ),
            "check the name; ipn show lists the networks in use",
        ));
    }
    let manager = Manager::existing(path)?;
    let network = manager.network();
    let switch = network.switch();
    // Every switch has statistics, and nothing else does.
    if let Err(error) = switch.statistics() {
        return Err(match error.errno() {
            Errno::NOPROTOOPT => Failure::new(
                format!(
                    "cannot manage the switch {}: the network is no switch",
                    Shown::of(&path)
                ),
                "create one with ipn create --protocol switch",
            ),
            _ => error.into(),
        });
    }
    match &args.command {
        Command::Fdb(command) => fdb(&switch, command, args.json),
        Command::Vlan(command) => vlan(&network, command, args.json),
        Command::Port(command) => port(&network, command, args.json),
        Command::Set { words } => set(&switch, words),
        Command::Show => show_settings(&switch, args.json),
        Command::Stats => print(show::statistics(&switch.statistics()?, args.json).as_bytes()),
    }
}

/// What the words say. Wrong ones end the command as a wrong command line does.
fn said(words: &[String], known: &[&str]) -> Said {
    right(Said::read(words, known))
}

/// What was said right.
fn right<T>(read: Result<T, String>) -> T {
    read.unwrap_or_else(|text| Cli::command().error(ErrorKind::InvalidValue, text).exit())
}

fn fdb(switch: &Switch<'_>, command: &Fdb, json: bool) -> Result<(), Failure> {
    match command {
        Fdb::Show { words } => {
            let said = said(words, &["port", "vlan"]);
            let mut entries = switch.addresses()?;
            entries.retain(|entry| {
                said.port.is_none_or(|port| port == entry.port)
                    && said.vlan.is_none_or(|vlan| vlan == entry.vlan)
            });
            print(show::addresses(&entries, json).as_bytes())
        }
        Fdb::Add { address, words } => {
            let said = said(words, &["port", "vlan"]);
            let port = right(said.the_port());
            Ok(switch.add_address(*address, said.vlan.unwrap_or(0), port)?)
        }
        Fdb::Del { address, words } => {
            let said = said(words, &["port", "vlan"]);
            Ok(switch.delete_address(*address, said.vlan.unwrap_or(0), said.port)?)
        }
        Fdb::Flush { words } => {
            let said = said(words, &["port", "vlan", "dynamic", "all"]);
            Ok(switch.flush(&right(said.flush()))?)
        }
    }
}

fn vlan(network: &Network<'_>, command: &Vlan, json: bool) -> Result<(), Failure> {
    let switch = &network.switch();
    match command {
        Vlan::Show { words } => {
            let said = said(words, &["port"]);
            let ports: Vec<_> = ports_shown(network, said.port)?
                .into_iter()
                .map(|(port, vlans)| (port.port, vlans))
                .collect();
            print(show::vlans(&ports, json).as_bytes())
        }
        Vlan::Add { words } => {
            let said = said(words, &["vid", "port", "pvid", "untagged"]);
            let ((first, last), port) = (right(said.the_vlans()), right(said.the_port()));
            let was = &switch.vlans(port)?;
            let mut steps = Steps::new();
            for vlan in first..=last {
                let new = PortVlan::new(vlan).pvid(said.pvid).untagged(said.untagged);
                steps.add(
                    move || switch.add_vlan(port, new),
                    move || restore_vlan(switch, port, vlan, was),
                );
            }
            steps.take()
        }
        Vlan::Del { words } => {
            let said = said(words, &["vid", "port"]);
            let ((first, last), port) = (right(said.the_vlans()), right(said.the_port()));
            let was = &switch.vlans(port)?;
            let is_in = |vlan: &u16| was.iter().any(|one| one.vlan == *vlan);
            let mut steps = Steps::new();
            for vlan in (first..=last).filter(is_in) {
                steps.add(
                    move || switch.delete_vlan(port, vlan).map(drop),
                    move || restore_vlan(switch, port, vlan, was),
                );
            }
            match (first..=last).any(|vlan| is_in(&vlan)) {
                true => steps.take(),
                false => Err(Failure::new(
                    format!("cannot take port {port} out of the VLAN: it is not in it"),
                    "ipn switch PATH vlan show lists the VLANs of each port",
                )),
            }
        }
    }
}

fn port(network: &Network<'_>, command: &Port, json: bool) -> Result<(), Failure> {
    let switch = &network.switch();
    match command {
        Port::Show { port } => {
            let ports: Vec<_> = ports_shown(network, *port)?
                .into_iter()
                .map(|(port, _)| port)
                .collect();
            print(show::ports(&ports, json).as_bytes())
        }
        Port::Set { port, words } => {
            let known = [
                "learning",
                "isolated",
                "locked",
                "flood",
                "mcast_flood",
                "bcast_flood",
            ];
            let said = said(words, &known);
            let (port, was) = (*port, switch.port(*port)?);
            let mut steps = Steps::new();
            type Set<'a> = fn(&Switch<'a>, u32, bool) -> Result<(), ipn::Error>;
            let flags: [(Option<bool>, bool, Set<'_>); 6] = [
                (said.learning, was.learning, Switch::set_learning),
                (said.isolated, was.isolated, Switch::set_isolated),
                (said.locked, was.locked, Switch::set_locked),
                (said.flood, was.flood, Switch::set_flood),
                (said.mcast_flood, was.mcast_flood, Switch::set_mcast_flood),
                (said.bcast_flood, was.bcast_flood, Switch::set_bcast_flood),
            ];
            for (on, before, set) in flags {
                if let Some(on) = on {
                    steps.add(
                        move || set(switch, port, on),
                        move || set(switch, port, before),
                    );
                }
            }
            steps.take()
        }
    }
}

/// Gives a port the part in a VLAN that it had.
fn restore_vlan(
    switch: &Switch<'_>,
    port: u32,
    vlan: u16,
    was: &[PortVlan],
) -> Result<(), ipn::Error> {
    switch.delete_vlan(port, vlan)?;
    // The PVID may have been another's.
    let had = |one: &&PortVlan| one.vlan == vlan || one.pvid;
    was.iter()
        .filter(had)
        .try_for_each(|one| switch.add_vlan(port, *one))
}

/// The port that was asked for; or all that a socket holds, or that are set otherwise than at first.
/// With their VLANs.
fn ports_shown(
    network: &Network<'_>,
    wanted: Option<u32>,
) -> Result<Vec<(SwitchPort, Vec<PortVlan>)>, Failure> {
    let switch = network.switch();
    let get = |port| Ok::<_, Failure>((switch.port(port)?, switch.vlans(port)?));
    if let Some(port) = wanted {
        return Ok(vec![get(port)?]);
    }
    let mut ports = (0..network.ports()?)
        .map(get)
        .collect::<Result<Vec<_>, _>>()?;
    ports.retain(|(port, vlans)| {
        port.held || !port.is_as_at_first() || *vlans != [PortVlan::AT_FIRST]
    });
    Ok(ports)
}

fn set(switch: &Switch<'_>, words: &[String]) -> Result<(), Failure> {
    let known = [
        "ageing",
        "limit",
        "port-limit",
        "filtering",
        "mirror",
        "group-fwd-mask",
    ];
    let said = said(words, &known);
    let mut steps = Steps::new();
    if let Some(ageing) = said.ageing {
        let was = switch.ageing()?;
        steps.add(
            move || switch.set_ageing(ageing),
            move || switch.set_ageing(was),
        );
    }
    if said.limit.is_some() || said.port_limit.is_some() {
        let was = switch.limits()?;
        let limits = Limits::new(
            said.limit.unwrap_or(was.network),
            said.port_limit.unwrap_or(was.port),
        );
        steps.add(
            move || switch.set_limits(limits),
            move || switch.set_limits(was),
        );
    }
    if let Some(filtering) = said.filtering {
        let was = switch.filtering()?;
        steps.add(
            move || switch.set_filtering(filtering),
            move || switch.set_filtering(was),
        );
    }
    if let Some(mirror) = said.mirror {
        let was = switch.mirror()?;
        steps.add(
            move || switch.set_mirror(mirror),
            move || switch.set_mirror(was),
        );
    }
    if let Some(groups) = said.groups {
        let was = switch.forwarded_groups()?;
        steps.add(
            move || switch.set_forwarded_groups(groups),
            move || switch.set_forwarded_groups(was),
        );
    }
    steps.take()
}

fn show_settings(switch: &Switch<'_>, json: bool) -> Result<(), Failure> {
    let limits = switch.limits()?;
    let settings = show::Settings {
        ageing_ms: switch.ageing()?.map(|ageing| ageing.as_millis()),
        limit: limits.network,
        port_limit: limits.port,
        filtering: switch.filtering()?,
        mirror: switch.mirror()?,
        group_fwd_mask: switch.forwarded_groups()?,
    };
    print(show::settings(&settings, json).as_bytes())
}

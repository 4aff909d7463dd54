// SPDX-License-Identifier: GPL-2.0

//! `ipn switch`.

use crate::cli::Cli;
use crate::failure::Failure;
use crate::network_file::is_missing;
use crate::output::print;
use crate::switch_cli::{Command, Fdb, Port, Said, Switch as Arguments, Vlan};
use crate::switch_show as show;
use clap::error::ErrorKind;
use clap::CommandFactory;
use ipn::switch::{Limits, Switch, SwitchPort, Vlan as PortVlan};
use ipn::{Errno, Manager, Network};

/// Does what is asked with a switch network.
pub fn run(args: &Arguments) -> Result<(), Failure> {
    let path = &args.path;
    if is_missing(path) {
        // Binding would create it.
        return Err(Failure::new(
            format!(
                "cannot manage the switch {}: there is no such network",
                path.display()
            ),
            "check the name; ipn show lists the networks in use",
        ));
    }
    let manager = Manager::bind(path)?;
    let network = manager.network();
    let switch = network.switch();
    // Every switch has statistics, and nothing else does.
    if let Err(error) = switch.statistics() {
        return Err(match error.errno() {
            Errno::NOPROTOOPT => Failure::new(
                format!(
                    "cannot manage the switch {}: the network is no switch",
                    path.display()
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
    let switch = network.switch();
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
            for vlan in first..=last {
                switch.add_vlan(
                    port,
                    PortVlan {
                        vlan,
                        pvid: said.pvid,
                        untagged: said.untagged,
                    },
                )?;
            }
            Ok(())
        }
        Vlan::Del { words } => {
            let said = said(words, &["vid", "port"]);
            let ((first, last), port) = (right(said.the_vlans()), right(said.the_port()));
            let mut was_in = false;
            for vlan in first..=last {
                was_in |= switch.delete_vlan(port, vlan)?;
            }
            match was_in {
                true => Ok(()),
                false => Err(Failure::new(
                    format!("cannot take port {port} out of the VLAN: it is not in it"),
                    "ipn switch PATH vlan show lists the VLANs of each port",
                )),
            }
        }
    }
}

fn port(network: &Network<'_>, command: &Port, json: bool) -> Result<(), Failure> {
    let switch = network.switch();
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
            if let Some(on) = said.learning {
                switch.set_learning(*port, on)?;
            }
            if let Some(on) = said.isolated {
                switch.set_isolated(*port, on)?;
            }
            if let Some(on) = said.locked {
                switch.set_locked(*port, on)?;
            }
            if let Some(on) = said.flood {
                switch.set_flood(*port, on)?;
            }
            if let Some(on) = said.mcast_flood {
                switch.set_mcast_flood(*port, on)?;
            }
            if let Some(on) = said.bcast_flood {
                switch.set_bcast_flood(*port, on)?;
            }
            Ok(())
        }
    }
}

/// The port that was asked for; or all that somebody holds, or that are set otherwise than at first.
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
    if let Some(ageing) = said.ageing {
        switch.set_ageing(ageing)?;
    }
    if said.limit.is_some() || said.port_limit.is_some() {
        let limits = switch.limits()?;
        switch.set_limits(Limits {
            network: said.limit.unwrap_or(limits.network),
            port: said.port_limit.unwrap_or(limits.port),
        })?;
    }
    if let Some(filtering) = said.filtering {
        switch.set_filtering(filtering)?;
    }
    if let Some(mirror) = said.mirror {
        switch.set_mirror(mirror)?;
    }
    if let Some(groups) = said.groups {
        switch.set_forwarded_groups(groups)?;
    }
    Ok(())
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

// SPDX-License-Identifier: GPL-2.0

//! What there is of a network, as a description of it.

use super::description::{Cable, Description, Grab, Port, Static, Switch, Tap, Vlans};
use super::links::Links;
use super::values::{Ageing, Bytes, Device, Group, Mac, Mask, Mode, Owner, Policy, Time, Vids};
use crate::cable::of_description;
use crate::failure::Failure;
use ipn::{abi, Builder, Errno, FileNumbers, Flags, Manager, Network};
use ipn_netlink::{Client, Kind, Port as Told};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Describes the network `path` in full, but for ports of a switch that nothing was said of, and
/// for the text that describes it, which no other process sees.
pub fn observe(network: &Network<'_>, path: &Path) -> Result<Description, Failure> {
    let file = fs::metadata(path).map_err(|error| Failure::file("look at", path, &error))?;
    let flags = network.flags()?;
    let is_switch = network.switch().statistics().is_ok();
    let told = ports(path);
    let (tap, grab) = devices(path, &told)?;
    let bytes = network.bytes()?;
    let is_reliable = flags.contains(Flags::RELIABLE);
    let of_reliable = |flag| is_reliable.then_some(flags.contains(flag));
    let mut is = Description {
        path: path.to_owned(),
        policy: policy(path, is_switch).map(Policy),
        mode: Some(Mode(file.mode() & 0o777)),
        owner: Some(Owner(file.uid())),
        group: Some(Group(file.gid())),
        mtu: Some(network.mtu()? as u32),
        ports: Some(network.ports()?),
        pool: bytes.is_none().then(|| network.pool()).transpose()?,
        bytes,
        lossless: Some(flags.contains(Flags::LOSSLESS)),
        one_writer: Some(flags.contains(Flags::ONE_WRITER)),
        reliable: Some(is_reliable),
        window: (is_reliable.then(|| network.window()).transpose()?).map(Time),
        rate: (is_reliable.then(|| network.rate()).transpose()?)
            .map(|rate| Bytes(rate.unwrap_or(0))),
        history: of_reliable(Flags::HISTORY),
        evict: of_reliable(Flags::EVICT),
        exclusive: Some(flags.contains(Flags::EXCLUSIVE)),
        flexmtu: Some(flags.contains(Flags::FLEXIBLE_MTU)),
        tap,
        grab,
        cable: cables(&told),
        ..Description::default()
    };
    if is_switch {
        switch(network, &mut is)?;
    }
    Ok(is)
}

/// The policy of a network, which tells it only by what it takes; none where no other user may manage.
fn policy(path: &Path, is_switch: bool) -> Option<ipn::Policy> {
    if is_switch {
        return Some(ipn::Policy::SWITCH);
    }
    let mut numbers = abi::IPN_HUB..=abi::IPN_PROTO_MAX;
    numbers.find_map(|number| {
        let policy = ipn::Policy::new(number);
        Builder::new()
            .policy(policy)
            .manage_existing(path)
            .ok()
            .map(|_| policy)
    })
}

/// The devices of a network in the process's network namespace. It takes `CAP_NET_ADMIN` to see
/// them; without it there are none. What observes is none of what the network is, and the device of a
/// cable goes with that.
///
/// Which ones these are is found by offering to serve each interface of the host. One that a process
/// serves tells its port only if it is a tap.
fn devices(path: &Path, told: &[Told]) -> Result<(Vec<Tap>, Vec<Grab>), Failure> {
    let (mut taps, mut grabs) = (Vec::new(), Vec::new());
    let links = Links::open()?;
    let observers: Vec<_> = told
        .iter()
        .filter(|port| port.kind == Kind::Observer)
        .map(|port| port.number)
        .collect();
    let is_of_cable = |name: &str| {
        let cables = told.iter().filter(|port| cable(port).is_some());
        let mut devices = cables.filter_map(|port| port.device.as_ref());
        devices.any(|device| device.name == name)
    };
    for link in links.all()? {
        if is_of_cable(&link.name.to_string()) {
            continue;
        }
        let manager = match Manager::existing(path) {
            // An exclusive network: its one manager has no device.
            Err(error) if error.errno() == Errno::EXIST => break,
            manager => manager?,
        };
        let port = match manager.serve(link.name.0) {
            Ok(device) => device.port().ok(),
            Err(failed) => match failed.error().errno() {
                Errno::BUSY => link.port,
                Errno::PERM | Errno::ADDRNOTAVAIL => continue,
                _ => return Err(failed.into()),
            },
        };
        if port.is_some_and(|port| observers.contains(&port)) {
            continue;
        }
        let (name, up) = (link.name, link.is_up);
        match link.is_tap {
            true => taps.push(Tap {
                name,
                port,
                mac: link.mac,
                up,
                addresses: links.addresses(&link)?,
            }),
            false => grabs.push(Grab { name, port, up }),
        }
    }
    Ok((taps, grabs))
}

/// The cables of these ports, of which one may have several.
fn cables(told: &[Told]) -> Vec<Cable> {
    let mut cables = Vec::new();
    for cable in told.iter().filter_map(cable) {
        if !cables.contains(&cable) {
            cables.push(cable);
        }
    }
    cables
}

/// The cable that a port is, as it says.
fn cable(port: &Told) -> Option<Cable> {
    let url = of_description(port.description.to_str()?)?;
    Some(Cable { url })
}

/// The ports that the kernel tells of: all of them where this process manages the network. A module that
/// cannot tell has none.
pub fn ports(path: &Path) -> Vec<Told> {
    let ports = || {
        let file = FileNumbers::find(path).ok()?;
        Client::open().ok()?.ports(Some(file)).ok()
    };
    ports().unwrap_or_default()
}

/// Whether a device is on the network `path`, as far as this process may know.
pub fn has_device(path: &Path, name: Device) -> bool {
    match Manager::existing(path) {
        Ok(manager) => match manager.serve(name.0) {
            Ok(_) => true,
            Err(failed) => failed.error().errno() == Errno::BUSY,
        },
        _ => false,
    }
}

fn switch(network: &Network<'_>, is: &mut Description) -> Result<(), Failure> {
    let switch = network.switch();
    let limits = switch.limits()?;
    is.switch = Some(Switch {
        ageing: Some(Ageing(switch.ageing()?)),
        limit: Some(limits.network),
        port_limit: Some(limits.port),
        filtering: Some(switch.filtering()?),
        mirror: switch.mirror()?,
        group_fwd_mask: Some(Mask(switch.forwarded_groups()?)),
    });
    for number in 0..network.ports()? {
        let port = switch.port(number)?;
        let port = Port {
            number,
            learning: port.learning,
            isolated: port.isolated,
            locked: port.locked,
            flood: port.flood,
            mcast_flood: port.mcast_flood,
            bcast_flood: port.bcast_flood,
            vlans: compress(&switch.vlans(number)?),
        };
        if port != Port::untouched(number) {
            is.port.push(port);
        }
    }
    let fixed = switch.addresses()?.into_iter().filter(|entry| entry.fixed);
    is.r#static = fixed
        .map(|entry| Static {
            mac: Mac(entry.address),
            port: entry.port,
            vlan: (entry.vlan != 0).then_some(entry.vlan),
        })
        .collect();
    Ok(())
}

/// VLANs that follow each other and are alike are one entry.
fn compress(vlans: &[ipn::switch::Vlan]) -> Vec<Vlans> {
    let mut all: Vec<Vlans> = Vec::new();
    for vlan in vlans {
        match all.last_mut() {
            Some(before)
                if !before.pvid
                    && !vlan.pvid
                    && before.untagged == vlan.untagged
                    && before.vid.last + 1 == vlan.vlan =>
            {
                before.vid.last = vlan.vlan;
            }
            _ => all.push(Vlans {
                vid: Vids {
                    first: vlan.vlan,
                    last: vlan.vlan,
                },
                pvid: vlan.pvid,
                untagged: vlan.untagged,
            }),
        }
    }
    all
}

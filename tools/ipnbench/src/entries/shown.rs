// SPDX-License-Identifier: GPL-2.0

//! What is mapped, listed, and set by a policy's options; devices that are made.

use super::stage::*;
use ipn::switch::{Flush, Limits};
use ipn::{Builder, Device, Manager, Port};
use std::fs;
use std::io;

/// A port maps the ring, which has room for so many messages.
pub fn map(pool: usize) -> io::Result<f64> {
    let network = Network::new(&hub().pool(pool as u32).ports(2))?;
    let prepare = |port: &mut Option<Port>| {
        *port = None;
        *port = Some(network.join()?);
        Ok(())
    };
    cost(&mut None, prepare, |port| {
        Ok(port.take().map(Port::into_receiver).transpose()?)
    })
}

/// A switch on which a port can have sent from so many stations; the port.
fn switch_of(addresses: usize) -> io::Result<(Network, Port)> {
    let network = Network::new(&switch().ports(3))?;
    let most = addresses as u32 + 1;
    let limits = Limits::new(most, most);
    network.0.network().switch().set_limits(limits)?;
    let port = network.join()?;
    Ok((network, port))
}

fn learn(port: &Port, addresses: usize) -> io::Result<()> {
    (0..addresses).try_for_each(|station| say(port, &broadcast(60, station)))
}

/// A switch forgets so many addresses.
pub fn flush(addresses: usize) -> io::Result<f64> {
    let (network, port) = switch_of(addresses)?;
    let prepare = |_: &mut ()| learn(&port, addresses);
    cost(&mut (), prepare, |_| {
        Ok(network.0.network().switch().flush(&Flush::default())?)
    })
}

/// A switch lists so many, in as many calls as that takes.
pub fn addresses(addresses: usize) -> io::Result<f64> {
    let (network, port) = switch_of(addresses)?;
    learn(&port, addresses)?;
    cost(&mut (), nothing, |_| {
        Ok(network.0.network().switch().addresses()?)
    })
}

/// A tap takes the last port of so many.
pub fn tap(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let _others = network.join_all(ports - 1)?;
    let prepare = |manager: &mut Option<Manager>| {
        *manager = Some(Builder::new().bind(PATH)?);
        Ok(())
    };
    own_cost(
        &mut None,
        prepare,
        |manager| -> io::Result<Option<Device>> {
            let name = "bench".parse().map_err(io::Error::other)?;
            let tap = manager
                .take()
                .map(|manager| manager.tap(name))
                .transpose()?;
            Ok(tap.map(|(device, _)| device))
        },
    )
}

/// Every other port of so many is listed.
pub fn taken(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let all = network.join_all(ports)?;
    let _every_other: Vec<Port> = all.into_iter().step_by(2).collect();
    let directory = fs::read_dir("/sys/kernel/ipn")?.next();
    let path = directory
        .ok_or(io::ErrorKind::NotFound)??
        .path()
        .join("taken");
    cost(&mut (), nothing, |_| fs::read(&path))
}

/// So many networks are listed.
pub fn networks(networks: usize) -> io::Result<f64> {
    let small = Builder::new().pool(1).mtu(64).ports(2);
    let path = |number| format!("{PATH}{number}");
    let made: Vec<Manager> = (0..networks)
        .map(|number| Ok(small.bind(path(number))?))
        .collect::<io::Result<_>>()?;
    let cost = cost(&mut (), nothing, |_| fs::read("/proc/net/ipn"));
    drop(made);
    (0..networks).try_for_each(|number| fs::remove_file(path(number)))?;
    cost
}

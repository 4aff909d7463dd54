// SPDX-License-Identifier: GPL-2.0

//! Networks that are made and changed, ports that come and go.

use super::stage::*;
use ipn::{Builder, Port, Shutdown};
use std::fs;
use std::io;

/// `bind` makes a network with this pool.
pub fn bind(pool: usize) -> io::Result<f64> {
    let builder = hub().pool(pool as u32).ports(2);
    let prepare = |_: &mut ()| match fs::remove_file(PATH) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let cost = cost(&mut (), prepare, |_| Ok(builder.bind(PATH)?));
    fs::remove_file(PATH)?;
    cost
}

/// `bind` to a network of so many ports, all but one of them taken.
pub fn manage(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let _others = network.join_all(ports - 1)?;
    cost(&mut (), nothing, |_| Ok(Builder::new().bind(PATH)?))
}

/// `connect` takes the last port of so many.
pub fn connect(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let _others = network.join_all(ports - 1)?;
    cost(&mut (), nothing, |_| network.join())
}

/// `connect` makes a ring of so many messages.
pub fn connect_to_a_switch(pool: usize) -> io::Result<f64> {
    let network = Network::new(&switch().pool(pool as u32).ports(2))?;
    cost(&mut (), nothing, |_| network.join())
}

/// One of so many ports, all of which hear who comes and goes, does something.
fn told(
    ports: usize,
    call: impl FnMut(&mut Option<Port>) -> io::Result<Option<Port>>,
) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let watcher = Builder::new().watch_members(true);
    let join = |_| Ok(watcher.connect(PATH)?);
    let _others: Vec<Port> = (1..ports).map(join).collect::<io::Result<_>>()?;
    let prepare = |port: &mut Option<Port>| {
        *port = None;
        *port = Some(network.join()?);
        Ok(())
    };
    cost(&mut None, prepare, call)
}

/// `shutdown` of one of so many ports.
pub fn shut(ports: usize) -> io::Result<f64> {
    told(ports, |port| {
        if let Some(port) = port {
            port.shutdown(Shutdown::Both)?;
        }
        Ok(None)
    })
}

/// `close` of one of them.
pub fn close(ports: usize) -> io::Result<f64> {
    told(ports, |port| {
        drop(port.take());
        Ok(None)
    })
}

/// `IPN_TERMINATE` of a network whose ports poll.
pub fn terminate(ports: usize) -> io::Result<f64> {
    let prepare = |stage: &mut Option<(Watched, Network)>| {
        *stage = None;
        let network = Network::new(&hub().ports(ports as u32))?;
        *stage = Some((Watched::new(network.join_all(ports)?)?, network));
        Ok(())
    };
    cost(&mut None, prepare, |stage| {
        let network = stage.as_ref().map(|(_, network)| network.0.network());
        Ok(network.map(|network| network.terminate()).transpose()?)
    })
}

/// The number of ports becomes this.
pub fn resize(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32))?;
    let set = |ports: usize| network.0.network().set_ports(ports as u32);
    cost(&mut (), |_| Ok(set(ports - 1)?), |_| Ok(set(ports)?))
}

// SPDX-License-Identifier: GPL-2.0

//! The network interface that a cable takes.

use ipn_cable::Failure;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// An interface with the address that packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// The kernel's number of it.
    pub index: u32,
    /// One of its addresses, of the group's family.
    pub address: IpAddr,
}

impl Interface {
    /// That of a name or an address, or without the one that the routing table takes for the group.
    ///
    /// # Errors
    ///
    /// There is none, or it has no address of the group's family.
    pub fn find(wanted: Option<&str>, group: SocketAddr) -> Result<Self, Failure> {
        let all = if_addrs::get_if_addrs()
            .map_err(|error| Failure::because(format!("cannot list the interfaces: {error}")))?;
        let routed = match wanted {
            None => Some(routed(group)?),
            Some(_) => None,
        };
        let is_it = |interface: &&if_addrs::Interface| match wanted {
            Some(wanted) => interface.name == wanted || wanted.parse() == Ok(interface.ip()),
            None => routed == Some(interface.ip()),
        };
        all.iter()
            .filter(|interface| interface.ip().is_ipv4() == group.is_ipv4())
            .find(is_it)
            .and_then(|interface| {
                Some(Self {
                    index: interface.index?,
                    address: interface.ip(),
                })
            })
            .ok_or_else(|| {
                let wanted = wanted.unwrap_or("that leads to the group");
                Failure::new(
                    format!("there is no interface {wanted} with an address of the group's family"),
                    "look at `ip address`, and say iface=NAME in the URL",
                )
            })
    }
}

/// The address that what goes to the group comes from.
fn routed(group: SocketAddr) -> Result<IpAddr, Failure> {
    let any: IpAddr = match group {
        SocketAddr::V4(_) => [0; 4].into(),
        SocketAddr::V6(_) => [0; 16].into(),
    };
    UdpSocket::bind((any, 0))
        .and_then(|socket| {
            socket.connect(group)?;
            Ok(socket.local_addr()?.ip())
        })
        .map_err(|error| {
            Failure::new(
                format!("no interface leads to the group {}: {error}", group.ip()),
                "add a route to 224.0.0.0/4, or say iface=NAME in the URL",
            )
        })
}

// SPDX-License-Identifier: GPL-2.0

//! The interfaces of this host, by rtnetlink(7): their names and addresses, and setting them up.

use super::values::{Cidr, Device, Mac};
use crate::failure::Failure;
use crate::rtnetlink::{failure, Rtnetlink};
use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;
use std::net::IpAddr;

/// An interface.
#[derive(Debug)]
pub struct Link {
    /// Its number.
    index: u32,
    /// Its name.
    pub name: Device,
    /// Whether a network has made it.
    pub is_tap: bool,
    /// Whether it is up.
    pub is_up: bool,
    /// Its hardware address, if it has one of six bytes.
    pub mac: Option<Mac>,
    /// The port that it is, as a network's tap tells it.
    pub port: Option<u32>,
}

/// The interfaces of the process's network namespace.
#[derive(Debug)]
pub struct Links(Rtnetlink);

impl Links {
    /// Asks the kernel from now on.
    pub fn open() -> Result<Self, Failure> {
        Rtnetlink::open().map(Self)
    }

    /// All interfaces whose names are names.
    pub fn all(&self) -> Result<Vec<Link>, Failure> {
        let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
        let answers = self.0.ask(question, NLM_F_DUMP);
        let answers = answers.map_err(|error| failure("list the interfaces", &error))?;
        Ok(answers.into_iter().filter_map(link).collect())
    }

    /// The interface of a name.
    pub fn find(&self, name: Device) -> Result<Link, Failure> {
        let found = self.all()?.into_iter().find(|link| link.name == name);
        found.ok_or_else(|| {
            Failure::new(
                format!("there is no interface {name}"),
                "ip link lists them",
            )
        })
    }

    /// The addresses of an interface, but for those that IPv6 gives each link.
    pub fn addresses(&self, link: &Link) -> Result<Vec<Cidr>, Failure> {
        let question = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let answers = self.0.ask(question, NLM_F_DUMP);
        let answers = answers.map_err(|error| failure("list the addresses", &error))?;
        let addresses = answers.into_iter().filter_map(|answer| match answer {
            RouteNetlinkMessage::NewAddress(message) if message.header.index == link.index => {
                address(&message)
            }
            _ => None,
        });
        Ok(addresses.collect())
    }

    /// Gives an interface an address.
    pub fn add(&self, link: &Link, address: Cidr) -> Result<(), Failure> {
        let message = RouteNetlinkMessage::NewAddress(address_message(link, address));
        self.0
            .ask(message, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
            .map_err(|error| {
                failure(&format!("give {} the address {address}", link.name), &error)
            })?;
        Ok(())
    }

    /// Takes an address from an interface, if it is there.
    pub fn remove(&self, link: &Link, address: Cidr) -> Result<(), Failure> {
        let message = RouteNetlinkMessage::DelAddress(address_message(link, address));
        match self.0.ask(message, NLM_F_ACK) {
            Err(error) if error.errno() != Some(Errno::ADDRNOTAVAIL) => Err(failure(
                &format!("take the address {address} from {}", link.name),
                &error,
            )),
            _ => Ok(()),
        }
    }

    /// Sets an interface up or down.
    pub fn set_up(&self, link: &Link, up: bool) -> Result<(), Failure> {
        let mut message = LinkMessage::default();
        message.header.index = link.index;
        message.header.change_mask = LinkFlags::Up;
        message.header.flags.set(LinkFlags::Up, up);
        let what = format!("set {} {}", link.name, if up { "up" } else { "down" });
        self.change(message, &what)
    }

    /// Gives an interface a hardware address.
    pub fn set_mac(&self, link: &Link, mac: Mac) -> Result<(), Failure> {
        let mut message = LinkMessage::default();
        message.header.index = link.index;
        message
            .attributes
            .push(LinkAttribute::Address(mac.0 .0.to_vec()));
        self.change(
            message,
            &format!("give {} the hardware address {mac}", link.name),
        )
    }

    fn change(&self, message: LinkMessage, what: &str) -> Result<(), Failure> {
        self.0
            .ask(RouteNetlinkMessage::SetLink(message), NLM_F_ACK)
            .map_err(|error| failure(what, &error))?;
        Ok(())
    }
}

fn link(answer: RouteNetlinkMessage) -> Option<Link> {
    let RouteNetlinkMessage::NewLink(message) = answer else {
        return None;
    };
    let (mut name, mut mac, mut port, mut is_tap) = (None, None, None, false);
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(text) => name = text.parse().ok(),
            LinkAttribute::Address(bytes) => {
                mac = bytes
                    .try_into()
                    .ok()
                    .map(|bytes| Mac(ipn::switch::MacAddress(bytes)));
            }
            LinkAttribute::PhysPortName(text) => {
                port = text
                    .strip_prefix('p')
                    .and_then(|number| number.parse().ok());
            }
            LinkAttribute::LinkInfo(info) => {
                let kind = |info: &LinkInfo| matches!(info, LinkInfo::Kind(InfoKind::Other(kind)) if kind == "ipn");
                is_tap = info.iter().any(kind);
            }
            _ => {}
        }
    }
    Some(Link {
        index: message.header.index,
        name: name?,
        is_tap,
        is_up: message.header.flags.contains(LinkFlags::Up),
        mac,
        port: port.filter(|_| is_tap),
    })
}

fn address(message: &AddressMessage) -> Option<Cidr> {
    let local = message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            AddressAttribute::Local(address) => Some(*address),
            _ => None,
        });
    let address = local.or_else(|| {
        message
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Address(address) => Some(*address),
                _ => None,
            })
    })?;
    // fe80::/10: the kernel makes one for each link.
    let is_own = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    (!is_own).then_some(Cidr {
        address,
        prefix: message.header.prefix_len,
    })
}

fn address_message(link: &Link, of: Cidr) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match of.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.index = link.index;
    message.header.prefix_len = of.prefix;
    message.attributes.push(AddressAttribute::Local(of.address));
    message
        .attributes
        .push(AddressAttribute::Address(of.address));
    message
}

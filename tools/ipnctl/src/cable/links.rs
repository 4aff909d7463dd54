// SPDX-License-Identifier: GPL-2.0

//! The interfaces of this host as cables see them: which are VXLAN's, and where a way goes out.

use crate::failure::Failure;
use crate::rtnetlink::{failure, Rtnetlink};
use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP};
use netlink_packet_route::link::{InfoData, InfoVxlan, LinkAttribute, LinkInfo, LinkMessage};
use netlink_packet_route::route::{RouteAttribute, RouteMessage, RouteMetric};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use std::net::IpAddr;

/// The device that packets to the far end go out by.
#[derive(Debug)]
pub struct Way {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Bytes that a packet may have there.
    pub mtu: u32,
}

/// All interfaces of the process's network namespace.
pub fn links(rtnetlink: &Rtnetlink) -> Result<Vec<LinkMessage>, Failure> {
    let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = rtnetlink.ask(question, NLM_F_DUMP);
    let answers = answers.map_err(|refused| failure("list the interfaces", &refused))?;
    let links = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(link) => Some(link),
        _ => None,
    });
    Ok(links.collect())
}

/// The name of a link.
pub fn name_of(link: &LinkMessage) -> Option<&str> {
    link.attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.as_str()),
            _ => None,
        })
}

/// The link of a name.
pub fn find<'a>(links: &'a [LinkMessage], name: &str) -> Option<&'a LinkMessage> {
    links.iter().find(|link| name_of(link) == Some(name))
}

/// What a link tells of itself as a VXLAN device, if it is one.
pub fn vxlan(link: &LinkMessage) -> Option<&[InfoVxlan]> {
    link.attributes.iter().find_map(|attribute| {
        let LinkAttribute::LinkInfo(info) = attribute else {
            return None;
        };
        info.iter().find_map(|info| match info {
            LinkInfo::Data(InfoData::Vxlan(data)) => Some(&data[..]),
            _ => None,
        })
    })
}

/// The VXLAN devices of the process's network namespace, by their numbers and names; none where the kernel
/// does not tell.
pub fn vxlan_devices() -> Vec<(u32, String)> {
    let links = Rtnetlink::open().and_then(|rtnetlink| links(&rtnetlink));
    let links = links.unwrap_or_default();
    let tunnels = links.iter().filter(|link| vxlan(link).is_some());
    tunnels
        .filter_map(|link| Some((link.header.index, name_of(link)?.to_owned())))
        .collect()
}

/// A link as a way.
fn way(link: &LinkMessage) -> Option<Way> {
    let mtu = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::Mtu(mtu) => Some(*mtu),
            _ => None,
        });
    Some(Way {
        index: link.header.index,
        name: name_of(link)?.to_owned(),
        mtu: mtu?,
    })
}

/// The device of that name.
pub fn by_name(links: &[LinkMessage], name: &str) -> Result<Way, Failure> {
    find(links, name).and_then(way).ok_or_else(|| {
        Failure::new(
            format!("cannot lay a cable by {name}: there is no such interface"),
            "ip link lists them",
        )
    })
}

/// The device that the route to an address has, whose MTU may be less there.
pub fn by_route(
    rtnetlink: &Rtnetlink,
    links: &[LinkMessage],
    remote: IpAddr,
) -> Result<Way, Failure> {
    let mut message = RouteMessage::default();
    (
        message.header.address_family,
        message.header.destination_prefix_length,
    ) = match remote {
        IpAddr::V4(_) => (AddressFamily::Inet, 32),
        IpAddr::V6(_) => (AddressFamily::Inet6, 128),
    };
    message
        .attributes
        .push(RouteAttribute::Destination(remote.into()));
    let answers = rtnetlink
        .ask(RouteNetlinkMessage::GetRoute(message), NLM_F_ACK)
        .map_err(|refused| {
            Failure::new(
                format!("cannot lay a cable to {remote}: there is no route: {refused}"),
                format!("ip route get {remote}; add one, or ?iface=DEV for a group"),
            )
        })?;
    let route = answers.into_iter().find_map(|answer| match answer {
        RouteNetlinkMessage::NewRoute(route) => Some(route.attributes),
        _ => None,
    });
    let (mut index, mut most) = (0, u32::MAX);
    for attribute in route.unwrap_or_default() {
        match attribute {
            RouteAttribute::Oif(number) => index = number,
            RouteAttribute::Metrics(metrics) => {
                let mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(mtu) if *mtu > 0 => Some(*mtu),
                    _ => None,
                });
                most = mtu.unwrap_or(most);
            }
            _ => {}
        }
    }
    let link = links.iter().find(|link| link.header.index == index);
    let way = link.and_then(way).map(|way| Way {
        mtu: way.mtu.min(most),
        ..way
    });
    way.ok_or_else(|| {
        Failure::new(
            format!("cannot lay a cable to {remote}: its route has no interface"),
            "add ?iface=DEV",
        )
    })
}

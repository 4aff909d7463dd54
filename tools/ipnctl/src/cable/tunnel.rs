// SPDX-License-Identifier: GPL-2.0

//! A VXLAN device of this host, which rtnetlink(7) makes.

use super::links::{by_name, by_route, find, links, name_of, vxlan, Way};
use super::vxlan::Vxlan;
use crate::failure::Failure;
use crate::rtnetlink::{failure, Refused, Rtnetlink};
use ipn::DeviceName;
use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVxlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::RouteNetlinkMessage;
use rustix::io::Errno;
use std::fs;
use std::net::IpAddr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Packets are never cut: `VXLAN_DF_SET`. Of IPv6 none is anyway.
const NO_FRAGMENTS: u8 = 1;

/// The least MTU of the kernel's Ethernet devices, and the greatest of a packet.
const LEAST: u32 = 68;
const GREATEST: u32 = 65535;

/// How many cables of one VNI there may be here.
const SAME: u32 = 10;

/// A VXLAN device that this process has made. It goes with this.
#[derive(Debug)]
pub struct Tunnel {
    rtnetlink: Rtnetlink,
    /// Its number; 0: it has gone.
    index: u32,
    name: DeviceName,
    mtu: u32,
    way: Way,
    /// Says that the device is somebody's, as long as its process lives.
    _claim: UnixListener,
}

impl Tunnel {
    /// Makes the device. It is down, and its MTU is what passes without fragments.
    pub fn lay(to: &Vxlan) -> Result<Self, Failure> {
        let rtnetlink = Rtnetlink::open()?;
        let links = links(&rtnetlink)?;
        let way = match to.iface {
            Some(iface) => by_name(&links, &iface.to_string())?,
            None => by_route(&rtnetlink, &links, to.remote)?,
        };
        let mtu = way.mtu.saturating_sub(to.overhead()).min(GREATEST);
        if mtu < LEAST {
            return Err(Failure::new(
                format!(
                    "cannot lay a cable by {}: its MTU is {}, of which VXLAN takes {}",
                    way.name,
                    way.mtu,
                    to.overhead()
                ),
                format!("ip link set {} mtu 1500", way.name),
            ));
        }
        let (name, index, claim) = make(&rtnetlink, to, mtu, way.index)?;
        // The host itself has nothing to say there. Without IPv6 there is no such file.
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1");
        Ok(Self {
            rtnetlink,
            index,
            name,
            mtu,
            way,
            _claim: claim,
        })
    }

    /// Its name.
    pub fn name(&self) -> DeviceName {
        self.name
    }

    /// Bytes that a frame may have after its header.
    pub fn mtu(&self) -> u32 {
        self.mtu
    }

    /// The name of the device that its packets go out by.
    pub fn way(&self) -> &str {
        &self.way.name
    }

    /// Bytes that these packets may have.
    pub fn way_mtu(&self) -> u32 {
        self.way.mtu
    }

    /// Sets it up: from then on frames pass.
    pub fn set_up(&self) -> Result<(), Failure> {
        let mut message = LinkMessage::default();
        message.header.index = self.index;
        message.header.change_mask = LinkFlags::Up;
        message.header.flags = LinkFlags::Up;
        let asked = self
            .rtnetlink
            .ask(RouteNetlinkMessage::SetLink(message), NLM_F_ACK);
        asked.map(drop).map_err(|refused| {
            let what = format!("set {} up", self.name);
            let hint = match refused.errno() {
                Some(Errno::ADDRINUSE) => {
                    "another program has that UDP port, as ss -ulpn tells; take ?port= of both sides"
                }
                Some(Errno::AFNOSUPPORT) => "the kernel runs without IPv6; take an address of IPv4",
                _ => return failure(&what, &refused),
            };
            Failure::new(format!("cannot {what}: {refused}"), hint)
        })
    }

    /// Removes it.
    pub fn remove(mut self) -> Result<(), Failure> {
        self.take_away()
            .map_err(|refused| failure(&format!("remove {}", self.name), &refused))
    }

    fn take_away(&mut self) -> Result<(), Refused> {
        match std::mem::take(&mut self.index) {
            0 => Ok(()),
            index => delete(&self.rtnetlink, index),
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        // There is no one to tell when that fails.
        let _ = self.take_away();
    }
}

/// Deletes a device.
fn delete(rtnetlink: &Rtnetlink, index: u32) -> Result<(), Refused> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    match rtnetlink.ask(RouteNetlinkMessage::DelLink(message), NLM_F_ACK) {
        // Another hand was quicker.
        Err(refused) if refused.errno() != Some(Errno::NODEV) => Err(refused),
        _ => Ok(()),
    }
}

/// Makes a device under the first name that is free: its name and number, and what claims it.
fn make(
    rtnetlink: &Rtnetlink,
    to: &Vxlan,
    mtu: u32,
    way: u32,
) -> Result<(DeviceName, u32, UnixListener), Failure> {
    for number in 0..SAME {
        let text = match number {
            0 => format!("ipnvx{}", to.vni),
            _ => format!("ipnvx{}-{number}", to.vni),
        };
        let Some(claim) = claim(&text) else { continue };
        // One that nobody claims was left by a process that was killed.
        match find(&links(rtnetlink)?, &text) {
            Some(link) if vxlan(link).is_some() => {
                let deleted = delete(rtnetlink, link.header.index);
                let what = format!("remove {text}, which was left there");
                deleted.map_err(|refused| failure(&what, &refused))?;
            }
            Some(_) => continue,
            None => {}
        }
        let question = RouteNetlinkMessage::NewLink(message(to, &text, mtu, way));
        let made = rtnetlink.ask(question, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
        let links = links(rtnetlink)?;
        let there = find(&links, &text);
        match (made, there, text.parse()) {
            (Ok(_), Some(link), Ok(name)) => return Ok((name, link.header.index, claim)),
            (Err(refused), ..) => return Err(not_made(to, &refused, &links)),
            (Ok(_), ..) => break,
        }
    }
    Err(Failure::new(
        format!(
            "cannot make a VXLAN device of VNI {}: no name for it is free",
            to.vni
        ),
        format!("ip link lists ipnvx{0}, ipnvx{0}-1 and so on", to.vni),
    ))
}

/// Claims a device's name in this network namespace, as long as the process lives: an abstract name of a
/// socket (unix(7)), which nobody connects to. None: another process has it.
fn claim(name: &str) -> Option<UnixListener> {
    let address = SocketAddr::from_abstract_name(format!("ipn-cable/{name}")).ok()?;
    UnixListener::bind_addr(&address).ok()
}

/// What asks for the device.
fn message(to: &Vxlan, name: &str, mtu: u32, way: u32) -> LinkMessage {
    let mut data = vec![
        InfoVxlan::Id(to.vni),
        match to.remote {
            IpAddr::V4(remote) => InfoVxlan::Group(remote),
            IpAddr::V6(remote) => InfoVxlan::Group6(remote),
        },
        InfoVxlan::Port(to.port),
        InfoVxlan::Df(NO_FRAGMENTS),
    ];
    match to.local {
        Some(IpAddr::V4(local)) => data.push(InfoVxlan::Local(local)),
        Some(IpAddr::V6(local)) => data.push(InfoVxlan::Local6(local)),
        None => {}
    }
    // One machine is reached by whatever route there is at a time.
    if to.iface.is_some() || to.remote.is_multicast() {
        data.push(InfoVxlan::Link(way));
    }
    let mut message = LinkMessage::default();
    message.attributes.extend([
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::Mtu(mtu),
        LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Vxlan),
            LinkInfo::Data(InfoData::Vxlan(data)),
        ]),
    ]);
    message
}

/// Why the device could not be made, and what helps.
fn not_made(to: &Vxlan, refused: &Refused, links: &[LinkMessage]) -> Failure {
    let what = format!("make a VXLAN device to {}", to.remote);
    let text = format!("cannot {what}: {refused}");
    match refused.errno() {
        Some(Errno::OPNOTSUPP) => Failure::new(
            format!("{text}: the kernel has no module vxlan"),
            "modprobe vxlan, as root; it is in the kernel's own package (CONFIG_VXLAN)",
        ),
        Some(Errno::EXIST) => {
            let has = |link: &&LinkMessage| {
                let wanted = [InfoVxlan::Id(to.vni), InfoVxlan::Port(to.port)];
                vxlan(link).is_some_and(|data| wanted.iter().all(|one| data.contains(one)))
            };
            let name = links
                .iter()
                .find(has)
                .and_then(name_of)
                .unwrap_or("a device");
            Failure::new(
                format!(
                    "cannot {what}: {name} has VNI {} on UDP port {} already",
                    to.vni, to.port
                ),
                format!(
                    "another VNI, or ?port=, on both sides; ip link del {name} if nobody needs it"
                ),
            )
        }
        _ => failure(&what, refused),
    }
}

#[cfg(test)]
#[path = "tunnel_tests.rs"]
mod tests;

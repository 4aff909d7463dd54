// SPDX-License-Identifier: GPL-2.0

//! What follows `vxlan://`: the far end of a tunnel (RFC 7348).

use ipn::{number, DeviceName};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The UDP port that VXLAN has from IANA.
const PORT: u16 = 4789;

/// The greatest network identifier: 24 bits.
const VNI: u32 = (1 << 24) - 1;

/// What to write.
const FORM: &str = "write vxlan://REMOTE/VNI, as vxlan://192.0.2.2/7 or vxlan://[2001:db8::2]/7";

/// A tunnel of VXLAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vxlan {
    /// The other machine, or a group of them.
    pub remote: IpAddr,
    /// Which of the networks between the machines it is.
    pub vni: u32,
    /// The UDP port, of both sides.
    pub port: u16,
    /// The device that its packets go out by; none: the one that the route to `remote` has.
    pub iface: Option<DeviceName>,
    /// The address of this machine; none: the one that the route has.
    pub local: Option<IpAddr>,
}

impl Vxlan {
    /// Bytes that the tunnel puts before what is in a frame: the frame's own header, that of VXLAN, UDP
    /// and IP.
    pub fn overhead(&self) -> u32 {
        match self.remote {
            IpAddr::V4(_) => 14 + 8 + 8 + 20,
            IpAddr::V6(_) => 14 + 8 + 8 + 40,
        }
    }

    fn set(&mut self, option: &str) -> Result<(), String> {
        let what = "there are port=, iface= and local=";
        let Some((key, value)) = option.split_once('=') else {
            return Err(format!("{option:?} is no option of VXLAN; {what}"));
        };
        match key {
            "port" => {
                let port = number::whole(value).filter(|port| *port != 0);
                self.port = port.ok_or_else(|| {
                    format!("port={value} is no UDP port; write a number from 1 to 65535")
                })?;
            }
            "iface" => {
                let iface = value.parse().map_err(|error| {
                    format!("iface={value} is no device: {error}; ip link lists them")
                })?;
                self.iface = Some(iface);
            }
            "local" => {
                let local = address(value).filter(|local| !local.is_multicast());
                let local = local.ok_or_else(|| {
                    format!(
                        "local={value} is no address of one machine; ip address lists this one's"
                    )
                })?;
                self.local = Some(local);
            }
            _ => return Err(format!("{key:?} is no option of VXLAN; {what}")),
        }
        Ok(())
    }

    /// Checks what belongs together.
    fn check(&self) -> Result<(), String> {
        let same_kind = |local: IpAddr| local.is_ipv4() == self.remote.is_ipv4();
        if let Some(local) = self.local.filter(|local| !same_kind(*local)) {
            return Err(format!(
                "{} and local={local} are of IPv4 and IPv6; take two of a kind",
                self.remote
            ));
        }
        let is_link_local = matches!(self.remote, IpAddr::V6(address) if needs_link(address));
        if is_link_local && self.iface.is_none() {
            return Err(format!(
                "{} is another one on each link; add ?iface=DEV",
                self.remote
            ));
        }
        Ok(())
    }
}

/// Whether an address says nothing without its link: fe80::/10, and the groups of a link.
fn needs_link(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() || address.segments()[0] & 0xff0f == 0xff02
}

/// An address of somebody, or a group; one of IPv6 may have brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok()?.into(),
        None => text.parse::<IpAddr>().ok()?,
    };
    let nobody = address.is_unspecified() || address == IpAddr::from([255; 4]);
    (!nobody).then(|| address.to_canonical())
}

impl FromStr for Vxlan {
    type Err = String;

    /// Reads what follows `vxlan://`. The text of an error ends in what to try, after a semicolon.
    fn from_str(text: &str) -> Result<Self, String> {
        let (place, options) = text.split_once('?').unwrap_or((text, ""));
        let Some((remote, vni)) = place.split_once('/') else {
            return Err(format!("vxlan://{place} has no VNI; {FORM}"));
        };
        let remote = address(remote).ok_or_else(|| {
            format!(
                "{remote:?} is no address of a machine or a group; write the address, which getent \
                 ahosts NAME tells, one of IPv6 in brackets"
            )
        })?;
        let number = number::whole(vni).filter(|vni| *vni <= VNI);
        let vni =
            number.ok_or_else(|| format!("{vni:?} is no VNI; write a number from 0 to {VNI}"))?;
        let mut tunnel = Self {
            remote,
            vni,
            port: PORT,
            iface: None,
            local: None,
        };
        let mut before: Vec<&str> = Vec::new();
        for option in options.split([',', '&']).filter(|word| !word.is_empty()) {
            let key = option.split('=').next().unwrap_or(option);
            if before.contains(&key) {
                return Err(format!("{key}= is there twice; take one of them out"));
            }
            before.push(key);
            tunnel.set(option)?;
        }
        tunnel.check().map(|()| tunnel)
    }
}

impl fmt::Display for Vxlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remote {
            IpAddr::V4(remote) => write!(f, "{remote}/{}", self.vni)?,
            IpAddr::V6(remote) => write!(f, "[{remote}]/{}", self.vni)?,
        }
        let port = (self.port != PORT).then(|| format!("port={}", self.port));
        let iface = self.iface.map(|iface| format!("iface={iface}"));
        let local = self.local.map(|local| format!("local={local}"));
        let options: Vec<_> = [port, iface, local].into_iter().flatten().collect();
        match options.is_empty() {
            true => Ok(()),
            false => write!(f, "?{}", options.join(",")),
        }
    }
}

#[cfg(test)]
#[path = "vxlan_tests.rs"]
mod tests;

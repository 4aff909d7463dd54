// SPDX-License-Identifier: GPL-2.0

//! What a URL says of a cable over PGM: `pgm://GROUP[:PORT][?OPTION=VALUE,...]`.

use ipn::number;
use ipn_cable::{value, Failure, Url};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// PGM's port unless told, as the library's programs have it.
const PORT: u16 = 7500;

/// Bounds of the options.
const RATE_MIN: u32 = 10_000;
const WINDOW_MAX: Duration = Duration::from_secs(600);
/// Packets that the window holds at most, of which each takes about 1,800 bytes.
const PACKETS_MAX: u64 = 1 << 20;

/// Where it leads and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The multicast group, and PGM's port (data-destination port).
    pub group: SocketAddr,
    /// The interface, by its name or address; none: where the routing table leads.
    pub interface: Option<String>,
    /// Bytes a second at most, with all headers and repairs.
    pub rate: u32,
    /// For how long what was sent can be repaired.
    pub window: Duration,
    /// The longest IP packet, in bytes.
    pub mtu: u16,
    /// Routers on the way at most (TTL).
    pub hops: u8,
    /// The UDP port that PGM goes in; none: it is a protocol of its own beside UDP.
    pub udp: Option<u16>,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is wrong, and how it is right.
    pub fn of(url: &Url) -> Result<Self, Failure> {
        let place = url.place();
        let parsed = place.parse().or_else(|_| {
            let address = place.trim_start_matches('[').trim_end_matches(']');
            address.parse().map(|group: IpAddr| (group, PORT).into())
        });
        let group: SocketAddr = parsed
            .ok()
            .filter(|group: &SocketAddr| group.ip().is_multicast() && group.port() != 0)
            .ok_or_else(|| {
                Failure::new(
                    format!("{place} is no multicast group"),
                    "name one, as in pgm://239.192.0.1 or pgm://239.192.0.1:7500",
                )
            })?;
        let mut options = Self {
            group,
            interface: None,
            rate: 10_000_000,
            window: Duration::from_secs(5),
            mtu: 1500,
            hops: 16,
            udp: None,
        };
        for (name, value) in url.options() {
            options.set(name, value).ok_or_else(|| {
                Failure::new(
                    format!("the URL's option {name}={value} is wrong"),
                    "use iface=NAME, rate=BYTES (a second, as 10M, from 10k on), window=TIME (as 5s, up to \
                     600s), mtu=BYTES (576 to 9000), hops=NUMBER, udp=PORT",
                )
            })?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "iface" if !value.is_empty() => self.interface = Some(value.to_owned()),
            "rate" => self.rate = rate(value).filter(|rate| *rate >= RATE_MIN)?,
            "window" => self.window = value::time(value).filter(|time| *time <= WINDOW_MAX)?,
            "mtu" => self.mtu = number::whole(value).filter(|mtu| (576..=9000).contains(mtu))?,
            "hops" => self.hops = number::whole(value).filter(|hops| *hops > 0)?,
            "udp" => self.udp = Some(number::whole(value).filter(|port| *port > 0)?),
            _ => return None,
        }
        Some(())
    }

    /// The longest packet of ours, in bytes.
    pub fn packet(&self) -> usize {
        // IP's header, UDP's, PGM's two.
        let ip = if self.group.is_ipv4() { 20 } else { 40 };
        let udp = if self.udp.is_some() { 8 } else { 0 };
        usize::from(self.mtu) - ip - udp - 24
    }

    /// How many packets the window holds.
    pub fn packets(&self) -> u32 {
        let window = self.window.as_millis() as u64;
        let packets = u64::from(self.rate) * window / 1000 / u64::from(self.mtu);
        packets.clamp(64, PACKETS_MAX) as u32
    }
}

/// As the library has it: an `int`.
fn rate(text: &str) -> Option<u32> {
    let bytes = i32::try_from(value::bytes(text)?).ok()?;
    Some(bytes.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Result<Options, Failure> {
        Options::of(&Url::parse(text, "pgm")?)
    }

    #[test]
    fn a_group_alone_will_do() {
        for (text, group) in [
            ("pgm://239.192.0.1", "239.192.0.1:7500"),
            ("pgm://239.192.0.1:7501", "239.192.0.1:7501"),
            ("pgm://[ff12::1]", "[ff12::1]:7500"),
            ("pgm://[ff12::1]:9", "[ff12::1]:9"),
        ] {
            let options = options(text).expect(text);
            assert_eq!(options.group, group.parse().expect("an address"));
            assert_eq!(options.udp, None);
        }
    }

    #[test]
    fn all_can_be_said() {
        let text = "pgm://239.192.0.1?iface=eth0,rate=2M,window=10s,mtu=1400,hops=1,udp=3056";
        let options = options(text).expect("good");
        assert_eq!(options.interface.as_deref(), Some("eth0"));
        assert_eq!((options.rate, options.window.as_secs()), (2_000_000, 10));
        assert_eq!(
            (options.mtu, options.hops, options.udp),
            (1400, 1, Some(3056))
        );
        assert_eq!(options.packet(), 1400 - 20 - 8 - 24);
        assert_eq!(options.packets(), 14285);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [
            "pgm://10.0.0.1",
            "pgm://group",
            "pgm://239.192.0.1:0",
            "pgm://239.192.0.1?rate=1",
            "pgm://239.192.0.1?rate=3G",
            "pgm://239.192.0.1?rate=-1M",
            "pgm://239.192.0.1?window=5",
            "pgm://239.192.0.1?window=601s",
            "pgm://239.192.0.1?mtu=100",
            "pgm://239.192.0.1?udp=0",
            "pgm://239.192.0.1?hops=0",
            "pgm://239.192.0.1?iface=",
            "pgm://239.192.0.1?color=red",
        ] {
            options(text).expect_err(text);
        }
    }
}

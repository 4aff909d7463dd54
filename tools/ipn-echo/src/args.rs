// SPDX-License-Identifier: GPL-2.0

//! The command line.

use crate::fetch::Url;
use clap::{ArgGroup, Parser};
use ipn::switch::MacAddress;
use ipn::{number, Policy};
use smoltcp::wire::{EthernetAddress, IpCidr};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// A node of its own on an Ethernet network of the AF_IPN family.
///
/// It answers pings, sends back what it gets on TCP port 7, and serves a small
/// page on port 80. With --ping, --connect or --fetch it is the client of
/// another node instead. It has its own TCP/IP stack: no network device and no
/// privilege has a part in it.
#[derive(Debug, Parser)]
#[command(name = "ipn-echo", version)]
#[command(group = ArgGroup::new("deed").args(["ping", "connect", "fetch"]))]
pub struct Args {
    /// Name of the network
    pub path: PathBuf,

    /// An address of this node with the length of its prefix, as 10.0.0.2/24 or
    /// fd00::2/64; may be given several times
    #[arg(long, value_name = "ADDRESS/LENGTH", required = true, value_parser = cidr)]
    pub ip: Vec<IpCidr>,

    /// Ethernet address of this node; a random one unless given
    #[arg(long, value_parser = mac)]
    pub mac: Option<EthernetAddress>,

    /// Create the network if there is none of that name, or only its name is left
    #[arg(long)]
    pub create: bool,

    /// Delivery policy that the network has, or gets: hub, switch, or a number
    #[arg(long)]
    pub policy: Option<Policy>,

    /// Mode of the file of a network that is created, in octal, less the umask
    #[arg(long, requires = "create", value_parser = mode)]
    pub mode: Option<u32>,

    /// Ping a node
    #[arg(long, value_name = "ADDRESS")]
    pub ping: Option<IpAddr>,

    /// Number of pings
    #[arg(long, default_value_t = 3, requires = "ping", value_parser = count)]
    pub count: u16,

    /// Connect standard input and output to a TCP port of a node
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub connect: Option<SocketAddr>,

    /// Fetch a page and print it
    #[arg(long, value_name = "URL")]
    pub fetch: Option<Url>,

    /// Seconds to wait: for each ping's answer, for the connection, or for all of a page
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
}

/// What the program is to do.
#[derive(Debug)]
pub enum Deed<'a> {
    /// Serve others.
    Serve,
    /// Ping a node.
    Ping(IpAddr),
    /// Talk to a TCP port.
    Connect(SocketAddr),
    /// Fetch a page.
    Fetch(&'a Url),
}

impl Args {
    /// What was asked for.
    pub fn deed(&self) -> Deed<'_> {
        match (self.ping, self.connect, &self.fetch) {
            (Some(to), _, _) => Deed::Ping(to),
            (_, Some(to), _) => Deed::Connect(to),
            (_, _, Some(url)) => Deed::Fetch(url),
            (None, None, None) => Deed::Serve,
        }
    }
}

/// A locally administered address that no other host is likely to have.
pub fn random_mac() -> EthernetAddress {
    let mut bytes = [0; 6];
    fastrand::fill(&mut bytes);
    bytes[0] = (bytes[0] & 0xfc) | 2;
    EthernetAddress(bytes)
}

/// An Ethernet address that a node may have.
fn mac(text: &str) -> Result<EthernetAddress, String> {
    let address: MacAddress = text.parse().map_err(|error| format!("{error}"))?;
    let address = EthernetAddress(address.0);
    match address.is_unicast() {
        true => Ok(address),
        false => Err("a node has no broadcast or multicast address".to_owned()),
    }
}

/// An address with its prefix length.
fn cidr(text: &str) -> Result<IpCidr, String> {
    let parse = || {
        let (address, length) = text.split_once('/')?;
        let (address, length): (IpAddr, u8) = (address.parse().ok()?, number::whole(length)?);
        let most = if address.is_ipv4() { 32 } else { 128 };
        (length <= most).then(|| IpCidr::new(address.into(), length))
    };
    let cidr = parse().ok_or("an address looks like 10.0.0.2/24 or fd00::2/64")?;
    match cidr.address().is_unicast() {
        true => Ok(cidr),
        false => Err("a node has no broadcast or multicast address".to_owned()),
    }
}

/// Octal mode bits.
fn mode(text: &str) -> Result<u32, ipn::BadMode> {
    text.parse().map(ipn::Mode::bits)
}

/// How many pings.
fn count(text: &str) -> Result<u16, String> {
    number::whole(text).ok_or_else(|| "a number up to 65535".to_owned())
}

/// A time, up to an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    number::fraction(text)
        .filter(|seconds| *seconds <= 3600.0)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "a number of seconds up to 3600".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_server_needs_a_network_and_an_address() {
        let args = parse("ipn-echo /tmp/net --ip 10.0.0.2/24 --ip fd00::2/64").expect("good");
        assert_eq!(args.ip.len(), 2);
        assert!(matches!(args.deed(), Deed::Serve));
        for wrong in ["ipn-echo /tmp/net", "ipn-echo --ip 10.0.0.2/24"] {
            parse(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn a_client_does_one_thing() {
        let base = "ipn-echo /tmp/net --ip 10.0.0.2/24";
        for good in [
            "--ping fd00::1",
            "--connect [fd00::1]:7",
            "--fetch http://10.0.0.1/",
        ] {
            let args = parse(&format!("{base} {good}")).expect(good);
            assert!(!matches!(args.deed(), Deed::Serve));
        }
        for wrong in [
            "--ping fd00::1 --connect 10.0.0.1:7",
            "--ping there",
            "--connect 10.0.0.1",
            "--fetch ftp://10.0.0.1/",
            "--mac 01:00:5e:00:00:01",
            "--mac 02:00",
            "--ip 10.0.0.3",
            "--ip 224.0.0.1/24",
            "--mode 666",
            "--create --mode 888",
            "--count 3",
            "--timeout never",
            "--timeout -1",
            "--timeout +1",
            "--timeout 1e3",
            "--ping 10.0.0.1 --count +3",
            "--create --mode +660",
            "--create --mode 0o660",
            "--mac +2:00:00:00:00:01",
            "--ip 10.0.0.3/+24",
            "--ip 10.0.0.3/33",
            "--ip 010.0.0.3/24",
            "--policy +2",
            "--policy bridge",
        ] {
            parse(&format!("{base} {wrong}")).expect_err(wrong);
        }
    }

    #[test]
    fn a_random_address_is_a_local_unicast_one() {
        for _ in 0..100 {
            let mac = random_mac();
            assert!(mac.is_unicast() && mac.is_local(), "{mac}");
        }
    }
}

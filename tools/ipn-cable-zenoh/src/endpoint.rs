// SPDX-License-Identifier: GPL-2.0

//! Where a cable or a router is reached: `[tcp/|tls/]HOST[:PORT]`.

use ipn::number;
use ipn_cable::Failure;
use std::fmt;
use std::net::Ipv6Addr;

/// Zenoh's port unless told.
const PORT: u16 = 7447;

/// Host and port, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    protocol: Protocol,
    host: String,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Tls,
}

impl Endpoint {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// It is none, or is of a protocol that is not built in.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::new(
                format!("{text:?} is no endpoint: {why}"),
                "write HOST, HOST:PORT, tls/HOST or tls/HOST:PORT, as tls/router.example:7447, and an IPv6 \
                 address in brackets",
            )
        };
        let (protocol, place) = match Self::protocol_of(text) {
            None => (Protocol::Tcp, text),
            Some(name) => {
                let protocol = match name {
                    "tcp" => Protocol::Tcp,
                    "tls" => Protocol::Tls,
                    _ => return Err(wrong("only tcp and tls are known")),
                };
                (protocol, &text[name.len() + 1..])
            }
        };
        let end = match place.strip_prefix('[') {
            Some(rest) => rest.find(']').map(|at| at + 2),
            None => place.find(':'),
        };
        let (host, port) = place.split_at(end.unwrap_or(place.len()));
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => PORT,
            None => return Err(wrong("a port follows after a colon")),
            Some(port) => number::whole(port).ok_or_else(|| wrong("that is no port"))?,
        };
        let address = host.strip_prefix('[').map(|host| host.strip_suffix(']'));
        let is_host = match address {
            Some(address) => address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
            None => {
                let may_have = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                !host.is_empty() && host.chars().all(may_have)
            }
        };
        if !is_host {
            return Err(wrong("it names no host"));
        }
        Ok(Self {
            protocol,
            host: host.to_owned(),
            port,
        })
    }

    /// What is before the first slash, if that is a word as a protocol is.
    pub fn protocol_of(text: &str) -> Option<&str> {
        let (name, _) = text.split_once('/')?;
        let known = [
            "tcp",
            "tls",
            "udp",
            "quic",
            "ws",
            "unixsock-stream",
            "serial",
            "vsock",
        ];
        known.contains(&name).then_some(name)
    }

    /// Whether it has TLS.
    pub fn is_tls(&self) -> bool {
        self.protocol == Protocol::Tls
    }
}

/// As Zenoh has it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Tls => "tls",
        };
        write!(f, "{protocol}/{}:{}", self.host, self.port)
    }
}

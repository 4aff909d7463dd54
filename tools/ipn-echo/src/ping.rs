// SPDX-License-Identifier: GPL-2.0

//! Pings, one after the other.

use crate::failure::Failure;
use crate::node::Node;
use crate::output::say;
use smoltcp::iface::SocketHandle;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::icmp::Endpoint;
use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr, Icmpv6Packet, Icmpv6Repr, IpAddress, Ipv6Address};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// What is in a ping.
const DATA: &[u8; 48] = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv";

/// Which ping an answer belongs to.
#[derive(Clone, Copy, PartialEq)]
struct Label {
    ident: u16,
    seq_no: u16,
}

/// Sends `count` pings, each `limit` at most after the one before, and tells of
/// the answers. All lost is a failure.
pub fn run(node: &mut Node, to: IpAddr, count: u16, limit: Duration) -> Result<(), Failure> {
    let address = node.reaches(to)?;
    let ident = fastrand::u16(..);
    let handle = node.add_icmp();
    node.icmp(handle)
        .bind(Endpoint::Ident(ident))
        .map_err(|error| Failure::because(format!("cannot ping {to}: {error}")))?;
    let mut answered = 0;
    for seq_no in 1..=count {
        let label = Label { ident, seq_no };
        match ping(node, handle, address, label, limit)? {
            Some(time) => {
                answered += 1;
                let time = time.as_micros();
                say(&format!("{to} answers {seq_no} of {count} after {time} us"))?;
            }
            None => say(&format!(
                "{to} does not answer {seq_no} of {count} within {limit:?}"
            ))?,
        }
    }
    say(&format!("{answered} of {count} pings answered"))?;
    match answered {
        0 => Err(Failure::because(format!(
            "{to} does not answer; is the node up and on this network?"
        ))),
        _ => Ok(()),
    }
}

/// One ping: the time until its answer.
fn ping(
    node: &mut Node,
    handle: SocketHandle,
    to: IpAddress,
    label: Label,
    limit: Duration,
) -> Result<Option<Duration>, Failure> {
    let source = match to {
        IpAddress::Ipv6(to) => Some(node.source_for(&to)),
        IpAddress::Ipv4(_) => None,
    };
    let packet = request(to, source, label);
    node.icmp(handle)
        .send_slice(&packet, to)
        .map_err(|error| Failure::because(format!("cannot ping {to}: {error}")))?;
    let start = Instant::now();
    loop {
        node.turn()?;
        let socket = node.icmp(handle);
        while let Ok((packet, from)) = socket.recv() {
            if from == to && answers(packet, to, source, label) {
                return Ok(Some(start.elapsed()));
            }
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        node.wait(Some(start + limit), None)?;
    }
}

/// An echo request.
fn request(to: IpAddress, source: Option<Ipv6Address>, label: Label) -> Vec<u8> {
    let Label { ident, seq_no } = label;
    let checksum = ChecksumCapabilities::default();
    let mut bytes = Vec::new();
    match (to, source) {
        (IpAddress::Ipv6(to), Some(source)) => {
            let data = DATA;
            let echo = Icmpv6Repr::EchoRequest {
                ident,
                seq_no,
                data,
            };
            bytes.resize(echo.buffer_len(), 0);
            let mut packet = Icmpv6Packet::new_unchecked(&mut bytes);
            echo.emit(&source, &to, &mut packet, &checksum);
        }
        _ => {
            let data = DATA;
            let echo = Icmpv4Repr::EchoRequest {
                ident,
                seq_no,
                data,
            };
            bytes.resize(echo.buffer_len(), 0);
            let mut packet = Icmpv4Packet::new_unchecked(&mut bytes);
            echo.emit(&mut packet, &checksum);
        }
    }
    bytes
}

/// Whether a packet from `from` is the answer to the ping with that label.
fn answers(packet: &[u8], from: IpAddress, source: Option<Ipv6Address>, label: Label) -> bool {
    let checksum = ChecksumCapabilities::default();
    let (got, data) = match (from, source) {
        (IpAddress::Ipv6(from), Some(source)) => {
            let Ok(packet) = Icmpv6Packet::new_checked(packet) else {
                return false;
            };
            match Icmpv6Repr::parse(&from, &source, &packet, &checksum) {
                Ok(Icmpv6Repr::EchoReply {
                    ident,
                    seq_no,
                    data,
                }) => (Label { ident, seq_no }, data.to_vec()),
                _ => return false,
            }
        }
        _ => {
            let Ok(packet) = Icmpv4Packet::new_checked(packet) else {
                return false;
            };
            match Icmpv4Repr::parse(&packet, &checksum) {
                Ok(Icmpv4Repr::EchoReply {
                    ident,
                    seq_no,
                    data,
                }) => (Label { ident, seq_no }, data.to_vec()),
                _ => return false,
            }
        }
    };
    got == label && data == DATA
}

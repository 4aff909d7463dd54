// SPDX-License-Identifier: GPL-2.0

//! Messages that are sent, by sockets and by devices.

use super::stage::*;
use crate::media::ip;
use crate::sys::batch::Batch;
use crate::sys::packet::packet_socket;
use ipn::{Builder, Device, Direction, Receiver};
use rustix::net::SendFlags;
use std::io;

/// A message of so many bytes to a port.
pub fn send(bytes: usize) -> io::Result<f64> {
    let network = Network::new(&hub().mtu(bytes as u32).pool(8))?;
    let (sender, _receiver) = (network.join()?, network.join()?);
    let message = vec![0x5a; bytes];
    cost(&mut (), nothing, |_| say(&sender, &message))
}

/// No room, of so many ports who do not read.
pub fn send_without_room(ports: usize) -> io::Result<f64> {
    let network = Network::new(&hub().lossless(true).pool(1).ports(ports as u32))?;
    let ports = network.join_all(ports)?;
    say(&ports[0], b"x")?;
    cost(&mut (), nothing, |_| finds_nothing(say(&ports[0], b"x")))
}

/// So many ports hear of messages by an event loop.
fn to_sleepers(ports: usize, count: usize) -> io::Result<f64> {
    let network = Network::new(&hub().ports(ports as u32 + 1))?;
    let sender = network.join()?;
    let watched = Watched::new(network.join_all(ports)?)?;
    let mut batch = Batch::new(count, 12);
    cost(&mut (), |_| watched.drain(), |_| batch.send(&sender))
}

/// A message to so many ports that poll.
pub fn send_to_sleepers(ports: usize) -> io::Result<f64> {
    to_sleepers(ports, 1)
}

/// 32 of them in one call.
pub fn send_many_to_sleepers(ports: usize) -> io::Result<f64> {
    to_sleepers(ports, 32)
}

/// A frame to so many ports with a ring each.
fn by_a_switch(ports: usize, bytes: usize) -> io::Result<f64> {
    let builder = switch().mtu(bytes as u32).pool(2).ports(ports as u32 + 1);
    let network = Network::new(&builder)?;
    let sender = network.join()?;
    let _receivers = network.join_all(ports)?;
    let frame = broadcast(bytes, 1);
    cost(&mut (), nothing, |_| say(&sender, &frame))
}

/// A frame of 60 bytes to so many.
pub fn send_by_a_switch(ports: usize) -> io::Result<f64> {
    by_a_switch(ports, 60)
}

/// A frame of the largest MTU to so many.
pub fn send_long_by_a_switch(ports: usize) -> io::Result<f64> {
    by_a_switch(ports, 65_535)
}

/// The ring looks full, as a mapped reader has sent so many messages itself.
pub fn send_past_own(messages: usize) -> io::Result<f64> {
    let builder = hub().lossless(true).mtu(64).pool(messages as u32 + 1);
    let network = Network::new(&builder)?;
    let sender = Builder::new().direction(Direction::Send).connect(PATH)?;
    let mut reader = network.join()?.into_receiver()?;
    let prepare = |reader: &mut Receiver| {
        while reader.take_bytes()?.is_some() {}
        say(&sender, b"x")?;
        say_many(reader.port(), messages)?;
        // From here on it stands at its own.
        reader.take_bytes()?;
        Ok(())
    };
    cost(&mut reader, prepare, |_| say(&sender, b"x"))
}

/// A tap of a network, which goes with this.
struct Tap {
    _device: Device,
}

impl Tap {
    fn new() -> io::Result<Self> {
        let name = "bench".parse().map_err(io::Error::other)?;
        let (device, _) = Builder::new().bind(PATH)?.tap(name)?;
        ip("link set bench up")?;
        Ok(Self { _device: device })
    }
}

/// A packet of the host's to so many ports.
pub fn packet_to_a_switch(ports: usize) -> io::Result<f64> {
    let network = Network::new(&switch().pool(2).ports(ports as u32 + 1))?;
    let _tap = Tap::new()?;
    let _receivers = network.join_all(ports)?;
    let host = packet_socket("bench", 0x88b5)?;
    let frame = broadcast(1514, 1);
    cost(&mut (), nothing, |_| {
        Ok(rustix::net::send(&host, &frame, SendFlags::empty())?)
    })
}

/// So many messages in one call to a tap, which gets them at its end.
pub fn packets_to_a_tap(messages: usize) -> io::Result<f64> {
    let network = Network::new(&hub())?;
    let _tap = Tap::new()?;
    let sender = network.join()?;
    let mut batch = Batch::new(messages, 1514);
    batch.fill(&broadcast(1514, 1));
    cost(&mut batch, nothing, |batch| batch.send(&sender))
}

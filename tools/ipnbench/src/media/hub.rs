// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN hub.

use super::{receive, send, Kind, Medium, Opened, Setting};
use ipn::{Builder, Policy, Port};
use std::io;

pub const KIND: Kind = Kind { name: "hub", open };

struct Hub {
    sender: Port,
    receivers: Vec<Port>,
}

fn open(setting: Setting) -> Opened {
    let path = "/tmp/ipnbench";
    let mut builder = Builder::new().policy(Policy::HUB);
    if setting.bytes > 1514 {
        builder = builder.mtu(setting.bytes as u32).pool(8);
    }
    let ports = setting.receivers as u32 + 1;
    let sender = builder
        .ports(ports)
        .bind(path)
        .and_then(|manager| manager.connect());
    let sender = sender.map_err(io::Error::other)?;
    let receivers = (0..setting.receivers).map(|_| Port::connect(path));
    let receivers = receivers
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    std::fs::remove_file(path)?;
    Ok(Some(Box::new(Hub { sender, receivers })))
}

impl Medium for Hub {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&self.sender, message)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        receive(&self.receivers[receiver], room)
    }
}

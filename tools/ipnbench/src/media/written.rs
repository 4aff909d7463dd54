// SPDX-License-Identifier: GPL-2.0

//! A hub of one writer, which has mapped its memory as its receivers have: nobody makes a system call for a message.

use super::hub::Hub;
use super::mapped::{map, receive, take};
use super::{Group, Kind, Medium, Opened, Role, Setting, DEPTH};
use ipn::{Builder, Flags, Policy, Producer, Receiver};
use std::io;

/// The hub.
pub const KIND: Kind = Kind {
    name: "hub of one writer",
    group: Group::Bus,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open,
};

struct Written {
    producer: Producer,
    receivers: Vec<Receiver>,
    sleep: bool,
}

fn open(setting: Setting) -> Opened {
    let builder = Builder::new().policy(Policy::HUB).flags(Flags::ONE_WRITER);
    let hub = Hub::of(&builder, setting)?;
    Ok(Some(Box::new(Written {
        producer: hub.sender.into_producer().map_err(io::Error::other)?,
        receivers: map(hub.receivers)?,
        sleep: setting.sleep,
    })))
}

impl Medium for Written {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.producer.send(message).map_err(io::Error::other)
    }

    fn receive(&mut self, receiver: usize, room: &mut [u8]) -> io::Result<()> {
        let receiver = &mut self.receivers[receiver];
        match self.sleep {
            true => receive(receiver, room),
            false => take(receiver, room, 1),
        }
    }

    fn receive_many(&mut self, receiver: usize, room: &mut [u8], count: usize) -> io::Result<()> {
        take(&mut self.receivers[receiver], room, count)
    }
}

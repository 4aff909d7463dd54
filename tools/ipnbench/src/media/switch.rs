// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN switch.

use super::hub::{Hub, POOL_BEFORE};
use super::{receive, send, Group, Kind, Role, Setting, DEPTH};
use ipn::{Builder, Policy};
use rustix::net::RecvFlags;
use std::io;

/// The switch.
pub const KIND: Kind = Kind {
    name: "switch",
    group: Group::Ethernet,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open: |setting| Ok(of(setting)?.map(|switch| Box::new(switch) as _)),
};

/// The switch with room for as many messages as the hub that is [`super::hub::BEFORE`].
pub const BEFORE: Kind = Kind {
    name: "switch of 256 messages",
    group: Group::Ethernet,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open: |setting| {
        let builder = Builder::new().policy(Policy::SWITCH).pool(POOL_BEFORE);
        Ok(made(&builder, setting)?.map(|switch| Box::new(switch) as _))
    },
};

/// A switch that knows where the receivers are; none where it cannot carry such messages.
pub fn of(setting: Setting) -> io::Result<Option<Hub>> {
    made(&Builder::new().policy(Policy::SWITCH), setting)
}

fn made(builder: &Builder, setting: Setting) -> io::Result<Option<Hub>> {
    if !setting.is_ethernet() {
        return Ok(None);
    }
    let switch = Hub::of(builder, setting)?;
    let mut answer = setting.answer();
    send(&switch.receivers[0], &answer)?;
    for port in switch.receivers.iter().skip(1).chain([&switch.sender]) {
        receive(port, &mut answer, RecvFlags::DONTWAIT)?;
    }
    Ok(Some(switch))
}

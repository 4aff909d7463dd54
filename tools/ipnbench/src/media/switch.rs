// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN switch.

use super::hub::Hub;
use super::{receive, send, Group, Kind, Opened, Role, Setting, DEPTH};
use ipn::{Builder, Policy};
use rustix::net::RecvFlags;

/// The switch.
pub const KIND: Kind = Kind {
    name: "switch",
    group: Group::Ethernet,
    role: Role::Ours,
    depth: DEPTH,
    wakes: true,
    open,
};

fn open(setting: Setting) -> Opened {
    if !setting.is_ethernet() {
        return Ok(None);
    }
    let switch = Hub::of(&Builder::new().policy(Policy::SWITCH), setting)?;
    // From here on it knows where the receiver is.
    let mut answer = setting.answer();
    send(&switch.receivers[0], &answer)?;
    for port in switch.receivers.iter().skip(1).chain([&switch.sender]) {
        receive(port, &mut answer, RecvFlags::DONTWAIT)?;
    }
    Ok(Some(Box::new(switch)))
}

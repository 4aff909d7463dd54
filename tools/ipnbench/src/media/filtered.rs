// SPDX-License-Identifier: GPL-2.0

//! An AF_IPN hub and switch whose receivers have a filter, of one instruction, that takes everything.

use super::hub::Hub;
use super::{switch, Group, Kind, Opened, Role, DEPTH};
use ipn::Instruction;
use std::io;

/// The hub.
pub const HUB: Kind = Kind {
    name: "hub filtered",
    group: Group::Bus,
    role: Role::Ours,
    depth: DEPTH,
    wakes: false,
    open: |setting| filtered(Hub::new(setting)?),
};

/// The switch.
pub const SWITCH: Kind = Kind {
    name: "switch filtered",
    group: Group::Ethernet,
    role: Role::Ours,
    depth: DEPTH,
    wakes: false,
    open: |setting| switch::of(setting)?.map_or(Ok(None), filtered),
};

fn filtered(network: Hub) -> Opened {
    let takes_all = [Instruction {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: u32::MAX,
    }];
    let mut receivers = network.receivers.iter();
    receivers
        .try_for_each(|port| port.attach_filter(&takes_all))
        .map_err(io::Error::other)?;
    Ok(Some(Box::new(network)))
}

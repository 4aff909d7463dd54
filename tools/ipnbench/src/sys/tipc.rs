// SPDX-License-Identifier: GPL-2.0

//! TIPC: `linux/tipc.h`.

use super::set_option;
use rustix::fd::OwnedFd;
use rustix::net::{socket, AddressFamily, SocketType};
use std::io;

const AF_TIPC: u16 = 30;
const SOL_TIPC: i32 = 271;
const GROUP_JOIN: i32 = 135;
const NODE_SCOPE: u32 = 3;

/// A member of a group of this host, with a number of its own.
pub fn group_member(group: u32, number: u32) -> io::Result<OwnedFd> {
    let member = socket(AddressFamily::from_raw(AF_TIPC), SocketType::RDM, None)?;
    // struct tipc_group_req: type, instance, scope, flags
    let request = [group, number, NODE_SCOPE, 0].map(u32::to_ne_bytes);
    set_option(&member, SOL_TIPC, GROUP_JOIN, request.as_flattened())?;
    Ok(member)
}

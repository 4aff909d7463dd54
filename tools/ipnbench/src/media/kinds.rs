// SPDX-License-Identifier: GPL-2.0

//! Every kind of medium.

use super::Kind;
use super::{
    batch, bridge, device, filtered, hub, mapped, netlink, pipe, records, relay, shared, switch,
    tipc, udp, unix, uring, vde, written,
};

/// All of them: AF_IPN's first in each group, then the others.
pub const MEDIA: &[Kind] = &[
    hub::KIND,
    batch::HUB,
    records::KIND,
    uring::HUB,
    mapped::KIND,
    written::KIND,
    filtered::HUB,
    pipe::KIND,
    unix::KIND,
    netlink::KIND,
    udp::KIND,
    tipc::KIND,
    relay::KIND,
    batch::UNIX,
    batch::UDP,
    shared::KIND,
    switch::KIND,
    filtered::SWITCH,
    bridge::TAPS,
    bridge::PACKETS,
    vde::KIND,
    device::TAP,
    device::TUN,
    device::GRAB,
    device::PACKETS,
];

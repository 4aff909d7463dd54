// SPDX-License-Identifier: GPL-2.0

//! `rust/glue/netlink.rs`: nobody listens.

use crate::{
    abi::statistics::Statistics,
    ring::drops::REASONS,
    rust::{
        fs::path::{FileNumbers, HeldPath},
        glue::netdev::ShownDevice,
        net::namespace::Namespace,
        task::identity::Identity,
    },
};
use std::ffi::CStr;

#[derive(Clone, Copy)]
pub(crate) enum Event {
    NetworkMade,
    NetworkEnded,
    PortTaken,
    PortLeft,
    Lost,
    DeviceGone,
}

pub(crate) enum Kind {
    Socket,
    Mapped,
    Tap,
    Grabbed,
    Observer,
}

pub(crate) struct NetworkReport<'a> {
    pub(crate) file: &'a FileNumbers,
    pub(crate) path: Option<&'a HeldPath>,
    pub(crate) policy: u32,
    pub(crate) flags: u32,
    pub(crate) mtu: u32,
    pub(crate) pool: u32,
    pub(crate) ports: u32,
    pub(crate) used: u32,
    pub(crate) readers: u32,
    pub(crate) writers: u32,
    pub(crate) owner: u32,
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) lost: u64,
    pub(crate) drops: [u64; REASONS],
}

pub(crate) struct PortReport<'a> {
    pub(crate) file: &'a FileNumbers,
    pub(crate) path: Option<&'a HeldPath>,
    pub(crate) taken_by: &'a Identity,
    pub(crate) description: &'a CStr,
    pub(crate) port: u32,
    pub(crate) kind: Kind,
    pub(crate) receives: bool,
    pub(crate) sends: bool,
    pub(crate) device: Option<ShownDevice>,
    pub(crate) statistics: Statistics,
    pub(crate) drops: [u64; REASONS],
    pub(crate) reason: u32,
}

pub(crate) struct Listeners;

impl Listeners {
    pub(crate) fn of(_namespace: Namespace) -> Option<Self> {
        None
    }

    pub(crate) fn tell_network(&self, _event: Event, _report: &NetworkReport<'_>) {}

    pub(crate) fn tell_port(&self, _event: Event, _report: &PortReport<'_>, _may_sleep: bool) {}
}

// SPDX-License-Identifier: GPL-2.0

//! `rust/glue/netlink.rs`: a task that wants to hears what it brings about.

use crate::{
    abi::statistics::Statistics,
    ring::drops::REASONS,
    rust::{
        fs::path::{FileNumbers, HeldPath},
        glue::netdev::ShownDevice,
        net::namespace::Namespace,
        task::{current as task, identity::Identity},
    },
};
use std::{ffi::CStr, fmt};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    NetworkMade,
    NetworkEnded,
    PortTaken,
    PortLeft,
    Lost,
    DeviceGone,
}

#[derive(Debug)]
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
    pub(crate) window: Option<WindowReport>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct WindowReport {
    pub(crate) length: u32,
    pub(crate) rate: u32,
    pub(crate) age: u64,
    pub(crate) evicted: u64,
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
    pub(crate) is_reliable: bool,
}

/// What a network tells, as words.
impl fmt::Display for NetworkReport<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.map_or("", |_| "path ");
        let (policy, flags, owner, drops) = (self.policy, self.flags, self.owner, self.drops);
        write!(to, "network {path}policy {policy} flags {flags} ")?;
        write!(to, "mtu {} pool {} ", self.mtu, self.pool)?;
        write!(to, "ports {} used {} ", self.ports, self.used)?;
        write!(to, "readers {} writers {} ", self.readers, self.writers)?;
        write!(to, "owner {owner} sent {} {} ", self.sent, self.sent_bytes)?;
        write!(to, "lost {} drops {drops:?}", self.lost)?;
        match &self.window {
            None => Ok(()),
            Some(WindowReport {
                length,
                rate,
                age,
                evicted,
            }) => write!(
                to,
                " window {length} rate {rate} age {age} evicted {evicted}"
            ),
        }
    }
}

/// What a port tells, as words.
impl fmt::Display for PortReport<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.map_or("", |_| "path ");
        let (user, text) = (self.taken_by.uid(), self.description.to_str().unwrap());
        write!(to, "port {} {path}user {user} text {text:?} ", self.port)?;
        write!(to, "{:?} ", self.kind)?;
        write!(to, "receives {} sends {} ", self.receives, self.sends)?;
        write!(to, "device {} ", self.device.is_some())?;
        let Statistics { sent, received, .. } = self.statistics;
        write!(to, "sent {sent} received {received} ")?;
        write!(to, "reason {} drops {:?}", self.reason, self.drops)?;
        let Statistics { waited, rate, .. } = self.statistics;
        match self.is_reliable {
            true => write!(to, " waited {waited} pace {rate}"),
            false => Ok(()),
        }
    }
}

pub(crate) struct Listeners(Namespace);

impl Listeners {
    pub(crate) fn of(namespace: Namespace) -> Option<Self> {
        let hears = task::with(|task| task.hears.get());
        hears.then_some(Self(namespace))
    }

    fn tell(&self, what: fmt::Arguments<'_>) {
        let Namespace(number) = self.0;
        task::with(|task| task.heard.borrow_mut().push(format!("{number}: {what}")));
    }

    pub(crate) fn tell_network(&self, event: Event, report: &NetworkReport<'_>) {
        self.tell(format_args!("{event:?} {report}"));
    }

    pub(crate) fn tell_port(&self, event: Event, report: &PortReport<'_>, _may_sleep: bool) {
        self.tell(format_args!("{event:?} {report}"));
    }
}

/// What a reader asks for, and what it has got.
pub(crate) struct Dump<'a> {
    pub(crate) is_of_ports: bool,
    pub(crate) sees_all: bool,
    pub(crate) sees_namespace: bool,
    pub(crate) namespace: Namespace,
    pub(crate) place: (usize, u32),
    /// How many more there is room for.
    pub(crate) room: usize,
    pub(crate) got: &'a mut Vec<String>,
}

impl Dump<'_> {
    pub(crate) fn is_of_ports(&self) -> bool {
        self.is_of_ports
    }

    pub(crate) fn sees_all(&self) -> bool {
        self.sees_all
    }

    pub(crate) fn sees_namespace(&self) -> bool {
        self.sees_namespace
    }

    pub(crate) fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// Files have no numbers here.
    pub(crate) fn asks_for(&self, _file: &FileNumbers) -> bool {
        true
    }

    pub(crate) fn place(&self) -> (usize, u32) {
        self.place
    }

    pub(crate) fn move_to(&mut self, network: usize, port: u32) {
        self.place = (network, port);
    }

    fn add(&mut self, what: String) -> bool {
        let has_room = self.room > 0;
        if has_room {
            self.room -= 1;
            self.got.push(what);
        }
        has_room
    }

    pub(crate) fn add_network(&mut self, report: &NetworkReport<'_>) -> bool {
        self.add(report.to_string())
    }

    pub(crate) fn add_port(&mut self, report: &PortReport<'_>) -> bool {
        self.add(report.to_string())
    }
}

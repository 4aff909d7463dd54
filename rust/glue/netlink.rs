// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family that tells who is on a network, and what happens to it.
//!
//! What the kernel wants in C is in `netlink.c`; what is told stands in `include/uapi/linux/ipn_netlink.h`.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

use crate::{
    abi::statistics::Statistics,
    ring::drops::REASONS,
    rust::{
        bindings,
        fs::path::{FileNumbers, HeldPath},
        glue::netdev::{ShownDevice, NAME_LEN},
        net::namespace::Namespace,
        task::identity::Identity,
    },
};
use core::ptr::NonNull;
use kernel::{error::to_result, prelude::*};

/// What happens to networks and ports.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A network was made.
    NetworkMade,
    /// A network has ended.
    NetworkEnded,
    /// A port was taken.
    PortTaken,
    /// A port was given back.
    PortLeft,
    /// A port has lost messages.
    Lost,
    /// A port's device has gone by itself.
    DeviceGone,
}

impl Event {
    /// Its number.
    fn command(self) -> u8 {
        let command = match self {
            Self::NetworkMade => bindings::IPN_CMD_NETWORK_MADE,
            Self::NetworkEnded => bindings::IPN_CMD_NETWORK_ENDED,
            Self::PortTaken => bindings::IPN_CMD_PORT_TAKEN,
            Self::PortLeft => bindings::IPN_CMD_PORT_LEFT,
            Self::Lost => bindings::IPN_CMD_LOST,
            Self::DeviceGone => bindings::IPN_CMD_DEVICE_GONE,
        };
        command as u8
    }
}

/// What a port is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A socket whose owner calls.
    Socket,
    /// A socket whose owner reads the ring by itself.
    Mapped,
    /// An interface that the network has made.
    Tap,
    /// An interface that it has taken.
    Grabbed,
    /// A socket that sees what others send.
    Observer,
}

impl Kind {
    /// Its number.
    fn number(self) -> u32 {
        match self {
            Self::Socket => bindings::IPN_PORT_SOCKET,
            Self::Mapped => bindings::IPN_PORT_MAPPED,
            Self::Tap => bindings::IPN_PORT_TAP,
            Self::Grabbed => bindings::IPN_PORT_GRAB,
            Self::Observer => bindings::IPN_PORT_OBSERVER,
        }
    }
}

/// What is told of a network.
pub(crate) struct NetworkReport<'a> {
    /// The numbers of its file.
    pub(crate) file: &'a FileNumbers,
    /// Its file.
    pub(crate) path: Option<&'a HeldPath>,
    /// Number of its policy.
    pub(crate) policy: u32,
    /// `IPN_FLAG_...`.
    pub(crate) flags: u32,
    /// Longest message.
    pub(crate) mtu: u32,
    /// Messages held.
    pub(crate) pool: u32,
    /// Number of ports.
    pub(crate) ports: u32,
    /// Ports that are taken.
    pub(crate) used: u32,
    /// Ports that can receive.
    pub(crate) readers: u32,
    /// Ports that can send.
    pub(crate) writers: u32,
    /// The user that made it, as the initial user namespace knows it.
    pub(crate) owner: u32,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Bytes of those.
    pub(crate) sent_bytes: u64,
    /// Messages lost.
    pub(crate) lost: u64,
    /// Messages dropped, by reason.
    pub(crate) drops: [u64; REASONS],
    /// Of a reliable bus, its window.
    pub(crate) window: Option<WindowReport>,
}

/// What is told of a reliable bus besides.
#[derive(Clone, Copy, Default)]
pub(crate) struct WindowReport {
    /// How long a message stays, in milliseconds.
    pub(crate) length: u32,
    /// Bytes a second that a port may send.
    pub(crate) rate: u32,
    /// How old the oldest message is, in milliseconds.
    pub(crate) age: u64,
    /// Ports that were evicted.
    pub(crate) evicted: u64,
}

impl NetworkReport<'_> {
    fn raw(&self) -> bindings::ipn_network_report {
        let window = self.window.unwrap_or_default();
        bindings::ipn_network_report {
            file: self.file.as_raw(),
            path: self.path.map_or(core::ptr::null(), HeldPath::as_ptr),
            policy: self.policy,
            flags: self.flags,
            mtu: self.mtu,
            ports: self.ports,
            pool: self.pool,
            owner: self.owner,
            used: self.used,
            readers: self.readers,
            writers: self.writers,
            sent: self.sent,
            sent_bytes: self.sent_bytes,
            lost: self.lost,
            drops: self.drops,
            reliable: self.window.is_some(),
            window: window.length,
            rate: window.rate,
            age: window.age,
            evicted: window.evicted,
        }
    }
}

/// What is told of a port.
pub(crate) struct PortReport<'a> {
    /// The numbers of its network's file.
    pub(crate) file: &'a FileNumbers,
    /// That file; none where the caller must not sleep.
    pub(crate) path: Option<&'a HeldPath>,
    /// Who took it.
    pub(crate) taken_by: &'a Identity,
    /// What its owner says of it.
    pub(crate) description: &'a CStr,
    /// Its number.
    pub(crate) port: u32,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether it receives.
    pub(crate) receives: bool,
    /// Whether it may send.
    pub(crate) sends: bool,
    /// Its device.
    pub(crate) device: Option<ShownDevice>,
    /// What it has counted.
    pub(crate) statistics: Statistics,
    /// Messages dropped, by reason.
    pub(crate) drops: [u64; REASONS],
    /// Why it has lost messages, of an event; 0: not.
    pub(crate) reason: u32,
    /// Whether the bus is a reliable one.
    pub(crate) is_reliable: bool,
}

impl PortReport<'_> {
    fn raw(&self) -> bindings::ipn_port_report {
        let direction = |has, bit| if has { bit } else { 0 };
        let device = self.device.unwrap_or(ShownDevice {
            index: 0,
            name: [0; NAME_LEN],
        });
        let Statistics {
            sent,
            sent_bytes,
            received,
            received_bytes,
            lost,
            refused,
            lag,
            waiting,
            waited,
            rate: pace,
            ..
        } = self.statistics;
        bindings::ipn_port_report {
            file: self.file.as_raw(),
            path: self.path.map_or(core::ptr::null(), HeldPath::as_ptr),
            taken_by: self.taken_by.as_raw(),
            description: self.description.as_char_ptr(),
            port: self.port,
            kind: self.kind.number(),
            direction: direction(self.receives, bindings::IPN_PORT_RECEIVES)
                | direction(self.sends, bindings::IPN_PORT_SENDS),
            ifindex: device.index,
            ifname: device.name,
            sent,
            sent_bytes,
            received,
            received_bytes,
            lost,
            refused,
            lag,
            waiting,
            drops: self.drops,
            reason: self.reason,
            reliable: self.is_reliable,
            waited,
            pace,
        }
    }
}

/// The next part of a dump, which a reader asks for.
///
/// # Invariants
///
/// `dump` is valid, as `netlink.c` fills it in, and the caller is the reader.
pub(crate) struct Dump<'a>(&'a mut bindings::ipn_dump);

impl<'a> Dump<'a> {
    /// Wraps what `ipn_rust_netlink_dump` is given.
    ///
    /// # Safety
    ///
    /// What `dump` points to must be valid for `'a`, and the caller be the reader.
    pub(in crate::rust) unsafe fn from_raw(dump: &'a mut bindings::ipn_dump) -> Self {
        // INVARIANT: by this function's requirements.
        Self(dump)
    }

    /// Whether ports are asked for, and not networks.
    pub(crate) fn is_of_ports(&self) -> bool {
        self.0.of_ports
    }

    /// Whether the reader may see all networks and ports (`CAP_NET_ADMIN` in the initial user namespace).
    pub(crate) fn sees_all(&self) -> bool {
        self.0.sees_all
    }

    /// Whether it may see all ports that sockets of its network namespace have (`CAP_NET_ADMIN` over that).
    pub(crate) fn sees_namespace(&self) -> bool {
        self.0.sees_namespace
    }

    /// That network namespace.
    pub(crate) fn namespace(&self) -> Namespace {
        Namespace::from_raw(self.0.namespace)
    }

    /// Whether a network is asked for, whose file this is.
    pub(crate) fn asks_for(&self, file: &FileNumbers) -> bool {
        // SAFETY: It is valid by the invariants, or NULL.
        let wanted = unsafe { self.0.file.as_ref() };
        let file = file.as_raw();
        wanted.is_none_or(|wanted| {
            (wanted.major, wanted.minor, wanted.inode) == (file.major, file.minor, file.inode)
        })
    }

    /// Where to go on: the least identity of a network, and the least number of a port in that.
    pub(crate) fn place(&self) -> (usize, u32) {
        (self.0.network, self.0.port)
    }

    /// Goes on there, the next time too.
    pub(crate) fn move_to(&mut self, network: usize, port: u32) {
        self.0.network = network;
        self.0.port = port;
    }

    /// Adds a network; tells whether there was room.
    pub(crate) fn add_network(&mut self, report: &NetworkReport<'_>) -> bool {
        // SAFETY: Both are valid.
        unsafe { bindings::ipn_helper_dump_network(self.0, &report.raw()) }
    }

    /// Adds a port; tells whether there was room.
    pub(crate) fn add_port(&mut self, report: &PortReport<'_>) -> bool {
        // SAFETY: Both are valid.
        unsafe { bindings::ipn_helper_dump_port(self.0, &report.raw()) }
    }
}

/// Those in a network namespace who listen to events.
///
/// # Invariants
///
/// The namespace is valid and a reference to it is held.
pub(crate) struct Listeners(NonNull<bindings::net>);

impl Listeners {
    /// If there are any.
    pub(crate) fn of(namespace: Namespace) -> Option<Self> {
        // SAFETY: Sockets are there only while the family is.
        let found = unsafe { bindings::ipn_helper_netlink_listeners(namespace.as_raw()) };
        // INVARIANT: just taken.
        NonNull::new(found).map(Self)
    }

    /// Tells an event of a network. It sleeps.
    pub(crate) fn tell_network(&self, event: Event, report: &NetworkReport<'_>) {
        let (net, event) = (self.0.as_ptr(), event.command());
        // SAFETY: Both are valid, and it may sleep.
        unsafe { bindings::ipn_helper_tell_network(net, event, &report.raw()) }
    }

    /// Tells an event of a port. With `may_sleep` it sleeps.
    pub(crate) fn tell_port(&self, event: Event, report: &PortReport<'_>, may_sleep: bool) {
        let (net, event) = (self.0.as_ptr(), event.command());
        // SAFETY: Both are valid.
        unsafe { bindings::ipn_helper_tell_port(net, event, &report.raw(), may_sleep) }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::ipn_helper_netlink_listeners_put(self.0.as_ptr()) }
    }
}

/// The family, until this is dropped.
///
/// # Invariants
///
/// It is registered.
pub(crate) struct Teller(());

impl Teller {
    /// Registers the family. The name is taken: `EEXIST`. No memory: `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: It is undone before the module goes.
        to_result(unsafe { bindings::ipn_helper_netlink_register() })?;
        // INVARIANT: just registered.
        Ok(Self(()))
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is registered. A dump holds the module, so none is left.
        unsafe { bindings::ipn_helper_netlink_unregister() }
    }
}

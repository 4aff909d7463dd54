// SPDX-License-Identifier: GPL-2.0

//! An endpoint: what a socket of the family is.

use crate::{
    abi::errno::Errno,
    membership::take_port,
    network::{self, oob::OobQueue},
    ring::port::{Flag, Port},
    rust::{
        glue::parameters,
        net::socket::{Sock, SockRef},
        sync::lock::{new_spinlock_bh, SpinLockBh},
    },
    socket::{rights::Rights, slot::DeviceSlot, state::Control},
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex, SetOnce},
};

/// A socket of this family.
pub(crate) type IpnSock = Sock<Endpoint>;

/// A network whose ports such sockets hold.
pub(crate) type Network = network::Network<Endpoint>;

/// The port that such a socket holds.
pub(crate) type Seat = network::seat::Seat<Endpoint>;

/// What the family keeps of a socket.
#[pin_data]
pub(crate) struct Endpoint {
    /// The port, before it is taken too: what is shut stays shut.
    pub(crate) port: Port,
    /// Set once, when the port is taken.
    pub(crate) seat: SetOnce<Seat>,
    /// The network that it manages; set once, when it is bound.
    pub(crate) managed: SetOnce<Arc<Network>>,
    /// The policy that was asked for.
    pub(crate) protocol: u32,
    /// Receive out-of-band messages.
    pub(crate) handles_oob: Flag,
    /// Be told of readers and writers.
    pub(crate) wants_counts: Flag,
    /// One call at a time shapes the endpoint.
    #[pin]
    pub(crate) control: Mutex<Control<Endpoint>>,
    /// One reader at a time: `reading.rs`.
    #[pin]
    pub(crate) reading: Mutex<()>,
    /// The device that the port is, if it is one.
    #[pin]
    pub(crate) device: DeviceSlot,
    /// Out-of-band messages that wait.
    #[pin]
    pub(crate) oob: SpinLockBh<OobQueue>,
}

impl Endpoint {
    /// A socket that knows no network, and asks for the policy of a number; `kernel` if no descriptor
    /// belongs to it.
    pub(crate) fn new(protocol: u32, kernel: bool) -> impl PinInit<Self, Error> {
        let control = Control::new(&parameters::limits());
        try_pin_init!(Self {
            port: Port::new(),
            seat: SetOnce::new(),
            managed: SetOnce::new(),
            protocol,
            handles_oob: Flag::new(),
            wants_counts: Flag::new(),
            // Two classes of one lock: `network/mod.rs` says why.
            control <- if kernel {
                new_mutex!(control, "ipn_endpoint::control (kernel)")
            } else {
                new_mutex!(control, "ipn_endpoint::control")
            },
            reading <- new_mutex!((), "ipn_endpoint::reading"),
            device <- DeviceSlot::new(),
            oob <- new_spinlock_bh!(OobQueue::default(), "ipn_endpoint::oob"),
        })
    }

    /// The network that it is bound or connected to.
    pub(crate) fn network(&self) -> Option<&Arc<Network>> {
        let seat = self.seat.as_ref();
        self.managed.as_ref().or(seat.map(|seat| &seat.network))
    }

    /// Whether it has given its port back, as the device that this was has gone.
    pub(crate) fn has_left(&self) -> bool {
        self.port.left.load() != 0
    }

    /// The network that it is on. None, or no more: `ENOTCONN`.
    pub(crate) fn used_network(&self) -> Result<&Arc<Network>> {
        let network = self.network().filter(|_| !self.has_left());
        network.ok_or(Errno::NOTCONN.into())
    }

    /// The port that calls on the socket may read. None: `ENOTCONN`; it is a device: `EOPNOTSUPP`.
    pub(crate) fn readable_port(&self) -> Result<&Seat> {
        let seat = self.seat.as_ref().ok_or(Errno::NOTCONN)?;
        if self.device.is_there() {
            return Err(Errno::OPNOTSUPP.into());
        }
        Ok(seat)
    }

    /// Takes a port of a network that the endpoint already uses.
    pub(crate) fn take_seat(
        sock: &IpnSock,
        network: &Arc<Network>,
        rights: Rights,
        wanted: i32,
    ) -> Result {
        let shut = rights.shutdown(sock.port.shut())?;
        take_port(
            network,
            SockRef::from(sock),
            wanted,
            shut,
            |endpoint, seat| {
                endpoint.seat.populate(seat);
            },
        )?;
        sock.show_shutdown(sock.port.shut());
        // A poller from before may now find the port ready.
        sock.wake_all();
        Ok(())
    }
}

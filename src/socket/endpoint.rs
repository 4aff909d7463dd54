// SPDX-License-Identifier: GPL-2.0

//! An endpoint: what a socket of the family is.

use crate::{
    abi::errno::Errno,
    membership::take_port,
    network::{
        self,
        history::History,
        holder::Holder,
        oob::{Counts, OobQueue},
    },
    ring::port::{Flag, Port},
    rust::{
        glue::parameters,
        net::socket::{Sock, SockRef},
        sync::{
            atomic::AtomicU64,
            lock::{lock_killable, new_spinlock_bh, SpinLockBh},
            set_once::SetOnce,
        },
    },
    socket::{description::Description, rights::Rights, slot::DeviceSlot, state::Control},
    wakeup::room::await_room,
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex, MutexGuard},
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
    /// It is of the type of a reliable bus: it hears of gaps.
    pub(crate) is_reliable: bool,
    /// It has missed messages, of which the next `recv` tells.
    pub(crate) has_gap: Flag,
    /// It was told of that, and whose they were comes with the next message.
    pub(crate) owes_gaps: Flag,
    /// Behind the last message before which some were missed that never came here, and that was told.
    pub(crate) skipped_before: AtomicU64,
    /// It was later than the window, and its network evicts who is.
    pub(crate) is_evicted: Flag,
    /// Receive out-of-band messages.
    pub(crate) handles_oob: Flag,
    /// A call looks at something before messages: it receives those, or a process writes the ring.
    pub(crate) looks_aside: Flag,
    /// Be told of readers and writers.
    pub(crate) wants_counts: Flag,
    /// A call moves several messages, as records.
    pub(crate) records: Flag,
    /// Those have the sequence of their message too.
    pub(crate) sequenced: Flag,
    /// Messages come with who sent them.
    pub(crate) wants_sender: Flag,
    /// They come with their sequence.
    pub(crate) wants_sequence: Flag,
    /// One of these, or the bus is a reliable one: what more there is of a message is looked at.
    pub(crate) looks_closer: Flag,
    /// One call at a time shapes the endpoint.
    #[pin]
    pub(crate) control: Mutex<Control<Endpoint>>,
    /// What its owner says of it.
    #[pin]
    pub(crate) description: SpinLockBh<Description>,
    /// It may have another filter, by which its backlog was not looked through yet.
    pub(crate) has_new_filter: Flag,
    /// The device that the port is, if it is one.
    #[pin]
    pub(crate) device: DeviceSlot,
    /// Who serves that device, if another socket does.
    #[pin]
    pub(crate) server: SpinLockBh<Option<SockRef<Self>>>,
    /// The device that this socket serves for another has gone.
    pub(crate) served_has_gone: Flag,
    /// Out-of-band messages that wait.
    #[pin]
    pub(crate) oob: SpinLockBh<OobQueue>,
}

impl Endpoint {
    /// A socket that knows no network, and asks for the policy of a number; `kernel` if no descriptor
    /// belongs to it.
    pub(crate) fn new(protocol: u32, is_reliable: bool, kernel: bool) -> impl PinInit<Self, Error> {
        let control = Control::new(protocol, is_reliable, &parameters::limits());
        try_pin_init!(Self {
            port: Port::new(),
            seat: SetOnce::new(),
            managed: SetOnce::new(),
            protocol,
            is_reliable,
            has_gap: Flag::new(),
            owes_gaps: Flag::new(),
            skipped_before: AtomicU64::new(0),
            is_evicted: Flag::new(),
            handles_oob: Flag::new(),
            looks_aside: Flag::new(),
            wants_counts: Flag::new(),
            records: Flag::new(),
            sequenced: Flag::new(),
            wants_sender: Flag::new(),
            wants_sequence: Flag::new(),
            looks_closer: Flag::new(),
            // Two classes of one lock: `network/mod.rs` says why.
            control <- if kernel {
                new_mutex!(control, "ipn_endpoint::control (kernel)")
            } else {
                new_mutex!(control, "ipn_endpoint::control")
            },
            description <- new_spinlock_bh!(Description::EMPTY, "ipn_endpoint::description"),
            has_new_filter: Flag::new(),
            device <- DeviceSlot::new(),
            server <- new_spinlock_bh!(None, "ipn_endpoint::server"),
            served_has_gone: Flag::new(),
            oob <- new_spinlock_bh!(OobQueue::default(), "ipn_endpoint::oob"),
        })
    }

    /// Takes [`Self::control`], which may be held while a name is looked up or made: a caller who waits for
    /// that can be killed (`EINTR`).
    pub(crate) fn control(&self) -> Result<MutexGuard<'_, Control<Self>>> {
        lock_killable(&self.control)
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

    /// The oldest out-of-band message that waits, and its number, if they are wanted.
    pub(crate) fn told(&self) -> Option<(u64, Counts)> {
        let wanted = self.handles_oob.is_up();
        wanted.then(|| self.oob.lock().peek()).flatten()
    }

    /// The port that calls on the socket may read. None: `ENOTCONN`; it is a device: `EOPNOTSUPP`.
    pub(crate) fn readable_port(&self) -> Result<&Seat> {
        let seat = self.seat.as_ref().ok_or(Errno::NOTCONN)?;
        if self.device.is_there() {
            return Err(Errno::OPNOTSUPP.into());
        }
        Ok(seat)
    }

    /// What its port is left with, taken with these rights. It would be of no use: `EACCES`.
    pub(crate) fn shutdown_with(&self, rights: Rights) -> Result<u32> {
        let shut = self.port.shut();
        Ok(match self.port.observes() {
            true => rights.observer_shutdown(shut)?,
            false => rights.shutdown(shut)?,
        })
    }

    /// Takes a port of a network that the endpoint already uses.
    pub(crate) fn take_seat(
        sock: &IpnSock,
        network: &Arc<Network>,
        rights: Rights,
        begin: (i32, History),
    ) -> Result {
        let shut = sock.shutdown_with(rights)?;
        take_port(
            network,
            SockRef::from(sock),
            begin,
            shut,
            |endpoint, seat| {
                endpoint.seat.populate(seat);
            },
        )?;
        sock.show_shutdown(sock.port.shut());
        if let Some(seat) = sock.seat.as_ref() {
            if seat.ring.is_written() {
                sock.looks_aside.raise();
            }
            if seat.seen.is_some() {
                sock.looks_closer.raise();
            }
            // A poller from before, and one who wants the signal, could not ask for room yet. `put` has
            // asked for messages.
            if network.waits() && Self::sleeps(sock) {
                await_room(network, seat.number);
            }
        }
        // A poller from before may now find the port ready.
        sock.wake_all();
        Ok(())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! An endpoint: what a socket of the family is, from `socket(2)` to its last close.

pub(crate) mod address;
pub(crate) mod mapping;
pub(crate) mod reader;
pub(crate) mod rights;
pub(crate) mod sockopt;
pub(crate) mod transfer;

use crate::{
    abi::{
        errno::Errno,
        uapi::{IPN_ANY, IPN_PORTNO_ANY},
    },
    device::{self, DeviceSlot},
    network::{
        managers::{manager, resign},
        oob::{Census, OobQueue},
        shape::{Description, Shape},
        Network,
    },
    policy, registry,
    ring::{
        port::{Flag, Port},
        Ring,
    },
    rust::{
        fs::path::{HeldPath, NewName, MAY_EXEC, MAY_READ, MAY_WRITE},
        glue::{cred, netdev, parameters, ring_memory::RingMemory},
        mm::mmap::NewMapping,
        net::{
            message::{Incoming, Outgoing},
            socket::{Family, Sock, SockRef, ADDRESS_LEN, FAMILY},
            sockopt::{OptionReader, OptionWriter},
        },
        sync::{
            atomic::full_barrier,
            lock::{new_spinlock_bh, SpinLockBh},
        },
    },
    socket::{
        address::Address,
        rights::{Rights, BOTH_SHUT, RECEIVE_SHUT},
    },
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex, SetOnce},
};

/// A socket of this family.
pub(crate) type IpnSock = Sock<Endpoint>;

impl IpnSock {
    /// Whether anybody is to be told when something comes: who sleeps on the socket, who wants its
    /// signal, or its device.
    pub(crate) fn sleeps(&self) -> bool {
        self.has_sleeper() || self.device.is_there()
    }
}

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
    protocol: u32,
    /// Receive out-of-band messages.
    pub(crate) handles_oob: Flag,
    /// Be told of readers and writers.
    pub(crate) wants_census: Flag,
    /// One call at a time shapes the endpoint.
    #[pin]
    pub(crate) control: Mutex<Control>,
    /// One reader at a time: `reader.rs`.
    #[pin]
    pub(crate) reading: Mutex<()>,
    /// The device that the port is, if it is one.
    #[pin]
    pub(crate) device: DeviceSlot,
    /// Out-of-band messages that wait.
    #[pin]
    pub(crate) oob: SpinLockBh<OobQueue>,
}

/// The port that an endpoint holds.
pub(crate) struct Seat {
    /// Of which network.
    pub(crate) network: Arc<Network>,
    /// Its number.
    pub(crate) number: u32,
    /// Where its messages are.
    pub(crate) ring: Arc<Ring<RingMemory>>,
    /// Whether the ring is that of all ports, so that a port meets its own messages there.
    pub(crate) shares: bool,
}

impl Seat {
    /// Whether a message in the ring that port `from` sent is the port's own, which it does not get.
    pub(crate) fn is_own(&self, from: u32) -> bool {
        self.shares && from == self.number
    }
}

/// What calls other than send and receive change.
pub(crate) struct Control {
    /// What a network that it creates is to be.
    pub(crate) shape: Shape,
    /// How far it has come.
    pub(crate) state: State,
    /// The port that `IPN_SO_PORT` asked for, or `IPN_PORTNO_ANY`.
    pub(crate) wanted_port: i32,
    /// What `IPN_SO_DESCR` says of it.
    pub(crate) description: Description,
}

/// How far an endpoint has come.
pub(crate) enum State {
    /// It knows no network.
    Fresh,
    /// It manages a network, and may take a port with these rights.
    Bound(Rights),
    /// It manages a network and serves a persistent device of it.
    Joined(SockRef<Endpoint>),
    /// It has a port, and with `manager` manages the network.
    Connected {
        /// Whether it was bound before.
        manager: bool,
    },
}

impl Endpoint {
    /// Puts a census in the queue if the owner wants it; the network's lock is held.
    pub(crate) fn tell(&self, census: Census) {
        if self.handles_oob.is_up() && self.wants_census.is_up() {
            self.oob.lock().push(census);
        }
    }

    /// Whether its ring has moved on since it last read.
    pub(crate) fn has_unread(&self) -> bool {
        self.seat
            .as_ref()
            .is_some_and(|seat| seat.ring.published() != seat.ring.stands(&self.port.cursor))
    }

    /// Whether an out-of-band message waits.
    pub(crate) fn was_told(&self) -> bool {
        self.handles_oob.is_up() && self.oob.lock().peek().is_some()
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

    /// Takes a port of a network that the endpoint already uses.
    pub(crate) fn take_seat(
        sock: &IpnSock,
        network: &Arc<Network>,
        rights: Rights,
        wanted: i32,
    ) -> Result {
        let shut = rights.shutdown(sock.port.shut())?;
        network.join(SockRef::from(sock), wanted, shut)?;
        sock.show_shutdown(sock.port.shut());
        // A poller from before may now find the port ready.
        sock.wake_all();
        Ok(())
    }
}

/// The rights that the mode bits give the caller; other errors than `EACCES` are passed on.
pub(crate) fn rights_of(path: &HeldPath) -> Result<Rights> {
    let has = |mask| match path.permission(mask) {
        Ok(()) => Ok(true),
        Err(error) if error == EACCES || error == EROFS => Ok(false),
        Err(error) => Err(error),
    };
    Ok(Rights {
        receive: has(MAY_READ)?,
        send: has(MAY_WRITE)?,
        manage: has(MAY_EXEC)?,
    })
}

/// The path of an address as the kernel wants it.
fn c_path(address: &Address) -> Result<&CStr> {
    CStr::from_bytes_with_nul(address.path_with_nul()).map_err(|_| EINVAL)
}

/// Whether a socket that asked for `protocol` may use a network.
fn check_policy(protocol: u32, network: &Network) -> Result {
    if protocol == IPN_ANY || protocol == network.protocol {
        Ok(())
    } else {
        Err(Errno::PROTO.into())
    }
}

/// Finds the network that a path names, and becomes its user.
///
/// A name that is no live network: `ECONNREFUSED`. `permitted` says what the caller needs.
fn find(
    address: &Address,
    permitted: impl FnOnce(&Rights) -> Result,
) -> Result<(Arc<Network>, Rights)> {
    let path = HeldPath::lookup(c_path(address)?)?;
    let rights = rights_of(&path)?;
    if !path.is_socket() {
        return Err(Errno::CONNREFUSED.into());
    }
    permitted(&rights)?;
    let network = registry::join(path.identity()).or_else(|_| {
        // Its name may be found before the network is, whose maker holds the directory until both are.
        path.settle();
        registry::join(path.identity())
    })?;
    path.touch();
    Ok((network, rights))
}

/// Makes a network and its name. The name is gone again when any step fails.
fn create(protocol: u32, shape: Shape, address: Address) -> Result<Arc<Network>> {
    let policy = policy::find(protocol)?;
    let name = NewName::create(c_path(&address)?, shape.mode)?;
    // After the name: one that exists is joined, whatever the shape.
    shape.check_ports(&parameters::limits())?;
    let network = Network::new(shape, policy, address, name.path())?;
    let bytes = network.checked_bytes()?;
    registry::add(network.clone(), cred::payers()?, bytes, cred::quota())?;
    name.keep();
    Ok(network)
}

/// The socket that serves a device is closed: unless the device is persistent, it ends.
fn release_device(sock: &IpnSock) {
    sock.device.served.lower();
    full_barrier();
    if !sock.device.persistent.is_up() {
        device::detach(sock);
    }
}

impl Family for Endpoint {
    const NAME: &'static CStr = c"IPN";

    fn create(kind: u32, protocol: i32, kernel: bool) -> Result<impl PinInit<Self, Error>> {
        if !crate::rust::net::socket::is_message_type(kind) {
            return Err(Errno::SOCKTNOSUPPORT.into());
        }
        let protocol = u32::try_from(protocol).map_err(|_| Errno::PROTONOSUPPORT)?;
        policy::find(protocol)?;
        let control = Control {
            shape: Shape::default_within(&parameters::limits()),
            state: State::Fresh,
            wanted_port: IPN_PORTNO_ANY,
            description: Description::EMPTY,
        };
        Ok(try_pin_init!(Self {
            port: Port::new(),
            seat: SetOnce::new(),
            managed: SetOnce::new(),
            protocol,
            handles_oob: Flag::new(),
            wants_census: Flag::new(),
            // Two classes of one lock: `network.rs` says why.
            control <- if kernel {
                new_mutex!(control, "ipn_endpoint::control (kernel)")
            } else {
                new_mutex!(control, "ipn_endpoint::control")
            },
            reading <- new_mutex!((), "ipn_endpoint::reading"),
            device <- DeviceSlot::new(),
            oob <- new_spinlock_bh!(OobQueue::default(), "ipn_endpoint::oob"),
        }))
    }

    fn release(sock: &IpnSock) {
        let state = core::mem::replace(&mut sock.control.lock().state, State::Fresh);
        match state {
            State::Fresh => {}
            State::Bound(_) => resign(sock),
            State::Joined(device) => {
                release_device(&device);
                resign(sock);
            }
            State::Connected { .. } if sock.device.is_there() => release_device(sock),
            State::Connected { .. } => device::leave(sock),
        }
    }

    fn bind(sock: &IpnSock, address: &[u8]) -> Result {
        let address = Address::parse(FAMILY, address)?;
        let mut control = sock.control.lock();
        match control.state {
            State::Fresh => {}
            State::Bound(_) => return Err(EINVAL),
            State::Connected { .. } | State::Joined(_) => return Err(Errno::ISCONN.into()),
        }
        let entry = manager(SockRef::from(sock))?;
        let made = create(sock.protocol, control.shape, address.clone());
        let (network, rights) = match made {
            Ok(network) => (network, Rights::CREATOR),
            Err(error) if error == EEXIST => {
                let found = find(&address, |rights| rights.manage.then_some(()).ok_or(EACCES));
                let (network, rights) = match found {
                    // The name was there a moment ago: another file is taking its place.
                    Err(error) if error == ENOENT => return Err(Errno::ADDRINUSE.into()),
                    found => found?,
                };
                if control.shape.is_exclusive() || network.is_exclusive() {
                    registry::leave(&network);
                    return Err(EEXIST);
                }
                if let Err(error) = check_policy(sock.protocol, &network) {
                    registry::leave(&network);
                    return Err(error);
                }
                (network, rights)
            }
            Err(error) => return Err(error),
        };
        sock.managed.populate(network.clone());
        network.add_manager(entry);
        control.state = State::Bound(rights);
        // A poller from before may now find the end.
        sock.wake_all();
        Ok(())
    }

    fn connect(sock: &IpnSock, address: &[u8]) -> Result {
        let mut control = sock.control.lock();
        let wanted = control.wanted_port;
        match &control.state {
            State::Connected { .. } | State::Joined(_) => return Err(Errno::ISCONN.into()),
            State::Bound(rights) => {
                let network = sock.network().ok_or(Errno::NOTCONN)?;
                if !address.is_empty() {
                    let path = HeldPath::lookup(c_path(&Address::parse(FAMILY, address)?)?)?;
                    if path.identity() != network.identity {
                        return Err(EINVAL);
                    }
                }
                Self::take_seat(sock, network, *rights, wanted)?;
                control.state = State::Connected { manager: true };
            }
            State::Fresh => {
                let address = Address::parse(FAMILY, address)?;
                let (network, rights) = find(&address, |rights| {
                    rights
                        .shutdown(sock.port.shut())
                        .map(drop)
                        .map_err(Error::from)
                })?;
                let seated = check_policy(sock.protocol, &network)
                    .and_then(|()| Self::take_seat(sock, &network, rights, wanted));
                if let Err(error) = seated {
                    registry::leave(&network);
                    return Err(error);
                }
                control.state = State::Connected { manager: false };
            }
        }
        Ok(())
    }

    fn name(sock: &IpnSock, _peer: bool) -> Result<([u8; ADDRESS_LEN], usize)> {
        let _control = sock.control.lock();
        let network = sock.network().ok_or(Errno::NOTCONN)?;
        Ok(network.address.to_sockaddr(FAMILY))
    }

    fn shutdown(sock: &IpnSock, how: i32) -> Result {
        let directions = Rights::directions(how)?;
        let _control = sock.control.lock();
        match sock.seat.as_ref() {
            Some(seat) => seat
                .network
                .shut(&SockRef::from(sock), seat.number, directions),
            None => sock.port.set_shut(directions),
        }
        let shut = sock.port.shut();
        sock.show_shutdown(shut & BOTH_SHUT);
        if shut & RECEIVE_SHUT != 0 {
            // Waits for a reader that is in the middle of a message.
            match sock.device.is_there() {
                true => netdev::await_turns(),
                false => drop(sock.reading.lock()),
            }
        }
        sock.wake_all();
        Ok(())
    }

    fn wants_signal(sock: &IpnSock) {
        if let Some(seat) = sock.seat.as_ref() {
            seat.network.await_signal(seat.number);
        }
    }

    fn after_call(sock: &IpnSock) {
        if let Some(seat) = sock.seat.as_ref() {
            seat.network.settle();
        }
    }

    fn map(sock: &IpnSock, mapping: &NewMapping<'_>) -> Result {
        crate::socket::mapping::map(sock, mapping)
    }

    fn poll(sock: &IpnSock, sleeps: bool) -> u32 {
        crate::socket::transfer::poll(sock, sleeps)
    }

    fn ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
        crate::socket::sockopt::ioctl(sock, request, argument)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
        crate::socket::sockopt::compat_ioctl(sock, request, argument)
    }

    fn set_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
        crate::socket::sockopt::set_option(sock, level, option, value)
    }

    fn get_option(sock: &IpnSock, level: i32, option: u32, value: &mut OptionWriter<'_>) -> Result {
        crate::socket::sockopt::get_option(sock, level, option, value)
    }

    fn send(sock: &IpnSock, message: Outgoing<'_>) -> Result<usize> {
        crate::socket::transfer::send(sock, message)
    }

    fn receive(sock: &IpnSock, place: Incoming<'_>) -> Result<usize> {
        crate::socket::transfer::receive(sock, place)
    }
}

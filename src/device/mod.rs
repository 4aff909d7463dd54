// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices.
//!
//! What the network delivers to such a port is read by the device's NAPI, so in softirq context and
//! one at a time; what the device brings enters the network as the port's message. The port belongs
//! to the socket that made it a device, and outlives it when it is persistent.

pub(crate) mod command;
pub(crate) mod frame;

use crate::{
    abi::errno::Errno,
    network::Network,
    registry,
    ring::port::Flag,
    rust::{
        glue::netdev::{self, DeviceName, NetDevice, Turn, NAME_LEN},
        net::filter,
        sync::{
            atomic::full_barrier,
            lock::{new_spinlock_bh, SpinLockBh},
        },
    },
    socket::{
        reader::{Next, Reader},
        Endpoint, IpnSock, State,
    },
};
use kernel::{prelude::*, sync::Arc};

/// `IPN_NODEFLAG_TAP` of the request's flags.
pub(crate) const TAP: u16 = 0x10;
/// `IPN_NODEFLAG_GRAB` of the request's flags.
pub(crate) const GRAB: u16 = 0x20;
/// An Ethernet header, and the least that IPv4 must find behind it.
const FRAME_MIN: u32 = 14 + 68;

/// A port's device, if it is one.
#[pin_data]
pub(crate) struct DeviceSlot {
    /// Whether it is, or was.
    there: Flag,
    /// It stays when its socket is closed.
    pub(crate) persistent: Flag,
    /// A socket serves it: that of its making, or one that joined it.
    pub(crate) served: Flag,
    /// The port was given back when the device went; the use of the network is not yet.
    farewell: Flag,
    /// Nothing is called with this lock that could come back here.
    #[pin]
    device: SpinLockBh<Slot>,
}

/// What there is of a device.
enum Slot {
    /// Not yet.
    Empty,
    /// It is there.
    Device(NetDevice),
    /// It went by itself.
    Gone,
}

impl DeviceSlot {
    /// No device.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            there: Flag::new(),
            persistent: Flag::new(),
            served: Flag::new(),
            farewell: Flag::new(),
            device <- new_spinlock_bh!(Slot::Empty, "ipn_endpoint::device"),
        })
    }

    /// Whether the port is a device.
    pub(crate) fn is_there(&self) -> bool {
        self.there.is_up()
    }

    /// Does something with the device, if it is there.
    fn with<R>(&self, deed: impl FnOnce(&NetDevice) -> R) -> Option<R> {
        match &*self.device.lock() {
            Slot::Device(device) => Some(deed(device)),
            Slot::Empty | Slot::Gone => None,
        }
    }

    /// Puts a device there that was just made. It may have gone already: `ENODEV`.
    fn put(&self, device: NetDevice) -> Result {
        let mut slot = self.device.lock();
        if matches!(*slot, Slot::Gone) {
            drop(slot);
            // The device is let go of without the lock.
            drop(device);
            return Err(ENODEV);
        }
        *slot = Slot::Device(device);
        drop(slot);
        self.there.raise();
        self.served.raise();
        Ok(())
    }

    /// Takes the device away, if it is there: whoever does so ends it.
    fn take(&self) -> Option<NetDevice> {
        let mut slot = self.device.lock();
        if !matches!(*slot, Slot::Device(_)) {
            return None;
        }
        match core::mem::replace(&mut *slot, Slot::Empty) {
            Slot::Device(device) => Some(device),
            Slot::Empty | Slot::Gone => None,
        }
    }
}

/// A message came for a port: its device gets it, or its owner is woken.
pub(crate) fn wake_receiver(sock: &IpnSock) {
    if sock.device.is_there() {
        sock.device.with(NetDevice::schedule);
    } else {
        sock.wake_receivers();
    }
}

/// There is room for a port's message: its device goes on, or its owner is woken.
pub(crate) fn wake_sender(sock: &IpnSock) {
    if sock.device.is_there() {
        sock.device.with(NetDevice::wake);
    } else {
        sock.wake_senders();
    }
}

/// The network has ended: the device shows it.
pub(crate) fn end(sock: &IpnSock) {
    sock.device.with(NetDevice::carrier_off);
}

/// Hands messages that wait to the device, in up to `budget` steps; how many those were. Each is the
/// work of one message at most: one is handed over, an own one passed, or all that were lost counted.
pub(crate) fn poll(turn: &Turn<'_>, budget: i32) -> i32 {
    let Some(reader) = Reader::by_device(turn) else {
        return 0;
    };
    let (sock, device) = (reader.sock, turn.device());
    let ring = &reader.seat.ring;
    for done in 0..budget {
        if !sock.port.receives() {
            return done;
        }
        match reader.look() {
            Next::Empty => return done,
            // It needs no room, and must not hold a lossless network up.
            Next::Own(number) => reader.pass_own(number),
            _ if !device.has_room() => return done,
            Next::Lapped => device.count_drops(reader.catch_up()),
            Next::Message(found) => {
                let packet = device.packet(ring.memory(), found.at.slot, found.len);
                if !ring.is_intact(found.at.number) {
                    continue;
                }
                match packet {
                    Some(packet) => {
                        if device.send(packet) {
                            sock.port.received.add(1);
                        }
                    }
                    None => device.count_drops(1),
                }
                reader.go_past_one(found.at.number);
            }
        }
    }
    budget
}

/// `IPN_CONN_NETDEV`: a bound socket's port becomes a device.
///
/// `tell` takes its name to the caller. When that fails there is no device and no port.
pub(crate) fn connect(
    sock: &IpnSock,
    flags: u16,
    name: &DeviceName,
    tell: impl FnOnce(&[u8; NAME_LEN]) -> Result,
) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let mut control = sock.control.lock();
    let rights = match &control.state {
        State::Fresh => return Err(Errno::NOTCONN.into()),
        State::Connected { .. } | State::Joined(_) => return Err(Errno::ISCONN.into()),
        State::Bound(rights) => *rights,
    };
    // Whoever attached a filter may have wanted to hide messages from whom it gave the socket to.
    if filter::is_attached(sock) {
        return Err(EACCES);
    }
    let network = sock.network().ok_or(Errno::NOTCONN)?;
    let frame_max = u32::try_from(network.mtu()).map_err(|_| EINVAL)?;
    if frame_max < FRAME_MIN {
        return Err(EINVAL);
    }
    *sock.device.device.lock() = Slot::Empty;
    let device = match flags & (TAP | GRAB) {
        TAP => NetDevice::tap(sock, name, &network.file, frame_max)?,
        GRAB => NetDevice::grab(sock, name, &network.file)?,
        _ => return Err(EINVAL),
    };
    let name = device.name();
    sock.device.put(device)?;
    let seated =
        tell(&name).and_then(|()| Endpoint::take_seat(sock, network, rights, control.wanted_port));
    if let Err(error) = seated {
        sock.device.there.lower();
        if let Some(device) = sock.device.take() {
            device.release();
        }
        return Err(error);
    }
    if let Some(seat) = sock.seat.as_ref() {
        sock.device.with(|device| device.set_port(seat.number));
        if let Ok(name) = DeviceName::parse(&name) {
            netdev::show(sock, &name);
        }
    }
    control.state = State::Connected { manager: true };
    drop(control);
    if matches!(*sock.device.device.lock(), Slot::Gone) {
        // It may have gone before there was a port to give back.
        leave(sock);
    }
    wake_receiver(sock);
    Ok(())
}

/// Ends a device and its port, once.
pub(crate) fn detach(sock: &IpnSock) {
    if let Some(device) = sock.device.take() {
        device.release();
    }
    leave(sock);
}

/// A device has gone by itself; its port ends. The caller holds the lock of all devices, and calls
/// [`farewell`] without it.
pub(crate) fn gone(sock: &IpnSock) {
    let slot = core::mem::replace(&mut *sock.device.device.lock(), Slot::Gone);
    // Not there: whoever is making it or has taken it gives the port back.
    if let Slot::Device(device) = slot {
        drop(device);
        if give_port_back(sock) {
            sock.device.farewell.raise();
            // Who polls the socket finds the end.
            sock.wake_all();
        }
    }
}

/// What [`gone`] has left to do, as the network may end by it: that sleeps.
pub(crate) fn farewell(sock: &IpnSock) {
    if let Some(seat) = sock.seat.as_ref() {
        if sock.device.farewell.lower() {
            registry::leave(&seat.network);
        }
    }
}

/// Gives the port back and ceases to use the network, once.
pub(crate) fn leave(sock: &IpnSock) {
    if let Some(seat) = sock.seat.as_ref() {
        if give_port_back(sock) {
            registry::leave(&seat.network);
        }
    }
}

/// Gives the port back; tells whether it was this call that did.
fn give_port_back(sock: &IpnSock) -> bool {
    let Some(seat) = sock.seat.as_ref() else {
        return false;
    };
    let first = sock.port.left.replace(0, 1);
    if first {
        seat.network.leave(seat.number);
    }
    first
}

/// `SIOCSIFHWADDR`: a tap's hardware address.
pub(crate) fn set_address(sock: &IpnSock, address: &[u8; 16]) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let interface = sock.device.with(NetDevice::interface).flatten();
    interface.ok_or(Errno::ADDRNOTAVAIL)?.set_address(address)
}

/// `IPN_SETPERSIST`: whether the device outlives its socket.
pub(crate) fn set_persistent(sock: &IpnSock, persistent: bool) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    // The call may end the device, so it is not made with the lock.
    let joined = match &sock.control.lock().state {
        State::Joined(device) => Some(device.clone()),
        _ => None,
    };
    let owner = joined.as_deref().unwrap_or(sock);
    // One that has gone is none.
    owner.device.with(|_| ()).ok_or(ENODEV)?;
    set_persistence(owner, persistent);
    Ok(())
}

fn set_persistence(sock: &IpnSock, persistent: bool) {
    if persistent {
        sock.device.persistent.raise();
    } else {
        sock.device.persistent.lower();
        full_barrier();
        // Pairs with the close of who serves it: one of the two sees that nobody holds it.
        if !sock.device.served.is_up() {
            detach(sock);
        }
    }
}

/// `IPN_SETPERSIST_NETDEV` and `IPN_CLRPERSIST_NETDEV`: the same of a device by its name, for those
/// who serve it not. They must manage its network, or be allowed to.
///
/// No such device: `EADDRNOTAVAIL`; no `x` on its network's file: `EACCES`.
pub(crate) fn set_persistent_by_name(
    sock: &IpnSock,
    name: &DeviceName,
    persistent: bool,
) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let device = netdev::find(sock, name).ok_or(Errno::ADDRNOTAVAIL)?;
    let seat = device.seat.as_ref().ok_or(Errno::ADDRNOTAVAIL)?;
    if !manages(sock, &seat.network) {
        seat.network.may_manage()?;
    }
    set_persistence(&device, persistent);
    Ok(())
}

/// Gives back a device of `network`, which ends when nobody serves it any more.
///
/// Nobody's device, or none: `ENODEV`; one of another network: `EPERM`; no `x` on the network's file:
/// `EACCES`.
pub(crate) fn release(sock: &IpnSock, network: &Arc<Network>, name: &DeviceName) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let device = netdev::find(sock, name).ok_or(ENODEV)?;
    let seat = device.seat.as_ref().ok_or(ENODEV)?;
    if !Arc::ptr_eq(&seat.network, network) {
        return Err(EPERM);
    }
    network.may_manage()?;
    set_persistence(&device, false);
    Ok(())
}

/// Whether a socket manages this very network.
fn manages(sock: &IpnSock, network: &Arc<Network>) -> bool {
    let manages = sock.control.lock().state.manages();
    manages
        && sock
            .used_network()
            .is_ok_and(|own| Arc::ptr_eq(own, network))
}

/// `IPN_JOIN_NETDEV`: a bound socket serves a persistent device of its network that nobody serves.
///
/// No such device: `EADDRNOTAVAIL`; one of another network: `EPERM`; served: `EBUSY`.
pub(crate) fn join(sock: &IpnSock, name: &DeviceName) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let mut control = sock.control.lock();
    match &control.state {
        State::Fresh => return Err(Errno::NOTCONN.into()),
        State::Connected { .. } | State::Joined(_) => return Err(Errno::ISCONN.into()),
        State::Bound(_) => {}
    }
    let network = sock.network().ok_or(Errno::NOTCONN)?;
    let device = netdev::find(sock, name).ok_or(Errno::ADDRNOTAVAIL)?;
    let seat = device.seat.as_ref().ok_or(Errno::ADDRNOTAVAIL)?;
    if !Arc::ptr_eq(&seat.network, network) {
        return Err(EPERM);
    }
    if !device.device.served.raise_first() {
        return Err(EBUSY);
    }
    control.state = State::Joined(device);
    Ok(())
}

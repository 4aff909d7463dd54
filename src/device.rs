// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices.
//!
//! What the network delivers to such a port goes to the device at once, in the context of whoever
//! sent it; what the device brings enters the network as the port's message. The port belongs to
//! the socket that made it a device, and outlives it when it is persistent.

use crate::{
    atomic::{full_barrier, AtomicU32},
    endpoint::{Endpoint, IpnSock, Seat, State},
    errno::Errno,
    lock::{new_spinlock_bh, SpinLockBh},
    netdev::{self, DeviceName, NetDevice},
    network::Network,
    port::Flag,
    registry,
    ring::Look,
    transfer,
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
    /// 1 when messages wait for it.
    drain_wanted: AtomicU32,
    /// 1 when it may send again.
    wake_wanted: AtomicU32,
    /// Who holds the lock is the port's reader.
    #[pin]
    device: SpinLockBh<Option<NetDevice>>,
}

impl DeviceSlot {
    /// No device.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            there: Flag::new(),
            persistent: Flag::new(),
            served: Flag::new(),
            drain_wanted: AtomicU32::new(0),
            wake_wanted: AtomicU32::new(0),
            device <- new_spinlock_bh!(None, "ipn_endpoint::device"),
        })
    }

    /// Whether the port is a device.
    pub(crate) fn is_there(&self) -> bool {
        self.there.is_up()
    }
}

/// A message came for a port: its device gets it, or its owner is woken.
pub(crate) fn wake_receiver(sock: &IpnSock) {
    if sock.device.is_there() {
        sock.device.drain_wanted.store(1);
        work(sock);
    } else {
        sock.wake_receivers();
    }
}

/// There is room for a port's message: its device goes on, or its owner is woken.
pub(crate) fn wake_sender(sock: &IpnSock) {
    if sock.device.is_there() {
        sock.device.wake_wanted.store(1);
        work(sock);
    } else {
        sock.wake_senders();
    }
}

/// The network has ended: the device shows it.
pub(crate) fn end(sock: &IpnSock) {
    if let Some(device) = sock.device.device.lock().as_ref() {
        device.carrier_off();
    }
}

/// Does what is wanted of a device, unless somebody else is at it, who then does that too.
fn work(sock: &IpnSock) {
    let slot = &sock.device;
    loop {
        // What is wanted was noted before; pairs with the look after the lock is given back.
        full_barrier();
        let Some(device) = slot.device.try_lock() else {
            return;
        };
        let drain = slot.drain_wanted.replace(1, 0);
        let wake = slot.wake_wanted.replace(1, 0);
        if let (Some(device), Some(seat)) = (device.as_ref(), sock.seat.as_ref()) {
            if drain {
                hand_over(sock, seat, device);
            }
            if wake {
                device.wake();
            }
        }
        drop(device);
        full_barrier();
        if slot.drain_wanted.load() == 0 && slot.wake_wanted.load() == 0 {
            return;
        }
    }
}

/// Hands all messages that wait to the device.
fn hand_over(sock: &IpnSock, seat: &Seat, device: &NetDevice) {
    let ring = &seat.ring;
    while sock.port.receives() {
        match ring.look(sock.port.cursor.position()) {
            Look::Empty => return,
            Look::Lapped { .. } => {
                let lost = seat.network.catch_up(&sock.port, seat);
                sock.add_drops(lost);
                (0..lost).for_each(|_| device.count_drop());
            }
            Look::Message { at, meta } if seat.is_own(meta.from) => {
                if ring.is_intact(at.number) {
                    transfer::pass_own(sock, seat, at.number);
                }
            }
            Look::Message { at, meta } => {
                let len = (meta.len as usize).min(seat.network.mtu());
                let packet = device.packet(ring.memory(), at.slot, len);
                if !ring.is_intact(at.number) {
                    continue;
                }
                match packet {
                    Some(packet) => {
                        if device.send(packet) {
                            sock.port.received.add(1);
                        }
                    }
                    None => device.count_drop(),
                }
                transfer::go_past(sock, seat, at.number);
            }
        }
    }
}

/// `IPN_CONN_NETDEV`: a bound socket's port becomes a device. Returns its name.
pub(crate) fn connect(sock: &IpnSock, flags: u16, name: &DeviceName) -> Result<[u8; 16]> {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let mut control = sock.control.lock();
    let rights = match &control.state {
        State::Fresh => return Err(Errno::NOTCONN.into()),
        State::Connected { .. } | State::Joined(_) => return Err(Errno::ISCONN.into()),
        State::Bound(rights) => *rights,
    };
    let network = sock.network().ok_or(Errno::NOTCONN)?;
    let frame_max = u32::try_from(network.mtu()).map_err(|_| EINVAL)?;
    if frame_max < FRAME_MIN {
        return Err(EINVAL);
    }
    let device = match flags & (TAP | GRAB) {
        TAP => NetDevice::tap(sock, name, frame_max)?,
        GRAB => NetDevice::grab(sock, name)?,
        _ => return Err(EINVAL),
    };
    let name = device.name();
    *sock.device.device.lock() = Some(device);
    sock.device.there.raise();
    sock.device.served.raise();
    if let Err(error) = Endpoint::take_seat(sock, network, rights, control.wanted_port) {
        // Taken out under the lock, ended without it.
        let device = sock.device.device.lock().take();
        sock.device.there.lower();
        if let Some(device) = device {
            device.release(sock);
        }
        return Err(error);
    }
    control.state = State::Connected { manager: true };
    drop(control);
    wake_receiver(sock);
    Ok(name)
}

/// Ends a device and its port, once.
pub(crate) fn detach(sock: &IpnSock) {
    let device = sock.device.device.lock().take();
    if let Some(device) = device {
        device.release(sock);
    }
    leave(sock);
}

/// A device is going by itself; its port ends. The caller holds the lock of all devices.
pub(crate) fn gone(sock: &IpnSock) {
    let device = sock.device.device.lock().take();
    drop(device);
    leave(sock);
}

/// Gives the port back, once.
pub(crate) fn leave(sock: &IpnSock) {
    if let Some(seat) = sock.seat.as_ref() {
        if sock.port.left.replace(0, 1) {
            seat.network.leave(seat.number);
            registry::leave(&seat.network);
        }
    }
}

/// `SIOCSIFHWADDR`: a tap's hardware address.
pub(crate) fn set_address(sock: &IpnSock, address: &[u8; 16]) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let device = sock
        .device
        .device
        .lock()
        .as_ref()
        .map(NetDevice::address_setter);
    device.ok_or(Errno::ADDRNOTAVAIL)?.set_address(address)
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
    match joined.as_deref() {
        Some(device) => set_persistence(device, persistent),
        None if sock.device.is_there() => set_persistence(sock, persistent),
        None => return Err(ENODEV),
    }
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
/// who serve no network.
pub(crate) fn set_persistent_by_name(
    sock: &IpnSock,
    name: &DeviceName,
    persistent: bool,
) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let device = netdev::find(sock, name).ok_or(Errno::ADDRNOTAVAIL)?;
    set_persistence(&device, persistent);
    Ok(())
}

/// Gives back a device of `network`, which ends when nobody serves it any more.
///
/// Nobody's device, or none: `ENODEV`; one of another network: `EPERM`.
pub(crate) fn release(sock: &IpnSock, network: &Arc<Network>, name: &DeviceName) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let device = netdev::find(sock, name).ok_or(ENODEV)?;
    let seat = device.seat.as_ref().ok_or(ENODEV)?;
    if !Arc::ptr_eq(&seat.network, network) {
        return Err(EPERM);
    }
    set_persistence(&device, false);
    Ok(())
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

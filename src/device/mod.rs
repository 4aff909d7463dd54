// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices.
//!
//! What the network delivers to such a port is read by the device's NAPI, so in softirq context and
//! one at a time; what the device brings enters the network as the port's message. The port belongs
//! to the socket that made it a device, and outlives it when it is persistent.

pub(crate) mod command;
pub(crate) mod frame;
pub(crate) mod napi;

use crate::{
    abi::errno::Errno,
    membership::give_port_back,
    network::{history::History, holder::Holder, managers},
    policy::Layout,
    registry,
    rust::{
        glue::{
            netdev::{self, DeviceName, NetDevice, Use, NAME_LEN},
            netlink::Event,
        },
        net::{filter, socket::SockRef},
        sync::atomic::full_barrier,
    },
    socket::{report, slot::Slot, state::State, Endpoint, IpnSock, Network},
};
use kernel::{prelude::*, sync::Arc};

/// `IPN_NODEFLAG_TAP` of the request's flags.
pub(crate) const TAP: u16 = 0x10;
/// `IPN_NODEFLAG_GRAB` of the request's flags.
pub(crate) const GRAB: u16 = 0x20;
/// `IPN_NODEFLAG_RAW` of the request's flags, beside [`TAP`].
const RAW: u16 = 0x40;
/// An Ethernet header, and the least that IPv4 must find behind it.
const FRAME_MIN: u32 = 14 + 68;

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
    let mut control = sock.control()?;
    let rights = match &control.state {
        State::Fresh => return Err(Errno::NOTCONN.into()),
        State::Connected { .. } | State::Serving(_) => return Err(Errno::ISCONN.into()),
        State::Bound(rights) => *rights,
    };
    // The process that attached a filter may have wanted to hide messages from the one it gave the socket to.
    if filter::is_attached(sock) {
        return Err(EACCES);
    }
    let network = sock.network().ok_or(Errno::NOTCONN)?;
    // What a device sends is a call's as well.
    if network.layout == Layout::Written {
        return Err(Errno::OPNOTSUPP.into());
    }
    let frame_max = network.mtu().min(napi::LONGEST);
    let frame_max = u32::try_from(frame_max).map_err(|_| EINVAL)?;
    let purpose = match (sock.port.observes(), flags & RAW) {
        (false, _) => Use::Member,
        (true, 0) => Use::Observer,
        (true, _) => Use::RawObserver,
    };
    if purpose == Use::Member && frame_max < FRAME_MIN {
        return Err(EINVAL);
    }
    // It would be nobody's, and its wire would have what others send to each other.
    if purpose != Use::Member && flags & GRAB != 0 {
        return Err(Errno::OPNOTSUPP.into());
    }
    *sock.device.device.lock() = Slot::Empty;
    let device = match flags & (TAP | GRAB) {
        TAP => NetDevice::tap(sock, name, &network.file, frame_max, purpose)?,
        GRAB => NetDevice::grab(sock, name, &network.file)?,
        _ => return Err(EINVAL),
    };
    let name = device.name();
    if flags & (TAP | GRAB) == GRAB {
        sock.device.grabbed.raise();
    } else {
        sock.device.grabbed.lower();
    }
    sock.device.put(device)?;
    let seated = tell(&name).and_then(|()| {
        let begin = (control.wanted_port, History::None);
        Endpoint::take_seat(sock, network, rights, begin)
    });
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
    report::tell_port(Event::PortTaken, sock, None);
    if matches!(*sock.device.device.lock(), Slot::Gone) {
        // It may have gone before there was a port to give back.
        leave(sock);
    }
    Endpoint::wake_receiver(sock);
    Ok(())
}

/// The socket that serves a device is closed: unless the device is persistent, it ends.
pub(crate) fn release_served(sock: &IpnSock) {
    sock.device.served.lower();
    full_barrier();
    if !sock.device.persistent.is_up() {
        detach(sock);
    }
}

/// The same of a socket that had joined the device.
pub(crate) fn release_joined(device: &IpnSock) {
    // The references to one another end.
    let server = device.server.lock().take();
    drop(server);
    release_served(device);
}

/// Ends a device and its port, once.
fn detach(sock: &IpnSock) {
    if let Some(device) = sock.device.take() {
        device.release();
    }
    leave(sock);
}

/// A device has gone by itself; its port ends. The caller holds the lock of all devices, and calls
/// [`end_use`] without it.
pub(crate) fn gone(sock: &IpnSock) {
    let slot = core::mem::replace(&mut *sock.device.device.lock(), Slot::Gone);
    // Not there: the task that is making it or has taken it gives the port back.
    if let Slot::Device(device) = slot {
        report::tell_port(Event::DeviceGone, sock, Some(&device));
        drop(device);
        if leave_port(sock) {
            sock.device.leaving.raise();
            // Who polls the socket finds the end.
            sock.wake_for_end();
            let server = sock.server.lock().clone();
            if let Some(server) = server {
                server.served_has_gone.raise();
                server.wake_for_end();
            }
        }
    }
}

/// What [`gone`] has left to do, as the network may end by it: that sleeps.
pub(crate) fn end_use(sock: &IpnSock) {
    if let Some(seat) = sock.seat.as_ref() {
        if sock.device.leaving.lower() {
            registry::leave(&seat.network, managers::key(sock));
        }
    }
}

/// Gives the port back and ceases to use the network, once.
pub(crate) fn leave(sock: &IpnSock) {
    if let Some(seat) = sock.seat.as_ref() {
        if leave_port(sock) {
            registry::leave(&seat.network, managers::key(sock));
        }
    }
}

/// Gives the port back; tells whether it was this call that did.
fn leave_port(sock: &IpnSock) -> bool {
    let Some(seat) = sock.seat.as_ref() else {
        return false;
    };
    let first = sock.port.left.replace(0, 1);
    if first {
        give_port_back(&seat.network, seat.number);
        report::tell_port(Event::PortLeft, sock, None);
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
    let joined = match &sock.control()?.state {
        State::Serving(device) => Some(device.clone()),
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

/// Gives back a device of `network`, which ends when no socket serves it any more.
///
/// A device without a holder, or none: `ENODEV`; one of another network: `EPERM`; no `x` on the network's file:
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
    // A caller who is killed learns nothing.
    let manages = sock.control().is_ok_and(|control| control.state.manages());
    manages
        && sock
            .used_network()
            .is_ok_and(|own| Arc::ptr_eq(own, network))
}

/// `IPN_JOIN_NETDEV`: a bound socket serves a persistent device of its network that no socket serves.
///
/// No such device: `EADDRNOTAVAIL`; one of another network: `EPERM`; served: `EBUSY`.
pub(crate) fn serve(sock: &IpnSock, name: &DeviceName) -> Result {
    if !netdev::may_change_devices(sock) {
        return Err(EPERM);
    }
    let mut control = sock.control()?;
    match &control.state {
        State::Fresh => return Err(Errno::NOTCONN.into()),
        State::Connected { .. } | State::Serving(_) => return Err(Errno::ISCONN.into()),
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
    *device.server.lock() = Some(SockRef::from(sock));
    // `gone` looks for who serves it after it has left: one of the two sees the other.
    if device.has_left() {
        sock.served_has_gone.raise();
    }
    control.state = State::Serving(device);
    Ok(())
}

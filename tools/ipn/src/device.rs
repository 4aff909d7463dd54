// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices of the host.

use crate::device_name::DeviceName;
use crate::error::Error;
use crate::failed::Failed;
use crate::kinds::Policy;
use crate::level::LEVEL;
use crate::manager::Manager;
use crate::network::Network;
use crate::operation::Operation;
use crate::socket::{descriptor, Socket};
use crate::sys;
use ipn_abi as abi;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::c_int;

/// A manager whose port is a network device: frames pass between the network and
/// the host without it. When it is dropped a tap goes, and a device that was
/// taken is free, unless [persistent](Device::set_persistent).
#[derive(Debug)]
pub struct Device {
    socket: Socket,
}

/// What those who capture at an interface take messages for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkType {
    /// Ethernet frames. What is too short for one is not shown.
    Ethernet,
    /// Bytes without a link layer: libpcap captures them in its cooked mode (`LINUX_SLL`).
    Raw,
}

impl Manager {
    /// Takes a port that is a new interface of the host, with this name or
    /// ([`DeviceName::ANY`]) `ipn0`, `ipn1` and so on; the device, and its name.
    ///
    /// This and the other calls of devices need `CAP_NET_ADMIN` over the network
    /// namespace. If one fails the manager comes back with the error.
    ///
    /// # Errors
    ///
    /// `EPERM`: `CAP_NET_ADMIN` is missing. `EADDRNOTAVAIL`, `EADDRINUSE`: no port is free, or
    /// the wanted one is taken. `EEXIST`: there is an interface of that name. `EINVAL`: the
    /// name will not do, or the network's MTU is below 82.
    pub fn tap(self, name: DeviceName) -> Result<(Device, DeviceName), Failed<Self>> {
        self.device::<{ abi::IPN_CONN_NETDEV }>(Operation::Tap(name), name)
    }

    /// Takes a port that is a new interface of the host and [observes](crate::Builder::observe): programs that
    /// capture packets, as tcpdump and Wireshark, see there every message of the network as it was sent. No
    /// sender waits for it, it is no reader, and what the host sends there is dropped. The device, and its name,
    /// as of [`Manager::tap`].
    ///
    /// # Errors
    ///
    /// `EPERM`: `CAP_NET_ADMIN` is missing. `EACCES`: no `r` on the network's file. `EADDRNOTAVAIL`,
    /// `EADDRINUSE`: no port is free, or the wanted one is taken. `EEXIST`: there is an interface of that
    /// name. `EINVAL`: the name will not do. `ENOPROTOOPT`: the module is older than ports that observe.
    pub fn monitor(
        self,
        name: DeviceName,
        link: LinkType,
    ) -> Result<(Device, DeviceName), Failed<Self>> {
        let operation = Operation::Monitor(name);
        if let Err(errno) = self.set_observes(1) {
            let socket = self.into_socket();
            return Err(Failed::new(
                socket.error(operation, errno),
                Self::of(socket),
            ));
        }
        let kind = match link {
            LinkType::Ethernet => abi::IPN_NODEFLAG_TAP,
            LinkType::Raw => abi::IPN_NODEFLAG_TAP | abi::IPN_NODEFLAG_RAW,
        };
        let made = self.device_of::<{ abi::IPN_CONN_NETDEV }>(operation, name, kind);
        made.map_err(|failed| {
            let (error, manager) = failed.into_parts();
            // It has no port, so that this does not fail.
            let _ = manager.set_observes(0);
            Failed::new(error, manager)
        })
    }

    /// Takes a port that is an Ethernet device of the host, which then is the
    /// network's alone.
    ///
    /// # Errors
    ///
    /// `EPERM`: `CAP_NET_ADMIN` is missing. `EADDRNOTAVAIL`, `EADDRINUSE`: no port is free, or
    /// the wanted one is taken. `ENODEV`: there is no such device. `EBUSY`: it has a master or
    /// is taken. `ELOOP`: frames would go round. `EOPNOTSUPP`: its driver cannot send frames of
    /// other stations. `EINVAL`: it is no Ethernet device or a network's tap, or the network's
    /// MTU is below 82.
    pub fn grab(self, name: DeviceName) -> Result<Device, Failed<Self>> {
        let made = self.device::<{ abi::IPN_CONN_NETDEV }>(Operation::Grab(name), name);
        made.map(|(device, _)| device)
    }

    /// Takes charge of a persistent device of the network that no socket serves.
    ///
    /// # Errors
    ///
    /// `EPERM`: it is the device of another network, or `CAP_NET_ADMIN` is missing. `EBUSY`:
    /// another process serves it. `EADDRNOTAVAIL`: no network has such a device.
    pub fn serve(self, name: DeviceName) -> Result<Device, Failed<Self>> {
        let made = self.device::<{ abi::IPN_JOIN_NETDEV }>(Operation::Serve(name), name);
        made.map(|(device, _)| device)
    }

    fn set_observes(&self, value: c_int) -> Result<(), Errno> {
        let value = value.to_ne_bytes();
        sys::set_bytes(self.as_fd(), LEVEL, abi::IPN_SO_OBSERVE, &value)
    }

    fn device<const REQUEST: u32>(
        self,
        operation: Operation,
        name: DeviceName,
    ) -> Result<(Device, DeviceName), Failed<Self>> {
        let kind = match operation {
            Operation::Tap(_) => abi::IPN_NODEFLAG_TAP,
            _ => abi::IPN_NODEFLAG_GRAB,
        };
        self.device_of::<REQUEST>(operation, name, kind)
    }

    fn device_of<const REQUEST: u32>(
        self,
        operation: Operation,
        name: DeviceName,
        kind: c_int,
    ) -> Result<(Device, DeviceName), Failed<Self>> {
        let socket = self.into_socket();
        let mut bytes = name.bytes;
        match sys::device_request::<REQUEST>(socket.as_fd(), &mut bytes, kind) {
            Ok(_) => Ok((Device { socket }, DeviceName { bytes })),
            Err(errno) => {
                let error = socket.error(operation, errno);
                Err(Failed::new(error, Self::of(socket)))
            }
        }
    }
}

impl Device {
    /// Its network.
    pub fn network(&self) -> Network<'_> {
        Network::of(&self.socket)
    }

    /// The number of its port.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn port(&self) -> Result<u32, Error> {
        let number = self.socket.get(LEVEL, abi::IPN_SO_PORT, "the port")?;
        Ok(number.max(0) as u32)
    }

    /// Whether the device is gone, by any hand: then its port is, too.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family.
    pub fn is_gone(&self) -> Result<bool, Error> {
        let number = self.socket.get(LEVEL, abi::IPN_SO_PORT, "the port")?;
        Ok(number == abi::IPN_PORTNO_ANY)
    }

    /// Lets the device outlive this, or not. A persistent one keeps its network
    /// alive until [`release_device`].
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device has gone. `EPERM`: `CAP_NET_ADMIN` is missing.
    pub fn set_persistent(&self, persistent: bool) -> Result<(), Error> {
        sys::set_persistent(self.socket.as_fd(), persistent)
            .map_err(|errno| self.socket.error(Operation::Persist, errno))
    }
}

descriptor!(Device);

/// Takes back that a device is persistent. One that no socket serves ends at once: a
/// tap is gone, a device that was taken is free.
///
/// # Errors
///
/// `EPERM`: `CAP_NET_ADMIN` is missing. `EACCES`: no `x` on the file of its network.
/// `EADDRNOTAVAIL`: no network has such a device. `EAFNOSUPPORT`: the module is not loaded.
pub fn release_device(name: DeviceName) -> Result<(), Error> {
    let family = AddressFamily::from_raw(abi::AF_IPN);
    let fd = rustix::net::socket_with(family, SocketType::RAW, SocketFlags::CLOEXEC, None)
        .map_err(|errno| Error::new(Operation::Open(Policy::ANY), None, errno))?;
    let none: c_int = 0;
    let mut bytes = name.bytes;
    sys::device_request::<{ abi::IPN_CLRPERSIST_NETDEV }>(fd.as_fd(), &mut bytes, none)
        .map_err(|errno| Error::new(Operation::Release(name), None, errno))
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;

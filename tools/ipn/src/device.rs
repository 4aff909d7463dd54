// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices of the host.

use crate::abi;
use crate::error::Error;
use crate::kinds::Policy;
use crate::manager::Manager;
use crate::network::Network;
use crate::operation::Operation;
use crate::socket::{descriptor, Socket, LEVEL};
use crate::sys;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::c_int;
use std::fmt;
use std::str::FromStr;

/// The name of a network device: up to 15 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceName {
    /// Ends with a NUL.
    bytes: [u8; abi::IFNAMSIZ],
}

impl DeviceName {
    /// No name: the kernel chooses one.
    pub const ANY: Self = Self {
        bytes: [0; abi::IFNAMSIZ],
    };

    fn text(&self) -> &[u8] {
        let text = self.bytes.split(|&byte| byte == 0).next();
        text.unwrap_or_default()
    }
}

impl FromStr for DeviceName {
    type Err = BadDeviceName;

    fn from_str(text: &str) -> Result<Self, BadDeviceName> {
        let mut bytes = [0; abi::IFNAMSIZ];
        let fits = (1..bytes.len()).contains(&text.len());
        let wrong = |byte: u8| byte == 0 || byte == b'/' || byte.is_ascii_whitespace();
        if !fits || matches!(text, "." | "..") || text.bytes().any(wrong) {
            return Err(BadDeviceName);
        }
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { bytes })
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.text()))
    }
}

/// A text that cannot be the name of a network device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDeviceName;

impl fmt::Display for BadDeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device's name has 1 to 15 bytes, no slash and no blank")
    }
}

impl std::error::Error for BadDeviceName {}

/// A manager whose port is a network device: frames pass between the network and
/// the host without it. When it is dropped a tap goes, and a device that was
/// taken is free, unless [persistent](Device::set_persistent).
#[derive(Debug)]
pub struct Device {
    socket: Socket,
}

impl Manager {
    /// Takes a port that is a new interface of the host, with this name or
    /// ([`DeviceName::ANY`]) `ipn0`, `ipn1` and so on; the device, and its name.
    ///
    /// This and the other calls of devices need `CAP_NET_ADMIN` over the network
    /// namespace.
    ///
    /// # Errors
    ///
    /// `EPERM`: `CAP_NET_ADMIN` is missing. `EADDRNOTAVAIL`, `EADDRINUSE`: no port is free, or
    /// the wanted one is taken. `EEXIST`: there is an interface of that name. `EINVAL`: the
    /// name will not do, or the network's MTU is below 82.
    pub fn tap(self, name: DeviceName) -> Result<(Device, DeviceName), Error> {
        self.device(Operation::Tap(name), abi::IPN_CONN_NETDEV, name)
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
    pub fn grab(self, name: DeviceName) -> Result<Device, Error> {
        let made = self.device(Operation::Grab(name), abi::IPN_CONN_NETDEV, name);
        made.map(|(device, _)| device)
    }

    /// Takes charge of a persistent device of the network that no socket serves.
    ///
    /// # Errors
    ///
    /// `EPERM`: it is the device of another network, or `CAP_NET_ADMIN` is missing. `EBUSY`:
    /// another process serves it. `EADDRNOTAVAIL`: no network has such a device.
    pub fn serve(self, name: DeviceName) -> Result<Device, Error> {
        let made = self.device(Operation::Serve(name), abi::IPN_JOIN_NETDEV, name);
        made.map(|(device, _)| device)
    }

    fn device(
        self,
        operation: Operation,
        request: u32,
        name: DeviceName,
    ) -> Result<(Device, DeviceName), Error> {
        let socket = self.into_socket();
        let kind = match operation {
            Operation::Tap(_) => abi::IPN_NODEFLAG_TAP,
            _ => abi::IPN_NODEFLAG_GRAB,
        };
        let mut bytes = name.bytes;
        sys::device_request(socket.as_fd(), request, &mut bytes, kind)
            .map_err(|errno| socket.error(operation, errno))?;
        Ok((Device { socket }, DeviceName { bytes }))
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
    sys::device_request(fd.as_fd(), abi::IPN_CLRPERSIST_NETDEV, &mut bytes, none)
        .map_err(|errno| Error::new(Operation::Release(name), None, errno))
}

/// Why a request about devices failed, and what to try.
pub(crate) fn explain(
    operation: Operation,
    errno: Errno,
) -> Option<(&'static str, Option<&'static str>)> {
    Some(match (operation, errno) {
        (Operation::Serve(_), Errno::PERM) => (
            "it is the device of another network, or CAP_NET_ADMIN is missing",
            Some("ipn release ends it there; that takes root"),
        ),
        (Operation::Release(_), Errno::ACCESS) => (
            "it takes the x bit of its network's file",
            Some("let the file's owner allow it with chmod; ipn show lists the networks"),
        ),
        (_, Errno::PERM) => (
            "it takes CAP_NET_ADMIN over the network namespace, of you and of the process that opened the socket",
            Some("do it as root, or in namespaces of your own: unshare --user --map-root-user --net"),
        ),
        (Operation::Tap(_), Errno::EXIST) => (
            "there is an interface of that name",
            Some("take another name, or leave the choice to the kernel; ip link lists them"),
        ),
        (Operation::Tap(_), Errno::INVAL) => (
            "the name will not do, or the network's MTU leaves no room for IPv4 (82 at least)",
            Some("take another name, or create the network with a greater MTU"),
        ),
        (Operation::Grab(_), Errno::NODEV) => (
            "there is no such device in this network namespace",
            Some("ip link lists them"),
        ),
        (Operation::Grab(_), Errno::BUSY) => (
            "it is taken: by a bridge, a bond, a VRF, a macvlan or another network",
            Some("ip link show tells its master; ip link set DEV nomaster or ipn release DEV frees it"),
        ),
        (Operation::Grab(_), Errno::LOOP) => (
            "it is a bridge, or stands on a tap or a device of this very network: frames would go round",
            Some("take the device below it; ip link show tells on what it stands (DEV@BELOW)"),
        ),
        (Operation::Grab(_), Errno::OPNOTSUPP) => (
            "its driver cannot send frames of other stations, as of Wi-Fi",
            Some("take a device of a wire"),
        ),
        (Operation::Grab(_), Errno::INVAL) => (
            "it is no Ethernet device or a network's tap, or the network's MTU is below 82",
            Some("take another device; ip link lists them"),
        ),
        (Operation::Tap(_) | Operation::Grab(_), Errno::ADDRNOTAVAIL) => (
            "the network has no free port",
            Some("wait until a member leaves, or let a manager raise the number of ports"),
        ),
        (Operation::Tap(_) | Operation::Grab(_), Errno::ADDRINUSE) => (
            "the wanted port is taken",
            Some("take another, or leave the choice to the network"),
        ),
        (Operation::Serve(_), Errno::BUSY) => (
            "another process serves it",
            Some("end that process, or leave it to it"),
        ),
        (Operation::Serve(_) | Operation::Release(_), Errno::ADDRNOTAVAIL) => (
            "no network has a device of that name in this network namespace",
            Some("ip link lists the devices; one that was not persistent is free already"),
        ),
        (Operation::Persist, Errno::NODEV) => ("the device is gone", None),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;

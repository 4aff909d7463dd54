// SPDX-License-Identifier: GPL-2.0

//! Packet sockets.

use rustix::fd::OwnedFd;
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::sockopt::{set_socket_timeout, Timeout};
use rustix::net::{bind, netdevice, socket, AddressFamily, SocketType};
use std::io;
use std::time::Duration;

/// The address of a device.
struct Device(libc::sockaddr_ll);

// SAFETY: the closure gets a pointer to a whole `sockaddr_ll` and its size.
unsafe impl SocketAddrArg for Device {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R,
    ) -> R {
        let len = size_of_val(&self.0) as SocketAddrLen;
        f((&raw const self.0).cast(), len)
    }
}

/// How long a receive waits for what is on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// A packet socket on a device: for frames of this protocol that come from outside, and for any that go.
pub fn packet_socket(device: &str, protocol: u16) -> io::Result<OwnedFd> {
    let packets = socket(AddressFamily::PACKET, SocketType::RAW, None)?;
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol.to_be(),
        sll_ifindex: netdevice::name_to_index(&packets, device)? as i32,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    bind(&packets, &Device(address))?;
    set_socket_timeout(&packets, Timeout::Recv, Some(PATIENCE))?;
    Ok(packets)
}

// SPDX-License-Identifier: GPL-2.0

//! The node: a TCP/IP stack on a port of a network.

use crate::failure::Failure;
use ipn::phy::Device;
use ipn::Port;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::{icmp, tcp};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, Ipv6Address};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long a node waits for the network to take a frame before it looks at its
/// timers again.
const PATIENCE: Duration = Duration::from_millis(100);

/// A node with its addresses and sockets.
pub struct Node {
    mac: EthernetAddress,
    device: Device,
    interface: Interface,
    sockets: SocketSet<'static>,
}

impl Node {
    /// Makes a port a node with these addresses.
    pub fn new(port: Port, mac: EthernetAddress, addresses: &[IpCidr]) -> Result<Self, Failure> {
        let mut device = Device::new(port)?;
        let mut config = Config::new(mac.into());
        config.random_seed = fastrand::u64(..);
        let mut interface = Interface::new(config, &mut device, now());
        // Neighbours may ask from their link-local address, and want an answer.
        let link_local = IpCidr::new(link_local(mac).into(), 64);
        let mut fits = true;
        interface.update_ip_addrs(|list| {
            for address in addresses.iter().chain([&link_local]) {
                fits &= list.contains(address) || list.push(*address).is_ok();
            }
        });
        match fits {
            true => Ok(Self {
                mac,
                device,
                interface,
                sockets: SocketSet::new(Vec::new()),
            }),
            false => Err(Failure::because("a node has at most 7 addresses")),
        }
    }

    /// Its Ethernet address and the others, for people.
    pub fn describe(&self) -> String {
        let mac = self.mac.0.map(|byte| format!("{byte:02x}"));
        let mut text = mac.join(":");
        for address in self.interface.ip_addrs() {
            text += &format!(", {address}");
        }
        text
    }

    /// The port it is on.
    pub fn port(&self) -> &Port {
        self.device.port()
    }

    /// Whether `address` is in one of the node's subnets: there are no routers.
    pub fn reaches(&self, address: IpAddr) -> Result<IpAddress, Failure> {
        let address = IpAddress::from(address);
        let subnets = self.interface.ip_addrs();
        match subnets.iter().any(|subnet| subnet.contains_addr(&address)) {
            true => Ok(address),
            false => Err(Failure::because(format!(
                "{address} is in no subnet of this node; give it another address with --ip"
            ))),
        }
    }

    /// The address that others see when this node talks to `to`.
    pub fn source_for(&self, to: &Ipv6Address) -> Ipv6Address {
        self.interface.get_source_address_ipv6(to)
    }

    /// Adds a TCP socket that has room for `room` bytes in each direction.
    pub fn add_tcp(&mut self, room: usize) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; room]);
        self.sockets.add(tcp::Socket::new(buffer(), buffer()))
    }

    /// A TCP socket.
    pub fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Connects a TCP socket.
    pub fn connect(
        &mut self,
        handle: SocketHandle,
        to: (IpAddress, u16),
        from: u16,
    ) -> Result<(), tcp::ConnectError> {
        let socket: &mut tcp::Socket = self.sockets.get_mut(handle);
        socket.connect(self.interface.context(), to, from)
    }

    /// Adds a socket for pings.
    pub fn add_icmp(&mut self) -> SocketHandle {
        let buffer =
            || icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; 4], vec![0; 2048]);
        self.sockets.add(icmp::Socket::new(buffer(), buffer()))
    }

    /// A socket for pings.
    pub fn icmp(&mut self, handle: SocketHandle) -> &mut icmp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Takes what has come, and sends what is to go.
    pub fn turn(&mut self) -> Result<(), Failure> {
        self.interface
            .poll(now(), &mut self.device, &mut self.sockets);
        match self.device.take_error() {
            Some(error) => Err(error.into()),
            None if self.device.has_ended() => Err(Failure::Ended),
            None => Ok(()),
        }
    }

    /// Waits until there may be something to do on the network, until `deadline`,
    /// or until `input` can be read: whether that is so.
    pub fn wait(
        &mut self,
        deadline: Option<Instant>,
        input: Option<BorrowedFd<'_>>,
    ) -> Result<bool, Failure> {
        let stack = match self.device.is_waiting() {
            true => Some(PATIENCE),
            false => self
                .interface
                .poll_delay(now(), &self.sockets)
                .map(Duration::from),
        };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let limit = stack.into_iter().chain(left).min();
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());

        let wanted = match self.device.is_waiting() {
            true => PollFlags::IN | PollFlags::OUT,
            false => PollFlags::IN,
        };
        let mut fds = vec![PollFd::from_borrowed_fd(self.device.as_fd(), wanted)];
        fds.extend(input.map(|input| PollFd::from_borrowed_fd(input, PollFlags::IN)));
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::System("wait for the network", errno.into())),
        }
        Ok(fds.get(1).is_some_and(|input| !input.revents().is_empty()))
    }
}

/// The time as the stack counts it.
fn now() -> smoltcp::time::Instant {
    smoltcp::time::Instant::now()
}

/// The link-local address that goes with an Ethernet address (RFC 4291).
fn link_local(mac: EthernetAddress) -> Ipv6Address {
    let [a, b, c, d, e, f] = mac.0;
    Ipv6Address::from([
        0xfe,
        0x80,
        0,
        0,
        0,
        0,
        0,
        0,
        a ^ 2,
        b,
        c,
        0xff,
        0xfe,
        d,
        e,
        f,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_local_address_is_made_of_the_ethernet_address() {
        let mac = EthernetAddress([0x02, 0x12, 0x34, 0x56, 0x78, 0x9a]);
        let expected: Ipv6Address = "fe80::12:34ff:fe56:789a".parse().expect("an address");
        assert_eq!(link_local(mac), expected);
    }
}

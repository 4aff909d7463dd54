// SPDX-License-Identifier: GPL-2.0
//! Requests about network devices, and packet sockets.

use super::cvt;
use crate::abi::Ioctl;
use crate::sys::message::Received;
use crate::sys::socket::{socket, Sock};
use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;

/// Bytes of a device's name, its NUL included.
pub const NAME_SIZE: usize = 16;

/// A `struct ifreq`.
#[repr(C, align(8))]
#[derive(Clone, Default)]
pub struct Request {
    /// `ifr_name`.
    pub name: [u8; NAME_SIZE],
    /// What the request is about: flags, an address, a number.
    pub value: [u8; size_of::<libc::ifreq>() - NAME_SIZE],
}

impl Request {
    /// About a device, or without one when the name is empty.
    pub fn of(name: &str) -> Request {
        let mut request = Request::default();
        request.name[..name.len()].copy_from_slice(name.as_bytes());
        request
    }

    /// The same with flags.
    pub fn with_flags(mut self, flags: u16) -> Request {
        self.value[..2].copy_from_slice(&flags.to_ne_bytes());
        self
    }

    /// The same with a hardware address of Ethernet.
    pub fn with_address(mut self, address: [u8; 6]) -> Request {
        self.value[..2].copy_from_slice(&libc::ARPHRD_ETHER.to_ne_bytes());
        self.value[2..8].copy_from_slice(&address);
        self
    }

    /// The name up to its NUL.
    pub fn name(&self) -> String {
        let name = self.name.split(|&b| b == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }

    fn flags(&self) -> u16 {
        let [a, b, ..] = self.value;
        u16::from_ne_bytes([a, b])
    }

    fn number(&self) -> i32 {
        let [a, b, c, d, ..] = self.value;
        i32::from_ne_bytes([a, b, c, d])
    }
}

impl Sock {
    /// `ioctl(2)` with a `struct ifreq`.
    pub fn request(&self, number: Ioctl, request: &mut Request) -> io::Result<()> {
        let request: *mut Request = request;
        // SAFETY: `Request` has the size and the alignment of a `struct ifreq`, and this is used
        // with requests that take one.
        cvt(unsafe { libc::ioctl(self.as_raw_fd(), number, request) }).map(drop)
    }

    /// `ioctl(2)` whose argument is a number.
    pub fn ioctl_number(&self, number: Ioctl, argument: usize) -> io::Result<()> {
        // SAFETY: used with requests that take their argument for a number.
        cvt(unsafe { libc::ioctl(self.as_raw_fd(), number, argument) }).map(drop)
    }
}

/// The number of a device.
pub fn index(device: &str) -> io::Result<i32> {
    let sock = socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    let mut request = Request::of(device);
    sock.request(libc::SIOCGIFINDEX, &mut request)?;
    Ok(request.number())
}

/// Has a device run, or rest: what `ip link set DEVICE up` does, which takes a debug kernel longer to
/// start than to do.
pub fn set_up(device: &str, up: bool) -> io::Result<()> {
    let sock = socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    let mut request = Request::of(device);
    sock.request(libc::SIOCGIFFLAGS, &mut request)?;
    let others = request.flags() & !(libc::IFF_UP as u16);
    let mut request = request.with_flags(others | if up { libc::IFF_UP as u16 } else { 0 });
    sock.request(libc::SIOCSIFFLAGS, &mut request)
}

/// A packet socket on a device, for frames of this protocol that come from outside, with much room for
/// them.
pub fn packet_socket(device: &str, protocol: u16) -> io::Result<Sock> {
    let sock = plain_packet_socket(device, protocol)?;
    sock.set_generic(libc::SO_RCVBUFFORCE, 256 << 20)?;
    Ok(sock)
}

/// The same with the usual room.
pub fn plain_packet_socket(device: &str, protocol: u16) -> io::Result<Sock> {
    let sock = socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol.to_be(),
        sll_ifindex: index(device)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let size = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: a `sockaddr_ll` and its size.
    cvt(unsafe { libc::bind(sock.as_raw_fd(), (&raw const address).cast(), size) })?;
    Ok(sock)
}

/// The frame that a packet socket with `PACKET_AUXDATA` has received, with the outermost tag where
/// it was: the kernel hands it over beside the frame. What came from another socket has none beside.
pub fn with_tag(received: Received) -> Vec<u8> {
    const TP_STATUS_VLAN_VALID: u32 = 1 << 4;
    let mut frame = received.data.clone();
    let beside = received.control(libc::SOL_PACKET, libc::PACKET_AUXDATA);
    // A `struct tpacket_auxdata`: status, two lengths, two offsets, tag, its type.
    if let Some([a, b, c, d, .., t0, t1, p0, p1]) = beside.map(|beside| &beside.data[..]) {
        if u32::from_ne_bytes([*a, *b, *c, *d]) & TP_STATUS_VLAN_VALID != 0 {
            let control = u16::from_ne_bytes([*t0, *t1]);
            let kind = u16::from_ne_bytes([*p0, *p1]);
            frame.splice(12..12, [kind.to_be_bytes(), control.to_be_bytes()].concat());
        }
    }
    frame
}

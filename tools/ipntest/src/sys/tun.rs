// SPDX-License-Identifier: GPL-2.0
//! Devices whose other end is a descriptor: `/dev/net/tun`.

use super::cvt;
use crate::sys::netdev::Request;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// Where they are made.
pub const PLACE: &str = "/dev/net/tun";

/// Makes a device of these flags (`IFF_TUN` or `IFF_TAP`, and more); what is written to the file
/// comes in by it. It goes with the file. `how`: flags of `open(2)`, 0 or `O_NONBLOCK`, on which the
/// kernel's way of taking packets depends.
pub fn make(name: &str, flags: libc::c_int, how: i32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let file = options.custom_flags(how).open(PLACE)?;
    let mut request = Request::of(name).with_flags(flags as u16);
    // SAFETY: the request takes a `struct ifreq`, which a `Request` is.
    cvt(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })?;
    Ok(file)
}

/// Says of what type the device is (`ARPHRD_*`). It must be down.
pub fn set_type(file: &File, kind: u16) -> io::Result<()> {
    let kind = libc::c_ulong::from(kind);
    // SAFETY: the argument is a number.
    cvt(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETLINK, kind) }).map(drop)
}

/// What stands before a packet that is written to a device with `IFF_VNET_HDR`, and to a packet socket
/// with `PACKET_VNET_HDR`: `struct virtio_net_hdr`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes {
    /// `VIRTIO_NET_HDR_F_NEEDS_CSUM`: a checksum from `sum_start` on is to be written at `sum_offset`
    /// from there.
    pub sum: Option<(u16, u16)>,
    /// Of what kind the packets are for which it stands (`VIRTIO_NET_HDR_GSO_*`), 0: none.
    pub gso_type: u8,
    /// Bytes of payload of each.
    pub gso_size: u16,
    /// Bytes that are to lie together at its beginning.
    pub header: u16,
}

impl Notes {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let (start, offset) = self.sum.unwrap_or_default();
        let mut bytes = vec![self.sum.is_some().into(), self.gso_type];
        for number in [self.header, self.gso_size, start, offset] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes
    }
}

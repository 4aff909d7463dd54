// SPDX-License-Identifier: GPL-2.0

//! Taps of the kernel's own kind: `/dev/net/tun`.

use rustix::fd::OwnedFd;
use rustix::fs::{open, Mode, OFlags};
use rustix::ioctl::{ioctl, Opcode, Updater};
use std::ffi::c_short;
use std::io;

/// A new tap of this name, without a header before its frames.
pub fn tap(name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let tap = open("/dev/net/tun", flags, Mode::empty())?;
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru {
            ifru_flags: (libc::IFF_TAP | libc::IFF_NO_PI) as c_short,
        },
    };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()).take(15) {
        *to = from as libc::c_char;
    }
    type SetInterface<'a> = Updater<'a, { libc::TUNSETIFF as Opcode }, libc::ifreq>;
    // SAFETY: the request takes an `ifreq`.
    unsafe { ioctl(&tap, SetInterface::new(&mut request)) }?;
    Ok(tap)
}

// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`: addresses of this family, for `rustix` takes only those of others; requests of
//! this family; options that `rustix` does not know, of this family (it has no call for any option) and
//! socket filters; and receiving with control messages, of which `rustix` passes on descriptors and
//! credentials only, and many messages with a call, `recvmmsg(2)`, which it has not.

#![allow(unsafe_code)]

mod errno;
mod mapping;
mod message;
pub(crate) mod plain;
#[cfg(feature = "tokio")]
pub(crate) mod register;
mod sequenced;
mod written;

use errno::last_errno;
use ipn_abi as abi;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use std::ffi::{c_int, c_void, OsStr};
use std::mem::offset_of;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(crate) use mapping::{Mapping, SHORT};
pub(crate) use message::{recvmmsg, recvmsg, recvmsg_sequenced, sendmsg, BATCH_MAX};
pub(crate) use sequenced::SequencedMapping;
pub(crate) use written::Written;

/// A path as a socket address of the family.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    raw: libc::sockaddr_un,
    len: SocketAddrLen,
}

impl Address {
    /// None, with which a bound socket connects to its own network: of no bytes.
    pub(crate) const NONE: Self = Self {
        raw: libc::sockaddr_un {
            sun_family: 0,
            sun_path: [0; 108],
        },
        len: 0,
    };

    /// The address of `path`: 1 to 108 bytes, none of them NUL. The kernel adds one where
    /// they fill the structure, as unix(7) has it.
    pub(crate) fn new(path: &Path) -> Option<Self> {
        let bytes = path.as_os_str().as_bytes();
        let mut raw = libc::sockaddr_un {
            sun_family: abi::AF_IPN,
            sun_path: [0; 108],
        };
        if bytes.is_empty() || bytes.len() > raw.sun_path.len() || bytes.contains(&0) {
            return None;
        }
        for (to, from) in raw.sun_path.iter_mut().zip(bytes) {
            *to = *from as libc::c_char;
        }
        let len = offset_of!(libc::sockaddr_un, sun_path) + bytes.len() + 1;
        let len = len.min(size_of::<libc::sockaddr_un>());
        Some(Self {
            raw,
            len: len as SocketAddrLen,
        })
    }
}

// SAFETY: the closure gets a pointer to a whole `sockaddr_un` and a length that is
// at most its size.
unsafe impl SocketAddrArg for Address {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R,
    ) -> R {
        f((&raw const self.raw).cast(), self.len)
    }
}

/// The path that the socket is bound or connected to.
pub(crate) fn path(fd: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
    let address = rustix::net::getsockname(fd)?;
    // SAFETY: the address is there for as many bytes as it says.
    let bytes = unsafe {
        std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), address.addr_len() as usize)
    };
    let name = bytes
        .get(offset_of!(libc::sockaddr_un, sun_path)..)
        .and_then(|name| name.split(|&byte| byte == 0).next())
        .filter(|name| !name.is_empty())
        .ok_or(Errno::NOTCONN)?;
    Ok(OsStr::from_bytes(name).into())
}

/// Reads an option into `value`; returns the length that was written.
pub(crate) fn get_bytes(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &mut [u8],
) -> Result<usize, Errno> {
    let mut len = value.len() as libc::socklen_t;
    // SAFETY: `value` is writable for the `len` bytes that the kernel is told of.
    let result = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            level,
            name,
            value.as_mut_ptr().cast(),
            &mut len,
        )
    };
    match result {
        0 => Ok((len as usize).min(value.len())),
        _ => Err(last_errno()),
    }
}

/// Sets an option to the bytes of `value`.
pub(crate) fn set_bytes(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &[u8],
) -> Result<(), Errno> {
    // SAFETY: `value` is readable for the length given.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
            value.as_ptr().cast(),
            value.len() as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(last_errno()),
    }
}

/// `setsockopt(SO_ATTACH_FILTER)`: a classic BPF program.
pub(crate) fn attach_filter(
    fd: BorrowedFd<'_>,
    program: &[libc::sock_filter],
) -> Result<(), Errno> {
    let program = libc::sock_fprog {
        len: program.len().try_into().map_err(|_| Errno::INVAL)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: `program` is a `sock_fprog`, whose instructions the kernel only reads.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of_val(&program) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(last_errno()),
    }
}

/// A request without an argument, whose result is a number.
struct Request(Opcode);

// SAFETY: the requests that are made so, IPN_CHECK and IPN_TERMINATE, take no
// argument; a socket of another family refuses them.
unsafe impl Ioctl for Request {
    type Output = IoctlOutput;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        self.0
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> Result<Self::Output, Errno> {
        Ok(output)
    }
}

/// `ioctl(IPN_CHECK)`: the answer.
pub(crate) fn check(fd: BorrowedFd<'_>) -> Result<c_int, Errno> {
    // SAFETY: `Request` describes the request truly.
    unsafe { ioctl::ioctl(fd, Request(abi::IPN_CHECK)) }
}

/// `ioctl(IPN_TERMINATE)`.
pub(crate) fn terminate(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `Request` describes the request truly.
    unsafe { ioctl::ioctl(fd, Request(abi::IPN_TERMINATE)) }.map(drop)
}

/// The longest member of an `ifreq`, which is zero but for what a request is told.
const NO_MAP: libc::__c_anonymous_ifru_map = libc::__c_anonymous_ifru_map {
    mem_start: 0,
    mem_end: 0,
    base_addr: 0,
    irq: 0,
    dma: 0,
    port: 0,
};

/// A request about a network device with this name and these flags; gives back the
/// name that the kernel leaves.
pub(crate) fn device_request<const REQUEST: Opcode>(
    fd: BorrowedFd<'_>,
    name: &mut [u8; libc::IFNAMSIZ],
    flags: c_int,
) -> Result<(), Errno> {
    let mut argument = libc::ifreq {
        ifr_name: name.map(|byte| byte as libc::c_char),
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_map: NO_MAP },
    };
    argument.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: the requests that are made so take an `ifreq`; a socket of another family refuses
    // them.
    unsafe { ioctl::ioctl(fd, ioctl::Updater::<REQUEST, _>::new(&mut argument)) }?;
    *name = argument.ifr_name.map(|byte| byte as u8);
    Ok(())
}

/// `ioctl(IPN_SETPERSIST)`.
pub(crate) fn set_persistent(fd: BorrowedFd<'_>, persistent: bool) -> Result<(), Errno> {
    type SetPersist = ioctl::IntegerSetter<{ abi::IPN_SETPERSIST }>;
    // SAFETY: the request takes its argument for a number.
    unsafe { ioctl::ioctl(fd, SetPersist::new_usize(persistent.into())) }
}

#[cfg(test)]
#[path = "sys_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`: addresses of this family, for `rustix` takes only those of others; requests of
//! this family; options that `rustix` does not know, of this family (it has no call for any option) and
//! socket filters; and receiving with control messages, of which `rustix` passes on descriptors and
//! credentials only, and many messages with a call, `recvmmsg(2)`, which it has not.

#![allow(unsafe_code)]

mod mapping;
pub(crate) mod plain;
#[cfg(feature = "tokio")]
pub(crate) mod register;

use crate::received::Received;
use ipn_abi as abi;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::RecvFlags;
use std::ffi::{c_int, c_void, OsStr};
use std::io::IoSliceMut;
use std::mem::{self, offset_of};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(crate) use mapping::Mapping;

/// The most messages that [`recvmmsg`] takes at once.
pub(crate) const BATCH_MAX: usize = 64;

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

/// The errno of the call that has just failed.
fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
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

/// Room for the control messages of one message: losses, a time stamp and the sender.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; 128]);

impl Control {
    /// Empty room.
    const fn new() -> Self {
        Self([0; 128])
    }
}

/// A header that names no memory.
// SAFETY: all zeroes is a valid `msghdr`: null pointers and lengths of 0.
const NO_HEADER: libc::msghdr = unsafe { mem::zeroed() };

/// The header that receives one message into `data` and its control messages
/// into `control`. It is to be used only while both borrows would last.
fn header(data: &mut IoSliceMut<'_>, control: &mut Control) -> libc::msghdr {
    let mut header = NO_HEADER;
    // `IoSliceMut` has the layout of `struct iovec`.
    header.msg_iov = std::ptr::from_mut(data).cast();
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len() as _;
    header
}

/// What a header that the kernel has filled says of a message of `full_len` bytes.
fn received(header: &libc::msghdr, control: &Control, full_len: usize, room: usize) -> Received {
    let len: usize = header.msg_controllen as _;
    let control = control.0.get(..len).unwrap_or_default();
    Received::new(full_len, room, header.msg_flags, control)
}

/// `recvmsg` with `MSG_TRUNC`, so that the full length is known.
pub(crate) fn recvmsg(
    fd: BorrowedFd<'_>,
    data: &mut [u8],
    flags: RecvFlags,
) -> Result<Received, Errno> {
    let room = data.len();
    let mut data = IoSliceMut::new(data);
    let mut control = Control::new();
    let mut header = header(&mut data, &mut control);
    let flags = (flags | RecvFlags::TRUNC).bits() as c_int | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header points to `data` and `control`, which live on and are
    // used by no other.
    let result = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut header, flags) };
    match usize::try_from(result) {
        Ok(len) => Ok(received(&header, &control, len, room)),
        Err(_) => Err(last_errno()),
    }
}

/// `recvmmsg` with `MSG_TRUNC`: a message into each of `data` at most, of which
/// there are no more than [`BATCH_MAX`]. Returns the number of messages, whose
/// descriptions are in the first places of `results`.
pub(crate) fn recvmmsg(
    fd: BorrowedFd<'_>,
    data: &mut [IoSliceMut<'_>],
    results: &mut [Received],
    flags: RecvFlags,
) -> Result<usize, Errno> {
    let mut controls = [Control::new(); BATCH_MAX];
    let empty = libc::mmsghdr {
        msg_hdr: NO_HEADER,
        msg_len: 0,
    };
    let mut headers = [empty; BATCH_MAX];
    let rooms: Vec<usize> = data.iter().map(|slice| slice.len()).collect();
    let mut count = 0;
    for ((slice, control), place) in data.iter_mut().zip(&mut controls).zip(&mut headers) {
        place.msg_hdr = header(slice, control);
        count += 1;
    }
    let count = count.min(results.len());
    // SAFETY: the first `count` headers point to `data` and `controls`, which live
    // on and are used by no other; there is no time-out.
    let result = unsafe {
        libc::recvmmsg(
            fd.as_raw_fd(),
            headers.as_mut_ptr(),
            count as libc::c_uint,
            (flags | RecvFlags::TRUNC).bits() as _,
            std::ptr::null_mut(),
        )
    };
    let Ok(filled) = usize::try_from(result) else {
        return Err(last_errno());
    };
    let described = headers.iter().zip(&controls).zip(rooms);
    for (((header, control), room), place) in described.zip(results).take(filled) {
        *place = received(&header.msg_hdr, control, header.msg_len as usize, room);
    }
    Ok(filled)
}

#[cfg(test)]
#[path = "sys_tests.rs"]
mod tests;

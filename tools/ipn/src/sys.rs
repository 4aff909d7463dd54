// SPDX-License-Identifier: GPL-2.0

//! The system calls that need `unsafe`: addresses of this family, options
//! that have no wrapper in `rustix`, and receiving with control messages.

#![allow(unsafe_code)]

mod mapping;
#[cfg(feature = "tokio")]
pub(crate) mod register;

use crate::abi;
use crate::received::{Kind, Received};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque, SocketAddrStorage};
use rustix::net::RecvFlags;
use std::ffi::{c_int, c_void, OsStr};
use std::io::IoSliceMut;
use std::mem::{self, offset_of, MaybeUninit};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

/// The absent address, with which a bound socket connects to its own network.
pub(crate) struct NoAddress;

// SAFETY: a null pointer is readable for no bytes, and the family takes it.
unsafe impl SocketAddrArg for NoAddress {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R,
    ) -> R {
        f(std::ptr::null(), 0)
    }
}

/// The path that the socket is bound or connected to.
pub(crate) fn path(fd: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
    let address = rustix::net::getsockname(fd)?;
    let mut storage = MaybeUninit::<SocketAddrStorage>::zeroed();
    // SAFETY: `storage` is as large as `write_sockaddr` wants it.
    let len = unsafe { address.write_sockaddr(storage.as_mut_ptr()) } as usize;
    // SAFETY: the storage was zeroed, so all its bytes are initialized, and `len`
    // is at most its size.
    let bytes = unsafe { std::slice::from_raw_parts(storage.as_ptr().cast::<u8>(), len) };
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

/// A request about a network device with this name and these flags; gives back the
/// name that the kernel leaves.
pub(crate) fn device_request(
    fd: BorrowedFd<'_>,
    request: u32,
    name: &mut [u8; abi::IFNAMSIZ],
    flags: c_int,
) -> Result<(), Errno> {
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut argument: libc::ifreq = unsafe { mem::zeroed() };
    argument.ifr_name = name.map(|byte| byte as libc::c_char);
    argument.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: the requests that are made so take an `ifreq`; a socket of another family refuses
    // them.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), request.into(), &raw mut argument) };
    match result {
        0 => {
            *name = argument.ifr_name.map(|byte| byte as u8);
            Ok(())
        }
        _ => Err(last_errno()),
    }
}

/// `ioctl(IPN_SETPERSIST)`.
pub(crate) fn set_persistent(fd: BorrowedFd<'_>, persistent: bool) -> Result<(), Errno> {
    let argument = libc::c_ulong::from(persistent);
    // SAFETY: the request takes its argument for a number.
    match unsafe { libc::ioctl(fd.as_raw_fd(), abi::IPN_SETPERSIST.into(), argument) } {
        0 => Ok(()),
        _ => Err(last_errno()),
    }
}

/// Room for the control messages of one message: losses and a time stamp.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; 128]);

impl Control {
    /// Empty room.
    const fn new() -> Self {
        Self([0; 128])
    }
}

/// The header that receives one message into `data` and its control messages
/// into `control`. It is to be used only while both borrows would last.
fn header(data: &mut IoSliceMut<'_>, control: &mut Control) -> libc::msghdr {
    // SAFETY: all zeroes is a valid `msghdr`: null pointers and lengths of 0.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    // `IoSliceMut` has the layout of `struct iovec`.
    header.msg_iov = std::ptr::from_mut(data).cast();
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len() as _;
    header
}

/// What the kernel said of a message in `header`, of `full_len` bytes.
///
/// # Safety
///
/// `header` was filled by the kernel, and its control buffer is still there.
unsafe fn received(header: &libc::msghdr, full_len: usize, room: usize) -> Received {
    let out_of_band = header.msg_flags & libc::MSG_OOB != 0;
    let is_record = full_len != 0 || header.msg_flags & libc::MSG_EOR != 0;
    let mut received = Received {
        len: full_len.min(room),
        full_len,
        kind: match (out_of_band, is_record) {
            (true, _) => Kind::OutOfBand,
            (false, true) => Kind::Message,
            (false, false) => Kind::End,
        },
        lost: None,
        time: None,
    };
    // SAFETY: the caller vouches for the header and its control buffer.
    let mut control = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !control.is_null() {
        // SAFETY: not null, so it is a control message within the buffer.
        let (message, data) = unsafe { (control.read_unaligned(), libc::CMSG_DATA(control)) };
        let len = message
            .cmsg_len
            .saturating_sub(data as usize - control as usize);
        match (message.cmsg_level, message.cmsg_type) {
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) if len >= size_of::<u32>() => {
                // SAFETY: the data are long enough, as was just checked.
                received.lost = Some(unsafe { data.cast::<u32>().read_unaligned() });
            }
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMP) if len >= size_of::<libc::timeval>() => {
                // SAFETY: the data are long enough, as was just checked.
                let time = unsafe { data.cast::<libc::timeval>().read_unaligned() };
                let since = Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
                received.time = SystemTime::UNIX_EPOCH.checked_add(since);
            }
            _ => {}
        }
        // SAFETY: `control` is a message of this header's buffer.
        control = unsafe { libc::CMSG_NXTHDR(header, control) };
    }
    received
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
        // SAFETY: the kernel has filled the header, and `control` is there.
        Ok(len) => Ok(unsafe { received(&header, len, room) }),
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
    // SAFETY: all zeroes is a valid `mmsghdr`, as it is a valid `msghdr`.
    let mut headers: [libc::mmsghdr; BATCH_MAX] = unsafe { mem::zeroed() };
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
    for ((header, room), place) in headers.iter().zip(rooms).zip(results).take(filled) {
        // SAFETY: the kernel has filled this header, and `controls` is there.
        *place = unsafe { received(&header.msg_hdr, header.msg_len as usize, room) };
    }
    Ok(filled)
}

#[cfg(test)]
#[path = "sys_tests.rs"]
mod tests;

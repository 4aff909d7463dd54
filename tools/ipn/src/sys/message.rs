// SPDX-License-Identifier: GPL-2.0

//! Messages with control messages, and many by a call.

use super::errno::last_errno;
use crate::received::Received;
use crate::sequence::Sequenced;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use std::ffi::c_int;
use std::io::{IoSlice, IoSliceMut};
use std::mem::{self, offset_of};

/// The most messages that [`recvmmsg`] takes at once.
pub(crate) const BATCH_MAX: usize = 64;

/// Room for the control messages of one message.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control<const N: usize>([u8; N]);

/// Of any: losses, a time stamp and the sender.
const CONTROL: usize = 128;

/// The same, a sequence and as many gaps as there are at most.
const SEQUENCED: usize = 1024;

impl<const N: usize> Control<N> {
    /// Empty room.
    const fn new() -> Self {
        Self([0; N])
    }
}

/// A header that names no memory.
// SAFETY: all zeroes is a valid `msghdr`: null pointers and lengths of 0.
const NO_HEADER: libc::msghdr = unsafe { mem::zeroed() };

/// The header that receives one message into `data` and its control messages
/// into `control`. It is to be used only while both borrows would last.
fn header<const N: usize>(data: &mut IoSliceMut<'_>, control: &mut Control<N>) -> libc::msghdr {
    let mut header = NO_HEADER;
    // `IoSliceMut` has the layout of `struct iovec`.
    header.msg_iov = std::ptr::from_mut(data).cast();
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len() as _;
    header
}

/// What a header that the kernel has filled says of a message of `full_len` bytes.
fn received(header: &libc::msghdr, control: &[u8], full_len: usize, room: usize) -> Received {
    Received::new(full_len, room, header.msg_flags, filled(header, control))
}

/// As much of the room for control messages as the kernel has filled.
fn filled<'a>(header: &libc::msghdr, control: &'a [u8]) -> &'a [u8] {
    let len: usize = header.msg_controllen as _;
    control.get(..len).unwrap_or_default()
}

/// `recvmsg` with `MSG_TRUNC`, so that the full length is known.
pub(crate) fn recvmsg(
    fd: BorrowedFd<'_>,
    data: &mut [u8],
    flags: RecvFlags,
) -> Result<Received, Errno> {
    let mut control = Control::<CONTROL>::new();
    let (received, _) = receive(fd, data, &mut control, flags)?;
    Ok(received)
}

/// The same, with what a reliable bus tells besides.
pub(crate) fn recvmsg_sequenced(
    fd: BorrowedFd<'_>,
    data: &mut [u8],
    flags: RecvFlags,
) -> Result<Sequenced, Errno> {
    let mut control = Control::<SEQUENCED>::new();
    let (received, control) = receive(fd, data, &mut control, flags)?;
    Ok(Sequenced::new(received, control))
}

/// Receives a message, and its control messages into `control`: what is there of those.
#[inline]
fn receive<'a, const N: usize>(
    fd: BorrowedFd<'_>,
    data: &mut [u8],
    control: &'a mut Control<N>,
    flags: RecvFlags,
) -> Result<(Received, &'a [u8]), Errno> {
    let room = data.len();
    let mut data = IoSliceMut::new(data);
    let mut header = header(&mut data, control);
    let flags = (flags | RecvFlags::TRUNC).bits() as c_int | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header points to `data` and `control`, which live on and are
    // used by no other.
    let result = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut header, flags) };
    match usize::try_from(result) {
        Ok(len) => {
            let told = received(&header, &control.0, len, room);
            Ok((told, filled(&header, &control.0)))
        }
        Err(_) => Err(last_errno()),
    }
}

/// Sends a message with a control message: its level, its type and its data, up to 32 bytes of it.
pub(crate) fn sendmsg(
    fd: BorrowedFd<'_>,
    data: &[u8],
    (level, kind, told): (c_int, c_int, &[u8]),
    flags: SendFlags,
) -> Result<(), Errno> {
    const WORD: usize = size_of::<usize>();
    const BEFORE: usize = size_of::<libc::cmsghdr>().next_multiple_of(WORD);
    let mut control = Control::<{ BEFORE + 32 }>::new();
    let len = BEFORE + told.len();
    let (head, behind) = control.0.split_at_mut(BEFORE);
    behind[..told.len()].copy_from_slice(told);
    head[..WORD].copy_from_slice(&len.to_ne_bytes());
    for (at, number) in [
        (offset_of!(libc::cmsghdr, cmsg_level), level),
        (offset_of!(libc::cmsghdr, cmsg_type), kind),
    ] {
        head[at..at + size_of::<c_int>()].copy_from_slice(&number.to_ne_bytes());
    }
    let mut data = IoSlice::new(data);
    let mut header = NO_HEADER;
    // `IoSlice` has the layout of `struct iovec`.
    header.msg_iov = std::ptr::from_mut(&mut data).cast();
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = len.next_multiple_of(WORD) as _;
    // SAFETY: the header points to `data` and `control`, which live on, and of which the kernel only reads.
    let result = unsafe { libc::sendmsg(fd.as_raw_fd(), &header, flags.bits() as c_int) };
    match result {
        0.. => Ok(()),
        _ => Err(last_errno()),
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
    let mut controls = [Control::<CONTROL>::new(); BATCH_MAX];
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
        *place = received(&header.msg_hdr, &control.0, header.msg_len as usize, room);
    }
    Ok(filled)
}

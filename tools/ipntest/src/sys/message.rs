// SPDX-License-Identifier: GPL-2.0
//! `sendmsg`, `recvmsg` and their batches, with control messages.

use super::memory::{Pages, PAGE};
use super::socket::{Addr, Sock};
use super::{cvt, cvt_len};
use std::io;
use std::mem::{size_of, size_of_val, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// What the length of a control message takes, and what its beginning is aligned to.
const WORD: usize = size_of::<usize>();

/// One control message.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its level.
    pub level: i32,
    /// Its type.
    pub kind: i32,
    /// What it carries.
    pub data: Vec<u8>,
}

impl Control {
    /// A descriptor to pass.
    pub fn rights(fd: RawFd) -> Control {
        let data = fd.to_ne_bytes().to_vec();
        Control {
            level: libc::SOL_SOCKET,
            kind: libc::SCM_RIGHTS,
            data,
        }
    }

    /// As the kernel reads it: header, data, padding.
    fn encode(&self) -> Vec<u8> {
        let header = size_of::<libc::cmsghdr>();
        let mut bytes = (header + self.data.len()).to_ne_bytes().to_vec();
        bytes.extend(self.level.to_ne_bytes());
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(&self.data);
        bytes.resize(bytes.len().next_multiple_of(WORD), 0);
        bytes
    }

    /// The control messages in what the kernel wrote.
    fn decode(mut bytes: &[u8]) -> Vec<Control> {
        let header = size_of::<libc::cmsghdr>();
        let mut found = Vec::new();
        while bytes.len() >= header {
            let word = |at: usize| i32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
            let len = usize::from_ne_bytes(bytes[..WORD].try_into().unwrap());
            if len < header || len > bytes.len() {
                break;
            }
            let data = bytes[header..len].to_vec();
            found.push(Control {
                level: word(WORD),
                kind: word(WORD + 4),
                data,
            });
            bytes = &bytes[len.next_multiple_of(WORD).min(bytes.len())..];
        }
        found
    }
}

/// What `recvmsg` answered.
#[derive(Debug)]
pub struct Received {
    /// What the call returned: more than `data` holds with `MSG_TRUNC`.
    pub len: usize,
    /// The bytes that arrived.
    pub data: Vec<u8>,
    /// `msg_flags`.
    pub flags: i32,
    /// The control messages.
    pub control: Vec<Control>,
    /// Length of the sender's address.
    pub name_len: u32,
}

impl Received {
    /// The control message of this type, if it came.
    pub fn control(&self, level: i32, kind: i32) -> Option<&Control> {
        self.control
            .iter()
            .find(|c| c.level == level && c.kind == kind)
    }

    /// How many messages the port has lost so far (`SO_RXQ_OVFL`); none told is none lost.
    pub fn missed(&self) -> u32 {
        let told = self.control(libc::SOL_SOCKET, libc::SO_RXQ_OVFL);
        told.and_then(|c| Some(u32::from_ne_bytes(c.data.as_slice().try_into().ok()?)))
            .unwrap_or(0)
    }

    /// What `recvmsg` would say of a message out of mapped memory, with `SO_RXQ_OVFL`.
    fn taken((mut data, lost): (Vec<u8>, u32), room: usize) -> Received {
        let flags = match data.len() > room {
            true => libc::MSG_EOR | libc::MSG_TRUNC,
            false => libc::MSG_EOR,
        };
        let count = Control {
            level: libc::SOL_SOCKET,
            kind: libc::SO_RXQ_OVFL,
            data: lost.to_ne_bytes().to_vec(),
        };
        data.truncate(room);
        Received {
            len: data.len(),
            data,
            flags,
            control: (lost != 0).then_some(count).into_iter().collect(),
            name_len: 0,
        }
    }

    /// Descriptors that were passed.
    pub fn rights(&self) -> Vec<OwnedFd> {
        let passed = self.control(libc::SOL_SOCKET, libc::SCM_RIGHTS);
        let data = passed.map_or(&[][..], |c| &c.data);
        data.chunks_exact(4)
            .map(|fd| i32::from_ne_bytes(fd.try_into().unwrap()))
            // SAFETY: the kernel just installed these descriptors for us.
            .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
            .collect()
    }
}

const CONTROL_ROOM: usize = 1024;

/// As much, where control messages are aligned.
type ControlRoom = [u64; CONTROL_ROOM / 8];

/// Bytes of a control message with a 32-bit number, as `SO_RXQ_OVFL` has it.
pub const LOSS_ROOM: usize = size_of::<libc::cmsghdr>() + 4;

impl Sock {
    /// `sendmsg(2)` of several parts with control messages and an address.
    pub fn sendmsg(
        &self,
        parts: &[&[u8]],
        control: &[Control],
        to: Option<&Addr>,
        flags: i32,
    ) -> io::Result<usize> {
        let control: Vec<u8> = control.iter().flat_map(Control::encode).collect();
        self.sendmsg_bytes(parts, &control, to, flags)
    }

    /// `sendmsg(2)` whose control part is any bytes.
    pub fn sendmsg_bytes(
        &self,
        parts: &[&[u8]],
        control: &[u8],
        to: Option<&Addr>,
        flags: i32,
    ) -> io::Result<usize> {
        let mut iov: Vec<libc::iovec> = parts.iter().map(|p| slice_iovec(p)).collect();
        // SAFETY: all zeroes is a valid msghdr.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_iov = iov.as_mut_ptr();
        header.msg_iovlen = iov.len();
        if !control.is_empty() {
            header.msg_control = control.as_ptr().cast_mut().cast();
            header.msg_controllen = control.len();
        }
        if let Some(to) = to {
            let (pointer, len) = to.parts();
            header.msg_name = pointer.cast_mut().cast();
            header.msg_namelen = len;
        }
        // SAFETY: everything the header points to outlives the call, and the kernel only reads it.
        cvt_len(unsafe { libc::sendmsg(self.as_raw_fd(), &header, flags) })
    }

    /// `sendmsg(2)` of what is before and behind some memory, and that.
    pub fn send_around(
        &self,
        before: &[u8],
        (address, len): (usize, usize),
        behind: &[u8],
        flags: i32,
    ) -> io::Result<usize> {
        let middle = libc::iovec {
            iov_base: address as *mut libc::c_void,
            iov_len: len,
        };
        let mut iov = [slice_iovec(before), middle, slice_iovec(behind)];
        // SAFETY: all zeroes is a valid msghdr.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_iov = iov.as_mut_ptr();
        header.msg_iovlen = iov.len() as _;
        // SAFETY: the kernel only reads what the header points to, where it can.
        cvt_len(unsafe { libc::sendmsg(self.as_raw_fd(), &header, flags) })
    }

    /// `recvmsg(2)` into a buffer of `room` bytes.
    pub fn recvmsg(&self, room: usize, flags: i32) -> io::Result<Received> {
        if let Some(taken) = self.take(flags)? {
            return Ok(Received::taken(taken, room));
        }
        self.recvmsg_parts(&[room], CONTROL_ROOM, flags)
    }

    /// `recvmsg(2)` into several buffers and `control_room` bytes (at most 1024) of control part.
    pub fn recvmsg_parts(
        &self,
        rooms: &[usize],
        control_room: usize,
        flags: i32,
    ) -> io::Result<Received> {
        let mut buffers: Vec<Vec<u8>> = rooms.iter().map(|room| vec![0; *room]).collect();
        let mut iov: Vec<libc::iovec> = buffers.iter_mut().map(|b| buffer_iovec(b)).collect();
        let mut control: ControlRoom = [0; CONTROL_ROOM / 8];
        let mut name = [0_u8; 256];
        // SAFETY: all zeroes is a valid msghdr.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_iov = iov.as_mut_ptr();
        header.msg_iovlen = iov.len();
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = control_room.min(CONTROL_ROOM);
        header.msg_name = name.as_mut_ptr().cast();
        header.msg_namelen = 128;
        // SAFETY: every pointer is to a live buffer of the length beside it.
        let len = cvt_len(unsafe { libc::recvmsg(self.as_raw_fd(), &mut header, flags) })?;
        let control: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let mut data = buffers.concat();
        data.truncate(len);
        Ok(Received {
            len,
            data,
            flags: header.msg_flags,
            control: Control::decode(&control[..header.msg_controllen.min(control.len())]),
            name_len: header.msg_namelen,
        })
    }

    /// `sendmmsg(2)`: how many messages went.
    pub fn sendmmsg(&self, messages: &[&[u8]], flags: i32) -> io::Result<usize> {
        let mut iov: Vec<libc::iovec> = messages.iter().map(|m| slice_iovec(m)).collect();
        let mut headers = batch_headers(&mut iov, &mut []);
        let (pointer, len) = (headers.as_mut_ptr(), headers.len() as u32);
        // SAFETY: each header points to one iovec, which outlives the call and is only read.
        let sent = cvt(unsafe { libc::sendmmsg(self.as_raw_fd(), pointer, len, flags) })?;
        let sent = sent as usize;
        // The last may have been records, of which not all went.
        let (last, whole) = (sent.saturating_sub(1), |at: usize| messages[at].len());
        for (at, header) in headers.iter().enumerate().take(sent) {
            let len = header.msg_len as usize;
            let is_right = len == whole(at) || at == last && len < whole(at);
            assert!(is_right, "sendmmsg: msg_len of message {at}: {len}");
        }
        Ok(sent)
    }

    /// `sendmmsg(2)` of these and one more message, whose header or, with `header_is_there`, whose bytes
    /// are in memory that is not: how many messages went.
    pub fn sendmmsg_into_nothing(
        &self,
        messages: &[&[u8]],
        header_is_there: bool,
        flags: i32,
    ) -> io::Result<usize> {
        let mut pages = Pages::fresh(2)?;
        pages.forbid(1)?;
        let nothing = pages.address(PAGE);
        let mut iov: Vec<libc::iovec> = messages.iter().map(|m| slice_iovec(m)).collect();
        iov.push(libc::iovec {
            iov_base: nothing as *mut libc::c_void,
            iov_len: 1,
        });
        let mut headers = batch_headers(&mut iov, &mut []);
        if !header_is_there {
            headers.pop();
        }
        let len = size_of_val(&headers[..]);
        // SAFETY: the headers are initialised, but for padding that nobody minds.
        let bytes = unsafe { std::slice::from_raw_parts(headers.as_ptr().cast::<u8>(), len) };
        pages.write(PAGE - len, bytes);
        let start = pages.address(PAGE - len) as *mut libc::mmsghdr;
        let count = messages.len() as u32 + 1;
        // SAFETY: the headers point to iovecs that outlive the call; what is not there is refused.
        let sent = cvt(unsafe { libc::sendmmsg(self.as_raw_fd(), start, count, flags) })?;
        Ok(sent as usize)
    }

    /// `recvmmsg(2)` of up to `count` messages of up to `room` bytes.
    pub fn recvmmsg(
        &self,
        count: usize,
        room: usize,
        flags: i32,
        limit: Option<Duration>,
    ) -> io::Result<Vec<Received>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            match self.take(flags)? {
                Some(one) => taken.push(Received::taken(one, room)),
                None => break,
            }
        }
        if !taken.is_empty() {
            return Ok(taken);
        }
        let mut buffers = vec![vec![0_u8; room]; count];
        let mut control: Vec<ControlRoom> = vec![[0; CONTROL_ROOM / 8]; count];
        let mut iov: Vec<libc::iovec> = buffers.iter_mut().map(|b| buffer_iovec(b)).collect();
        let mut headers = batch_headers(&mut iov, &mut control);
        let (pointer, len) = (headers.as_mut_ptr(), headers.len() as u32);
        let mut limit = limit.map(|limit| libc::timespec {
            tv_sec: limit.as_secs() as _,
            tv_nsec: limit.subsec_nanos() as _,
        });
        let limit = limit.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
        // SAFETY: each header points to a live iovec and control buffer of the length it says.
        let got = cvt(unsafe { libc::recvmmsg(self.as_raw_fd(), pointer, len, flags, limit) })?;
        let messages = headers.iter().zip(buffers).zip(&control).take(got as usize);
        Ok(messages
            .map(|((header, mut data), control)| {
                let len = header.msg_len as usize;
                let control: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).collect();
                data.truncate(len);
                Received {
                    len,
                    data,
                    flags: header.msg_hdr.msg_flags,
                    control: Control::decode(&control[..header.msg_hdr.msg_controllen]),
                    name_len: header.msg_hdr.msg_namelen,
                }
            })
            .collect())
    }
}

fn slice_iovec(slice: &[u8]) -> libc::iovec {
    libc::iovec {
        iov_base: slice.as_ptr().cast_mut().cast(),
        iov_len: slice.len(),
    }
}

fn buffer_iovec(buffer: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    }
}

fn batch_headers(iov: &mut [libc::iovec], control: &mut [ControlRoom]) -> Vec<libc::mmsghdr> {
    let mut control = control.iter_mut();
    iov.iter_mut()
        .map(|iov| {
            // SAFETY: all zeroes is a valid mmsghdr.
            let mut header: libc::mmsghdr = unsafe { zeroed() };
            header.msg_hdr.msg_iov = iov;
            header.msg_hdr.msg_iovlen = 1;
            if let Some(room) = control.next() {
                header.msg_hdr.msg_control = room.as_mut_ptr().cast();
                header.msg_hdr.msg_controllen = CONTROL_ROOM;
            }
            header
        })
        .collect()
}

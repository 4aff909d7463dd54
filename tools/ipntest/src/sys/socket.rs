// SPDX-License-Identifier: GPL-2.0
//! Sockets and their addresses.

use super::{cvt, cvt_len};
use crate::abi::{Ioctl, AF_IPN, LEVEL};
use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// Room for any address the kernel reads or writes: it stops at `sockaddr_storage`, 128 bytes.
const ADDRESS_ROOM: usize = 256;

/// Where the path begins in a `sockaddr_un`.
pub const PATH_OFFSET: usize = offset_of!(libc::sockaddr_un, sun_path);
/// Size of a `sockaddr_un`.
pub const ADDRESS_SIZE: usize = size_of::<libc::sockaddr_un>();

/// An address as it is handed to the kernel: bytes, and a length that need not fit them.
#[derive(Clone)]
pub struct Addr {
    bytes: Option<[u8; ADDRESS_ROOM]>,
    len: u32,
}

impl Addr {
    /// The usual address: family, path, zeroes, and the length of the whole structure.
    pub fn of(path: impl AsRef<Path>) -> Addr {
        let path = path.as_ref().as_os_str().as_bytes();
        let mut bytes = [0; ADDRESS_ROOM];
        bytes[..2].copy_from_slice(&(AF_IPN as u16).to_ne_bytes());
        bytes[PATH_OFFSET..PATH_OFFSET + path.len()].copy_from_slice(path);
        Addr {
            bytes: Some(bytes),
            len: ADDRESS_SIZE as u32,
        }
    }

    /// An address of IPv4.
    pub fn ipv4(host: [u8; 4], port: u16) -> Addr {
        let mut bytes = [0; ADDRESS_ROOM];
        bytes[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
        bytes[2..4].copy_from_slice(&port.to_be_bytes());
        bytes[4..8].copy_from_slice(&host);
        Addr {
            bytes: Some(bytes),
            len: size_of::<libc::sockaddr_in>() as u32,
        }
    }

    /// No address at all, with any length.
    pub fn null(len: u32) -> Addr {
        Addr { bytes: None, len }
    }

    /// The same bytes under another length.
    pub fn with_len(mut self, len: usize) -> Addr {
        self.len = len as u32;
        self
    }

    /// The same path in another family.
    pub fn with_family(mut self, family: i32) -> Addr {
        if let Some(bytes) = &mut self.bytes {
            bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
        }
        self
    }

    /// The same address with one byte of the path changed.
    pub fn with_path_byte(mut self, index: usize, byte: u8) -> Addr {
        if let Some(bytes) = &mut self.bytes {
            bytes[PATH_OFFSET + index] = byte;
        }
        self
    }

    /// Every byte of the path is this one, up to the end of the structure: no NUL.
    pub fn filled(byte: u8) -> Addr {
        let mut addr = Addr::of("");
        if let Some(bytes) = &mut addr.bytes {
            bytes[PATH_OFFSET..].fill(byte);
        }
        addr
    }

    pub(super) fn parts(&self) -> (*const libc::sockaddr, libc::socklen_t) {
        let pointer = self.bytes.as_ref().map_or(std::ptr::null(), |b| b.as_ptr());
        (pointer.cast(), self.len)
    }
}

/// What `getsockname` or `getpeername` answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    /// The family.
    pub family: i32,
    /// The path up to its NUL.
    pub path: Vec<u8>,
    /// The length that the kernel gave.
    pub len: usize,
}

/// A socket. Clones share the one descriptor, which closes with the last of them.
#[derive(Clone, Debug)]
pub struct Sock(Arc<Held>);

#[derive(Debug)]
struct Held {
    fd: OwnedFd,
    /// What takes messages out of mapped memory, under another descriptor.
    receiver: OnceLock<Mutex<ipn::Receiver>>,
}

impl From<OwnedFd> for Sock {
    fn from(fd: OwnedFd) -> Sock {
        Sock(Arc::new(Held {
            fd,
            receiver: OnceLock::new(),
        }))
    }
}

impl AsFd for Sock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

impl AsRawFd for Sock {
    fn as_raw_fd(&self) -> RawFd {
        self.0.fd.as_raw_fd()
    }
}

/// `socket(2)`.
pub fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<Sock> {
    // SAFETY: no pointers.
    let fd = cvt(unsafe { libc::socket(family, kind, protocol) })?;
    // SAFETY: the kernel just gave us this descriptor, nobody else owns it.
    Ok(Sock::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// `socketpair(2)`.
pub fn socketpair(family: i32, kind: i32, protocol: i32) -> io::Result<(Sock, Sock)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` has room for the two descriptors.
    cvt(unsafe { libc::socketpair(family, kind, protocol, fds.as_mut_ptr()) })?;
    // SAFETY: the kernel just gave us both descriptors, nobody else owns them.
    let pair = unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) };
    Ok((Sock::from(pair.0), Sock::from(pair.1)))
}

impl Sock {
    /// `bind(2)`.
    pub fn bind(&self, addr: &Addr) -> io::Result<()> {
        let (pointer, len) = addr.parts();
        // SAFETY: the kernel reads at most 128 bytes and `Addr` has 256, or the pointer is null.
        cvt(unsafe { libc::bind(self.as_raw_fd(), pointer, len) }).map(drop)
    }

    /// `connect(2)`.
    pub fn connect(&self, addr: &Addr) -> io::Result<()> {
        let (pointer, len) = addr.parts();
        // SAFETY: the kernel reads at most 128 bytes and `Addr` has 256, or the pointer is null.
        cvt(unsafe { libc::connect(self.as_raw_fd(), pointer, len) }).map(drop)
    }

    /// `listen(2)`.
    pub fn listen(&self) -> io::Result<()> {
        // SAFETY: no pointers.
        cvt(unsafe { libc::listen(self.as_raw_fd(), 1) }).map(drop)
    }

    /// `accept4(2)`.
    pub fn accept(&self) -> io::Result<Sock> {
        // SAFETY: null pointers mean that no address is wanted.
        let fd = unsafe {
            libc::accept4(
                self.as_raw_fd(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                0,
            )
        };
        // SAFETY: the kernel just gave us this descriptor, nobody else owns it.
        Ok(Sock::from(unsafe { OwnedFd::from_raw_fd(cvt(fd)?) }))
    }

    /// `shutdown(2)`.
    pub fn shutdown(&self, how: i32) -> io::Result<()> {
        // SAFETY: no pointers.
        cvt(unsafe { libc::shutdown(self.as_raw_fd(), how) }).map(drop)
    }

    /// `dup(2)`.
    pub fn dup(&self) -> io::Result<Sock> {
        Ok(Sock::from(self.0.fd.try_clone()?))
    }

    /// Maps the network's memory: what the socket receives from now on, it takes out of that.
    pub fn receive_by_mapping(&self) -> io::Result<()> {
        let port = ipn::Port::from(self.0.fd.try_clone()?);
        let receiver = port.into_receiver().map_err(io::Error::from)?;
        match receiver.not_mapped() {
            Some(error) => Err(io::Error::from_raw_os_error(error.errno().raw_os_error())),
            None => {
                let _ = self.0.receiver.set(Mutex::new(receiver));
                Ok(())
            }
        }
    }

    /// A message out of mapped memory: its bytes, and how many were lost so far.
    pub fn take(&self, flags: i32) -> io::Result<Option<(Vec<u8>, u32)>> {
        let Some(receiver) = self.0.receiver.get() else {
            return Ok(None);
        };
        if flags & libc::MSG_PEEK != 0 {
            return Ok(None);
        }
        let mut receiver = receiver.lock().expect("nobody panics with it");
        let taken = receiver.recv_mapped().map_err(io::Error::from)?;
        Ok(taken.map(|(content, received)| match content {
            ipn::Content::Message(bytes) => (bytes.to_vec(), received.lost().unwrap_or(0)),
            _ => panic!("only messages are in mapped memory"),
        }))
    }

    /// `close(2)`. Panics when another clone still holds the descriptor.
    pub fn close(self) -> io::Result<()> {
        let held = Arc::into_inner(self.0);
        let Held { fd, receiver } = held.expect("close: this is the only holder of the descriptor");
        // A mapping holds the socket too.
        drop(receiver);
        // SAFETY: `into_raw_fd` gives up ownership, so the descriptor closes once.
        cvt(unsafe { libc::close(fd.into_raw_fd()) }).map(drop)
    }

    /// `send(2)`.
    pub fn send(&self, data: &[u8], flags: i32) -> io::Result<usize> {
        self.send_at(data.as_ptr() as usize, data.len(), flags)
    }

    /// `send(2)` from any address, mapped or not.
    pub fn send_at(&self, address: usize, len: usize, flags: i32) -> io::Result<usize> {
        // SAFETY: the kernel only reads, and answers EFAULT where nothing is mapped.
        cvt_len(unsafe { libc::send(self.as_raw_fd(), address as *const _, len, flags) })
    }

    /// `sendto(2)`.
    pub fn sendto(&self, data: &[u8], flags: i32, to: &Addr) -> io::Result<usize> {
        let (pointer, len) = to.parts();
        // SAFETY: `data` is a slice; of `to` the kernel reads at most 128 bytes, it has 256.
        cvt_len(unsafe {
            let data = (data.as_ptr().cast(), data.len());
            libc::sendto(self.as_raw_fd(), data.0, data.1, flags, pointer, len)
        })
    }

    /// `recv(2)`.
    pub fn recv(&self, buffer: &mut [u8], flags: i32) -> io::Result<usize> {
        if let Some((bytes, _)) = self.take(flags)? {
            let len = bytes.len().min(buffer.len());
            buffer[..len].copy_from_slice(&bytes[..len]);
            return Ok(len);
        }
        let (pointer, len) = (buffer.as_mut_ptr(), buffer.len());
        // SAFETY: the kernel writes no more than `len` bytes.
        cvt_len(unsafe { libc::recv(self.as_raw_fd(), pointer.cast(), len, flags) })
    }

    /// `recv(2)` to the first page of the address space, where nothing is ever mapped.
    pub fn recv_to_nowhere(&self, len: usize, flags: i32) -> io::Result<usize> {
        // SAFETY: addresses below mmap_min_addr are never mapped: the kernel answers EFAULT.
        cvt_len(unsafe { libc::recv(self.as_raw_fd(), 16 as *mut _, len.min(2048), flags) })
    }

    /// A copy of the bytes of the option, as long as the kernel says; `room` is the length given.
    pub fn getsockopt(&self, level: i32, name: i32, room: u32) -> io::Result<Vec<u8>> {
        let mut value = vec![0_u8; (room as usize).min(65536)];
        let mut len = room;
        // SAFETY: `value` has `len` bytes (no option of any family writes more than 64 KiB).
        cvt(unsafe {
            let value = value.as_mut_ptr().cast();
            libc::getsockopt(self.as_raw_fd(), level, name, value, &mut len)
        })?;
        value.truncate(len as usize);
        Ok(value)
    }

    /// `setsockopt(2)`.
    pub fn setsockopt(&self, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
        self.setsockopt_at(level, name, value.as_ptr() as usize, value.len() as u32)
    }

    /// `setsockopt(2)` with any address and length.
    pub fn setsockopt_at(&self, level: i32, name: i32, at: usize, len: u32) -> io::Result<()> {
        // SAFETY: the kernel only reads, and answers EFAULT where nothing is mapped.
        cvt(unsafe { libc::setsockopt(self.as_raw_fd(), level, name, at as *const _, len) })
            .map(drop)
    }

    /// Sets an integer option of the family.
    pub fn set(&self, name: i32, value: i32) -> io::Result<()> {
        self.setsockopt(LEVEL, name, &value.to_ne_bytes())
    }

    /// Reads an integer option of the family.
    pub fn get(&self, name: i32) -> io::Result<i32> {
        self.get_int(LEVEL, name)
    }

    /// Reads an integer option of any level.
    pub fn get_int(&self, level: i32, name: i32) -> io::Result<i32> {
        let value = self.getsockopt(level, name, 4)?;
        let value = value
            .try_into()
            .map_err(|_| io::Error::other("an int of another length"))?;
        Ok(i32::from_ne_bytes(value))
    }

    /// Sets an integer option of the socket layer.
    pub fn set_generic(&self, name: i32, value: i32) -> io::Result<()> {
        self.setsockopt(libc::SOL_SOCKET, name, &value.to_ne_bytes())
    }

    /// Sets `SO_RCVTIMEO` or `SO_SNDTIMEO`.
    pub fn set_time_out(&self, name: i32, limit: Duration) -> io::Result<()> {
        let parts = [limit.as_secs(), limit.subsec_micros().into()];
        let value = parts.map(|part| (part as libc::c_long).to_ne_bytes());
        self.setsockopt(libc::SOL_SOCKET, name, value.as_flattened())
    }

    /// `getsockname(2)` into a buffer said to be `room` long (at most 256).
    pub fn name(&self, room: u32) -> io::Result<Name> {
        self.ask_name(libc::getsockname, room)
    }

    /// `getpeername(2)` into a buffer said to be `room` long (at most 256).
    pub fn peer_name(&self, room: u32) -> io::Result<Name> {
        self.ask_name(libc::getpeername, room)
    }

    fn ask_name(
        &self,
        call: unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32,
        room: u32,
    ) -> io::Result<Name> {
        let mut bytes = [0xaa_u8; ADDRESS_ROOM];
        let mut len = room;
        // SAFETY: the kernel writes at most `sockaddr_storage`, 128 bytes, and there are 256.
        cvt(unsafe { call(self.as_raw_fd(), bytes.as_mut_ptr().cast(), &mut len) })?;
        let path = &bytes[PATH_OFFSET..(len.min(room) as usize).clamp(PATH_OFFSET, ADDRESS_ROOM)];
        let path = path.split(|b| *b == 0).next().unwrap_or_default();
        Ok(Name {
            family: i32::from(u16::from_ne_bytes([bytes[0], bytes[1]])),
            path: path.to_vec(),
            len: len as usize,
        })
    }

    /// `ioctl(2)` whose argument is a number, or nothing.
    pub fn ioctl(&self, request: Ioctl) -> io::Result<i32> {
        let mut room = [0_u64; 512];
        // SAFETY: whatever the request takes its argument for, a size field has 14 bits and the
        // generic socket requests write less than 4096 bytes.
        cvt(unsafe { libc::ioctl(self.as_raw_fd(), request, room.as_mut_ptr()) })
    }

    /// `ioctl(2)` that fills in an int.
    pub fn ioctl_int(&self, request: Ioctl) -> io::Result<i32> {
        let mut value = -1_i32;
        // SAFETY: used with the requests whose argument is an int.
        cvt(unsafe { libc::ioctl(self.as_raw_fd(), request, &mut value) })?;
        Ok(value)
    }

    /// `fcntl(2)` with an integer argument.
    pub fn fcntl(&self, command: i32, argument: i32) -> io::Result<i32> {
        // SAFETY: used with commands whose argument is an int.
        cvt(unsafe { libc::fcntl(self.as_raw_fd(), command, argument) })
    }

    /// Sets or clears `O_NONBLOCK` and the like.
    pub fn set_status_flag(&self, flag: i32, on: bool) -> io::Result<()> {
        let flags = self.fcntl(libc::F_GETFL, 0)?;
        self.fcntl(libc::F_SETFL, if on { flags | flag } else { flags & !flag })
            .map(drop)
    }

    /// `read(2)`.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (pointer, len) = (buffer.as_mut_ptr(), buffer.len());
        // SAFETY: the kernel writes no more than `len` bytes.
        cvt_len(unsafe { libc::read(self.as_raw_fd(), pointer.cast(), len) })
    }

    /// `write(2)`.
    pub fn write(&self, data: &[u8]) -> io::Result<usize> {
        // SAFETY: `data` is a slice.
        cvt_len(unsafe { libc::write(self.as_raw_fd(), data.as_ptr().cast(), data.len()) })
    }

    /// `sendfile(2)` from the beginning of a file.
    pub fn sendfile(&self, file: &std::fs::File, len: usize) -> io::Result<usize> {
        let mut offset = 0;
        // SAFETY: both descriptors are open, `offset` is ours.
        cvt_len(unsafe { libc::sendfile(self.as_raw_fd(), file.as_raw_fd(), &mut offset, len) })
    }

    /// `splice(2)` into a pipe.
    pub fn splice_to(&self, pipe: &impl AsRawFd, len: usize) -> io::Result<usize> {
        let (from, to) = (self.as_raw_fd(), pipe.as_raw_fd());
        // SAFETY: both descriptors are open, no offsets.
        cvt_len(unsafe {
            libc::splice(from, std::ptr::null_mut(), to, std::ptr::null_mut(), len, 0)
        })
    }

    /// `splice(2)` out of a pipe.
    pub fn splice_from(&self, pipe: &impl AsRawFd, len: usize) -> io::Result<usize> {
        let (from, to) = (pipe.as_raw_fd(), self.as_raw_fd());
        let flags = libc::SPLICE_F_NONBLOCK;
        // SAFETY: both descriptors are open, no offsets.
        cvt_len(unsafe {
            libc::splice(
                from,
                std::ptr::null_mut(),
                to,
                std::ptr::null_mut(),
                len,
                flags,
            )
        })
    }

    /// `getsockopt(2)` to the first page of the address space, where nothing is ever mapped.
    pub fn getsockopt_to_nowhere(&self, level: i32, name: i32, room: u32) -> io::Result<()> {
        let mut len = room.min(2048);
        // SAFETY: addresses below mmap_min_addr are never mapped: the kernel answers EFAULT.
        cvt(unsafe { libc::getsockopt(self.as_raw_fd(), level, name, 16 as *mut _, &mut len) })
            .map(drop)
    }

    /// `fchown(2)`.
    pub fn fchown(&self, uid: u32, gid: u32) -> io::Result<()> {
        // SAFETY: no pointers.
        cvt(unsafe { libc::fchown(self.as_raw_fd(), uid, gid) }).map(drop)
    }
}

/// Makes a descriptor number point to another file: `dup2(2)`. The number must be owned by `over`.
pub fn dup2(from: &impl AsRawFd, over: &Sock) -> io::Result<()> {
    // SAFETY: both are open descriptors that we own; ownership of neither changes.
    cvt(unsafe { libc::dup2(from.as_raw_fd(), over.as_raw_fd()) }).map(drop)
}

// SPDX-License-Identifier: GPL-2.0

//! A socket of the family and the path it belongs to: what managers and ports
//! share.

use crate::error::Error;
use crate::kinds::Flags;
use crate::level::LEVEL;
use crate::name::FileNumbers;
use crate::operation::Operation;
use crate::sys;
use crate::sys::plain::bytes_mut;
use ipn_abi as abi;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::Shutdown;
use std::ffi::c_int;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// A socket and its network's path.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    path: Option<Arc<Path>>,
    /// Whether it was told something that only the kernel heeds, not who reads mapped memory: it is to
    /// receive no more, through a filter, or what is out of band as well. The same for all descriptors of
    /// the socket.
    must_ask: Arc<AtomicBool>,
}

impl Socket {
    /// Shuts a direction down.
    pub(crate) fn give_up(&self, how: Shutdown) -> Result<(), Error> {
        rustix::net::shutdown(self.as_fd(), how)
            .map_err(|errno| self.error(Operation::Shutdown, errno))?;
        if how != Shutdown::Write {
            self.leave_memory();
        }
        Ok(())
    }

    /// Messages are not to be taken out of mapped memory any more.
    pub(crate) fn leave_memory(&self) {
        self.must_ask.store(true, Ordering::Relaxed);
    }

    /// They may be, if the kernel allows it.
    pub(crate) fn come_to_memory(&self) {
        self.must_ask.store(false, Ordering::Relaxed);
    }

    /// Whether they are not.
    #[inline]
    pub(crate) fn must_ask(&self) -> bool {
        self.must_ask.load(Ordering::Relaxed)
    }

    /// The socket `fd`, which belongs to the network `path` or will do.
    pub(crate) fn new(fd: OwnedFd, path: Option<Arc<Path>>) -> Self {
        Self {
            fd,
            path,
            must_ask: Arc::default(),
        }
    }

    /// The network's path as it was given, or as the kernel tells it.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The error of an operation on this socket.
    pub(crate) fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.path.clone(), errno)
    }

    /// The same socket under another descriptor.
    pub(crate) fn try_clone(&self) -> Result<Self, Error> {
        let fd = rustix::io::fcntl_dupfd_cloexec(&self.fd, 0)
            .map_err(|errno| self.error(Operation::Duplicate, errno))?;
        Ok(Self {
            fd,
            path: self.path.clone(),
            must_ask: self.must_ask.clone(),
        })
    }

    /// Reads the option `name` of `level`.
    pub(crate) fn get(
        &self,
        level: c_int,
        name: c_int,
        text: &'static str,
    ) -> Result<c_int, Error> {
        let mut value = [0; size_of::<c_int>()];
        match sys::get_bytes(self.as_fd(), level, name, &mut value) {
            Ok(_) => Ok(c_int::from_ne_bytes(value)),
            Err(errno) => Err(self.error(Operation::GetOption(text), errno)),
        }
    }

    /// Sets the option `name` of `level`.
    pub(crate) fn set(
        &self,
        level: c_int,
        name: c_int,
        text: &'static str,
        value: c_int,
    ) -> Result<(), Error> {
        sys::set_bytes(self.as_fd(), level, name, &value.to_ne_bytes())
            .map_err(|errno| self.error(Operation::SetOption(text), errno))
    }

    /// The network's flags.
    pub(crate) fn flags(&self) -> Result<Flags, Error> {
        let bits = self.get(LEVEL, abi::IPN_SO_FLAGS, "the flags")?;
        Ok(Flags::from_bits_retain(bits as u32))
    }

    /// Whether its bind has made the network.
    pub(crate) fn is_creator(&self) -> Result<bool, Error> {
        let creator = self.get(LEVEL, abi::IPN_SO_CREATOR, "the creator")?;
        Ok(creator != 0)
    }

    /// Whether it is to get out-of-band messages.
    pub(crate) fn handles_out_of_band(&self) -> Result<bool, Error> {
        let name = "out-of-band messages";
        Ok(self.get(LEVEL, abi::IPN_SO_HANDLE_OOB, name)? != 0)
    }

    /// The numbers of its network's file.
    pub(crate) fn file(&self) -> Result<FileNumbers, Error> {
        let mut file = abi::ipn_file::default();
        let (name, place) = (abi::IPN_SO_FILE, bytes_mut(&mut file));
        match sys::get_bytes(self.as_fd(), LEVEL, name, place) {
            Ok(_) => Ok(FileNumbers {
                major: file.major,
                minor: file.minor,
                inode: file.inode,
            }),
            Err(errno) => Err(self.error(Operation::GetOption("the file"), errno)),
        }
    }

    /// The socket's description.
    pub(crate) fn description(&self) -> Result<String, Error> {
        let mut bytes = [0; abi::IPN_DESCRLEN];
        let len = sys::get_bytes(self.as_fd(), LEVEL, abi::IPN_SO_DESCR, &mut bytes)
            .map_err(|errno| self.error(Operation::GetOption("the description"), errno))?;
        let text = bytes[..len].split(|&byte| byte == 0).next();
        Ok(String::from_utf8_lossy(text.unwrap_or_default()).into_owned())
    }

    /// Sets the socket's description.
    pub(crate) fn set_description(&self, text: &str) -> Result<(), Error> {
        if text.contains('\0') {
            // The kernel would take what is before it.
            let operation = Operation::SetOption("the description");
            return Err(self.error(operation, Errno::INVAL));
        }
        let bytes = [text.as_bytes(), b"\0"].concat();
        sys::set_bytes(self.as_fd(), LEVEL, abi::IPN_SO_DESCR, &bytes)
            .map_err(|errno| self.error(Operation::SetOption("the description"), errno))
    }

    /// Makes calls that would wait fail with `EAGAIN`, or not.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Error> {
        rustix::io::ioctl_fionbio(&self.fd, nonblocking)
            .map_err(|errno| self.error(Operation::SetOption("O_NONBLOCK"), errno))
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        let path = sys::path(fd.as_fd()).ok().map(Arc::from);
        Self::new(fd, path)
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> Self {
        socket.fd
    }
}

/// Gives a type with a `socket` field the descriptor traits of the standard
/// library.
macro_rules! descriptor {
    ($type:ident) => {
        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.socket.as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&self.socket.as_fd())
            }
        }

        impl From<std::os::fd::OwnedFd> for $type {
            /// Takes a descriptor that is already such a socket, as one that was
            /// inherited or passed by another process.
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                Self {
                    socket: crate::socket::Socket::from(fd),
                }
            }
        }

        impl From<$type> for std::os::fd::OwnedFd {
            fn from(value: $type) -> Self {
                value.socket.into()
            }
        }

        impl std::os::fd::IntoRawFd for $type {
            fn into_raw_fd(self) -> std::os::fd::RawFd {
                std::os::fd::IntoRawFd::into_raw_fd(std::os::fd::OwnedFd::from(self))
            }
        }
    };
}
pub(crate) use descriptor;

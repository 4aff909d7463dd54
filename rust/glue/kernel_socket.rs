// SPDX-License-Identifier: GPL-2.0

//! Sockets that no descriptor belongs to.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

use crate::{abi::uapi::IPN_ANY, rust::bindings, socket::IpnSock};
use core::{ops::Deref, ptr::NonNull};
use kernel::{error::from_err_ptr, ffi::c_int, prelude::*};

/// A socket of the family in the caller's network namespace.
///
/// It is closed only once the system call in which this was dropped has returned.
///
/// # Invariants
///
/// `file` is an open file, a reference to which is ours, and `sock` is its socket.
pub(crate) struct KernelSocket {
    file: NonNull<bindings::file>,
    sock: NonNull<IpnSock>,
}

impl KernelSocket {
    /// Opens a socket, for networks of any policy. No memory: `ENOMEM`; too many files: `ENFILE`.
    pub(crate) fn open() -> Result<Self> {
        // SAFETY: A process calls.
        let file = from_err_ptr(unsafe { bindings::ipn_helper_open_socket(IPN_ANY as c_int) })?;
        // SAFETY: The file is that of a socket of this family.
        let sock = unsafe { bindings::ipn_helper_file_sk(file) };
        // INVARIANT: just opened; sockets of the family are `IpnSock`.
        Ok(Self {
            file: NonNull::new(file).ok_or(ENOMEM)?,
            sock: NonNull::new(sock.cast()).ok_or(ENOMEM)?,
        })
    }
}

impl Deref for KernelSocket {
    type Target = IpnSock;

    fn deref(&self) -> &IpnSock {
        // SAFETY: By the invariants it is a socket, which an open file keeps.
        unsafe { self.sock.as_ref() }
    }
}

impl Drop for KernelSocket {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::fput(self.file.as_ptr()) }
    }
}

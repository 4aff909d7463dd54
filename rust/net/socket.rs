// SPDX-License-Identifier: GPL-2.0

//! Sockets: `struct sock` with a Rust value in it.
//!
//! C header: [`include/net/sock.h`](srctree/include/net/sock.h)

use crate::rust::{bindings, sync::wait_queue::wait_by, task::after_call::AfterCall};
use core::{mem::size_of, ops::Deref, ptr::NonNull};
use kernel::{
    ffi::{c_int, c_long},
    prelude::*,
    sync::aref::{ARef, AlwaysRefCounted},
    types::Opaque,
    uaccess::{UserPtr, UserSlice},
};

/// Number of the family.
pub(crate) const FAMILY: u16 = bindings::IPN_CONST_FAMILY as u16;

/// Longest address that `getsockname` gives: as of `unix(7)`, a path that fills `sun_path` has its NUL
/// behind the structure.
pub(crate) const ADDRESS_LEN: usize = size_of::<bindings::sockaddr_un>() + 1;

/// Whether a type of socket is made of messages without a connection of two: `SOCK_RAW`, `SOCK_DGRAM`
/// and `SOCK_SEQPACKET`.
pub(crate) fn is_message_type(kind: u32) -> bool {
    [
        bindings::sock_type_SOCK_RAW,
        bindings::sock_type_SOCK_DGRAM,
        bindings::sock_type_SOCK_SEQPACKET,
    ]
    .contains(&kind)
}

/// Whether it is the type of a reliable bus: `SOCK_RDM`.
pub(crate) fn is_reliable_type(kind: u32) -> bool {
    kind == bindings::sock_type_SOCK_RDM
}

/// What `poll(2)` tells.
pub(crate) mod events {
    use crate::rust::bindings;

    /// A message, or the end, can be read.
    pub(crate) const IN: u32 = bindings::IPN_CONST_EPOLLIN;
    /// A message can be sent.
    pub(crate) const OUT: u32 = bindings::IPN_CONST_EPOLLOUT;
    /// An out-of-band message can be read.
    pub(crate) const PRI: u32 = bindings::IPN_CONST_EPOLLPRI;
    /// Nothing more will come.
    pub(crate) const RDHUP: u32 = bindings::IPN_CONST_EPOLLRDHUP;
    /// Nothing will go either way.
    pub(crate) const HUP: u32 = bindings::IPN_CONST_EPOLLHUP;
}

/// A socket of the family: the kernel's part, then ours.
///
/// # Invariants
///
/// It lies in memory from `sk_alloc` for the family's `struct proto`, `after_call` and `data` are
/// initialised, and the kernel's reference count keeps all of it.
#[repr(C)]
pub(crate) struct Sock<T> {
    sk: Opaque<bindings::sock>,
    /// What the socket's tasks have put off until their calls end.
    pub(crate) after_call: AfterCall,
    /// The family's part.
    pub(crate) data: T,
}

// SAFETY: `struct sock` may be used from any thread by the functions below; `T` is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Sock<T> {}

// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Sock<T> {}

// SAFETY: The kernel frees a socket with its last reference; `sk_refcnt` counts them.
unsafe impl<T> AlwaysRefCounted for Sock<T> {
    fn inc_ref(&self) {
        // SAFETY: The shared reference shows that the count is not zero.
        unsafe { bindings::ipn_helper_sock_hold(self.as_ptr()) }
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up a reference.
        unsafe { bindings::ipn_helper_sock_put(obj.as_ptr().cast()) }
    }
}

impl<T> Deref for Sock<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> Sock<T> {
    /// The kernel's part.
    pub(crate) fn as_ptr(&self) -> *mut bindings::sock {
        self.sk.get()
    }

    /// Sleeps until `ready`, a signal, or the end of `timeout`: [`wait_by`].
    ///
    /// `ready` is asked in the socket's queue, and once more after every wake-up. Of the threads that
    /// wait so a message wakes one ([`Sock::wake_receivers`]); one that leaves it wakes the next
    /// ([`Sock::wake_next`]).
    pub(crate) fn wait(&self, timeout: &mut c_long, ready: impl FnMut() -> bool) -> Result {
        // SAFETY: The socket is valid.
        wait_by(timeout, ready, |timeout, ask, ready| unsafe {
            bindings::ipn_helper_sk_wait(self.as_ptr(), timeout, Some(ask), ready)
        })
    }

    /// Wakes the next of those who wait for a message, as the caller does on this descriptor's behalf.
    pub(crate) fn wake_next(&self) {
        // SAFETY: The socket is valid, and has its queue as long as a call on a descriptor of it runs.
        unsafe { bindings::ipn_helper_sk_wake_next(self.as_ptr()) }
    }

    /// How long a receive may sleep, in jiffies: `SO_RCVTIMEO`, 0 when it must not.
    pub(crate) fn receive_timeout(&self, dont_wait: bool) -> c_long {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_rcvtimeo(self.as_ptr(), dont_wait) }
    }

    /// How long a send may sleep, in jiffies: `SO_SNDTIMEO`, 0 when it must not.
    pub(crate) fn send_timeout(&self, dont_wait: bool) -> c_long {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_sndtimeo(self.as_ptr(), dont_wait) }
    }

    /// Whether anybody sleeps on the socket, or wants its signal (`SIGIO`).
    ///
    /// What was written before is seen by a task that comes to sleep after.
    pub(crate) fn has_sleeper(&self) -> bool {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_has_sleeper(self.as_ptr()) }
    }

    /// Wakes those who poll for a message, and one of the threads that wait for it.
    pub(crate) fn wake_receivers(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_data_ready(self.as_ptr()) }
    }

    /// Notes that its owner found no room, and wants the signal (`O_ASYNC`) once there is some.
    pub(crate) fn note_full(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_note_full(self.as_ptr()) }
    }

    /// Wakes those who wait for room.
    pub(crate) fn wake_senders(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_write_space(self.as_ptr()) }
    }

    /// Wakes all who sleep on the socket.
    pub(crate) fn wake_all(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_wake_all(self.as_ptr()) }
    }

    /// Wakes all who sleep on the socket, and has its owner signalled (`O_ASYNC`): nothing more will come.
    pub(crate) fn wake_for_end(&self) {
        self.wake_all();
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_signal_end(self.as_ptr()) }
    }

    /// Shows the kernel's generic code which directions are shut (`RCV_SHUTDOWN`, `SEND_SHUTDOWN`).
    pub(crate) fn show_shutdown(&self, bits: u32) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_set_shutdown(self.as_ptr(), bits as c_int) }
    }

    /// Counts lost messages where the kernel shows them (`SO_MEMINFO`), modulo 2^32.
    pub(crate) fn add_drops(&self, count: u64) {
        let count = count as u32;
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_add_drops(self.as_ptr(), count) }
    }

    /// Lost messages, modulo 2^32 as `SO_RXQ_OVFL` has it.
    pub(crate) fn drops(&self) -> u32 {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_drops(self.as_ptr()) }
    }

    /// Whether control messages are wanted beside messages: `SO_RXQ_OVFL`, or arrival times.
    pub(crate) fn wants_control(&self) -> bool {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_wants_cmsg(self.as_ptr()) }
    }

    /// Whether messages' arrival times are wanted (`SO_TIMESTAMP` and its kin).
    pub(crate) fn wants_stamp(&self) -> bool {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_wants_stamp(self.as_ptr()) }
    }
}

/// Sends the caller the signal of a write without a reader.
pub(crate) fn raise_sigpipe() {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_sigpipe() }
}

/// Writes an int to user space. Not writable: `EFAULT`.
pub(crate) fn put_user_int(address: usize, value: i32) -> Result {
    let place = UserPtr::from_addr(address);
    UserSlice::new(place, size_of::<i32>())
        .writer()
        .write(&value)
}

/// A counted reference to a socket.
pub(crate) type SockRef<T> = ARef<Sock<T>>;

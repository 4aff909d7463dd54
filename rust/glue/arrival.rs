// SPDX-License-Identifier: GPL-2.0

//! Packets that come from devices, and those of them that wait to enter the network.
//!
//! C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h)

use crate::{
    abi::errno::{Errno, Result},
    rust::{
        bindings,
        net::{family::Family, message::Payload, socket::Sock},
    },
};
use core::{marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};
use kernel::error::{code::EAGAIN, to_result};

/// A packet that comes from a device.
///
/// # Invariants
///
/// `skb` is valid for `'a` and has `len` bytes.
pub(crate) struct Arrival<'a> {
    skb: NonNull<bindings::sk_buff>,
    len: usize,
    _packet: PhantomData<&'a bindings::sk_buff>,
}

impl Arrival<'_> {
    /// A packet that is the caller's.
    ///
    /// # Safety
    ///
    /// `skb` must be valid for the lifetime of the result, and have `len` bytes.
    pub(crate) unsafe fn from_raw(skb: NonNull<bindings::sk_buff>, len: usize) -> Self {
        // INVARIANT: By this function's requirements.
        Self {
            skb,
            len,
            _packet: PhantomData,
        }
    }
}

impl Payload for Arrival<'_> {
    fn len(&self) -> usize {
        self.len
    }

    fn more_follows(&self) -> bool {
        false
    }

    unsafe fn copy_atomic(&mut self, from: usize, to: *mut u8, len: usize) -> bool {
        let (skb, from) = (self.skb.as_ptr(), from as u32);
        // SAFETY: `to` has room by the caller's promise, and the function checks the packet.
        unsafe { bindings::ipn_helper_skb_copy(skb, from, to.cast(), len as u32) }
    }
}

/// The packets of a port's device that wait to enter the network: no more once their memory is `SO_SNDBUF`
/// of its socket (`sk_wmem_queued`). They go with that.
pub(crate) struct Backlog<'a, T: Family>(&'a Sock<T>);

impl<'a, T: Family> Backlog<'a, T> {
    /// That of the device which the port of a socket is.
    pub(crate) fn of(sock: &'a Sock<T>) -> Self {
        Self(sock)
    }

    /// Puts a packet behind the others; `tried`: it was routed already. It is held until it has entered,
    /// and nobody changes it any more.
    ///
    /// No place for it: `EAGAIN`; no memory: `ENOBUFS`.
    pub(crate) fn push(&self, packet: &Arrival<'_>, tried: bool) -> Result {
        let (sk, skb) = (self.0.as_ptr(), packet.skb.as_ptr());
        // SAFETY: Both are valid.
        let pushed = unsafe { bindings::ipn_helper_backlog_push(sk, skb, tried) };
        to_result(pushed).map_err(|error| {
            if error == EAGAIN {
                Errno::AGAIN
            } else {
                Errno::NOBUFS
            }
        })
    }

    /// Takes the first.
    pub(crate) fn take(&self) -> Option<Waiting> {
        // SAFETY: The socket is valid; what is in its queue is a packet, which is ours from here on.
        let skb = NonNull::new(unsafe { bindings::ipn_helper_backlog_take(self.0.as_ptr()) })?;
        // INVARIANT: Just taken.
        Some(Waiting(skb))
    }

    /// Makes a packet that found no room the first again.
    pub(crate) fn put_back(&self, packet: Waiting) {
        let packet = ManuallyDrop::new(packet);
        // SAFETY: The socket is valid; the packet is by its invariants, and given away.
        unsafe { bindings::ipn_helper_backlog_put_back(self.0.as_ptr(), packet.0.as_ptr()) }
    }
}

/// A packet that has waited.
///
/// # Invariants
///
/// It is a valid `sk_buff` of ours, which a backlog held.
pub(crate) struct Waiting(NonNull<bindings::sk_buff>);

impl Waiting {
    /// Whether it was routed before.
    pub(crate) fn was_tried(&self) -> bool {
        // SAFETY: By the invariants.
        unsafe { bindings::ipn_helper_backlog_was_tried(self.0.as_ptr()) }
    }

    /// The packet.
    pub(crate) fn arrival(&self) -> Arrival<'_> {
        // SAFETY: By the invariants it is valid as long as `self`, and has the bytes that it tells.
        unsafe {
            let len = bindings::ipn_helper_skb_len(self.0.as_ptr());
            Arrival::from_raw(self.0, len as usize)
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is ours.
        unsafe { bindings::ipn_helper_skb_consume(self.0.as_ptr()) }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Threads of the kernel's that do what is nobody's call.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use crate::rust::bindings;
use core::ptr::{self, NonNull};
use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::{Acquire, Release},
        Atomic,
    },
    workqueue::{Queue, RawWorkItem},
};

/// The queue of the one [`Workers`] that there is.
static QUEUE: Atomic<*mut bindings::workqueue_struct> = Atomic::new(ptr::null_mut());

/// A queue of work, from when the module begins until it ends: then what is still to be done is.
///
/// # Invariants
///
/// It is a work queue, and stands in [`QUEUE`].
pub(crate) struct Workers(NonNull<bindings::workqueue_struct>);

// SAFETY: A work queue belongs to no thread.
unsafe impl Send for Workers {}

// SAFETY: As above.
unsafe impl Sync for Workers {}

impl Workers {
    /// A queue for [`enqueue`]. The module makes one. No memory: `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: It may be called whenever one may sleep.
        let queue = unsafe { bindings::ipn_helper_workers_alloc() };
        let queue = NonNull::new(queue).ok_or(ENOMEM)?;
        QUEUE.store(queue.as_ptr(), Release);
        // INVARIANT: just so.
        Ok(Self(queue))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        QUEUE.store(ptr::null_mut(), Release);
        // SAFETY: By the invariants it is a queue. Those who enqueue are sockets' calls and the work
        // itself; no socket is left, so nobody else does.
        unsafe { bindings::ipn_helper_workers_destroy(self.0.as_ptr()) };
    }
}

/// Has a worker do some work, once more if it is at it already; nothing if it is to be done anyway. It
/// does not sleep.
pub(crate) fn enqueue<W: RawWorkItem<0> + Send + 'static>(work: W) {
    let queue = QUEUE.load(Acquire);
    if !queue.is_null() {
        // SAFETY: By the invariants of `Workers` it is a work queue, which waits for what is in it.
        let _ = unsafe { Queue::from_raw(queue.cast()) }.enqueue(work);
    }
}

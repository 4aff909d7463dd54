// SPDX-License-Identifier: GPL-2.0

//! A queue of threads that wait for what one of them can have at a time.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use crate::rust::bindings;
use kernel::{
    error::to_result,
    ffi::{c_long, c_void},
    prelude::*,
    sync::LockClassKey,
    types::Opaque,
};

/// A wait queue whose threads are woken one by one (exclusively), or all.
#[pin_data]
pub(crate) struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: The queue has a lock of its own.
unsafe impl Send for WaitQueue {}

// SAFETY: As above.
unsafe impl Sync for WaitQueue {}

/// Makes a [`WaitQueue`] with a lock class of its own.
macro_rules! new_wait_queue {
    ($name:literal) => {
        $crate::rust::sync::wait_queue::WaitQueue::new(
            ::kernel::c_str!($name),
            ::kernel::static_lock_class!(),
        )
    };
}
pub(crate) use new_wait_queue;

impl WaitQueue {
    /// A queue without threads; `name` and `key` are for lockdep.
    pub(crate) fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The queue stays where it is, name and key for ever.
            head <- Opaque::ffi_init(|head| unsafe {
                bindings::__init_waitqueue_head(head, name.as_char_ptr(), key.as_ptr().cast())
            }),
        })
    }

    /// Sleeps until `ready`, a signal, or the end of `timeout`: [`wait_by`].
    ///
    /// `ready` is asked in the queue, and once more when the thread was woken. A thread that was woken
    /// and leaves what it was woken for wakes the next.
    pub(crate) fn wait(&self, timeout: &mut c_long, ready: impl FnMut() -> bool) -> Result {
        // SAFETY: The queue was initialised, and stays while it is borrowed.
        wait_by(timeout, ready, |timeout, ask, ready| unsafe {
            bindings::ipn_helper_queue_wait(self.head.get(), timeout, Some(ask), ready)
        })
    }

    /// Sleeps until `ready`, or for so many ticks of the clock, whatever signals come; tells whether it was ready. Only
    /// [`WaitQueue::wake_all`] ends the sleep early.
    pub(crate) fn wait_briefly(&self, ticks: c_long, ready: impl FnMut() -> bool) -> bool {
        let mut left = ticks;
        let result = wait_by(&mut left, ready, |ticks, ask, ready| {
            let queue = self.head.get();
            // SAFETY: The queue was initialised, and stays while it is borrowed.
            let is_ready =
                unsafe { bindings::ipn_helper_queue_wait_briefly(queue, ticks, Some(ask), ready) };
            is_ready.into()
        });
        result.is_ok() && left != 0
    }

    /// Wakes the thread that has slept longest, and those before it that are awake already.
    pub(crate) fn wake_one(&self) {
        // SAFETY: The queue was initialised.
        unsafe { bindings::ipn_helper_queue_wake_one(self.head.get()) }
    }

    /// Wakes all.
    pub(crate) fn wake_all(&self) {
        // SAFETY: The queue was initialised.
        unsafe { bindings::ipn_helper_queue_wake_all(self.head.get()) }
    }
}

/// What a wait in C asks, with the pointer that it was given: whether it is over.
pub(crate) type Ask = unsafe extern "C" fn(*mut c_void) -> bool;

/// Sleeps by `sleep` until `ready`, a signal, or the end of `timeout` (jiffies; what is left stays in
/// it). A signal: `ERESTARTSYS`, or `EINTR` with a finite timeout.
///
/// `sleep` gets the timeout, and what to ask with which pointer; it returns what is left of the
/// timeout, or a negative number for a signal.
pub(crate) fn wait_by<F: FnMut() -> bool>(
    timeout: &mut c_long,
    mut ready: F,
    sleep: impl FnOnce(c_long, Ask, *mut c_void) -> c_long,
) -> Result {
    /// Asks whether the wait is over.
    ///
    /// # Safety
    ///
    /// `ready` must point to an `F` that nobody else uses.
    unsafe extern "C" fn ask<F: FnMut() -> bool>(ready: *mut c_void) -> bool {
        // SAFETY: `wait_by` passes its own `F`, which it does not touch meanwhile.
        unsafe { (*ready.cast::<F>())() }
    }
    let left = sleep(*timeout, ask::<F>, (&raw mut ready).cast());
    if left < 0 {
        return Err(interrupted(*timeout));
    }
    *timeout = left;
    Ok(())
}

/// What a call answers that a signal ended, and that had so many jiffies left: `ERESTARTSYS`, or `EINTR`
/// with a finite timeout, which would begin again.
pub(crate) fn interrupted(timeout: c_long) -> Error {
    // SAFETY: It computes a number.
    match to_result(unsafe { bindings::ipn_helper_intr_errno(timeout) }) {
        Err(error) => error,
        Ok(()) => EINTR,
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `rust/sync/wait_queue.rs`: a wake-up goes to those who are awake in the queue, and to the first one
//! that sleeps.

use crate::rust::{net::socket::FOR_EVER, sync::atomic::full_barrier, task::current as task};
use kernel::{
    ffi::c_long,
    init::PinInit,
    prelude::*,
    sync::base::{Condvar, Mutex},
};
use std::{convert::Infallible, sync::Arc};

/// A wait queue whose threads are woken one by one, or all.
pub(crate) struct WaitQueue(Mutex<Vec<Arc<Waiter>>>);

/// A thread in the queue; its state is read and written under the queue's lock.
struct Waiter {
    asleep: std::sync::atomic::AtomicBool,
    woken: std::sync::atomic::AtomicBool,
    wakes: Condvar,
}

const BY_LOCK: std::sync::atomic::Ordering = std::sync::atomic::Ordering::Relaxed;

/// `new_wait_queue!(name)`.
macro_rules! new_wait_queue {
    ($name:literal) => {
        $crate::rust::sync::wait_queue::WaitQueue::new()
    };
}
pub(crate) use new_wait_queue;

/// What a call answers that a signal ended.
pub(crate) fn interrupted(timeout: c_long) -> Error {
    match timeout {
        FOR_EVER => ERESTARTSYS,
        _ => EINTR,
    }
}

impl PinInit<WaitQueue> for WaitQueue {
    fn make(self) -> core::result::Result<Self, Infallible> {
        Ok(self)
    }
}

impl WaitQueue {
    /// A queue without threads.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// `ipn_wait`. A finite timeout ends whenever the schedule says, or a signal comes then, also for one
    /// that was just woken.
    pub(crate) fn wait(&self, timeout: &mut c_long, mut ready: impl FnMut() -> bool) -> Result {
        let me = Arc::new(Waiter {
            asleep: false.into(),
            woken: false.into(),
            wakes: Condvar::new(),
        });
        self.0.lock().unwrap().push(me.clone());
        let result = loop {
            full_barrier();
            if ready() {
                break Ok(());
            }
            if *timeout == FOR_EVER {
                self.sleep(&me);
                continue;
            }
            // Who waits so can be chosen, and leave.
            me.asleep.store(true, BY_LOCK);
            if task::chance(8) {
                break Err(EINTR);
            }
            if task::chance(4) {
                *timeout = 0;
                break Ok(());
            }
            task::see_more();
            me.asleep.store(false, BY_LOCK);
        };
        let mut queue = self.0.lock().unwrap();
        queue.retain(|waiter| !Arc::ptr_eq(waiter, &me));
        result
    }

    /// The ticks end whenever the schedule says; in the models they do not.
    pub(crate) fn wait_briefly(&self, _ticks: c_long, mut ready: impl FnMut() -> bool) -> bool {
        if cfg!(loom) {
            return self.wait(&mut FOR_EVER.clone(), ready).is_ok();
        }
        loop {
            if ready() {
                return true;
            }
            if task::chance(4) {
                return false;
            }
            task::see_more();
        }
    }

    /// `wait_woken`.
    fn sleep(&self, me: &Waiter) {
        let mut queue = self.0.lock().unwrap();
        me.asleep.store(true, BY_LOCK);
        while !me.woken.swap(false, BY_LOCK) {
            queue = me.wakes.wait(queue).unwrap();
        }
        me.asleep.store(false, BY_LOCK);
    }

    /// `__wake_up` of one.
    pub(crate) fn wake_one(&self) {
        self.wake(1);
    }

    /// `__wake_up` of all.
    pub(crate) fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    fn wake(&self, sleepers: usize) {
        let queue = self.0.lock().unwrap();
        let mut left = sleepers;
        for waiter in queue.iter() {
            waiter.woken.store(true, BY_LOCK);
            // One that is awake, or that another has woken, does not count.
            if waiter.asleep.swap(false, BY_LOCK) {
                waiter.wakes.notify_one();
                left -= 1;
            }
            if left == 0 {
                break;
            }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A socket's wait queue, with the barriers that the kernel's has.

use crate::atomic::{full_barrier, AtomicU32};
use loom::sync::{Condvar, Mutex};

/// Who sleeps on a socket: at most one call, and an epoll.
pub(crate) struct Queue {
    len: AtomicU32,
    woken: Mutex<bool>,
    sleeper: Condvar,
}

impl Queue {
    pub(crate) fn new() -> Self {
        let queue = Self {
            len: AtomicU32::new(0),
            woken: Mutex::new(false),
            sleeper: Condvar::new(),
        };
        queue.len.load();
        queue
    }

    /// `ipn_helper_sk_wait`.
    pub(crate) fn wait(&self, mut ready: impl FnMut() -> bool) {
        self.join();
        loop {
            full_barrier();
            if ready() {
                break;
            }
            self.sleep();
        }
        self.len.add(u32::MAX);
    }

    /// `sock_poll_wait` of an epoll: it joins, and stays.
    pub(crate) fn join(&self) {
        *self.woken.lock().unwrap() = false;
        self.len.add(1);
        full_barrier();
    }

    /// `wait_woken`, or `epoll_wait` on an edge.
    pub(crate) fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.sleeper.wait(woken).unwrap();
        }
        *woken = false;
    }

    /// `skwq_has_sleeper`.
    pub(crate) fn has_sleeper(&self) -> bool {
        full_barrier();
        self.len.load() != 0
    }

    /// `sk_data_ready` and its kin.
    pub(crate) fn wake(&self) {
        if self.has_sleeper() {
            *self.woken.lock().unwrap() = true;
            self.sleeper.notify_all();
        }
    }
}

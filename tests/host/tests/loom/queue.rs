// SPDX-License-Identifier: GPL-2.0

//! A socket's wait queue, with the barriers that the kernel's has.

use crate::rust::sync::atomic::{full_barrier, AtomicU32};
use loom::sync::{Condvar, Mutex};

/// Who sleeps on a socket.
pub(crate) struct Queue {
    len: AtomicU32,
    wakes: Mutex<u32>,
    sleepers: Condvar,
}

/// One that sleeps: the wakes that it has heard of.
pub(crate) struct Entry(u32);

impl Queue {
    pub(crate) fn new() -> Self {
        let queue = Self {
            len: AtomicU32::new(0),
            wakes: Mutex::new(0),
            sleepers: Condvar::new(),
        };
        queue.len.load();
        queue
    }

    /// `ipn_helper_sk_wait`.
    pub(crate) fn wait(&self, mut ready: impl FnMut() -> bool) {
        let mut entry = self.join();
        while !ready() {
            self.sleep(&mut entry);
            full_barrier();
        }
        self.len.add(u32::MAX);
    }

    /// `sock_poll_wait`, or the first part of the above. An epoll stays.
    pub(crate) fn join(&self) -> Entry {
        let entry = Entry(*self.wakes.lock().unwrap());
        self.len.add(1);
        full_barrier();
        entry
    }

    /// `wait_woken`, or `epoll_wait` for an edge.
    pub(crate) fn sleep(&self, entry: &mut Entry) {
        let mut wakes = self.wakes.lock().unwrap();
        while *wakes == entry.0 {
            wakes = self.sleepers.wait(wakes).unwrap();
        }
        entry.0 = *wakes;
    }

    /// `skwq_has_sleeper`.
    pub(crate) fn has_sleeper(&self) -> bool {
        full_barrier();
        self.len.load() != 0
    }

    /// `sk_data_ready` and its kin.
    pub(crate) fn wake(&self) {
        if self.has_sleeper() {
            *self.wakes.lock().unwrap() += 1;
            self.sleepers.notify_all();
        }
    }
}

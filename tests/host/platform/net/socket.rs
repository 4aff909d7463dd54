// SPDX-License-Identifier: GPL-2.0

//! `rust/socket.rs`, `rust/after_call.rs`: sockets, and the queues on which tasks wait.

use crate::rust::{
    glue::arrival::Waiting,
    net::family::Family,
    sync::{
        atomic::{full_barrier, AtomicU32, AtomicU64},
        wait_queue::WaitQueue,
    },
    task::current as task,
};
use kernel::{
    ffi::c_long,
    prelude::*,
    sync::base::{Condvar, Mutex},
};
use std::{collections::VecDeque, ops::Deref, sync};

/// Number of the family.
pub(crate) const FAMILY: u16 = 13;

/// Longest address that `getsockname` gives: `struct sockaddr_un`, and a NUL.
pub(crate) const ADDRESS_LEN: usize = 111;

/// `MAX_SCHEDULE_TIMEOUT`.
pub(crate) const FOR_EVER: c_long = c_long::MAX;

pub(crate) fn is_message_type(kind: u32) -> bool {
    [2, 3, 5].contains(&kind)
}

pub(crate) fn is_reliable_type(kind: u32) -> bool {
    kind == 4
}

/// What `poll(2)` tells.
pub(crate) mod events {
    pub(crate) const IN: u32 = 0x1;
    pub(crate) const OUT: u32 = 0x4;
    pub(crate) const PRI: u32 = 0x2;
    pub(crate) const RDHUP: u32 = 0x2000;
    pub(crate) const HUP: u32 = 0x10;
}

/// Whether work for the end of the call is planned, and by whom.
pub(crate) struct AfterCall {
    pub(crate) owner: AtomicU64,
}

/// A socket's wait queue, with the barriers that the kernel's has.
struct Queue {
    len: AtomicU32,
    wakes: Mutex<u32>,
    sleepers: Condvar,
}

/// A socket.
pub(crate) struct Sock<T> {
    serial: usize,
    this: sync::Weak<Sock<T>>,
    pub(crate) after_call: AfterCall,
    queue: Queue,
    /// The threads among them that wait for a message.
    receivers: WaitQueue,
    drops: AtomicU32,
    filter: sync::OnceLock<fn(&[u8]) -> usize>,
    wants_stamp: sync::atomic::AtomicBool,
    /// What `sk_shutdown` is.
    pub(crate) shown_shutdown: sync::atomic::AtomicU32,
    /// What its device has sent that waits; not the model's, as no order of ours rests on it.
    pub(crate) backlog: sync::Mutex<VecDeque<Waiting>>,
    data: T,
}

/// A counted reference to a socket.
pub(crate) struct SockRef<T>(sync::Arc<Sock<T>>);

impl<T> From<&Sock<T>> for SockRef<T> {
    fn from(sock: &Sock<T>) -> Self {
        // A shared reference shows that the count is not zero.
        Self(sock.this.upgrade().expect("a socket in use"))
    }
}

impl<T> Clone for SockRef<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for SockRef<T> {
    type Target = Sock<T>;

    fn deref(&self) -> &Sock<T> {
        &self.0
    }
}

impl<T> Deref for Sock<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T: Family> Sock<T> {
    /// `socket(2)`.
    pub(crate) fn open(kind: u32, protocol: i32) -> Result<SockRef<T>> {
        let data = T::create(kind, protocol, false)?;
        kernel::alloc::attempt()?;
        let data = data.make()?;
        static SOCKETS: sync::atomic::AtomicUsize = sync::atomic::AtomicUsize::new(1);
        let serial = SOCKETS.fetch_add(1, sync::atomic::Ordering::Relaxed);
        let sock = sync::Arc::new_cyclic(|this| Self {
            serial,
            this: this.clone(),
            after_call: AfterCall {
                owner: AtomicU64::new(0),
            },
            queue: Queue {
                len: AtomicU32::new(0),
                wakes: Mutex::new(0),
                sleepers: Condvar::new(),
            },
            receivers: WaitQueue::new(),
            drops: AtomicU32::new(0),
            filter: sync::OnceLock::new(),
            wants_stamp: sync::atomic::AtomicBool::new(false),
            shown_shutdown: sync::atomic::AtomicU32::new(0),
            backlog: sync::Mutex::default(),
            data,
        });
        Ok(SockRef(sock))
    }

    /// The last `close(2)`.
    pub(crate) fn close(sock: SockRef<T>) {
        task::call(|| T::release(&sock));
    }
}

impl<T: Family> Sock<T> {
    pub(crate) fn has_after_call(&self) -> bool {
        let owner = self.after_call.owner.load();
        owner != 0 && owner == task::current()
    }

    pub(crate) fn plan_after_call(&self) -> bool {
        if self.has_after_call() {
            return true;
        }
        if !self.after_call.owner.replace(0, task::current()) {
            return false;
        }
        let sock = SockRef::from(self);
        task::add_work(Box::new(move || {
            sock.after_call.owner.store_release(0);
            T::after_call(&sock);
        }));
        true
    }
}

impl<T> Sock<T> {
    /// What tells sockets apart: no address, which would have them in another order in each run of a
    /// schedule.
    pub(crate) fn as_ptr(&self) -> *const () {
        std::ptr::without_provenance(self.serial)
    }

    /// A weak reference, by which a test sees that the socket is gone.
    pub(crate) fn weak(&self) -> sync::Weak<Sock<T>> {
        self.this.clone()
    }

    /// `SO_ATTACH_FILTER`, once: how many bytes of a message pass.
    pub(crate) fn attach_filter(&self, filter: fn(&[u8]) -> usize) {
        let _ = self.filter.set(filter);
    }

    pub(crate) fn filter(&self) -> Option<fn(&[u8]) -> usize> {
        self.filter.get().copied()
    }

    /// `ipn_helper_sk_wait`.
    pub(crate) fn wait(&self, timeout: &mut c_long, ready: impl FnMut() -> bool) -> Result {
        self.queue.len.add(1);
        let result = self.receivers.wait(timeout, ready);
        self.unjoin();
        result
    }

    /// `ipn_helper_sk_wake_next`: as in the module, those who poll hear of it too.
    pub(crate) fn wake_next(&self) {
        self.wake_receivers();
    }

    /// The first part of a wait, and of `poll`: the number of wakes that it has heard of.
    pub(crate) fn join(&self) -> u32 {
        let entry = *self.queue.wakes.lock().unwrap();
        self.queue.len.add(1);
        full_barrier();
        entry
    }

    /// `wait_woken`.
    pub(crate) fn sleep(&self, entry: &mut u32) {
        let mut wakes = self.queue.wakes.lock().unwrap();
        while *wakes == *entry {
            wakes = self.queue.sleepers.wait(wakes).unwrap();
        }
        *entry = *wakes;
    }

    /// Whether it was woken since an entry joined, or was last asked: an edge of `EPOLLET`.
    pub(crate) fn was_woken(&self, entry: &mut u32) -> bool {
        let wakes = *self.queue.wakes.lock().unwrap();
        std::mem::replace(entry, wakes) != wakes
    }

    /// The last part of a wait.
    pub(crate) fn unjoin(&self) {
        self.queue.len.add(u32::MAX);
    }

    pub(crate) fn receive_timeout(&self, dont_wait: bool) -> c_long {
        task::timeout(dont_wait)
    }

    pub(crate) fn send_timeout(&self, dont_wait: bool) -> c_long {
        task::timeout(dont_wait)
    }

    pub(crate) fn has_sleeper(&self) -> bool {
        full_barrier();
        self.queue.len.load() != 0
    }

    pub(crate) fn wake_receivers(&self) {
        self.wake_senders();
        self.receivers.wake_one();
    }

    /// Who polls; no thread sleeps here to send.
    pub(crate) fn wake_senders(&self) {
        if self.has_sleeper() {
            *self.queue.wakes.lock().unwrap() += 1;
            self.queue.sleepers.notify_all();
        }
    }

    pub(crate) fn wake_all(&self) {
        self.wake_senders();
        self.receivers.wake_all();
    }

    pub(crate) fn wake_for_end(&self) {
        self.wake_all();
    }

    pub(crate) fn note_full(&self) {}

    pub(crate) fn show_shutdown(&self, bits: u32) {
        self.shown_shutdown
            .store(bits, sync::atomic::Ordering::Relaxed);
    }

    pub(crate) fn add_drops(&self, count: u64) {
        self.drops.add(count as u32);
    }

    pub(crate) fn drops(&self) -> u32 {
        self.drops.load()
    }

    pub(crate) fn wants_control(&self) -> bool {
        true
    }

    pub(crate) fn wants_stamp(&self) -> bool {
        self.wants_stamp.load(sync::atomic::Ordering::Relaxed)
    }

    /// `SO_TIMESTAMP`.
    pub(crate) fn want_stamp(&self) {
        self.wants_stamp
            .store(true, sync::atomic::Ordering::Relaxed);
    }
}

/// Nobody dies of it here.
pub(crate) fn raise_sigpipe() {
    task::with(|task| task.signals.set(task.signals.get() + 1));
}

/// `put_user`.
pub(crate) fn put_user_int(_address: usize, value: i32) -> Result {
    if task::fails() {
        return Err(EFAULT);
    }
    task::with(|task| task.number.set(value));
    Ok(())
}

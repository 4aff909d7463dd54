// SPDX-License-Identifier: GPL-2.0

//! The base of `rust::sync`: the standard library's words, and a lock, which note who uses them.

use kernel::init::PinInit;
use std::{
    cell::RefCell,
    convert::Infallible,
    ops::{Deref, DerefMut},
};

pub(crate) use std::{
    sync::atomic::{fence, Ordering},
    thread::yield_now,
};

/// What was done, with the cache line that it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Read(u64),
    Write(u64),
    /// The line that a lock is in.
    Lock(u64),
    Unlock(u64),
}

thread_local! {
    static NOTED: RefCell<Option<Vec<Access>>> = const { RefCell::new(None) };
}

/// What was done on this thread while `act` ran; of what was done to one line several times in a row the most.
pub(crate) fn noted(act: impl FnOnce()) -> Vec<Access> {
    NOTED.set(Some(Vec::new()));
    act();
    NOTED.take().unwrap_or_default()
}

/// The line that an address is in.
fn line<T>(of: &T) -> u64 {
    std::ptr::from_ref(of).addr() as u64 / 64
}

fn note(access: Access) {
    NOTED.with_borrow_mut(|noted| {
        let Some(noted) = noted else { return };
        match (noted.last_mut(), access) {
            // One after the other, they are one to the caches.
            (Some(Access::Write(last)), Access::Read(line) | Access::Write(line))
                if *last == line => {}
            (Some(Access::Read(last)), Access::Read(line)) if *last == line => {}
            _ => noted.push(access),
        }
    });
}

macro_rules! atomic {
    ($name:ident, $word:ty) => {
        #[repr(transparent)]
        pub(crate) struct $name(std::sync::atomic::$name);

        impl $name {
            pub(crate) const fn new(value: $word) -> Self {
                Self(std::sync::atomic::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $word {
                note(Access::Read(line(self)));
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $word, order: Ordering) {
                note(Access::Write(line(self)));
                self.0.store(value, order)
            }

            pub(crate) fn fetch_add(&self, value: $word, order: Ordering) -> $word {
                note(Access::Write(line(self)));
                self.0.fetch_add(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                old: $word,
                new: $word,
                done: Ordering,
                failed: Ordering,
            ) -> Result<$word, $word> {
                note(Access::Write(line(self)));
                self.0.compare_exchange(old, new, done, failed)
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);

/// A lock; there is one task, so it is free.
pub(crate) struct SpinLockBh<T>(std::sync::Mutex<T>);

/// The right to use its value.
pub(crate) struct SpinLockBhGuard<'a, T>(std::sync::MutexGuard<'a, T>, u64);

impl<T> SpinLockBh<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> SpinLockBhGuard<'_, T> {
        note(Access::Lock(line(self)));
        let guard = self.0.try_lock().expect("a lock that is free");
        SpinLockBhGuard(guard, line(self))
    }
}

impl<T> PinInit<SpinLockBh<T>> for SpinLockBh<T> {
    fn make(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

impl<T> Drop for SpinLockBhGuard<'_, T> {
    fn drop(&mut self) {
        note(Access::Unlock(self.1));
    }
}

impl<T> Deref for SpinLockBhGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for SpinLockBhGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// `new_spinlock_bh!(value, name)`.
macro_rules! new_spinlock_bh {
    ($value:expr $(, $name:literal)?) => {
        $crate::words::SpinLockBh::new($value)
    };
}
pub(crate) use new_spinlock_bh;

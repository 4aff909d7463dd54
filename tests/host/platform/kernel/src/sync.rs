// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/sync.rs`: locks and shared values.

use crate::{
    alloc::{attempt, flags::Flags, AllocError},
    error::{Error, Result},
    init::PinInit,
};
use core::{convert::Infallible, ops::Deref};

#[cfg(loom)]
pub use loom::sync as base;
#[cfg(not(loom))]
pub use shuttle::sync as base;

/// A value that one thread uses at a time: `mutex_lock`, and the spinlocks too.
pub struct Mutex<T>(base::Mutex<T>);

/// The right to use the value of a [`Mutex`].
pub type MutexGuard<'a, T> = base::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    /// A lock that nobody holds.
    pub fn new(value: T) -> Self {
        Self(base::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(|error| error.into_inner())
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }
}

impl<T> PinInit<Mutex<T>> for Mutex<T> {
    fn make(self) -> core::result::Result<Self, Infallible> {
        Ok(self)
    }
}

/// `new_mutex!(value, name)`.
#[macro_export]
macro_rules! new_mutex {
    ($value:expr $(, $name:literal)?) => {
        $crate::sync::Mutex::new($value)
    };
}
pub use new_mutex;

/// A lock that spins: one more [`Mutex`] here.
pub use Mutex as SpinLock;

/// `new_spinlock!(value, name)`.
pub use new_mutex as new_spinlock;

/// A counted reference.
///
/// The count is not part of what is tried: the kernel's `Refcount` is trusted.
#[derive(Default)]
pub struct Arc<T: ?Sized>(std::sync::Arc<T>);

impl<T> Arc<T> {
    /// Takes memory for `value`.
    pub fn new(value: T, _: Flags) -> core::result::Result<Self, AllocError> {
        attempt()?;
        Ok(Self(std::sync::Arc::new(value)))
    }

    /// Takes memory and makes the value there.
    pub fn pin_init<E>(init: impl PinInit<T, E>, _: Flags) -> Result<Self>
    where
        Error: From<E>,
    {
        attempt()?;
        Ok(Self(std::sync::Arc::new(init.make()?)))
    }
}

impl<T: ?Sized> Arc<T> {
    /// Whether both are references to one value.
    pub fn ptr_eq(one: &Self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&one.0, &other.0)
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A reference to what is counted, for as long as a counted one lives.
pub struct ArcBorrow<'a, T>(&'a Arc<T>);

impl<'a, T> From<&'a Arc<T>> for ArcBorrow<'a, T> {
    fn from(of: &'a Arc<T>) -> Self {
        Self(of)
    }
}

impl<T> Deref for ArcBorrow<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T> From<ArcBorrow<'_, T>> for Arc<T> {
    fn from(of: ArcBorrow<'_, T>) -> Self {
        of.0.clone()
    }
}

/// A value that is set once, and seen by whoever sees that it is set.
pub struct SetOnce<T> {
    value: std::sync::OnceLock<T>,
    is_set: base::atomic::AtomicBool,
}

impl<T> SetOnce<T> {
    /// Not set yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            is_set: base::atomic::AtomicBool::new(false),
        }
    }

    /// The value, once there is one.
    pub fn as_ref(&self) -> Option<&T> {
        if !self.is_set.load(base::atomic::Ordering::Acquire) {
            return None;
        }
        self.value.get()
    }

    /// Sets it; tells whether it was not set before.
    pub fn populate(&self, value: T) -> bool {
        let first = self.value.set(value).is_ok();
        if first {
            self.is_set.store(true, base::atomic::Ordering::Release);
        }
        first
    }
}

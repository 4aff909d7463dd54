// SPDX-License-Identifier: GPL-2.0

//! A value that is set once.

use crate::rust::sync::atomic::AtomicU32;
use core::{cell::UnsafeCell, mem::MaybeUninit};

/// There is no value.
const EMPTY: u32 = 0;

/// A task puts it there.
const BUSY: u32 = 1;

/// It is there, and stays.
const SET: u32 = 2;

/// A value that is set at most once, and then read by many.
///
/// It is the kernel crate's `SetOnce`, but for one thing: to look whether there is a value, that calls a C
/// function. Each send and receive looks several times.
///
/// # Invariants
///
/// `state` is [`EMPTY`], [`BUSY`] or [`SET`], and only goes up. The one task that has made it [`BUSY`] has
/// `value` to itself until it makes it [`SET`]. From then on `value` is initialised, and not written.
pub(crate) struct SetOnce<T> {
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: It is a `T` at most.
unsafe impl<T: Send> Send for SetOnce<T> {}

// SAFETY: By the invariants many tasks have no more than a `&T`. Any of them may set it, and another drop
// it: so a `T` goes from one to another.
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl<T> SetOnce<T> {
    /// Not set yet.
    pub(crate) fn new() -> Self {
        // INVARIANT: it begins so.
        Self {
            state: AtomicU32::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The value, once there is one.
    #[inline]
    pub(crate) fn as_ref(&self) -> Option<&T> {
        // Pairs with the release in `populate`.
        if self.state.load_acquire() != SET {
            return None;
        }
        // SAFETY: By the invariants it is initialised, and not written as long as `self` is borrowed.
        Some(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Sets it, unless it was set before; tells whether it did.
    pub(crate) fn populate(&self, value: T) -> bool {
        // INVARIANT: among several tasks one makes it busy.
        if !self.state.replace(EMPTY, BUSY) {
            return false;
        }
        // SAFETY: By the invariants this task has it to itself.
        unsafe { (*self.value.get()).write(value) };
        // INVARIANT: just initialised. Pairs with `as_ref`.
        self.state.store_release(SET);
        true
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if self.as_ref().is_some() {
            // SAFETY: It is initialised, and nobody uses it any more.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What is done once, by the first who needs it.

use kernel::{
    sync::atomic::{
        ordering::{Acquire, Relaxed, Release},
        Atomic,
    },
    time::{delay::fsleep, Delta},
};

/// Nothing was done yet.
const NEW: i32 = 0;

/// A task is at it.
const BUSY: i32 = 1;

/// It was done.
const DONE: i32 = 2;

/// Whether something was done.
///
/// # Invariants
///
/// One call of [`Self::call`] has gone, or will go, from [`NEW`] to [`BUSY`]; its work has ended where
/// [`DONE`] stands.
pub(crate) struct Once(Atomic<i32>);

impl Once {
    /// Nothing was done.
    pub(crate) const fn new() -> Self {
        // INVARIANT: it begins so.
        Self(Atomic::new(NEW))
    }

    /// Does `work` unless another call did, and returns when it is done. May sleep.
    ///
    /// `work` must not call this again.
    pub(crate) fn call(&self, work: impl FnOnce()) {
        // Pairs with the release below: who sees `DONE` sees what `work` did.
        if self.0.load(Acquire) == DONE {
            return;
        }
        if self.0.cmpxchg(NEW, BUSY, Relaxed).is_ok() {
            work();
            // INVARIANT: it has ended. Pairs with the two that acquire.
            return self.0.store(DONE, Release);
        }
        while self.0.load(Acquire) != DONE {
            fsleep(Delta::from_micros(10));
        }
    }
}

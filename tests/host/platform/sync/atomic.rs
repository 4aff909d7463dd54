// SPDX-License-Identifier: GPL-2.0

//! The face of `rust/atomic.rs` over what a test calls `words`: those of the standard
//! library, of shuttle or of loom.
//!
//! The orderings are the weakest of the C++ model that the kernel's amount to. Where the two models
//! differ, this one promises less:
//!
//! - A `cmpxchg` that fails orders nothing in the kernel's model, and may have read an old value.
//! - Loom's sequentially consistent operations are only acquire and release; its fences are all.

use crate::words as base;
use base::{
    fence,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
#[cfg(loom)]
use loom::sync::Condvar;

macro_rules! atomic {
    ($name:ident, $word:ty) => {
        /// A word that several threads read and write.
        #[cfg(not(loom))]
        #[repr(transparent)]
        pub(crate) struct $name(base::$name);

        /// A word that several threads read and write.
        ///
        /// Of the threads that have read a word loom remembers the last. When that one then writes,
        /// loom does not see that another's read might as well have come after, and leaves out what
        /// would follow. So each word has a companion that is told of every read: loom tries all
        /// orders in which threads do that. Nobody waits there, so it orders nothing.
        #[cfg(loom)]
        pub(crate) struct $name(base::$name, Condvar);

        #[allow(dead_code, reason = "the face of rust/atomic.rs, whole")]
        impl $name {
            #[cfg(not(loom))]
            pub(crate) fn new(value: $word) -> Self {
                Self(base::$name::new(value))
            }

            #[cfg(loom)]
            pub(crate) fn new(value: $word) -> Self {
                Self(base::$name::new(value), Condvar::new())
            }

            fn read(&self) -> &base::$name {
                #[cfg(loom)]
                self.1.notify_one();
                &self.0
            }

            pub(crate) fn load(&self) -> $word {
                self.read().load(Relaxed)
            }

            pub(crate) fn load_acquire(&self) -> $word {
                self.read().load(Acquire)
            }

            pub(crate) fn store(&self, value: $word) {
                self.0.store(value, Relaxed)
            }

            pub(crate) fn store_release(&self, value: $word) {
                self.0.store(value, Release)
            }

            pub(crate) fn add(&self, value: $word) {
                self.0.fetch_add(value, Relaxed);
            }

            pub(crate) fn replace(&self, old: $word, new: $word) -> bool {
                // Loom's exchange always reads the newest value. The kernel's need not when it fails.
                if cfg!(loom) && self.load() != old {
                    return false;
                }
                self.0.compare_exchange(old, new, SeqCst, Relaxed).is_ok()
            }

            /// What programs do, who need less than the kernel's.
            #[allow(dead_code, reason = "only the models have programs")]
            pub(crate) fn replace_release(&self, old: $word, new: $word) -> bool {
                self.0.compare_exchange(old, new, Release, Relaxed).is_ok()
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);

/// A word that only counts, which is none of a model's: no order rests on it.
pub(crate) struct Counter(std::sync::atomic::AtomicU64);

#[allow(dead_code, reason = "the face of rust/atomic.rs, whole")]
impl Counter {
    pub(crate) const fn new(value: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn store(&self, value: u64) {
        self.0.store(value, std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn add(&self, value: u64) {
        self.0
            .fetch_add(value, std::sync::atomic::Ordering::Relaxed);
    }

    pub(crate) fn replace(&self, old: u64, new: u64) -> bool {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.0.compare_exchange(old, new, order, order).is_ok()
    }
}

/// `smp_wmb`.
pub(crate) fn write_barrier() {
    fence(Release);
}

/// `smp_rmb`.
pub(crate) fn read_barrier() {
    fence(Acquire);
}

/// `smp_mb`.
#[allow(dead_code, reason = "the face of rust/atomic.rs, whole")]
pub(crate) fn full_barrier() {
    fence(SeqCst);
}

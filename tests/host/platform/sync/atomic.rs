// SPDX-License-Identifier: GPL-2.0

//! The face of `rust/sync/atomic.rs` over the standard library, or over loom with `cfg(loom)`.
//!
//! The orderings are the weakest of the C++ model that the kernel's amount to. Where the two models
//! differ, this one promises less:
//!
//! - A `cmpxchg` that fails orders nothing in the kernel's model, and may have read an old value.
//! - Loom's sequentially consistent operations are only acquire and release; its fences are all.

#[cfg(loom)]
use loom::sync::atomic as base;
#[cfg(not(loom))]
use std::sync::atomic as base;

use base::{
    fence,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};

macro_rules! atomic {
    ($name:ident, $word:ty) => {
        /// A word that several threads read and write.
        #[cfg(not(loom))]
        #[repr(transparent)]
        pub(crate) struct $name(base::$name);

        /// A word that several threads read and write.
        ///
        /// Loom's are not made by `const fn`, so this one is made when it is first touched. That
        /// must be before another thread can see it, or loom says "causality violation".
        ///
        /// Of the threads that have read a word loom remembers the last. When that one then writes,
        /// loom does not see that another's read might as well have come after, and leaves out what
        /// would follow. So each word has a companion that is only written, with every access:
        /// writes are never forgotten, and one that nobody reads orders nothing.
        #[cfg(loom)]
        pub(crate) struct $name {
            first: $word,
            words: std::sync::OnceLock<(base::$name, base::$name)>,
        }

        #[allow(dead_code, reason = "the face of rust/sync/atomic.rs, whole")]
        impl $name {
            #[cfg(not(loom))]
            pub(crate) const fn new(value: $word) -> Self {
                Self(base::$name::new(value))
            }

            #[cfg(loom)]
            pub(crate) const fn new(first: $word) -> Self {
                Self {
                    first,
                    words: std::sync::OnceLock::new(),
                }
            }

            #[cfg(not(loom))]
            fn word(&self) -> &base::$name {
                &self.0
            }

            #[cfg(loom)]
            fn word(&self) -> &base::$name {
                let make = || (base::$name::new(self.first), base::$name::new(0));
                let (word, touched) = self.words.get_or_init(make);
                touched.store(0, Relaxed);
                word
            }

            pub(crate) fn load(&self) -> $word {
                self.word().load(Relaxed)
            }

            pub(crate) fn load_acquire(&self) -> $word {
                self.word().load(Acquire)
            }

            pub(crate) fn store(&self, value: $word) {
                self.word().store(value, Relaxed)
            }

            pub(crate) fn store_release(&self, value: $word) {
                self.word().store(value, Release)
            }

            pub(crate) fn add(&self, value: $word) {
                self.word().fetch_add(value, Relaxed);
            }

            pub(crate) fn replace(&self, old: $word, new: $word) -> bool {
                // Loom's exchange always reads the newest value. The kernel's need not when it fails.
                if cfg!(loom) && self.load() != old {
                    return false;
                }
                self.word()
                    .compare_exchange(old, new, SeqCst, Relaxed)
                    .is_ok()
            }

            /// What programs do, who need less than the kernel's.
            #[allow(dead_code, reason = "only the models have programs")]
            pub(crate) fn replace_release(&self, old: $word, new: $word) -> bool {
                self.word()
                    .compare_exchange(old, new, Release, Relaxed)
                    .is_ok()
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);

/// `kernel::sync::SetOnce`. The models set it before they start a thread.
pub(crate) struct SetOnce<T>(std::sync::OnceLock<T>);

impl<T> SetOnce<T> {
    pub(crate) const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.get()
    }

    pub(crate) fn populate(&self, value: T) -> bool {
        self.0.set(value).is_ok()
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
#[allow(dead_code, reason = "the face of rust/sync/atomic.rs, whole")]
pub(crate) fn full_barrier() {
    fence(SeqCst);
}

// SPDX-License-Identifier: GPL-2.0

//! The few atomic operations that the pure core needs.
//!
//! The files of `src/` that decide take no kernel types, so that they are tested on the host too;
//! there another file of the same face, over the standard library or loom, takes this one's place
//! (`tests/host`). The orderings are those of the Linux kernel memory model.

use kernel::sync::{
    atomic::{
        ordering::{Acquire, Full, Relaxed, Release},
        Atomic,
    },
    barrier,
};

pub(crate) use kernel::sync::SetOnce;

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident, $word:ty) => {
        $(#[$doc])*
        #[repr(transparent)]
        pub(crate) struct $name(Atomic<$word>);

        #[allow(dead_code)]
        impl $name {
            /// A word that holds `value`.
            pub(crate) const fn new(value: $word) -> Self {
                Self(Atomic::new(value))
            }

            /// Reads without ordering.
            #[inline]
            pub(crate) fn load(&self) -> $word {
                self.0.load(Relaxed)
            }

            /// Reads; what follows comes after.
            #[inline]
            pub(crate) fn load_acquire(&self) -> $word {
                self.0.load(Acquire)
            }

            /// Writes without ordering.
            #[inline]
            pub(crate) fn store(&self, value: $word) {
                self.0.store(value, Relaxed)
            }

            /// Writes; what came before is seen by whoever acquires the value.
            #[inline]
            pub(crate) fn store_release(&self, value: $word) {
                self.0.store(value, Release)
            }

            /// Adds, wrapping around, without ordering.
            #[inline]
            pub(crate) fn add(&self, value: $word) {
                self.0.add(value, Relaxed)
            }

            /// Writes `new` if the word holds `old`, fully ordered; tells whether it did.
            #[inline]
            pub(crate) fn replace(&self, old: $word, new: $word) -> bool {
                self.0.cmpxchg(old, new, Full).is_ok()
            }
        }
    };
}

atomic! {
    /// A word of 32 bits that several threads read and write.
    AtomicU32, u32
}

atomic! {
    /// A word of 64 bits that several threads read and write.
    AtomicU64, u64
}

/// Orders the writes before it ahead of those after it (`smp_wmb`).
#[inline]
pub(crate) fn write_barrier() {
    barrier::smp_wmb();
}

/// Orders the reads before it ahead of those after it (`smp_rmb`).
#[inline]
pub(crate) fn read_barrier() {
    barrier::smp_rmb();
}

/// Orders everything before it ahead of everything after it (`smp_mb`).
#[inline]
pub(crate) fn full_barrier() {
    barrier::smp_mb();
}

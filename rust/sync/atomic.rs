// SPDX-License-Identifier: GPL-2.0

//! The few atomic operations that the pure core needs.
//!
//! The files of `src/` that decide take no kernel types, so that they are tested on the host too;
//! there another file of the same face, over the standard library or loom, takes this one's place
//! (`tests/host`). The orderings are those of the Linux kernel memory model.
//!
//! The kernel's crate calls a C function for each operation. On x86-64 all but the full barrier are done
//! here instead, as the kernel's C headers do them there (`asm/rwonce.h`, `asm/barrier.h`,
//! `asm/cmpxchg.h`): accesses of a word are volatile; acquire, release, `smp_rmb` and `smp_wmb` are
//! barriers for the compiler alone, since the processor keeps reads in order, and writes, and no write
//! overtakes an earlier read. What reads and writes a word at once is one locked instruction, which the
//! processor orders fully; for the compiler, Rust's own `SeqCst` does.

use kernel::sync::{
    atomic::{
        ordering::{Acquire, Full, Relaxed, Release},
        Atomic,
    },
    barrier,
};

/// Whether what is said above of x86-64 is so.
const ORDERED: bool = cfg!(target_arch = "x86_64");

/// Keeps the compiler from moving accesses of memory across it (`barrier`).
#[inline(always)]
fn compiler_barrier() {
    // SAFETY: It has no instructions. That it may touch memory, for all that the compiler knows, is
    // its use.
    unsafe { core::arch::asm!("", options(nostack, preserves_flags)) };
}

/// Declares an atomic word over the kernel's.
macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident, $word:ty) => {
        $(#[$doc])*
        #[repr(transparent)]
        pub(crate) struct $name(Atomic<$word>);

        #[allow(dead_code)]
        impl $name {
            /// The word for one locked instruction.
            #[inline(always)]
            fn locked(&self) -> &core::sync::atomic::$name {
                // SAFETY: It is valid and aligned as long as `self` is borrowed, and no access is plain.
                unsafe { core::sync::atomic::$name::from_ptr(self.0.as_ptr()) }
            }

            /// A word that holds `value`.
            pub(crate) const fn new(value: $word) -> Self {
                Self(Atomic::new(value))
            }

            /// Reads without ordering.
            #[inline]
            pub(crate) fn load(&self) -> $word {
                if !ORDERED {
                    return self.0.load(Relaxed);
                }
                // SAFETY: The pointer is valid and aligned. A volatile access of a word is one
                // instruction, which by the kernel's memory model is no data race (`READ_ONCE`).
                unsafe { self.0.as_ptr().read_volatile() }
            }

            /// Reads; what follows comes after.
            #[inline]
            pub(crate) fn load_acquire(&self) -> $word {
                if !ORDERED {
                    return self.0.load(Acquire);
                }
                let value = self.load();
                compiler_barrier();
                value
            }

            /// Writes without ordering.
            #[inline]
            pub(crate) fn store(&self, value: $word) {
                if !ORDERED {
                    return self.0.store(value, Relaxed);
                }
                // SAFETY: As for `load` (`WRITE_ONCE`).
                unsafe { self.0.as_ptr().write_volatile(value) }
            }

            /// Writes; what came before is seen by a task that acquires the value.
            #[inline]
            pub(crate) fn store_release(&self, value: $word) {
                if !ORDERED {
                    return self.0.store(value, Release);
                }
                compiler_barrier();
                self.store(value);
            }

            /// Adds, wrapping around, without ordering.
            #[inline]
            pub(crate) fn add(&self, value: $word) {
                if !ORDERED {
                    return self.0.add(value, Relaxed);
                }
                self.locked().fetch_add(value, core::sync::atomic::Ordering::Relaxed);
            }

            /// Writes `new` if the word holds `old`, fully ordered; tells whether it did.
            #[inline]
            pub(crate) fn replace(&self, old: $word, new: $word) -> bool {
                if !ORDERED {
                    return self.0.cmpxchg(old, new, Full).is_ok();
                }
                let order = core::sync::atomic::Ordering::SeqCst;
                self.locked().compare_exchange(old, new, order, order).is_ok()
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

/// A word that only counts: no order rests on it. The models of the host leave it out.
pub(crate) type Counter = AtomicU64;

/// Orders the writes before it ahead of those after it (`smp_wmb`).
#[inline]
pub(crate) fn write_barrier() {
    if ORDERED {
        compiler_barrier();
    } else {
        #[cfg(since_7_3)]
        barrier::smp_mb(barrier::Write);
        #[cfg(not(since_7_3))]
        barrier::smp_wmb();
    }
}

/// Orders the reads before it ahead of those after it (`smp_rmb`).
#[inline]
pub(crate) fn read_barrier() {
    if ORDERED {
        compiler_barrier();
    } else {
        #[cfg(since_7_3)]
        barrier::smp_mb(barrier::Read);
        #[cfg(not(since_7_3))]
        barrier::smp_rmb();
    }
}

/// Orders everything before it ahead of everything after it (`smp_mb`).
#[inline]
pub(crate) fn full_barrier() {
    #[cfg(since_7_3)]
    barrier::smp_mb(barrier::Full);
    #[cfg(not(since_7_3))]
    barrier::smp_mb();
}

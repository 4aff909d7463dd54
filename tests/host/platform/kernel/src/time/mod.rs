// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/time.rs` and its timers: time stands still until a test moves it, and timers go off when it says so.

use core::marker::PhantomData;

pub mod hrtimer;

#[cfg(loom)]
use loom::lazy_static;
#[cfg(not(loom))]
use shuttle::lazy_static;

/// Nanoseconds of a millisecond.
pub const MILLISECOND: u64 = 1_000_000;

// What every task sees at once, so no step of any.
lazy_static! {
    static ref NOW: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
}

/// Nanoseconds that the machine is up.
pub fn now() -> u64 {
    NOW.load(std::sync::atomic::Ordering::SeqCst)
}

/// It is so late now.
pub fn set(now: u64) {
    NOW.store(now, std::sync::atomic::Ordering::SeqCst);
}

/// So much time passes, and the timers go off whose time that is.
pub fn pass(ns: u64) {
    set(now() + ns);
    hrtimer::ring_due();
}

/// A span of time.
#[derive(Clone, Copy, Debug)]
pub struct Delta(i64);

impl Delta {
    /// So many nanoseconds.
    pub fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }
}

/// The clock that never goes back.
pub struct Monotonic(PhantomData<()>);

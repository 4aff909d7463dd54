// SPDX-License-Identifier: GPL-2.0

//! `rust/task/clock.rs`: time stands still, unless a test moves it.

use kernel::time;

pub(crate) fn now_ns() -> u64 {
    time::now()
}

pub(crate) fn now_ms() -> u64 {
    time::now() / time::MILLISECOND
}

/// Time does not go by ticks here.
pub(crate) fn tick_ns() -> u64 {
    0
}

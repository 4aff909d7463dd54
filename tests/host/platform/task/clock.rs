// SPDX-License-Identifier: GPL-2.0

//! `rust/task/clock.rs`: time stands still.

pub(crate) fn now_ms() -> u64 {
    0
}

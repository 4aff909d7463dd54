// SPDX-License-Identifier: GPL-2.0

//! `rust/task/clock.rs`: time stands still, unless the task says otherwise.

use crate::rust::task::current as task;

pub(crate) fn now_ms() -> u64 {
    task::with(|task| task.uptime.get())
}

// SPDX-License-Identifier: GPL-2.0

//! `rust/task/pause.rs`.

use crate::rust::task::current as task;
use kernel::prelude::*;

/// A signal comes by chance, to those whose waits have an end.
pub(crate) fn pause() -> Result {
    match task::with(|task| task.waits_end.get()) && task::chance(16) {
        true => Err(ERESTARTSYS),
        false => Ok(()),
    }
}

/// The same of a signal that kills: it comes by chance too.
pub(crate) fn is_killed() -> bool {
    task::with(|task| task.waits_end.get()) && task::chance(32)
}

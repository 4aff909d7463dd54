// SPDX-License-Identifier: GPL-2.0

//! Points in a long call at which others may run, and at which a signal ends it.
//!
//! C header: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

use crate::rust::bindings;
use kernel::prelude::*;

/// Offers the processor to others. May sleep.
///
/// A signal waits for the caller, one that kills it among them: `ERESTARTSYS`. A worker of the kernel's
/// has none.
pub(crate) fn pause() -> Result {
    // SAFETY: It may sleep here.
    unsafe { bindings::ipn_helper_cond_resched() };
    // SAFETY: It looks at the calling task.
    match unsafe { bindings::ipn_helper_sigpending() } {
        true => Err(ERESTARTSYS),
        false => Ok(()),
    }
}

/// Whether the caller is to be killed, and returns to its program no more.
pub(crate) fn is_killed() -> bool {
    // SAFETY: It looks at the calling task.
    unsafe { bindings::ipn_helper_is_killed() }
}

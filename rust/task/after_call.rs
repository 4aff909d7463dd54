// SPDX-License-Identifier: GPL-2.0

//! What a socket has to do once a system call has ended: work of the calling task (`task_work`).
//! `net/after_call.rs` uses it.
//!
//! A task does such work before it returns to user space, before it stops for a debugger or a signal,
//! and when it ends; io_uring has it done also before it waits, and by its own threads. So it is done
//! soon, whatever becomes of the call. Only a task that sleeps or is preempted within the call keeps it
//! waiting.
//!
//! C header: [`include/linux/task_work.h`](srctree/include/linux/task_work.h)

use crate::rust::{bindings, sync::atomic::AtomicU64};
use kernel::types::Opaque;

/// A socket's place in a task's list of work.
///
/// # Invariants
///
/// While `owner` is not 0 it is the address of a task that has `work` in its list, or is about to put
/// it there or has just taken it out; a reference to the socket is held meanwhile.
pub(crate) struct AfterCall {
    pub(in crate::rust) work: Opaque<bindings::callback_head>,
    pub(in crate::rust) owner: AtomicU64,
}

// SAFETY: `work` is only touched by the task that made itself the owner.
unsafe impl Send for AfterCall {}

// SAFETY: As above.
unsafe impl Sync for AfterCall {}

impl AfterCall {
    /// In no list.
    pub(crate) const fn new() -> Self {
        // INVARIANT: there is no owner.
        Self {
            work: Opaque::uninit(),
            owner: AtomicU64::new(0),
        }
    }
}

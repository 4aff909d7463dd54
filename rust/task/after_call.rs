// SPDX-License-Identifier: GPL-2.0

//! What a socket has to do once a system call has ended: work of the calling task (`task_work`).
//!
//! A task does such work before it returns to user space, before it stops for a debugger or a signal,
//! and when it ends; io_uring has it done also before it waits, and by its own threads. So it is done
//! soon, whatever becomes of the call. Only a task that sleeps or is preempted within the call keeps it
//! waiting.

use crate::rust::{
    bindings,
    net::socket::{Family, Sock, SockRef},
    sync::atomic::AtomicU64,
};
use core::{
    mem::{offset_of, ManuallyDrop},
    ptr::NonNull,
};
use kernel::types::Opaque;

/// A socket's place in a task's list of work.
///
/// # Invariants
///
/// While `owner` is not 0 it is the address of a task that has `work` in its list, or is about to put
/// it there or has just taken it out; a reference to the socket is held meanwhile.
pub(crate) struct AfterCall {
    work: Opaque<bindings::callback_head>,
    owner: AtomicU64,
}

// SAFETY: `work` is only touched by whoever made itself the owner.
unsafe impl Send for AfterCall {}

// SAFETY: As above.
unsafe impl Sync for AfterCall {}

impl AfterCall {
    /// In nobody's list.
    pub(crate) const fn new() -> Self {
        // INVARIANT: there is no owner.
        Self {
            work: Opaque::uninit(),
            owner: AtomicU64::new(0),
        }
    }
}

/// The task that calls, or is interrupted.
fn current() -> u64 {
    // SAFETY: It may be asked anywhere.
    unsafe { bindings::ipn_helper_current() as u64 }
}

impl<T: Family> Sock<T> {
    /// Whether [`Family::after_call`] will be called at the end of the caller's system call.
    pub(crate) fn has_after_call(&self) -> bool {
        let owner = self.after_call.owner.load();
        owner != 0 && owner == current()
    }

    /// Has [`Family::after_call`] called at the end of the caller's system call. It does not sleep.
    ///
    /// False if that will not be: another task has it ahead, or the caller is none that returns to user
    /// space.
    pub(crate) fn plan_after_call(&self) -> bool {
        if self.has_after_call() {
            return true;
        }
        if !self.after_call.owner.replace(0, current()) {
            return false;
        }
        // INVARIANT: the reference is that of the new owner.
        let reference = ManuallyDrop::new(SockRef::from(self));
        // SAFETY: The caller has just become the owner of `work`, which lives as long as the reference.
        let planned = unsafe {
            bindings::ipn_helper_plan_after_call(self.after_call.work.get(), Some(run::<T>))
        };
        if !planned {
            // INVARIANT: it is in no list.
            self.after_call.owner.store_release(0);
            drop(ManuallyDrop::into_inner(reference));
        }
        planned
    }
}

/// `callback_head.func`.
///
/// # Safety
///
/// The kernel calls it, with what was given to `task_work_add`.
unsafe extern "C" fn run<T: Family>(work: *mut bindings::callback_head) {
    let at = offset_of!(Sock<T>, after_call.work);
    // SAFETY: `work` is that of a socket, to which the task has a reference: by the invariants.
    let sock = unsafe {
        let sock = work.byte_sub(at).cast::<Sock<T>>();
        SockRef::from_raw(NonNull::new_unchecked(sock))
    };
    // INVARIANT: the task has taken `work` out of its list, and does not look at it again.
    sock.after_call.owner.store_release(0);
    T::after_call(&sock);
}

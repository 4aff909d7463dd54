// SPDX-License-Identifier: GPL-2.0

//! Work of a socket's at the end of a system call.
//!
//! C header: [`include/linux/task_work.h`](srctree/include/linux/task_work.h)

use crate::rust::{
    bindings,
    net::{
        family::Family,
        socket::{Sock, SockRef},
    },
};
use core::{
    mem::{offset_of, ManuallyDrop},
    ptr::NonNull,
};

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

// SPDX-License-Identifier: GPL-2.0

//! Who a task is: its process, user and group, kept beyond its end and told in the namespaces of who asks.
//!
//! C headers: [`include/linux/pid.h`](srctree/include/linux/pid.h), [`include/linux/cred.h`](srctree/include/linux/cred.h)

use crate::rust::bindings;

/// Who called.
///
/// # Invariants
///
/// It was filled in by `ipn_helper_identity_of_current`, and holds a reference to the process's number.
pub(crate) struct Identity(bindings::ipn_identity);

// SAFETY: References to numbers of processes are counted and belong to no thread.
unsafe impl Send for Identity {}

// SAFETY: As above; a shared one is only read.
unsafe impl Sync for Identity {}

impl Identity {
    /// That of the caller, from now on.
    pub(crate) fn of_caller() -> Self {
        let mut identity = bindings::ipn_identity::default();
        // SAFETY: A process calls, and there is room for the result.
        unsafe { bindings::ipn_helper_identity_of_current(&mut identity) };
        // INVARIANT: just so.
        Self(identity)
    }

    /// The real user, as the initial user namespace knows it.
    pub(crate) fn uid(&self) -> u32 {
        self.0.uid
    }

    /// For those who print it.
    pub(crate) fn as_raw(&self) -> &bindings::ipn_identity {
        &self.0
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::ipn_helper_identity_put(&mut self.0) }
    }
}

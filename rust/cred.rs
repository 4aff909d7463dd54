// SPDX-License-Identifier: GPL-2.0

//! Who calls.

use crate::{bindings, options::Quota, parameters};

/// The caller's real user, as the initial user namespace knows it.
pub(crate) fn current_uid() -> u32 {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_current_uid() }
}

/// Whether the caller may go beyond bounds (`CAP_SYS_RESOURCE` in the initial user namespace).
pub(crate) fn may_exceed_limits() -> bool {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_capable_resource() }
}

/// What the caller may have in all networks together; `None` without a bound.
pub(crate) fn quota() -> Option<Quota> {
    (!may_exceed_limits()).then(parameters::quota)
}

// SPDX-License-Identifier: GPL-2.0

//! Who calls.

use crate::{
    abi::errno::{Errno, Result},
    network::shape::Quota,
    registry::accounts::{Payers, NESTING_MAX},
    rust::{bindings, glue::parameters},
};

/// Whom a network of the caller's counts for: the caller's real user, and the owners of the user
/// namespaces that the caller is in, as the initial one knows them.
pub(crate) fn payers() -> Result<Payers> {
    let mut owners = [0; NESTING_MAX];
    // SAFETY: A process calls, and the array has room for so many.
    let (maker, count) = unsafe {
        (
            bindings::ipn_helper_current_uid(),
            bindings::ipn_helper_namespace_owners(owners.as_mut_ptr(), owners.len()),
        )
    };
    Payers::new(maker, owners.get(..count).ok_or(Errno::NOBUFS)?)
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

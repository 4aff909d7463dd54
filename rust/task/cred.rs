// SPDX-License-Identifier: GPL-2.0

//! Who calls.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use crate::rust::bindings;

/// The caller's real user, as the initial user namespace knows it.
pub(crate) fn current_uid() -> u32 {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_current_uid() }
}

/// Puts the owners of the user namespaces that the caller is in, the initial one left out, into `owners`,
/// the innermost first; how many there are, which may be more than there is room for.
pub(crate) fn namespace_owners(owners: &mut [u32]) -> usize {
    // SAFETY: A process calls, and the slice has room for so many.
    unsafe { bindings::ipn_helper_namespace_owners(owners.as_mut_ptr(), owners.len()) }
}

/// Whether the caller may go beyond bounds (`CAP_SYS_RESOURCE` in the initial user namespace).
pub(crate) fn may_exceed_limits() -> bool {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_capable_resource() }
}

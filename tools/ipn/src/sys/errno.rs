// SPDX-License-Identifier: GPL-2.0

//! Why a call of libc has failed.

use rustix::io::Errno;

/// The errno of the call that has just failed.
pub(super) fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

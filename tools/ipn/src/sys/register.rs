// SPDX-License-Identifier: GPL-2.0

//! A port in a tokio runtime.

use crate::port::Port;
use tokio::io::unix::{AsyncFd, AsyncFdRegisterError};

/// Registers a port with the current tokio runtime.
pub(crate) fn register(
    port: Port,
    interest: tokio::io::Interest,
) -> Result<AsyncFd<Port>, AsyncFdRegisterError<Port>> {
    // SAFETY: a port owns its descriptor and keeps the same one for its life; the
    // `AsyncFd` is private to `AsyncPort`, which gives out no `&mut Port`.
    unsafe { AsyncFd::register_with_interest(port, interest) }
}

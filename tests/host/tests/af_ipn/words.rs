// SPDX-License-Identifier: GPL-2.0

//! The base of `rust::sync::atomic`: the standard library's.

pub(crate) use std::sync::atomic::*;

/// `kernel::sync::SetOnce`.
pub(crate) struct SetOnce<T>(std::sync::OnceLock<T>);

impl<T> SetOnce<T> {
    /// Not set yet.
    pub(crate) fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    /// The value, once there is one.
    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.get()
    }

    /// Sets it; tells whether it was not set before.
    pub(crate) fn populate(&self, value: T) -> bool {
        self.0.set(value).is_ok()
    }
}

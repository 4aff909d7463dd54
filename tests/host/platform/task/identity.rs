// SPDX-License-Identifier: GPL-2.0

//! `rust/task/identity.rs`: who a task is.

use crate::rust::task::cred::current_uid;

pub(crate) struct Identity(u32);

impl Identity {
    pub(crate) fn of_caller() -> Self {
        Self(current_uid())
    }

    pub(crate) fn uid(&self) -> u32 {
        self.0
    }
}

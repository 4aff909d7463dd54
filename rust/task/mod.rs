// SPDX-License-Identifier: GPL-2.0

//! Tasks.

pub(crate) mod after_call;
pub(crate) mod clock;
pub(crate) mod cred;
pub(crate) mod identity;
pub(crate) mod pause;
pub(crate) mod workers;

// SPDX-License-Identifier: GPL-2.0

//! Atomic operations and locks.

pub(crate) mod atomic;
pub(crate) mod lock;
pub(crate) mod once;

// SPDX-License-Identifier: GPL-2.0

//! Atomic operations, locks, and queues of threads that wait.

pub(crate) mod atomic;
pub(crate) mod bottom_halves;
pub(crate) mod lock;
pub(crate) mod once;
pub(crate) mod relax;
pub(crate) mod set_once;
pub(crate) mod wait_queue;

// SPDX-License-Identifier: GPL-2.0

//! `rust/lock.rs`: there are no bottom halves here.

pub(crate) use kernel::sync::{
    new_mutex as new_spinlock_bh, Mutex as SpinLockBh, MutexGuard as SpinLockBhGuard,
};

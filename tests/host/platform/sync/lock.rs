// SPDX-License-Identifier: GPL-2.0

//! `rust/sync/lock.rs`: there are no bottom halves here, and no task is killed.

use kernel::{
    prelude::*,
    sync::{Mutex, MutexGuard},
};

pub(crate) use crate::words::{new_spinlock_bh, SpinLockBh, SpinLockBhGuard};

pub(crate) fn lock_killable<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    Ok(mutex.lock())
}

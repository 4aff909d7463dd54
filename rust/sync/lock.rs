// SPDX-License-Identifier: GPL-2.0

//! Locks: a mutex whose waiters can be killed, and a spinlock that also keeps bottom halves off, for what
//! network devices reach in softirq.
//!
//! C headers: [`include/linux/mutex.h`](srctree/include/linux/mutex.h),
//! [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use crate::rust::bindings;
use kernel::{
    error::to_result,
    ffi::c_char,
    prelude::*,
    sync::{
        lock::{Backend, Guard, Lock},
        Mutex, MutexGuard,
    },
};

/// Waits for a mutex. A caller who is killed meanwhile waits no more: `EINTR`, which it never sees.
pub(crate) fn lock_killable<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    // `Lock` is `repr(C)`, and its `struct mutex` comes first (`Lock::from_raw` relies on it).
    let state = core::ptr::from_ref(mutex).cast_mut().cast();
    // SAFETY: It is an initialised mutex, which lives while it is borrowed.
    to_result(unsafe { bindings::ipn_helper_mutex_lock_killable(state) })?;
    // SAFETY: It was just locked, for this guard alone.
    Ok(unsafe { MutexGuard::new(mutex, ()) })
}

/// A lock that spins, with bottom halves off while it is held.
pub(crate) type SpinLockBh<T> = Lock<T, SpinLockBhBackend>;

/// The guard of a [`SpinLockBh`].
pub(crate) type SpinLockBhGuard<'a, T> = Guard<'a, T, SpinLockBhBackend>;

/// Makes a [`SpinLockBh`] with a lock class of its own.
macro_rules! new_spinlock_bh {
    ($inner:expr, $name:literal) => {
        $crate::rust::sync::lock::SpinLockBh::new(
            $inner,
            ::kernel::c_str!($name),
            ::kernel::static_lock_class!(),
        )
    };
}
pub(crate) use new_spinlock_bh;

/// `spin_lock_bh` as a backend of the kernel crate's locks.
pub(crate) struct SpinLockBhBackend;

// SAFETY: `spin_lock_bh` excludes all others until `spin_unlock_bh`, also softirqs on this CPU;
// `relock` is the default one, which is `lock`.
unsafe impl Backend for SpinLockBhBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(
        ptr: *mut Self::State,
        name: *const c_char,
        key: *mut kernel::bindings::lock_class_key,
    ) {
        // SAFETY: The caller gives memory for a lock that stays where it is, and a name and a key
        // that live as long.
        unsafe { bindings::ipn_helper_spin_lock_init(ptr, name, key.cast()) }
    }

    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        // SAFETY: The caller gives an initialised lock.
        unsafe { bindings::ipn_helper_spin_lock_bh(ptr) }
    }

    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        // SAFETY: The caller gives an initialised lock.
        unsafe { bindings::ipn_helper_spin_trylock_bh(ptr) }.then_some(())
    }

    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        // SAFETY: The caller holds the lock.
        unsafe { bindings::ipn_helper_spin_unlock_bh(ptr) }
    }

    unsafe fn assert_is_held(ptr: *mut Self::State) {
        // SAFETY: The caller gives an initialised lock.
        unsafe { bindings::ipn_helper_assert_spin_locked(ptr) }
    }
}

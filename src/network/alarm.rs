// SPDX-License-Identifier: GPL-2.0

//! An alarm: when somebody is to look at what has it, at the latest.

use crate::rust::{
    sync::{
        atomic::AtomicU64,
        lock::{new_spinlock_bh, SpinLockBh},
    },
    task::clock::tick_ns,
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::{
        hrtimer::{ArcHrTimerHandle, HasHrTimer, HrTimerCallback, HrTimerPointer, RelativeMode},
        Delta, Monotonic,
    },
};

/// No time.
const NEVER: u64 = u64::MAX;

/// When the timer of a `T` goes off next. Until it has [ended](Alarm::end) it keeps that.
#[pin_data]
pub(crate) struct Alarm<T: HasHrTimer<T>> {
    /// Nanoseconds of the clock.
    due: AtomicU64,
    #[pin]
    handle: SpinLockBh<Option<ArcHrTimerHandle<T>>>,
}

impl<T: HasHrTimer<T>> Alarm<T> {
    /// That goes off at no time.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            due: AtomicU64::new(NEVER),
            handle <- new_spinlock_bh!(None, "ipn_network::alarm"),
        })
    }

    /// The timer has gone off.
    pub(super) fn ring(&self) {
        self.due.store(NEVER);
    }

    /// It goes off no more.
    pub(super) fn end(&self) {
        let handle = self.handle.lock().take();
        // It waits for one that goes off.
        drop(handle);
    }
}

impl<T> Alarm<T>
where
    T: HasHrTimer<T, TimerMode = RelativeMode<Monotonic>> + Send + Sync + 'static,
    T: for<'a> HrTimerCallback<Pointer<'a> = Arc<T>>,
{
    /// The timer of `owner`, whose alarm this is, goes off once the clock has come to `due` at the latest; it is `now`. It
    /// does not sleep.
    pub(super) fn set(&self, owner: &Arc<T>, now: u64, due: u64) {
        let mut handle = self.handle.lock();
        if self.due.load() <= due {
            return;
        }
        // It does not go off in between, or has, and somebody looks.
        drop(handle.take());
        self.due.store(due);
        // The clock is that of ticks: without one more the timer would go off before that shows, again and again.
        let left = due.saturating_sub(now).saturating_add(tick_ns());
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        *handle = Some(owner.clone().start(Delta::from_nanos(left)));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/time/hrtimer.rs`: timers that go off in the thread of who says so, and never by themselves.

use crate::{
    init::PinInit,
    sync::{
        base::{Condvar, Mutex as Base, MutexGuard},
        Arc, ArcBorrow, Mutex,
    },
    time::{now, Delta},
};
use core::{convert::Infallible, marker::PhantomData};
use std::sync::{
    atomic::{AtomicBool, Ordering},
    Arc as Shared,
};

#[cfg(loom)]
use loom::lazy_static;
#[cfg(not(loom))]
use shuttle::lazy_static;

/// What a timer does once. Its lock is held while it does: who cancels it waits for that.
type Act = Shared<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// Those that were started.
#[derive(Default)]
struct Started {
    /// When each is due.
    timers: Vec<(u64, Act)>,
    /// No more are waited for.
    is_over: bool,
}

lazy_static! {
    static ref STARTED: (Base<Started>, Condvar) = (Base::default(), Condvar::new());
}

fn started() -> MutexGuard<'static, Started> {
    STARTED.0.lock().unwrap_or_else(|error| error.into_inner())
}

/// Has all timers go off that were started, whenever they are due.
pub fn ring() {
    ring_until(u64::MAX);
}

/// Those that are due.
pub(super) fn ring_due() {
    ring_until(now());
}

fn ring_until(moment: u64) {
    let mut started = started();
    let all = core::mem::take(&mut started.timers);
    let (due, rest) = all.into_iter().partition(|(due, _)| *due <= moment);
    started.timers = rest;
    drop(started);
    go_off(due);
}

/// Has each timer go off as soon as it is started, until there is an [`end`].
pub fn ring_each() {
    loop {
        let mut started = started();
        while started.timers.is_empty() && !started.is_over {
            started = STARTED.1.wait(started).unwrap();
        }
        let timers = core::mem::take(&mut started.timers);
        if timers.is_empty() {
            return;
        }
        drop(started);
        go_off(timers);
    }
}

/// Who [waits for timers](ring_each) waits for no more.
pub fn end() {
    started().is_over = true;
    STARTED.1.notify_all();
}

fn go_off(timers: Vec<(u64, Act)>) {
    for (_, act) in timers {
        let mut act = act.lock();
        if let Some(act) = act.take() {
            act();
        }
    }
}

/// When the first timer is due that was started, if one was.
pub fn next_due() -> Option<u64> {
    started().timers.iter().map(|(due, _)| *due).min()
}

/// A timer of a `T`.
pub struct HrTimer<T> {
    is_started: AtomicBool,
    of: PhantomData<fn(&T)>,
}

impl<T> HrTimer<T> {
    /// One that was not started.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            is_started: AtomicBool::new(false),
            of: PhantomData,
        }
    }
}

impl<T> PinInit<HrTimer<T>> for HrTimer<T> {
    fn make(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

/// Its time counts from when it is started.
pub struct RelativeMode<C>(PhantomData<C>);

/// Where the timer of a value is.
pub trait HasHrTimer<T> {
    /// How its time counts.
    type TimerMode;

    /// There.
    fn timer(&self) -> &HrTimer<T>;
}

/// Whether a timer is to go off once more.
#[derive(Debug, PartialEq, Eq)]
pub enum HrTimerRestart {
    /// It is not.
    NoRestart,
}

/// What is known while a timer goes off.
pub struct HrTimerCallbackContext<'a, T>(PhantomData<&'a T>);

/// What is done when a timer goes off.
pub trait HrTimerCallback: Sized {
    /// What it is started with.
    type Pointer<'a>
    where
        Self: 'a;

    /// Does it.
    fn run(this: ArcBorrow<'_, Self>, context: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart;
}

/// A timer that was started; dropped, it is cancelled.
pub struct ArcHrTimerHandle<T>(Act, PhantomData<fn(&T)>);

impl<T> Drop for ArcHrTimerHandle<T> {
    fn drop(&mut self) {
        started()
            .timers
            .retain(|(_, act)| !Shared::ptr_eq(act, &self.0));
        // It may be going off.
        let act = self.0.lock().take();
        drop(act);
    }
}

/// What a timer is started with.
pub trait HrTimerPointer {
    /// The timer that was started.
    type TimerHandle;

    /// Starts it.
    fn start(self, left: Delta) -> Self::TimerHandle;
}

/// The timer, until it goes off or is cancelled.
struct Running<T: HasHrTimer<T>>(Arc<T>);

impl<T: HasHrTimer<T>> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.timer().is_started.store(false, Ordering::SeqCst);
    }
}

impl<T: HasHrTimer<T> + HrTimerCallback + Send + Sync + 'static> HrTimerPointer for Arc<T> {
    type TimerHandle = ArcHrTimerHandle<T>;

    fn start(self, Delta(left): Delta) -> Self::TimerHandle {
        let was_started = self.timer().is_started.swap(true, Ordering::SeqCst);
        assert!(!was_started, "one at a time");
        let running = Running(self);
        let act = Shared::new(Mutex::new(Some(Box::new(move || {
            let timer = running.0.clone();
            drop(running);
            let again = T::run(ArcBorrow::from(&timer), HrTimerCallbackContext(PhantomData));
            assert_eq!(again, HrTimerRestart::NoRestart);
        }) as Box<dyn FnOnce() + Send>)));
        let due = now().saturating_add(u64::try_from(left).unwrap_or(0));
        started().timers.push((due, act.clone()));
        STARTED.1.notify_all();
        ArcHrTimerHandle(act, PhantomData)
    }
}

/// `impl_has_hr_timer!`.
#[macro_export]
macro_rules! impl_has_hr_timer {
    (impl{$($generic:ident),*} HasHrTimer<Self> for $type:ty {
        mode: $mode:ty, field: self.$field:ident
    }) => {
        impl<$($generic),*> $crate::time::hrtimer::HasHrTimer<Self> for $type {
            type TimerMode = $mode;

            fn timer(&self) -> &$crate::time::hrtimer::HrTimer<Self> {
                &self.$field
            }
        }
    };
}

// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/workqueue.rs`: work that another thread does.

use crate::{
    init::PinInit,
    sync::{
        base::atomic::{fence, AtomicU8, Ordering},
        Arc,
    },
};
use core::{convert::Infallible, marker::PhantomData};

/// How far a piece of work is: not wanted, wanted, at it, at it and wanted once more.
const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
const AGAIN: u8 = 3;

/// Whether something is to be done with a `T`. One thread at a time does it.
pub struct Work<T: ?Sized> {
    state: AtomicU8,
    of: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Work<T> {
    /// Nothing is.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            state: AtomicU8::new(IDLE),
            of: PhantomData,
        }
    }

    /// Goes from one state to another; tells whether it was in the first.
    fn go(&self, from: u8, to: u8) -> bool {
        let order = Ordering::SeqCst;
        (self.state)
            .compare_exchange(from, to, order, order)
            .is_ok()
    }

    /// It is to be done; tells whether a thread has to be found for it.
    pub fn ask(&self) -> bool {
        fence(Ordering::SeqCst);
        loop {
            if self.go(IDLE, QUEUED) {
                return true;
            }
            if self.go(RUNNING, AGAIN) {
                return false;
            }
            let state = self.state.load(Ordering::SeqCst);
            if state == QUEUED || state == AGAIN {
                return false;
            }
        }
    }

    /// It begins: who asks from now on asks for it once more.
    pub fn begin(&self) {
        self.state.store(RUNNING, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// It has ended; tells whether somebody has asked for it meanwhile.
    pub fn is_asked_again(&self) -> bool {
        !self.go(RUNNING, IDLE)
    }
}

impl<T: ?Sized> PinInit<Work<T>> for Work<T> {
    fn make(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

/// Where the work of a value is noted.
pub trait HasWork {
    /// There.
    fn work(&self) -> &Work<Self>;
}

/// What is done.
pub trait WorkItem: HasWork + Sized {
    /// What it is done with.
    type Pointer;

    /// Does it.
    fn run(this: Self::Pointer);
}

/// Work with a counted reference, for a queue.
pub trait RawWorkItem: Send + 'static {
    /// See [`Work::ask`].
    fn ask(&self) -> bool;

    /// Does it, in a thread of its own.
    fn do_it(self);
}

impl<T> RawWorkItem for Arc<T>
where
    T: WorkItem<Pointer = Arc<T>> + Send + Sync + 'static,
{
    fn ask(&self) -> bool {
        self.work().ask()
    }

    fn do_it(self) {
        loop {
            self.work().begin();
            T::run(self.clone());
            if !self.work().is_asked_again() {
                break;
            }
        }
    }
}

/// `new_work!(name)`.
#[macro_export]
macro_rules! new_work {
    ($($name:literal)?) => {
        $crate::workqueue::Work::new()
    };
}
pub use new_work;

/// `impl_has_work!`.
#[macro_export]
macro_rules! impl_has_work {
    ($(impl{$($generic:ident: $bound:path),*} HasWork<Self> for $type:ty { self.$field:ident })*) => {$(
        impl<$($generic: $bound),*> $crate::workqueue::HasWork for $type {
            fn work(&self) -> &$crate::workqueue::Work<Self> {
                &self.$field
            }
        }
    )*};
}
pub use impl_has_work;

// SPDX-License-Identifier: GPL-2.0

//! What can be closed while other threads use it.

use crate::error::{os_error, value_error};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that is there until it is closed; who uses it just then keeps it until the call ends.
#[derive(Debug)]
pub struct Handle<T>(Mutex<Option<Arc<T>>>);

impl<T> Handle<T> {
    /// It is there.
    pub fn new(it: T) -> Self {
        Self(Mutex::new(Some(Arc::new(it))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It, to be used. Closed: `ValueError`, as of a closed file.
    pub fn get(&self) -> PyResult<Arc<T>> {
        self.lock().clone().ok_or_else(closed)
    }

    /// It alone, to become something else. Closed, or in use by another thread: `ValueError`.
    pub fn take(&self) -> PyResult<T> {
        let mut place = self.lock();
        let it = place.take().ok_or_else(closed)?;
        Arc::try_unwrap(it).map_err(|it| {
            *place = Some(it);
            value_error("another thread is using it")
        })
    }

    /// Has it become something else, as [`Handle::take`] does. When that fails it is there again.
    pub fn turn<U>(&self, turn: impl FnOnce(T) -> Result<U, ipn::Failed<T>>) -> PyResult<U> {
        turn(self.take()?).map_err(|failed| {
            let (error, it) = failed.into_parts();
            *self.lock() = Some(Arc::new(it));
            os_error(&error)
        })
    }

    /// Lets it go.
    pub fn close(&self) {
        let gone = self.lock().take();
        drop(gone);
    }

    /// Whether it was let go.
    pub fn is_closed(&self) -> bool {
        self.lock().is_none()
    }
}

fn closed() -> PyErr {
    value_error("it is closed")
}

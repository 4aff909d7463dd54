// SPDX-License-Identifier: GPL-2.0

//! The error of a call that consumes what it is called on.

use crate::error::Error;
use std::error;
use std::fmt;
use std::io;

/// An error, and what was to be consumed, as it was before: as [`std::io::IntoInnerError`] has it. With
/// `?` it becomes an [`Error`] or an [`io::Error`], and the value is dropped.
///
/// ```no_run
/// # fn main() -> Result<(), ipn::Error> {
/// let bus = ipn::Builder::new().ports(1).bind("/tmp/bus")?;
/// let device = match bus.tap(ipn::DeviceName::ANY) {
///     Ok((device, _)) => device,
///     Err(failed) => {
///         let (error, bus) = failed.into_parts();
///         eprintln!("{error}");
///         bus.network().terminate()?; // it is still there
///         return Ok(());
///     }
/// };
/// # drop(device);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Failed<T> {
    // Boxed, so that a result is not much larger than what succeeds.
    error: Box<Error>,
    value: T,
}

impl<T> Failed<T> {
    pub(crate) fn new(error: Error, value: T) -> Self {
        Self {
            error: Box::new(error),
            value,
        }
    }

    /// What failed.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What failed; the value is dropped.
    pub fn into_error(self) -> Error {
        *self.error
    }

    /// Both.
    pub fn into_parts(self) -> (Error, T) {
        (*self.error, self.value)
    }
}

impl<T> fmt::Display for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: fmt::Debug> error::Error for Failed<T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.error)
    }
}

impl<T> From<Failed<T>> for Error {
    fn from(failed: Failed<T>) -> Self {
        failed.into_error()
    }
}

impl<T> From<Failed<T>> for io::Error {
    fn from(failed: Failed<T>) -> Self {
        failed.into_error().into()
    }
}

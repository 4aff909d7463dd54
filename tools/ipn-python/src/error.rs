// SPDX-License-Identifier: GPL-2.0

//! Errors of the crate as Python's `OSError`, and calls that wait.

use ipn::Errno;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// `OSError(errno, text, path)`, of the subclass that the errno stands for.
pub fn os_error(error: &ipn::Error) -> PyErr {
    let mut text = format!("cannot {}: {}", error.operation(), error.reason());
    if let Some(hint) = error.hint() {
        text.push_str("; ");
        text.push_str(hint);
    }
    let errno = error.errno().raw_os_error();
    match error.path() {
        Some(path) => PyOSError::new_err((errno, text, path.as_os_str().to_owned())),
        None => PyOSError::new_err((errno, text)),
    }
}

/// `ValueError` of a word or a number that cannot be meant.
pub fn value_error(text: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(text.to_string())
}

/// Makes a call that may wait, without the interpreter's lock. After a signal Python's handlers run,
/// and the call is made again unless one of them has raised.
pub fn wait<T: Send>(
    py: Python<'_>,
    mut call: impl FnMut() -> Result<T, ipn::Error> + Send,
) -> PyResult<T> {
    loop {
        match py.detach(&mut call) {
            Err(error) if error.errno() == Errno::INTR => py.check_signals()?,
            result => return result.map_err(|error| os_error(&error)),
        }
    }
}

/// The same of a call that does not wait.
pub fn done<T>(result: Result<T, ipn::Error>) -> PyResult<T> {
    result.map_err(|error| os_error(&error))
}

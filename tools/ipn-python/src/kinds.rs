// SPDX-License-Identifier: GPL-2.0

//! Words and numbers of Python for the crate's small types.

use crate::error::value_error;
use pyo3::prelude::*;
use std::time::Duration;

/// A policy by its name or number.
pub struct Policy(pub ipn::Policy);

impl<'a, 'py> FromPyObject<'a, 'py> for Policy {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = match object.extract::<u32>() {
            Ok(number) => number.to_string(),
            Err(_) => object.extract::<String>()?,
        };
        text.parse().map(Self).map_err(value_error)
    }
}

/// A direction: `"both"`, `"receive"` or `"send"`.
pub fn direction(word: &str) -> PyResult<ipn::Direction> {
    match word {
        "both" => Ok(ipn::Direction::Both),
        "receive" => Ok(ipn::Direction::Receive),
        "send" => Ok(ipn::Direction::Send),
        _ => Err(value_error(format_args!(
            "a direction is 'both', 'receive' or 'send', and not {word:?}"
        ))),
    }
}

/// What a port gives up that is for one direction.
pub fn other(direction: ipn::Direction) -> Option<ipn::Shutdown> {
    match direction {
        ipn::Direction::Both => None,
        ipn::Direction::Receive => Some(ipn::Shutdown::Write),
        ipn::Direction::Send => Some(ipn::Shutdown::Read),
    }
}

/// Seconds; none is for ever.
pub fn duration(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    seconds
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(value_error)
}

// SPDX-License-Identifier: GPL-2.0

//! What is received.

use crate::sender::Sender;
use crate::sequence::{Gap, Sequence};
use ipn::{Content, Oob, Sequenced};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::time::UNIX_EPOCH;

/// A message with all that is known of it.
#[pyclass(frozen, get_all, module = "ipn")]
pub struct Message {
    /// Its bytes, or as many of them as there was room for.
    data: Py<PyBytes>,
    /// How long it was when it was sent.
    full_length: usize,
    /// How many messages the port has lost since it connected, modulo 2**32.
    lost: Option<u32>,
    /// When it was sent, in seconds since 1970; None where that was not asked for.
    time: Option<f64>,
    /// Who sent it; None where that was not asked for, or is not known any more.
    sender: Option<Py<Sender>>,
    /// Which message of its port it is; None where that was not asked for.
    sequence: Option<Py<Sequence>>,
    /// What was missed before it, where the call before raised ConnectionResetError: a list of Gap.
    gaps: Vec<Gap>,
}

#[pymethods]
impl Message {
    fn __len__(&self, py: Python<'_>) -> usize {
        self.data.as_bytes(py).len()
    }

    fn __bytes__(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let data = self.data.bind(py).repr()?;
        Ok(format!("Message({data}, full_length={})", self.full_length))
    }
}

impl Message {
    pub fn new(py: Python<'_>, told: &Sequenced, bytes: &[u8]) -> PyResult<Self> {
        let received = told.received;
        let sequence = told.sequence.map(Sequence::from);
        let time = received.time();
        let sender = received.sender().map(Sender::from);
        Ok(Self {
            data: PyBytes::new(py, bytes).unbind(),
            full_length: received.full_len(),
            lost: received.lost(),
            time: time
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
                .map(|time| time.as_secs_f64()),
            sender: sender.map(|sender| Py::new(py, sender)).transpose()?,
            sequence: sequence.map(|one| Py::new(py, one)).transpose()?,
            gaps: told.gaps.iter().map(Gap::from).collect(),
        })
    }
}

/// An out-of-band message: how many ports can receive and send now. What a policy of another module
/// says has its level and tag instead.
#[pyclass(frozen, get_all, eq, module = "ipn")]
#[derive(PartialEq, Eq)]
pub struct Members {
    /// Ports that can receive.
    readers: u32,
    /// Ports that can send.
    writers: u32,
    /// The policy that says it, 0 for the network itself.
    level: i32,
    /// The policy's number for what it means.
    tag: i32,
}

#[pymethods]
impl Members {
    fn __repr__(&self) -> String {
        format!(
            "Members(readers={}, writers={})",
            self.readers, self.writers
        )
    }
}

impl From<Oob> for Members {
    fn from(oob: Oob) -> Self {
        let (readers, writers, level, tag) = match oob {
            Oob::Members { readers, writers } => (readers, writers, 0, 0),
            Oob::Other { level, tag } => (0, 0, level, tag),
            _ => (0, 0, -1, -1),
        };
        Self {
            readers,
            writers,
            level,
            tag,
        }
    }
}

/// What was received as Python has it: `bytes`, `Members`, or None for the end.
pub fn content(py: Python<'_>, content: Content<'_>) -> PyResult<Py<PyAny>> {
    Ok(match content {
        Content::Message(bytes) => PyBytes::new(py, bytes).into_any().unbind(),
        Content::OutOfBand(oob) => Members::from(oob).into_pyobject(py)?.into_any().unbind(),
        Content::End => py.None(),
    })
}

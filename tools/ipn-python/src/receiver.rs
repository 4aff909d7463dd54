// SPDX-License-Identifier: GPL-2.0

//! A port that receives without system calls.

use crate::error::{done, value_error, wait};
use crate::ffi::Bytes;
use crate::message::content;
use crate::sequence::{Gap, Sequence};
use ipn::Content;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A port that takes its messages out of the network's memory: as long as there are some, without a
/// system call. Where the memory cannot be mapped (no hub, a filter, a port that is told of members) it
/// receives as a Port does.
///
/// Iterating gives the messages until the network ends.
///
/// >>> import ipn, tempfile
/// >>> path = tempfile.mkdtemp() + '/bus'
/// >>> with ipn.create(path) as bus, ipn.connect(path) as one:
/// ...     with ipn.connect(path).receiver() as receiver:
/// ...         one.send(b'hello')
/// ...         bus.terminate()
/// ...         receiver.mapped, list(receiver)
/// (True, [b'hello'])
#[pyclass(frozen, module = "ipn")]
pub struct Receiver(Mutex<Option<ipn::Receiver>>);

impl Receiver {
    pub fn of(receiver: ipn::Receiver) -> Self {
        Self(Mutex::new(Some(receiver)))
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Option<ipn::Receiver>> {
        // The thread that has it may wait for a message, or for the interpreter.
        self.0
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> PyErr {
    value_error("it is closed")
}

/// What was received, apart from the receiver.
enum Owned {
    Message(Vec<u8>),
    OutOfBand(ipn::Oob),
    End,
}

impl From<Content<'_>> for Owned {
    fn from(content: Content<'_>) -> Self {
        match content {
            Content::Message(bytes) => Self::Message(bytes.to_vec()),
            Content::OutOfBand(oob) => Self::OutOfBand(oob),
            Content::End => Self::End,
        }
    }
}

impl Owned {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Message(bytes) => Content::Message(bytes),
            Self::OutOfBand(oob) => Content::OutOfBand(*oob),
            Self::End => Content::End,
        }
    }
}

#[pymethods]
impl Receiver {
    /// Waits for the next message and gives its bytes; None when the network has ended. A port that
    /// asked for out-of-band messages may get Members instead.
    fn recv(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mut place = self.lock(py);
        let receiver = place.as_mut().ok_or_else(closed)?;
        // A message that is there already is not worth letting other threads run.
        if let Some(bytes) = done(receiver.take_bytes())? {
            return content(py, Content::Message(bytes));
        }
        let received = wait(py, || receiver.recv().map(Owned::from))?;
        content(py, received.content())
    }

    /// Waits for the next message and puts its bytes into a buffer that can be written: how many
    /// there are, or None when the network has ended. What the buffer has no room for is gone.
    /// Out-of-band messages are passed over.
    fn recv_into(&self, py: Python<'_>, buffer: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        let mut place = self.lock(py);
        let receiver = place.as_mut().ok_or_else(closed)?;
        let mut room = Bytes::writable(buffer)?;
        let room = room.as_mut_slice();
        let mut put = |content: Content<'_>| match content {
            Content::Message(bytes) => {
                let len = bytes.len().min(room.len());
                room[..len].copy_from_slice(&bytes[..len]);
                Some(Some(len))
            }
            Content::OutOfBand(_) => None,
            Content::End => Some(None),
        };
        loop {
            let receiver = &mut *receiver;
            if let Some(result) = wait(py, || receiver.recv().map(&mut put))? {
                return Ok(result);
            }
        }
    }

    /// Which message of its port the last one is that was received, on a port that joined with reliable.
    #[getter]
    fn sequence(&self, py: Python<'_>) -> PyResult<Option<Sequence>> {
        let place = self.lock(py);
        let receiver = place.as_ref().ok_or_else(closed)?;
        Ok(receiver.sequence().map(Sequence::from))
    }

    /// What was missed of its port before that message: a list of Gap.
    #[getter]
    fn gaps(&self, py: Python<'_>) -> PyResult<Vec<Gap>> {
        let place = self.lock(py);
        let receiver = place.as_ref().ok_or_else(closed)?;
        Ok(receiver.gaps().iter().map(Gap::from).collect())
    }

    /// Whether messages are taken without system calls.
    #[getter]
    fn mapped(&self, py: Python<'_>) -> PyResult<bool> {
        let place = self.lock(py);
        Ok(place.as_ref().ok_or_else(closed)?.not_mapped().is_none())
    }

    /// The descriptor, for select, poll and the like. It stays this object's.
    fn fileno(&self, py: Python<'_>) -> PyResult<RawFd> {
        let place = self.lock(py);
        Ok(place.as_ref().ok_or_else(closed)?.port().as_raw_fd())
    }

    /// Leaves the network, once no other thread receives here.
    fn close(&self, py: Python<'_>) {
        let gone = self.lock(py).take();
        drop(gone);
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let next = self.recv(py)?;
        Ok((!next.is_none(py)).then_some(next))
    }
}

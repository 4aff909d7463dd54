// SPDX-License-Identifier: GPL-2.0

//! A port whose calls move several messages.

use crate::error::{done, wait};
use crate::ffi::Bytes;
use crate::handle::Handle;
use crate::message::Members;
use crate::port::Port;
use crate::sender::Sender;
use crate::statistics::PortStatistics;
use ipn::{RecordBatch, RecordContent, RecvFlags, SendFlags};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::os::fd::{AsRawFd, RawFd};
use std::time::UNIX_EPOCH;

/// Bytes of records that a call takes at once, if the MTU is not more.
const AT_ONCE: usize = 1 << 16;

/// A message that came with others, and what is known of it.
#[pyclass(frozen, get_all, module = "ipn")]
pub struct Record {
    /// Its bytes.
    data: Py<PyBytes>,
    /// The number of the port that sent it.
    sender: u32,
    /// Its number, from 0 on: what is between two was lost, or not for this port.
    number: u64,
    /// When it was sent, in seconds since 1970; None where no port of the network asked for it.
    time: Option<f64>,
    /// Who sent it; None where that was not asked for, or is not known any more.
    sent_by: Option<Py<Sender>>,
}

#[pymethods]
impl Record {
    fn __len__(&self, py: Python<'_>) -> usize {
        self.data.as_bytes(py).len()
    }

    fn __bytes__(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let data = self.data.bind(py).repr()?;
        let (sender, number) = (self.sender, self.number);
        Ok(format!("Record({data}, sender={sender}, number={number})"))
    }
}

impl Record {
    fn new(py: Python<'_>, record: &ipn::Record<'_>, sent_by: Option<&Py<Sender>>) -> Self {
        let time = record
            .time
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            data: PyBytes::new(py, record.message).unbind(),
            sender: record.from,
            number: record.number,
            time: time.map(|time| time.as_secs_f64()),
            sent_by: sent_by.map(|sender| sender.clone_ref(py)),
        }
    }
}

/// A port that sends and receives several messages by a system call: the way for many short ones.
///
/// A call that receives waits for the first message only, and gives all that are there and fit into
/// 64 KiB. All that holds for a message holds for each of them.
///
/// >>> import ipn, tempfile
/// >>> path = tempfile.mkdtemp() + '/bus'
/// >>> with ipn.create(path) as bus, ipn.connect(path).records() as one, ipn.connect(path).records() as other:
/// ...     one.send([b'first', b'second'])
/// ...     [(record.data, record.number) for record in other.recv()]
/// [(b'first', 0), (b'second', 1)]
#[pyclass(frozen, module = "ipn")]
pub struct RecordPort(Handle<ipn::RecordPort>);

impl RecordPort {
    pub fn of(port: ipn::RecordPort) -> Self {
        Self(Handle::new(port))
    }
}

#[pymethods]
impl RecordPort {
    /// Sends messages, each the bytes of an object that has some, in their order. On a lossless network
    /// it waits for the slowest reader. What was sent before it failed stays sent.
    fn send(&self, py: Python<'_>, messages: &Bound<'_, PyAny>) -> PyResult<()> {
        let port = self.0.get()?;
        let mut batch = RecordBatch::new();
        for message in messages.try_iter()? {
            batch.push(Bytes::of(&message?)?.as_slice());
        }
        wait(py, || port.send_with(&mut batch, SendFlags::NOSIGNAL))
    }

    /// Waits for a message, and gives a list of all that are there; None when the network has ended. A
    /// port that asked for out-of-band messages may get Members instead.
    fn recv(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.recv_with(py, RecvFlags::empty())
    }

    /// The same, but BlockingIOError instead of waiting.
    fn recv_nowait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.recv_with(py, RecvFlags::DONTWAIT)
    }

    /// Has every message come with who sent it: Record.sent_by. A call gives those of one sender then.
    #[pyo3(signature = (wanted = true))]
    fn senders(&self, wanted: bool) -> PyResult<()> {
        done(self.0.get()?.port().set_report_senders(wanted))
    }

    /// What it has counted, and where it stands: a PortStatistics.
    fn statistics(&self) -> PyResult<PortStatistics> {
        Ok(done(self.0.get()?.port().statistics())?.into())
    }

    /// The same port, whose calls move a message each. This object is closed by it, unless it fails.
    fn port(&self) -> PyResult<Port> {
        Port::of(self.0.turn(ipn::RecordPort::into_port)?)
    }

    /// The descriptor, for select, poll and the like. It stays this object's.
    fn fileno(&self) -> PyResult<RawFd> {
        Ok(self.0.get()?.as_raw_fd())
    }

    /// Leaves the network. A call of another thread that waits goes on waiting.
    fn close(&self) {
        self.0.close();
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.0.is_closed()
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, _error: &Bound<'_, pyo3::types::PyTuple>) {
        self.0.close();
    }
}

impl RecordPort {
    fn recv_with(&self, py: Python<'_>, flags: RecvFlags) -> PyResult<Py<PyAny>> {
        let port = self.0.get()?;
        let mtu = done(port.port().network().mtu())?;
        let mut buffer = vec![0; ipn::Record::room(mtu).max(AT_ONCE)];
        let received = wait(py, || port.recv_with(&mut buffer, flags))?;
        Ok(match received.records(&buffer) {
            RecordContent::Records(records) => {
                // All that a call receives are of one sender.
                let sender = received.sender().map(Sender::from);
                let sender = sender.map(|sender| Py::new(py, sender)).transpose()?;
                let list: Vec<_> = records
                    .map(|record| Record::new(py, &record, sender.as_ref()))
                    .collect();
                list.into_pyobject(py)?.unbind()
            }
            RecordContent::OutOfBand(oob) => {
                Members::from(oob).into_pyobject(py)?.into_any().unbind()
            }
            RecordContent::End => py.None(),
        })
    }
}

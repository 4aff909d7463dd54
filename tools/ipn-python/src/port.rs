// SPDX-License-Identifier: GPL-2.0

//! A member of a network.

use crate::error::{done, value_error, wait};
use crate::ffi::Bytes;
use crate::handle::Handle;
use crate::kinds::{direction, duration, Policy};
use crate::message::{content, Message};
use crate::receiver::Receiver;
use crate::records::RecordPort;
use crate::sequence::Origin;
use crate::statistics::PortStatistics;
use crate::switch::Switch;
use ipn::{Builder, History, Kind, RecvFlags, SendFlags, Shutdown};
use pyo3::prelude::*;
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;

/// Joins the network at path: its Port.
///
/// The direction is 'both', 'receive' or 'send': a port that does not read what it could stops the
/// senders of a lossless network, so say 'send' where you only send. A port that observes gets what every
/// other sends to whomever, makes no sender wait, and sends nothing.
///
/// With reliable it joins a reliable bus: where it has missed messages, recv raises ConnectionResetError, once, and
/// goes on behind them; Message.gaps of the next one tells of whom they were. Of one that was made with history it
/// may begin with what was sent before: with the last so many messages, those since so many seconds ago, or all that
/// are left.
///
/// >>> import ipn
/// >>> ipn.connect('/nowhere/bus')
/// Traceback (most recent call last):
/// FileNotFoundError: [Errno 2] cannot join the network: there is no such network; check the name, or create the network first (ipn create): '/nowhere/bus'
#[pyfunction]
#[pyo3(signature = (path, *, direction = "both", policy = None, port = None, description = None,
                    out_of_band = false, watch_members = false, observe = false, reliable = false,
                    last = None, since = None, all = false))]
#[expect(clippy::too_many_arguments, reason = "they are named in Python")]
pub fn connect(
    py: Python<'_>,
    path: PathBuf,
    direction: &str,
    policy: Option<Policy>,
    port: Option<u32>,
    description: Option<String>,
    out_of_band: bool,
    watch_members: bool,
    observe: bool,
    reliable: bool,
    last: Option<u32>,
    since: Option<f64>,
    all: bool,
) -> PyResult<Port> {
    let history = history(last, since, all)?;
    let mut builder = Builder::new()
        .reliable(reliable || history.is_some())
        .history(history)
        .direction(self::direction(direction)?)
        .out_of_band(out_of_band)
        .watch_members(watch_members)
        .observe(observe);
    if let Some(Policy(policy)) = policy {
        builder = builder.policy(policy);
    }
    if let Some(number) = port {
        builder = builder.port(number);
    }
    if let Some(text) = description {
        builder = builder.description(text);
    }
    Port::of(wait(py, || builder.connect(&path))?)
}

/// A member of a network: what it sends, the network's policy hands to the others.
///
/// Iterating gives the messages until the network ends. It is closed by close(), or as a context
/// manager. Its methods may be called by several threads at once.
///
/// >>> import ipn, tempfile
/// >>> path = tempfile.mkdtemp() + '/bus'
/// >>> with ipn.create(path) as bus, ipn.connect(path) as one, ipn.connect(path) as other:
/// ...     one.send(b'hello')
/// ...     bus.terminate()
/// ...     list(other)
/// [b'hello']
#[pyclass(frozen, module = "ipn")]
pub struct Port(pub Handle<ipn::Port>);

impl Port {
    /// A port of which every message is described, so that an empty one is not taken for the end.
    pub fn of(port: ipn::Port) -> PyResult<Self> {
        done(port.set_report_losses(true))?;
        Ok(Self(Handle::new(port)))
    }
}

#[pymethods]
impl Port {
    /// Sends a message: the bytes of any object that has some, which are not copied on the way to
    /// the kernel. On a lossless network it waits for the slowest reader.
    fn send(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        self.send_with(py, message, SendFlags::NOSIGNAL)
    }

    /// The same, but BlockingIOError instead of waiting.
    fn send_nowait(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        self.send_with(py, message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)
    }

    /// Waits for the next message and gives its bytes; None when the network has ended, and b'' for a
    /// message that is empty. A port that asked for out-of-band messages may get Members instead.
    fn recv(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.recv_with(py, RecvFlags::empty())
    }

    /// The same, but BlockingIOError instead of waiting.
    fn recv_nowait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.recv_with(py, RecvFlags::DONTWAIT)
    }

    /// Waits for the next message and gives all that is known of it; None when the network has
    /// ended. See timestamps, senders and sequences.
    fn recv_message(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let port = self.0.get()?;
        let mut buffer = room_for(&port)?;
        let told = wait(py, || port.recv_sequenced(&mut buffer, RecvFlags::empty()))?;
        let received = told.received;
        match received.kind() {
            Kind::Message => {
                let bytes = buffer.get(..received.len()).unwrap_or_default();
                let message = Message::new(py, &told, bytes)?;
                Ok(message.into_pyobject(py)?.into_any().unbind())
            }
            _ => content(py, received.content(&buffer)),
        }
    }

    /// Waits for the next message and puts its bytes into a buffer that can be written, without
    /// another copy: how many there are, or None when the network has ended. What the buffer has no
    /// room for is gone. Out-of-band messages are passed over.
    fn recv_into(&self, py: Python<'_>, buffer: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
        let port = self.0.get()?;
        let mut bytes = Bytes::writable(buffer)?;
        let place = bytes.as_mut_slice();
        loop {
            let received = wait(py, || port.recv_with(place, RecvFlags::empty()))?;
            match received.kind() {
                Kind::Message => return Ok(Some(received.len())),
                Kind::OutOfBand => {}
                Kind::End => return Ok(None),
            }
        }
    }

    /// The same port as a Receiver, which takes messages out of the network's memory without system
    /// calls. This object is closed by it, unless it fails.
    fn receiver(&self, py: Python<'_>) -> PyResult<Receiver> {
        let receiver = self.0.turn(|port| py.detach(|| port.into_receiver()))?;
        Ok(Receiver::of(receiver))
    }

    /// The same port as a RecordPort, which sends and receives several messages by a call. This object is
    /// closed by it, unless it fails.
    fn records(&self) -> PyResult<RecordPort> {
        Ok(RecordPort::of(self.0.turn(ipn::Port::into_records)?))
    }

    /// Whether it is of a Manager that has created the network, rather than joined it.
    #[getter]
    fn is_creator(&self) -> PyResult<bool> {
        done(self.0.get()?.is_creator())
    }

    /// What tells the network's file from all others: see Manager.file.
    #[getter]
    fn file(&self) -> PyResult<(u32, u32, u64)> {
        let file = done(self.0.get()?.network().file())?;
        Ok((file.major, file.minor, file.inode))
    }

    /// How long a caller waits, in seconds, before it gets BlockingIOError; None is for ever.
    fn settimeout(&self, seconds: Option<f64>) -> PyResult<()> {
        let (port, timeout) = (self.0.get()?, duration(seconds)?);
        done(port.set_recv_timeout(timeout))?;
        done(port.set_send_timeout(timeout))
    }

    /// False: calls that would wait get BlockingIOError.
    fn setblocking(&self, blocking: bool) -> PyResult<()> {
        done(self.0.get()?.set_nonblocking(!blocking))
    }

    /// Has every message come with the time it was sent: Message.time.
    #[pyo3(signature = (wanted = true))]
    fn timestamps(&self, wanted: bool) -> PyResult<()> {
        done(self.0.get()?.set_timestamps(wanted))
    }

    /// Has every message come with who sent it: Message.sender.
    ///
    /// >>> import ipn, os, tempfile
    /// >>> path = tempfile.mkdtemp() + '/bus'
    /// >>> with ipn.create(path) as bus, ipn.connect(path) as one, ipn.connect(path) as other:
    /// ...     other.senders()
    /// ...     one.send(b'hello')
    /// ...     sender = other.recv_message().sender
    /// ...     sender.port, sender.pid == os.getpid()
    /// (0, True)
    #[pyo3(signature = (wanted = true))]
    fn senders(&self, wanted: bool) -> PyResult<()> {
        done(self.0.get()?.set_report_senders(wanted))
    }

    /// Has every message come with which one of its port it is: Message.sequence. On a reliable bus that
    /// counts from 1.
    ///
    /// >>> import ipn, tempfile
    /// >>> path = tempfile.mkdtemp() + '/bus'
    /// >>> with ipn.create(path, reliable=True, history=True).connect() as one:
    /// ...     one.send(b'first')
    /// ...     one.send(b'last')
    /// ...     with ipn.connect(path, last=1) as late:
    /// ...         late.sequences()
    /// ...         message = late.recv_message()
    /// ...         message.data, message.sequence.number
    /// (b'last', 2)
    #[pyo3(signature = (wanted = true))]
    fn sequences(&self, wanted: bool) -> PyResult<()> {
        done(self.0.get()?.set_report_sequences(wanted))
    }

    /// Sends a message to a reliable bus that was sent elsewhere before, with where that was.
    fn send_from(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        origin: &Bound<'_, Origin>,
    ) -> PyResult<()> {
        let port = self.0.get()?;
        let bytes = Bytes::of(message)?;
        let (message, origin) = (bytes.as_slice(), origin.get().into());
        wait(py, || port.send_from(message, origin, SendFlags::NOSIGNAL))
    }

    /// Says that so many messages of this port were lost before they came here, on a reliable bus: who reads its
    /// next one is told.
    fn skip(&self, count: u64) -> PyResult<()> {
        done(self.0.get()?.skip(count))
    }

    /// What it has counted, and where it stands: a PortStatistics.
    fn statistics(&self) -> PyResult<PortStatistics> {
        Ok(done(self.0.get()?.statistics())?.into())
    }

    /// Gives up a direction for good: 'receive', 'send' or 'both'.
    fn shutdown(&self, direction: &str) -> PyResult<()> {
        let how = match crate::kinds::direction(direction)? {
            ipn::Direction::Both => Shutdown::Both,
            ipn::Direction::Receive => Shutdown::Read,
            ipn::Direction::Send => Shutdown::Write,
        };
        done(self.0.get()?.shutdown(how))
    }

    /// How many bytes the next message has, 0 when there is none.
    fn next_length(&self) -> PyResult<usize> {
        done(self.0.get()?.next_len())
    }

    /// Its number on the network.
    #[getter]
    fn number(&self) -> PyResult<u32> {
        done(self.0.get()?.number())
    }

    /// The text that describes it, of up to 127 bytes.
    #[getter]
    fn description(&self) -> PyResult<String> {
        done(self.0.get()?.description())
    }

    #[setter]
    fn set_description(&self, text: &str) -> PyResult<()> {
        done(self.0.get()?.set_description(text))
    }

    /// The network's path.
    #[getter]
    fn path(&self) -> PyResult<Option<PathBuf>> {
        Ok(self.0.get()?.network().path().map(PathBuf::from))
    }

    /// The longest message that the network carries, in bytes.
    #[getter]
    fn mtu(&self) -> PyResult<usize> {
        done(self.0.get()?.network().mtu())
    }

    /// Whether senders wait for the slowest reader.
    #[getter]
    fn lossless(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::LOSSLESS))
    }

    /// Whether the network is a reliable bus.
    #[getter]
    fn reliable(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::RELIABLE))
    }

    /// Whether the network has ended.
    #[getter]
    fn ended(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::TERMINATED))
    }

    /// What a network has besides that is an Ethernet switch.
    #[getter]
    fn switch(&self) -> PyResult<Switch> {
        Ok(Switch::of_port(self.0.get()?))
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

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let next = self.recv(py)?;
        Ok((!next.is_none(py)).then_some(next))
    }

    fn __repr__(&self) -> String {
        match self.0.get() {
            Ok(port) => format!("<ipn.Port on {:?}>", port.network().path()),
            Err(_) => "<ipn.Port, closed>".to_owned(),
        }
    }
}

impl Port {
    fn send_with(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        flags: SendFlags,
    ) -> PyResult<()> {
        let port = self.0.get()?;
        let bytes = Bytes::of(message)?;
        let message = bytes.as_slice();
        wait(py, || port.send_with(message, flags))
    }

    fn recv_with(&self, py: Python<'_>, flags: RecvFlags) -> PyResult<Py<PyAny>> {
        let port = self.0.get()?;
        let mut buffer = room_for(&port)?;
        let received = wait(py, || port.recv_with(&mut buffer, flags))?;
        content(py, received.content(&buffer))
    }
}

/// What is wanted of the messages that were sent before.
fn history(last: Option<u32>, since: Option<f64>, all: bool) -> PyResult<Option<History>> {
    Ok(match (last, since, all) {
        (None, None, false) => None,
        (Some(count), None, false) => Some(History::Last(count)),
        (None, Some(seconds), false) => {
            Some(History::Since(duration(Some(seconds))?.unwrap_or_default()))
        }
        (None, None, true) => Some(History::All),
        _ => return Err(value_error("say one of last, since and all")),
    })
}

/// A buffer for the longest message, out-of-band ones included.
fn room_for(port: &Arc<ipn::Port>) -> PyResult<Vec<u8>> {
    Ok(vec![0; done(port.network().mtu())?.max(ipn::Oob::LEN)])
}

// SPDX-License-Identifier: GPL-2.0

//! Those who make and manage networks.

use crate::device::{device_name, Device};
use crate::error::{done, wait};
use crate::handle::Handle;
use crate::kinds::{duration, Policy};
use crate::port::Port;
use crate::switch::Switch;
use ipn::Builder;
use pyo3::prelude::*;
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;

/// Creates the network at path, or joins an existing one as a manager: its Manager.
///
/// What is not said is left to the module's defaults: mtu 1514 bytes (of a switch 1518), 64 ports, 131072
/// bytes of messages, mode 0o700, a hub. With one_writer one port sends, which maps the network's memory: a program in C or Rust. A pool says in messages of the mtu what bytes says. The policy is 'hub', 'switch' or a number. With replace_stale, a
/// name that a network which has ended has left behind is removed first; otherwise that is
/// ConnectionRefusedError.
///
/// With reliable it is a reliable bus: a message stays for window seconds at least for who has not read it (1 unless
/// said), each port sends rate bytes a second at most, members may begin with what was sent before where history is
/// kept, and with evict a reader later than the window finds the end.
#[pyfunction]
#[pyo3(signature = (path, *, policy = None, mtu = None, ports = None, pool = None, bytes = None, mode = None,
                    lossless = false, one_writer = false, exclusive = false, replace_stale = false,
                    description = None, reliable = false, window = None, rate = None, history = false,
                    evict = false))]
#[expect(clippy::too_many_arguments, reason = "they are named in Python")]
pub fn create(
    py: Python<'_>,
    path: PathBuf,
    policy: Option<Policy>,
    mtu: Option<u32>,
    ports: Option<u32>,
    pool: Option<u32>,
    bytes: Option<u32>,
    mode: Option<u32>,
    lossless: bool,
    one_writer: bool,
    exclusive: bool,
    replace_stale: bool,
    description: Option<String>,
    reliable: bool,
    window: Option<f64>,
    rate: Option<u32>,
    history: bool,
    evict: bool,
) -> PyResult<Manager> {
    let mut builder = Builder::new()
        .reliable(reliable)
        .keep_history(history)
        .evict(evict)
        .lossless(lossless)
        .one_writer(one_writer)
        .exclusive(exclusive)
        .replace_stale(replace_stale);
    if let Some(Policy(policy)) = policy {
        builder = builder.policy(policy);
    }
    if let Some(text) = description {
        builder = builder.description(text);
    }
    for (value, set) in [
        (mtu, Builder::mtu as fn(Builder, u32) -> Builder),
        (ports, Builder::ports),
        (pool, Builder::pool),
        (bytes, Builder::bytes),
        (mode, Builder::mode),
        (rate, Builder::rate),
    ] {
        if let Some(value) = value {
            builder = set(builder, value);
        }
    }
    if let Some(window) = duration(window)? {
        builder = builder.window(window);
    }
    Ok(Manager(Handle::new(wait(py, || builder.bind(&path))?)))
}

/// A manager of a network, which lives as long as a process manages it or is a member. It is closed
/// by close(), or as a context manager; the file stays.
///
/// >>> import ipn, tempfile
/// >>> with ipn.create(tempfile.mkdtemp() + '/lan', mtu=9000, ports=8) as lan:
/// ...     lan.mtu, lan.ports, lan.is_creator
/// (9000, 8, True)
#[pyclass(frozen, module = "ipn")]
pub struct Manager(Handle<ipn::Manager>);

#[pymethods]
impl Manager {
    /// Takes a port on it: a Port that manages the network too. This object is closed by it, unless it
    /// fails. The direction is as in ipn.connect.
    #[pyo3(signature = (direction = "both"))]
    fn connect(&self, direction: &str) -> PyResult<Port> {
        let direction = crate::kinds::direction(direction)?;
        if let Some(other) = crate::kinds::other(direction) {
            done(self.0.get()?.shutdown(other))?;
        }
        Port::of(self.0.turn(ipn::Manager::connect)?)
    }

    /// Makes a new interface of the host a port of the network: a Device. This object is closed by
    /// it, unless it fails. Needs CAP_NET_ADMIN.
    #[pyo3(signature = (name = ""))]
    fn tap(&self, py: Python<'_>, name: &str) -> PyResult<Device> {
        let name = device_name(name)?;
        let (device, name) = self.0.turn(|manager| py.detach(|| manager.tap(name)))?;
        Ok(Device::of(device, name))
    }

    /// Makes an Ethernet device of the host a port of the network: a Device. This object is closed
    /// by it, unless it fails. Needs CAP_NET_ADMIN.
    fn grab(&self, py: Python<'_>, name: &str) -> PyResult<Device> {
        let name = device_name(name)?;
        let device = self.0.turn(|manager| py.detach(|| manager.grab(name)))?;
        Ok(Device::of(device, name))
    }

    /// Whether it has created the network, rather than joined it.
    #[getter]
    fn is_creator(&self) -> PyResult<bool> {
        done(self.0.get()?.is_creator())
    }

    /// What tells the network's file from all others, whatever has become of its name: major and minor
    /// number of the device that it is on, and the number of its inode there.
    #[getter]
    fn file(&self) -> PyResult<(u32, u32, u64)> {
        let file = done(self.0.get()?.network().file())?;
        Ok((file.major, file.minor, file.inode))
    }

    /// Ends the network: members read what is left, then the end.
    fn terminate(&self) -> PyResult<()> {
        done(self.0.get()?.network().terminate())
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

    /// How many ports it has. Set, it has another number of them.
    #[getter]
    fn ports(&self) -> PyResult<u32> {
        done(self.0.get()?.network().ports())
    }

    #[setter]
    fn set_ports(&self, ports: u32) -> PyResult<()> {
        done(self.0.get()?.network().set_ports(ports))
    }

    /// How many bytes of messages it holds; None where that was said in messages.
    #[getter]
    fn bytes(&self) -> PyResult<Option<u32>> {
        done(self.0.get()?.network().bytes())
    }

    /// How many messages it holds, were each as long as the mtu.
    #[getter]
    fn pool(&self) -> PyResult<u32> {
        done(self.0.get()?.network().pool())
    }

    /// The mode bits its file was created with, before the umask.
    #[getter]
    fn mode(&self) -> PyResult<u32> {
        done(self.0.get()?.network().mode())
    }

    /// Whether senders wait for the slowest reader.
    #[getter]
    fn lossless(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::LOSSLESS))
    }

    /// Whether one port sends, which maps the network's memory.
    #[getter]
    fn one_writer(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::ONE_WRITER))
    }

    /// Whether it is a reliable bus.
    #[getter]
    fn reliable(&self) -> PyResult<bool> {
        let flags = done(self.0.get()?.network().flags())?;
        Ok(flags.contains(ipn::Flags::RELIABLE))
    }

    /// Of a reliable bus: how long a message stays at least for who has not read it, in seconds.
    #[getter]
    fn window(&self) -> PyResult<f64> {
        Ok(done(self.0.get()?.network().window())?.as_secs_f64())
    }

    /// Of a reliable bus: the most bytes a second of each port; None: as many as it can.
    #[getter]
    fn rate(&self) -> PyResult<Option<u32>> {
        done(self.0.get()?.network().rate())
    }

    /// What a network has besides that is an Ethernet switch.
    #[getter]
    fn switch(&self) -> PyResult<Switch> {
        Ok(Switch::of_manager(self.0.get()?))
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

    /// The descriptor, for poll: it is readable once the network has ended.
    fn fileno(&self) -> PyResult<RawFd> {
        Ok(self.0.get()?.as_raw_fd())
    }

    /// Ceases to manage the network.
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

    fn __repr__(&self) -> String {
        match self.0.get() {
            Ok(manager) => format!("<ipn.Manager of {:?}>", manager.network().path()),
            Err(_) => "<ipn.Manager, closed>".to_owned(),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Ports that are network devices.

use crate::error::{done, value_error};
use crate::handle::Handle;
use ipn::DeviceName;
use pyo3::prelude::*;
use std::os::fd::{AsRawFd, RawFd};

/// The name of a device; empty is any.
pub fn device_name(name: &str) -> PyResult<DeviceName> {
    match name {
        "" => Ok(DeviceName::ANY),
        name => name.parse().map_err(value_error),
    }
}

/// A port that is a network device: a tap, or a device that was grabbed. When this is closed a tap
/// goes and a grabbed device is free, unless it is persistent.
#[pyclass(frozen, module = "ipn")]
pub struct Device {
    device: Handle<ipn::Device>,
    name: DeviceName,
}

impl Device {
    pub fn of(device: ipn::Device, name: DeviceName) -> Self {
        Self {
            device: Handle::new(device),
            name,
        }
    }
}

#[pymethods]
impl Device {
    /// The name it had when it became a port.
    #[getter]
    fn name(&self) -> String {
        self.name.to_string()
    }

    /// Lets the device outlive this object, or not. release_device() ends it then.
    #[pyo3(signature = (persistent = true))]
    fn set_persistent(&self, persistent: bool) -> PyResult<()> {
        done(self.device.get()?.set_persistent(persistent))
    }

    /// The descriptor of its socket.
    fn fileno(&self) -> PyResult<RawFd> {
        Ok(self.device.get()?.as_raw_fd())
    }

    /// Ends the device, unless it is persistent.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.device.close());
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }
}

/// Ends a persistent device that no process serves.
#[pyfunction]
pub fn release_device(py: Python<'_>, name: &str) -> PyResult<()> {
    let name = device_name(name)?;
    done(py.detach(|| ipn::release_device(name)))
}

// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use.

use ipn::TableError;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// A network and its figures, as `/proc/net/ipn` tells them.
#[pyclass(frozen, get_all, module = "ipn")]
pub struct NetworkInfo {
    /// The path of its file, as far as the caller can see it.
    path: PathBuf,
    /// The inode number of its file.
    inode: u64,
    /// The name of its delivery policy.
    policy: String,
    /// Its flags as a number.
    flags: u32,
    /// Whether senders wait for the slowest reader.
    lossless: bool,
    /// The longest message, in bytes.
    mtu: u32,
    /// The number of ports.
    ports: u32,
    /// Ports in use.
    used: u32,
    /// Ports that can receive.
    readers: u32,
    /// Ports that can send.
    writers: u32,
    /// How many messages it holds.
    pool: u32,
    /// Messages sent so far.
    sent: u64,
    /// Messages that readers have lost so far.
    dropped: u64,
}

#[pymethods]
impl NetworkInfo {
    fn __repr__(&self) -> String {
        format!("<network {:?}, {}>", self.path, self.policy)
    }
}

impl From<ipn::Entry> for NetworkInfo {
    fn from(entry: ipn::Entry) -> Self {
        Self {
            path: entry.path,
            inode: entry.inode,
            policy: entry.policy,
            flags: entry.flags.bits(),
            lossless: entry.flags.contains(ipn::Flags::LOSSLESS),
            mtu: entry.mtu,
            ports: entry.ports,
            used: entry.used,
            readers: entry.readers,
            writers: entry.writers,
            pool: entry.pool,
            sent: entry.sent,
            dropped: entry.dropped,
        }
    }
}

/// The networks in use, a list of NetworkInfo.
#[pyfunction]
pub fn networks() -> PyResult<Vec<NetworkInfo>> {
    let entries = ipn::networks().map_err(|error| {
        let errno = match &error {
            TableError::Read(cause) => cause.raw_os_error(),
            TableError::File(_, cause) => cause.raw_os_error(),
            _ => None,
        };
        match errno {
            Some(errno) => PyOSError::new_err((errno, error.to_string())),
            None => PyOSError::new_err(error.to_string()),
        }
    })?;
    Ok(entries.into_iter().map(NetworkInfo::from).collect())
}

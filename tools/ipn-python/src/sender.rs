// SPDX-License-Identifier: GPL-2.0

//! Who sent a message.

use pyo3::prelude::*;

/// Who sent a message: the process that took the port, as the kernel saw it then, whoever has the port
/// by now. Ports that ask for it get it: Port.senders.
#[pyclass(frozen, get_all, eq, hash, module = "ipn")]
#[derive(PartialEq, Eq, Hash)]
pub struct Sender {
    /// The number of its port.
    port: u32,
    /// The process; None where it is in another namespace of processes.
    pid: Option<u32>,
    /// The real user.
    uid: u32,
    /// The real group.
    gid: u32,
    /// When the port was taken, in nanoseconds of CLOCK_BOOTTIME: with its number that tells one holder
    /// from the next.
    since: u64,
}

#[pymethods]
impl Sender {
    fn __repr__(&self) -> String {
        let pid = match self.pid {
            Some(pid) => pid.to_string(),
            None => "None".to_owned(),
        };
        format!(
            "Sender(port={}, pid={pid}, uid={}, gid={})",
            self.port, self.uid, self.gid
        )
    }
}

impl From<ipn::Sender> for Sender {
    fn from(sender: ipn::Sender) -> Self {
        Self {
            port: sender.port,
            pid: sender.pid,
            uid: sender.uid,
            gid: sender.gid,
            since: sender.since.as_nanos().try_into().unwrap_or(u64::MAX),
        }
    }
}

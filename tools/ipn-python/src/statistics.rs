// SPDX-License-Identifier: GPL-2.0

//! What is counted, and why messages are lost.

use ipn::DropReason;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What a port has counted since it was taken, and where it stands.
#[pyclass(frozen, get_all, module = "ipn")]
pub struct PortStatistics {
    /// Messages that it has sent.
    sent: u64,
    /// Bytes of those.
    sent_bytes: u64,
    /// Messages that it has received by calls; what a Receiver takes out of mapped memory is not among
    /// them.
    received: u64,
    /// Bytes of those.
    received_bytes: u64,
    /// Messages that it has lost as it was too slow ('overrun'), its own not counted.
    lost: u64,
    /// Messages that its filter has refused ('filtered').
    refused: u64,
    /// Messages between it and the newest, on a hub its own among them.
    lag: u64,
    /// How long a call has waited that waits now, in seconds; None where none does.
    waiting: Option<f64>,
    /// Of a reliable bus, as the rest: messages that it has sent and that had to wait.
    waited: u64,
    /// How long ago the oldest message was sent that is left, in seconds; 0: none is.
    window: f64,
    /// Bytes that it has sent in the last whole second.
    rate: u64,
    /// Ports that were evicted from the network.
    evicted: u64,
}

#[pymethods]
impl PortStatistics {
    fn __repr__(&self) -> String {
        format!(
            "PortStatistics(sent={}, received={}, lost={}, refused={}, lag={})",
            self.sent, self.received, self.lost, self.refused, self.lag
        )
    }
}

impl From<ipn::PortStatistics> for PortStatistics {
    fn from(counted: ipn::PortStatistics) -> Self {
        Self {
            sent: counted.sent,
            sent_bytes: counted.sent_bytes,
            received: counted.received,
            received_bytes: counted.received_bytes,
            lost: counted.lost,
            refused: counted.refused,
            lag: counted.lag,
            waiting: counted.waiting.map(|time| time.as_secs_f64()),
            waited: counted.waited,
            window: counted.window.as_secs_f64(),
            rate: counted.rate,
            evicted: counted.evicted,
        }
    }
}

/// Why messages are lost: what each reason means, by the names that counters and trace points have.
///
/// >>> import ipn
/// >>> ipn.drop_reasons()['too_long']
/// 'longer than the MTU of network or device'
#[pyfunction]
pub fn drop_reasons(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let reasons = PyDict::new(py);
    for reason in DropReason::KNOWN {
        reasons.set_item(reason.to_string(), reason.why())?;
    }
    Ok(reasons)
}

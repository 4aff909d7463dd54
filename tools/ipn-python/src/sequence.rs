// SPDX-License-Identifier: GPL-2.0

//! Which message of its port a message is, and what was missed before it.

use pyo3::prelude::*;

/// Where a message comes from that a cable has brought from another bus.
#[pyclass(frozen, get_all, eq, hash, module = "ipn")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The bus where it was sent.
    bus: u64,
    /// Its sequence there.
    sequence: u64,
    /// Its sender's port there.
    port: u32,
    /// Cables on its way.
    hops: u32,
}

#[pymethods]
impl Origin {
    #[new]
    #[pyo3(signature = (*, bus, sequence, port, hops = 1))]
    fn new(bus: u64, sequence: u64, port: u32, hops: u32) -> Self {
        Self {
            bus,
            sequence,
            port,
            hops,
        }
    }

    fn __repr__(&self) -> String {
        format!(
            "Origin(bus={}, sequence={}, port={}, hops={})",
            self.bus, self.sequence, self.port, self.hops
        )
    }
}

impl From<ipn::Origin> for Origin {
    fn from(origin: ipn::Origin) -> Self {
        Self::new(origin.bus, origin.sequence, origin.port, origin.hops)
    }
}

impl From<&Origin> for ipn::Origin {
    fn from(origin: &Origin) -> Self {
        Self {
            bus: origin.bus,
            sequence: origin.sequence,
            port: origin.port,
            hops: origin.hops,
        }
    }
}

/// Which message of its port a message is. Ports that ask for it get it: Port.sequences.
#[pyclass(frozen, get_all, module = "ipn")]
pub struct Sequence {
    /// Which message of its port, from 1 on; 0 on a network that is no reliable bus.
    number: u64,
    /// When it was sent, in nanoseconds of CLOCK_MONOTONIC_COARSE.
    sent: u64,
    /// Messages of its port right before it that were lost before they came here.
    skipped: u64,
    /// Where it comes from; None: it was sent here.
    origin: Option<Origin>,
}

#[pymethods]
impl Sequence {
    fn __repr__(&self) -> String {
        format!("Sequence(number={}, skipped={})", self.number, self.skipped)
    }
}

impl From<ipn::Sequence> for Sequence {
    fn from(told: ipn::Sequence) -> Self {
        Self {
            number: told.number,
            sent: told.sent.as_nanos().try_into().unwrap_or(u64::MAX),
            skipped: told.skipped,
            origin: told.origin.map(Origin::from),
        }
    }
}

/// Messages that a port of a reliable bus has missed, as many of a sender.
#[pyclass(frozen, get_all, eq, hash, module = "ipn")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Gap {
    /// The sender's port; None: of several, or it is not known of whom.
    port: Option<u32>,
    /// How many.
    lost: u64,
}

#[pymethods]
impl Gap {
    fn __repr__(&self) -> String {
        let port = match self.port {
            Some(port) => port.to_string(),
            None => "None".to_owned(),
        };
        format!("Gap(port={port}, lost={})", self.lost)
    }
}

impl From<&ipn::Gap> for Gap {
    fn from(gap: &ipn::Gap) -> Self {
        Self {
            port: gap.port,
            lost: gap.lost,
        }
    }
}

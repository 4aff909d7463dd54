// SPDX-License-Identifier: GPL-2.0

//! What a reliable bus tells of a message besides: which of its port it is, where it comes from, and what
//! was missed before it.

use crate::level::LEVEL;
use crate::received::{control_messages, Received};
use crate::sys::plain::bytes_mut;
use ipn_abi as abi;
use std::time::Duration;

/// Where a message comes from that a cable has brought from another bus, as the cable says: see
/// [`Port::send_from`](crate::Port::send_from).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The bus where it was sent; 0: this one.
    pub bus: u64,
    /// Its sequence there.
    pub sequence: u64,
    /// Its sender's port there.
    pub port: u32,
    /// Cables on its way.
    pub hops: u32,
}

/// Which message of its port a message is, where the port asked for that: see
/// [`Port::set_report_sequences`](crate::Port::set_report_sequences).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sequence {
    /// The message of its port, from 1 on, whoever holds that; 0 on a network that is no reliable bus.
    pub number: u64,
    /// When it was sent, in the kernel's coarse time (`CLOCK_MONOTONIC_COARSE`).
    pub sent: Duration,
    /// Messages of its port right before it that were lost before they came here:
    /// [`Port::skip`](crate::Port::skip).
    pub skipped: u64,
    /// Where it comes from; none: it was sent here.
    pub origin: Option<Origin>,
}

/// Messages that a port has missed, as many of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Gap {
    /// The sender's port; none: they are of several, or it is not known of whom.
    pub port: Option<u32>,
    /// How many.
    pub lost: u64,
}

/// What [`Port::recv_sequenced`](crate::Port::recv_sequenced) has got.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sequenced {
    /// What there is to know of any message.
    pub received: Received,
    /// Which of its port it is, if the port has asked for that.
    pub sequence: Option<Sequence>,
    /// What was missed before it, if the call before said that something was: an error that
    /// [is a gap](crate::Error::is_gap).
    pub gaps: Vec<Gap>,
}

impl Sequenced {
    /// What a call's control messages say besides.
    pub(crate) fn new(received: Received, control: &[u8]) -> Self {
        let (mut sequence, mut gaps) = (None, Vec::new());
        for (level, kind, data) in control_messages(control) {
            match (level, kind) {
                (LEVEL, abi::IPN_SO_SEQUENCE) => sequence = Sequence::parse(data),
                (LEVEL, abi::IPN_SO_GAPS) => gaps = Gap::parse_all(data),
                _ => {}
            }
        }
        Self {
            received,
            sequence,
            gaps,
        }
    }
}

impl From<Origin> for abi::ipn_origin {
    fn from(origin: Origin) -> Self {
        Self {
            bus: origin.bus,
            sequence: origin.sequence,
            port: origin.port,
            hops: origin.hops,
        }
    }
}

impl From<abi::ipn_sequence> for Sequence {
    fn from(told: abi::ipn_sequence) -> Self {
        let abi::ipn_origin {
            bus,
            sequence,
            port,
            hops,
        } = told.origin;
        let origin = Origin {
            bus,
            sequence,
            port,
            hops,
        };
        Self {
            number: told.sequence,
            sent: Duration::from_nanos(told.sent),
            skipped: told.skipped,
            origin: Some(origin).filter(|origin| *origin != Origin::default()),
        }
    }
}

impl Sequence {
    /// What a `struct ipn_sequence` says. Later versions may be longer.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut told = abi::ipn_sequence::default();
        let place = bytes_mut(&mut told);
        place.copy_from_slice(bytes.get(..place.len())?);
        Some(told.into())
    }
}

impl Gap {
    /// What an array of `struct ipn_gap` says.
    fn parse_all(bytes: &[u8]) -> Vec<Self> {
        let gaps = bytes.chunks_exact(size_of::<abi::ipn_gap>());
        gaps.map(|bytes| {
            let mut told = abi::ipn_gap::default();
            bytes_mut(&mut told).copy_from_slice(bytes);
            Self {
                port: Some(told.port).filter(|port| *port != abi::IPN_GAP_OTHERS),
                lost: told.lost,
            }
        })
        .collect()
    }
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;

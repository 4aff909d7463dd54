// SPDX-License-Identifier: GPL-2.0

//! What a reliable bus keeps of a message besides: `struct ipn_sequence`, `ipn_origin` and `ipn_gap`.

use crate::abi::words::{pair, to_bytes};

/// Where a message comes from that a cable has brought: `struct ipn_origin`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The bus where it was sent; 0: this one.
    pub(crate) bus: u64,
    /// Its sequence there.
    pub(crate) sequence: u64,
    /// Its sender's port there.
    pub(crate) port: u32,
    /// Cables on its way.
    pub(crate) hops: u32,
}

impl Origin {
    /// Bytes of one.
    pub(crate) const SIZE: usize = 24;

    /// As a program gives it.
    pub(crate) fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let long = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk());
        let word = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk());
        Self {
            bus: long(0).map_or(0, |bytes| u64::from_ne_bytes(*bytes)),
            sequence: long(8).map_or(0, |bytes| u64::from_ne_bytes(*bytes)),
            port: word(16).map_or(0, |bytes| u32::from_ne_bytes(*bytes)),
            hops: word(20).map_or(0, |bytes| u32::from_ne_bytes(*bytes)),
        }
    }
}

/// Which message of its port a message is, and when it was sent: `struct ipn_sequence`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Which message of its port, from 1 on; 0: of none.
    pub(crate) sequence: u64,
    /// When it was sent, in nanoseconds of `CLOCK_MONOTONIC_COARSE`.
    pub(crate) sent: u64,
    /// Messages of its port right before it that never came here.
    pub(crate) skipped: u64,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

impl Sequence {
    /// Bytes of one.
    pub(crate) const SIZE: usize = 48;

    /// As a program gets it.
    pub(crate) fn to_bytes(self) -> [u8; Self::SIZE] {
        let Origin {
            bus,
            sequence,
            port,
            hops,
        } = self.origin;
        let longs = [self.sequence, self.sent, self.skipped, bus, sequence];
        let [first, sent, skipped, bus, sequence] = longs.map(u64::to_ne_bytes);
        to_bytes([first, sent, skipped, bus, sequence, pair(port, hops)])
    }
}

/// Messages of a port that a reader has missed: `struct ipn_gap`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    /// How many.
    pub(crate) lost: u64,
    /// Of which port; `IPN_GAP_OTHERS`: of several.
    pub(crate) port: u32,
    /// Nothing.
    pub(crate) zero: u32,
}

impl Gap {
    /// Bytes of one.
    pub(crate) const SIZE: usize = 16;

    /// As a program gets it.
    pub(crate) fn to_bytes(self) -> [u8; Self::SIZE] {
        to_bytes([self.lost.to_ne_bytes(), pair(self.port, self.zero)])
    }
}

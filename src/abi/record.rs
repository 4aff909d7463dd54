// SPDX-License-Identifier: GPL-2.0

//! Records: several messages in one buffer, each behind a header (`IPN_SO_RECORDS`).
//!
//! The first begins with the buffer, each other at the next multiple of 8 bytes behind the one before it.

use crate::abi::words::{pair, to_bytes};

/// What stands before a message: `struct ipn_record`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Bytes of the message.
    pub(crate) len: u32,
    /// The port that sent it.
    pub(crate) from: u32,
    /// Number of the message on its ring.
    pub(crate) number: u64,
    /// When it was sent, in nanoseconds since the epoch; 0 where no port asked.
    pub(crate) stamp: u64,
}

/// Bytes of a [`Record`].
pub(crate) const HEADER: usize = 24;

/// Bytes of one with the sequence of its message behind it: `struct ipn_sequenced_record`.
pub(crate) const SEQUENCED: usize = 32;

/// Records begin at multiples of so many bytes.
const ALIGN: usize = 8;

/// Bytes of a record of so many before the message, and a message of `len` bytes, at most 16 MiB.
#[inline]
pub(crate) fn size(header: usize, len: usize) -> usize {
    header.saturating_add(len)
}

/// Where the record begins that follows on `len` bytes.
#[inline]
pub(crate) fn begin(len: usize) -> usize {
    len.saturating_add(ALIGN - 1) & !(ALIGN - 1)
}

impl Record {
    /// As it stands in a buffer, [`HEADER`] bytes of it; the rest are of one with the sequence of its message.
    pub(crate) fn to_bytes(self, sequence: u64) -> [u8; SEQUENCED] {
        let [number, stamp, sequence] = [self.number, self.stamp, sequence].map(u64::to_ne_bytes);
        to_bytes([pair(self.len, self.from), number, stamp, sequence])
    }
}

/// What a buffer of records begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum First<'a> {
    /// A message; the next record is so many bytes on, or would be.
    Message(&'a [u8], usize),
    /// A message that is longer than the longest.
    TooLong,
    /// It is neither here nor in what follows.
    Cut,
    /// More of the buffer is to be looked at; the length of the message, if its header is here.
    More(Option<usize>),
}

/// What `bytes` begin with, which are the first of a buffer of `whole` bytes, of records with `header` bytes before each
/// message; that has at most `mtu`.
#[inline]
pub(crate) fn first(bytes: &[u8], whole: usize, mtu: usize, header: usize) -> First<'_> {
    let Some(len) = bytes.first_chunk() else {
        return match whole < header {
            true => First::Cut,
            false => First::More(None),
        };
    };
    let len = u32::from_ne_bytes(*len) as usize;
    let size = size(header, len);
    if size > whole {
        return First::Cut;
    }
    if len > mtu {
        return First::TooLong;
    }
    let next = begin(size).min(whole);
    match bytes
        .get(..next)
        .and_then(|record| record.get(header..size))
    {
        Some(message) => First::Message(message, next),
        None => First::More((bytes.len() >= header).then_some(len)),
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Several messages that one call has received, each behind its header (`struct ipn_record`).

use crate::oob::Oob;
use crate::received::{self, Kind, Received};
use crate::sys::plain::bytes_mut;
use ipn_abi::ipn_record;
use std::iter::FusedIterator;
use std::time::SystemTime;

/// Bytes of a header.
pub(crate) const HEADER: usize = size_of::<ipn_record>();
/// At multiples of so many bytes records begin.
pub(crate) const ALIGN: usize = 8;

/// A message and what its header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record<'a> {
    /// The message, which may be empty; its beginning, where the buffer had no room for all of it.
    pub message: &'a [u8],
    /// The length of the message as it was sent, in bytes.
    pub full_len: usize,
    /// The number of the port that sent it.
    pub from: u32,
    /// Its number, from 0 on: on a hub among all messages of the network, on a switch among those for
    /// this port. What is between two records was lost, or is the port's own, or refused by its filter.
    pub number: u64,
    /// When it was sent, where any port of the network has asked for time stamps: see
    /// [`Port::set_timestamps`](crate::Port::set_timestamps).
    pub time: Option<SystemTime>,
}

impl Record<'_> {
    /// The bytes that a record takes whose message has `len` of them: the header, of 24, the message, and
    /// zeroes up to the next multiple of 8. A buffer of `n * Record::room(mtu)` has room for n records.
    pub const fn room(len: usize) -> usize {
        (len.saturating_add(HEADER + ALIGN - 1)) / ALIGN * ALIGN
    }

    /// Whether the message was longer than the buffer: its tail is gone.
    pub fn is_truncated(&self) -> bool {
        self.full_len > self.message.len()
    }
}

/// The records in a buffer, in the order in which they were sent.
///
/// ```
/// use ipn::{RecordBatch, Records};
/// let batch: RecordBatch = ["one", "", "three"].iter().collect();
/// let lengths = Records::new(batch.as_bytes()).map(|record| record.message.len());
/// assert_eq!(lengths.collect::<Vec<_>>(), [3, 0, 5]);
/// ```
#[derive(Debug, Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
}

impl<'a> Records<'a> {
    /// Those in `bytes`, which a call has received that is none of this crate, as one by io_uring.
    /// A header that is cut is left out; a message that is cut is the last.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (first, behind) = self.bytes.split_first_chunk::<HEADER>()?;
        let mut header = ipn_record::default();
        bytes_mut(&mut header).copy_from_slice(first);
        let full_len = header.len as usize;
        let message = behind.get(..full_len).unwrap_or(behind);
        self.bytes = self.bytes.get(Record::room(full_len)..).unwrap_or(&[]);
        Some(Record {
            message,
            full_len,
            from: header.from,
            number: header.number,
            time: received::stamp(header.stamp),
        })
    }
}

impl FusedIterator for Records<'_> {}

/// What a call that receives records has got. These are all: what is new one day comes as [`Oob`].
#[derive(Debug, Clone)]
pub enum RecordContent<'a> {
    /// Records, one at least where the buffer has room for a header.
    Records(Records<'a>),
    /// An out-of-band message, which comes alone.
    OutOfBand(Oob),
    /// End of file: the network was terminated and its last message read.
    End,
}

impl Received {
    /// What [`RecordPort::recv_with`](crate::RecordPort::recv_with) has got, out of the buffer that it
    /// was given.
    pub fn records<'a>(&self, buffer: &'a [u8]) -> RecordContent<'a> {
        let bytes = &buffer[..self.len().min(buffer.len())];
        match self.kind() {
            Kind::Message => RecordContent::Records(Records::new(bytes)),
            Kind::OutOfBand => RecordContent::OutOfBand(Oob::parse(bytes)),
            Kind::End => RecordContent::End,
        }
    }
}

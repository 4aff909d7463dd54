// SPDX-License-Identifier: GPL-2.0

//! Buffers for several messages that are received at once.

use crate::received::{Content, Kind, Received};
use crate::sys;
use rustix::io::Errno;
use std::io::IoSliceMut;

/// Room for several messages; see [`Port::recv_batch`](crate::Port::recv_batch).
#[derive(Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    size: usize,
    results: Vec<Received>,
    filled: usize,
}

impl Batch {
    /// The most messages that a batch holds.
    pub const MAX: usize = sys::BATCH_MAX;

    /// Room for `count` messages, at most [`Batch::MAX`], of `size` bytes each: the
    /// network's MTU.
    pub fn new(count: usize, size: usize) -> Self {
        let (count, size) = (count.clamp(1, Self::MAX), size.max(1));
        Self {
            bytes: vec![0; count * size],
            size,
            results: vec![Received::END; count],
            filled: 0,
        }
    }

    /// Lets `receive` fill the first `most` places. Nothing follows the end.
    pub(crate) fn fill(
        &mut self,
        most: usize,
        receive: impl FnOnce(&mut [IoSliceMut<'_>], &mut [Received]) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        self.filled = 0;
        let places = self.bytes.chunks_mut(self.size).take(most);
        let mut places: Vec<_> = places.map(IoSliceMut::new).collect();
        let count = receive(&mut places, &mut self.results)?;
        let end = self.results[..count]
            .iter()
            .position(|one| one.kind() == Kind::End);
        self.filled = end.map_or(count, |end| end + 1);
        Ok(self.filled)
    }

    /// How many messages it holds.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// The messages, in the order in which they were received.
    pub fn iter(&self) -> impl Iterator<Item = (Content<'_>, &Received)> {
        self.results
            .iter()
            .zip(self.bytes.chunks(self.size))
            .map(|(received, bytes)| (received.content(bytes), received))
            .take(self.filled)
    }
}

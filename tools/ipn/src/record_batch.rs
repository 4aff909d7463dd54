// SPDX-License-Identifier: GPL-2.0

//! Messages that are to be sent together, each behind its header (`struct ipn_record`).

use crate::record::{Record, Records, ALIGN, HEADER};
use crate::sys::plain::bytes;
use ipn_abi::ipn_record;

/// Messages for [`RecordPort::send`](crate::RecordPort::send), in their order. What was sent leaves it.
#[derive(Debug, Clone, Default)]
pub struct RecordBatch {
    bytes: Vec<u8>,
    /// Where the first record begins that is still here.
    start: usize,
    count: usize,
}

impl RecordBatch {
    /// Without messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message, which may be empty, as the last.
    ///
    /// # Panics
    ///
    /// It has 4 GiB or more; the longest that any network takes is [`abi::IPN_MTU_MAX`](crate::abi::IPN_MTU_MAX)
    /// bytes.
    pub fn push(&mut self, message: &[u8]) {
        let len = u32::try_from(message.len()).expect("a message of less than 4 GiB");
        let start = self.bytes.len().next_multiple_of(ALIGN);
        self.bytes.reserve(Record::room(message.len()) + ALIGN);
        self.bytes.resize(start, 0);
        let header = ipn_record {
            len,
            ..Default::default()
        };
        self.bytes.extend_from_slice(bytes(&header));
        self.bytes.extend_from_slice(message);
        self.count += 1;
    }

    /// Takes the first message away, as one that cannot be sent; without any does nothing.
    pub fn remove_first(&mut self) {
        self.sent(HEADER);
    }

    /// Takes all messages away, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.start, self.count) = (0, 0);
    }

    /// How many messages it has.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The records as `send(2)` takes them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The messages.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        Records::new(self.as_bytes()).map(|record| record.message)
    }

    /// Takes away the records of which so many bytes in all were sent, the last whole.
    pub(crate) fn sent(&mut self, taken: usize) {
        let end = self.start.saturating_add(taken);
        while let (true, Some(first)) = (self.start < end, Records::new(self.as_bytes()).next()) {
            self.start += Record::room(first.full_len);
            self.count -= 1;
            // There are no zeroes behind the last.
            self.start = self.start.min(self.bytes.len());
        }
        if self.count == 0 {
            self.clear();
        }
    }
}

impl<T: AsRef<[u8]>> Extend<T> for RecordBatch {
    fn extend<I: IntoIterator<Item = T>>(&mut self, messages: I) {
        for message in messages {
            self.push(message.as_ref());
        }
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for RecordBatch {
    fn from_iter<I: IntoIterator<Item = T>>(messages: I) -> Self {
        let mut batch = Self::new();
        batch.extend(messages);
        batch
    }
}

#[cfg(test)]
#[path = "record_batch_tests.rs"]
mod tests;

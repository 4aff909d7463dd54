// SPDX-License-Identifier: GPL-2.0

//! Messages as `send` takes them where `IPN_SO_RECORDS` is 1.

use crate::abi::record::{begin, Record, HEADER};

/// The messages, each behind its header, of which only the length counts.
pub(crate) fn packed<T: AsRef<[u8]>>(messages: &[T]) -> Vec<u8> {
    let mut packed = Vec::new();
    for message in messages.iter().map(AsRef::as_ref) {
        packed.resize(begin(packed.len()), 0);
        let record = Record {
            len: message.len() as u32,
            from: 0,
            number: 0,
            stamp: 0,
        };
        packed.extend(&record.to_bytes(0)[..HEADER]);
        packed.extend(message);
    }
    packed
}

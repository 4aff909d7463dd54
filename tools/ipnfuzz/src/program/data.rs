// SPDX-License-Identifier: GPL-2.0
//! Messages, and the memory that they lie in.

use serde::{Deserialize, Serialize};

/// The bytes of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// So many bytes, told from others by a mark.
    Text {
        /// How many.
        len: u32,
        /// The first of them.
        mark: u8,
    },
    /// An Ethernet frame.
    Frame {
        /// The station it is for: 0 is nobody, 1 to 9 stations, others groups.
        to: u8,
        /// The station it is from.
        from: u8,
        /// The control word of its tag.
        tag: Option<u16>,
        /// Bytes in all.
        len: u32,
    },
    /// Records, each with the bytes of such a text.
    Records {
        /// How many bytes each message has.
        lens: Vec<u16>,
        /// The first byte of the first message; that of each other is one more.
        mark: u8,
        /// So many bytes are missing at the end.
        cut: u16,
        /// Their headers have room for a sequence.
        #[serde(default)]
        sequenced: bool,
    },
}

impl Data {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match *self {
            Data::Text { len, mark } => text(len, mark),
            Data::Records {
                ref lens,
                mark,
                cut,
                sequenced,
            } => {
                let mut bytes = Vec::new();
                for (number, len) in lens.iter().enumerate() {
                    let message = text((*len).into(), mark.wrapping_add(number as u8));
                    put_record(&mut bytes, &message, (0, 0), sequenced.then_some(0));
                }
                bytes.truncate(bytes.len().saturating_sub(cut.into()));
                bytes
            }
            Data::Frame { to, from, tag, len } => {
                let mut bytes = [station(to), station(from)].concat();
                if let Some(tag) = tag {
                    bytes.extend([0x81, 0x00]);
                    bytes.extend(tag.to_be_bytes());
                }
                bytes.extend([0x88, 0xb5]);
                bytes.resize(len as usize, 0x5a);
                bytes
            }
        }
    }
}

fn text(len: u32, mark: u8) -> Vec<u8> {
    (0..len).map(|at| mark.wrapping_add(at as u8)).collect()
}

/// Bytes of `struct ipn_record`.
pub const RECORD_HEADER: usize = 24;

/// Bytes of `struct ipn_sequenced_record`.
pub const SEQUENCED_HEADER: usize = 32;

/// Bytes of `struct ipn_origin`.
pub const ORIGIN: usize = 24;

/// Puts a record behind others, with a sequence or without: af_ipn(7), RECORDS.
pub fn put_record(
    records: &mut Vec<u8>,
    message: &[u8],
    (from, number): (u32, u64),
    sequence: Option<u64>,
) {
    records.resize(records.len().next_multiple_of(8), 0);
    records.extend((message.len() as u32).to_ne_bytes());
    records.extend(from.to_ne_bytes());
    records.extend(number.to_ne_bytes());
    // No port asked for time stamps.
    records.extend(0_u64.to_ne_bytes());
    records.extend(sequence.map(u64::to_ne_bytes).into_iter().flatten());
    records.extend(message);
}

/// The address of a station, or of a group.
pub fn station(number: u8) -> [u8; 6] {
    match number {
        0 => [0; 6],
        1..=9 => [2, 0, 0, 0, 0, number],
        10 => [0xff; 6],
        11 => [0x33, 0x33, 0, 0, 0, 1],
        12 => [0x01, 0, 0x5e, 0, 0, 1],
        other => [0x01, 0x80, 0xc2, 0, 0, other & 15],
    }
}

/// Memory that a message lies in, or is to lie in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// Nothing is mapped there.
    Nowhere,
    /// Pages that nobody touched yet.
    Fresh,
    /// The end of it may not be touched.
    Cut,
    /// A page that comes a while after it is touched.
    Late,
}

/// What a control part says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Nothing, there is none.
    None,
    /// A descriptor to pass.
    Rights,
    /// An unknown level.
    Unknown,
    /// A header that is cut.
    Cut,
    /// Where the message comes from: so many times this byte.
    Origin(u8),
}

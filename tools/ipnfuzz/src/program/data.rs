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
}

impl Data {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match *self {
            Data::Text { len, mark } => (0..len).map(|at| mark.wrapping_add(at as u8)).collect(),
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
}

// SPDX-License-Identifier: GPL-2.0
//! What calls answer.

use crate::program::ORIGIN;

/// What a call answered: something, or an errno.
pub type Outcome = Result<Answer, i32>;

/// What a call that succeeded answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The number that it returned, or that it stored.
    pub value: i64,
    /// The bytes that it stored.
    pub bytes: Vec<u8>,
    /// The messages that it received.
    pub messages: Vec<Message>,
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The length that the call returned for it.
    pub len: usize,
    /// Its bytes.
    pub data: Vec<u8>,
    /// What came beside them, where the call tells.
    pub beside: Option<Beside>,
}

/// What comes beside a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// `msg_flags`.
    pub flags: i32,
    /// How many messages the port has lost, if it was told.
    pub missed: Option<u32>,
    /// Of which ports messages were missed, and how many; of what is expected none where it does not matter.
    pub gaps: Option<Vec<(u32, u64)>>,
    /// What was told of the message itself, if it was.
    pub told: Option<Told>,
}

/// Which message of its port a message is: `struct ipn_sequence`, but for the time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// Its sequence.
    pub sequence: u64,
    /// How many before it never came.
    pub skipped: u64,
    /// Where it comes from.
    pub origin: [u8; ORIGIN],
}

impl Answer {
    /// Only a number.
    pub fn number(value: impl TryInto<i64>) -> Answer {
        Answer {
            value: value.try_into().unwrap_or(i64::MAX),
            ..Answer::default()
        }
    }

    /// Bytes, and how many the call said they are.
    pub fn stored(value: usize, bytes: Vec<u8>) -> Answer {
        Answer {
            bytes,
            ..Answer::number(value)
        }
    }
}

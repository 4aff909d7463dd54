// SPDX-License-Identifier: GPL-2.0

//! What is known of a message that was received.

use crate::oob::Oob;
use std::time::SystemTime;

/// What a call that receives has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary message, which may be empty.
    Message,
    /// An out-of-band message.
    OutOfBand,
    /// End of file: the network was terminated and its last message read.
    End,
}

/// The description of a received message; its bytes are in the buffer that was
/// given to the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    pub(crate) len: usize,
    pub(crate) full_len: usize,
    pub(crate) kind: Kind,
    pub(crate) lost: Option<u32>,
    pub(crate) time: Option<SystemTime>,
}

impl Received {
    /// The description of no message.
    pub(crate) const END: Self = Self {
        len: 0,
        full_len: 0,
        kind: Kind::End,
        lost: None,
        time: None,
    };

    /// The number of bytes that are in the buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no byte is in the buffer.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The length of the message as it was sent.
    pub fn full_len(&self) -> usize {
        self.full_len
    }

    /// Whether the message was longer than the buffer: its tail is gone.
    pub fn is_truncated(&self) -> bool {
        self.full_len > self.len
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How many messages this port has lost since it connected, when the call
    /// said so, which it does not before the first loss: see [`Port::set_report_losses`](crate::Port::set_report_losses).
    /// The count wraps around at 2³².
    pub fn lost(&self) -> Option<u32> {
        self.lost
    }

    /// When the message was sent, when the call said so: see
    /// [`Port::set_timestamps`](crate::Port::set_timestamps).
    pub fn time(&self) -> Option<SystemTime> {
        self.time
    }

    /// The message itself, out of the buffer that the call was given.
    pub fn content<'a>(&self, buffer: &'a [u8]) -> Content<'a> {
        let bytes = &buffer[..self.len.min(buffer.len())];
        match self.kind {
            Kind::Message => Content::Message(bytes),
            Kind::OutOfBand => Content::OutOfBand(Oob::parse(bytes)),
            Kind::End => Content::End,
        }
    }
}

/// A received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// An ordinary message, which may be empty.
    Message(&'a [u8]),
    /// An out-of-band message.
    OutOfBand(Oob),
    /// End of file: the network was terminated and its last message read.
    End,
}

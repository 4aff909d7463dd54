// SPDX-License-Identifier: GPL-2.0

//! What is known of a message that was received.

use crate::level::LEVEL;
use crate::oob::Oob;
use crate::sender::Sender;
use ipn_abi as abi;
use libc::{c_int, cmsghdr, MSG_EOR, MSG_OOB, SCM_TIMESTAMP, SOL_SOCKET, SO_RXQ_OVFL};
use std::mem::offset_of;
use std::time::{Duration, SystemTime};

/// What a call that receives has got. These are all: what is new one day comes as [`Oob`].
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
    pub(crate) sender: Option<Sender>,
}

impl Received {
    /// The description of no message.
    pub(crate) const END: Self = Self {
        len: 0,
        full_len: 0,
        kind: Kind::End,
        lost: None,
        time: None,
        sender: None,
    };

    /// What `recvmsg(2)` says of a message of `full_len` bytes, for which there was this room: its
    /// flags, and its control messages.
    pub(crate) fn new(full_len: usize, room: usize, flags: c_int, control: &[u8]) -> Self {
        let is_record = full_len != 0 || flags & MSG_EOR != 0;
        let mut received = Self {
            len: full_len.min(room),
            full_len,
            kind: match (flags & MSG_OOB != 0, is_record) {
                (true, _) => Kind::OutOfBand,
                (false, true) => Kind::Message,
                (false, false) => Kind::End,
            },
            ..Self::END
        };
        for (level, kind, data) in control_messages(control) {
            match (level, kind) {
                (SOL_SOCKET, SO_RXQ_OVFL) => {
                    received.lost = data.first_chunk().map(|count| u32::from_ne_bytes(*count));
                }
                (SOL_SOCKET, SCM_TIMESTAMP) => received.time = time(data),
                (LEVEL, abi::IPN_SO_SENDER) => received.sender = Sender::parse(data),
                _ => {}
            }
        }
        received
    }

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

    /// Who sent the message, when the call said so: see
    /// [`Port::set_report_senders`](crate::Port::set_report_senders).
    pub fn sender(&self) -> Option<Sender> {
        self.sender
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

/// The level, the type and the data of each control message in a buffer, as cmsg(3) lays them out:
/// the length is the kernel's `size_t`, and each begins at a multiple of that.
pub(crate) fn control_messages(mut bytes: &[u8]) -> impl Iterator<Item = (c_int, c_int, &[u8])> {
    const WORD: usize = size_of::<usize>();
    std::iter::from_fn(move || {
        let len = usize::from_ne_bytes(*bytes.first_chunk()?);
        let message = bytes.get(..len)?;
        let data = message.get(size_of::<cmsghdr>().next_multiple_of(WORD)..)?;
        let number = |at| Some(c_int::from_ne_bytes(*message.get(at..)?.first_chunk()?));
        let level = number(offset_of!(cmsghdr, cmsg_level))?;
        let kind = number(offset_of!(cmsghdr, cmsg_type))?;
        bytes = bytes.get(len.next_multiple_of(WORD)..).unwrap_or_default();
        Some((level, kind, data))
    })
}

/// The time of a header's stamp, in ns since 1970; 0 is none.
pub(crate) fn stamp(nanos: u64) -> Option<SystemTime> {
    let since = Duration::from_nanos(nanos);
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .filter(|_| nanos != 0)
}

/// The time in a `struct timeval`, of two numbers of 64 or of 32 bits.
fn time(data: &[u8]) -> Option<SystemTime> {
    let number = |bytes: &[u8]| match *bytes {
        [a, b, c, d] => Some(u32::from_ne_bytes([a, b, c, d]).into()),
        _ => bytes.try_into().ok().map(u64::from_ne_bytes),
    };
    let (seconds, micros) = data.split_at(data.len() / 2);
    let since = Duration::from_secs(number(seconds)?)
        .checked_add(Duration::from_micros(number(micros)?))?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

/// A received message. These are all: what is new one day comes as [`Oob`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// An ordinary message, which may be empty.
    Message(&'a [u8]),
    /// An out-of-band message.
    OutOfBand(Oob),
    /// End of file: the network was terminated and its last message read.
    End,
}

#[cfg(test)]
#[path = "received_tests.rs"]
mod tests;

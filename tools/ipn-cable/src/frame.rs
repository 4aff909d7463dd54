// SPDX-License-Identifier: GPL-2.0

//! What cables send to each other, the same over every engine. All numbers are little-endian.

use std::fmt;

/// The format's version, the first byte of every frame.
const VERSION: u8 = 1;

const MESSAGE: u8 = 1;
const MARKS: u8 = 2;

/// Bytes that every frame begins with.
const HEADER: usize = 16;

/// Bytes of what is said of an author.
const MARK: usize = 40;

/// Bytes before the message.
const BEFORE: usize = HEADER + MARK;

/// The longest message of a bus.
pub const MESSAGE_MAX: usize = ipn::abi::IPN_MTU_MAX as usize;

/// The longest frame.
pub const LONGEST: usize = BEFORE + MESSAGE_MAX;

/// The most authors of whom one frame tells.
pub const MARKS_MAX: usize = 1000;

/// The most cables that a message goes through.
pub const HOPS_MAX: u32 = 16;

/// Who has sent a message first: a port of a bus, by whatever way the message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Author {
    /// The bus; never 0.
    pub bus: u64,
    /// The port's number there.
    pub port: u32,
}

/// What one cable says of an author's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Whose they are.
    pub author: Author,
    /// The sequence of the first of them that the cable was there for, from 1 on.
    pub since: u64,
    /// The number of the cable's frame that this one was in, or would have been in.
    pub began: u64,
    /// The sequence of the newest.
    pub last: u64,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message, the newest of its author's.
    Message {
        /// Whose it is, and which.
        mark: Mark,
        /// How many cables it has gone through, this one included.
        hops: u32,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// What the cable has sent so far, so that the last messages are missed if they were lost. The
    /// list may be empty: the cable is there.
    Marks(Vec<Mark>),
}

/// Why it is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadFrame {
    /// It has another version of the format.
    Version(u8),
    /// It is nonsense.
    Malformed,
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "of version {version} of the format"),
            Self::Malformed => f.write_str("that are none of a cable"),
        }
    }
}

impl Frame<'_> {
    /// Writes it into `buffer` in place of what is there; its sender has numbered it, from 1 on.
    pub fn write(&self, number: u64, buffer: &mut Vec<u8>) {
        buffer.clear();
        let (kind, count) = match self {
            Self::Message { hops, .. } => (MESSAGE, *hops),
            Self::Marks(marks) => (MARKS, marks.len() as u32),
        };
        buffer.extend([VERSION, kind, 0, 0]);
        buffer.extend(count.to_le_bytes());
        buffer.extend(number.to_le_bytes());
        match self {
            Self::Message { mark, bytes, .. } => {
                mark.write(buffer);
                buffer.extend_from_slice(bytes);
            }
            Self::Marks(marks) => marks.iter().for_each(|mark| mark.write(buffer)),
        }
    }
}

impl<'a> Frame<'a> {
    /// Reads what has come, with its number. Nothing of it is believed.
    ///
    /// # Errors
    ///
    /// It is no frame of this version.
    pub fn read(bytes: &'a [u8]) -> Result<(u64, Self), BadFrame> {
        let version = *bytes.first().ok_or(BadFrame::Malformed)?;
        if version != VERSION {
            return Err(BadFrame::Version(version));
        }
        Self::read_known(bytes).ok_or(BadFrame::Malformed)
    }

    fn read_known(bytes: &'a [u8]) -> Option<(u64, Self)> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let [_, kind, zero @ .., _, _, _, _, _, _, _, _, _, _, _, _] = *header;
        let (count, number) = (u32_at(header, 4)?, u64_at(header, 8)?);
        if zero != [0, 0] || number == 0 {
            return None;
        }
        let frame = match kind {
            MESSAGE => {
                let (mark, bytes) = rest.split_first_chunk()?;
                let mark = Mark::read(mark)?;
                let fits = (1..=HOPS_MAX).contains(&count) && bytes.len() <= MESSAGE_MAX;
                if !fits || mark.began > number {
                    return None;
                }
                Self::Message {
                    mark,
                    hops: count,
                    bytes,
                }
            }
            MARKS => {
                let count = count as usize;
                if count > MARKS_MAX || rest.len() != count * MARK {
                    return None;
                }
                let marks = rest.chunks_exact(MARK).map(|mark| {
                    let mark = Mark::read(mark.first_chunk()?)?;
                    Some(mark).filter(|mark| mark.began < number)
                });
                Self::Marks(marks.collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some((number, frame))
    }
}

impl Mark {
    fn write(&self, buffer: &mut Vec<u8>) {
        for number in [self.author.bus, self.since, self.began, self.last] {
            buffer.extend(number.to_le_bytes());
        }
        buffer.extend(self.author.port.to_le_bytes());
        buffer.extend([0; 4]);
    }

    fn read(bytes: &[u8; MARK]) -> Option<Self> {
        let author = Author {
            bus: u64_at(bytes, 0)?,
            port: u32_at(bytes, 32)?,
        };
        let mark = Self {
            author,
            since: u64_at(bytes, 8)?,
            began: u64_at(bytes, 16)?,
            last: u64_at(bytes, 24)?,
        };
        let zero = u32_at(bytes, 36)?;
        let is_sound = author.bus != 0
            && zero == 0
            && mark.began != 0
            && mark.since != 0
            && mark.since <= mark.last;
        is_sound.then_some(mark)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;

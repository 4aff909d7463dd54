// SPDX-License-Identifier: GPL-2.0

//! What is written to a network's `netdev` file: words about a network device.

use crate::abi::errno::{Errno, Result};

/// A line that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceCommand<'a> {
    /// `tap [NAME]`: make an interface. Without a name one is chosen.
    Tap(&'a [u8]),
    /// `grab DEVICE`: take a device.
    Grab(&'a [u8]),
    /// `release DEVICE`: give either back.
    Release(&'a [u8]),
}

impl<'a> DeviceCommand<'a> {
    /// Reads words that blanks, tabs and ends of lines separate. None of the three: `EINVAL`.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self> {
        let mut words = text
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let command = match (words.next(), words.next()) {
            (Some(b"tap"), name) => Self::Tap(name.unwrap_or_default()),
            (Some(b"grab"), Some(name)) => Self::Grab(name),
            (Some(b"release"), Some(name)) => Self::Release(name),
            _ => return Err(Errno::INVAL),
        };
        match words.next() {
            None => Ok(command),
            Some(_) => Err(Errno::INVAL),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The mode of a network's file, as text.

use crate::number;
use std::error;
use std::fmt;
use std::str::FromStr;

/// The mode bits of a network's file, for [`Builder::mode`](crate::Builder::mode): three octal digits, of
/// its owner, its group and others, in which 4 (`r`) lets receive, 2 (`w`) send, 1 (`x`) manage.
///
/// ```
/// # fn main() -> Result<(), ipn::BadMode> {
/// let mode: ipn::Mode = "640".parse()?;
/// assert_eq!((mode.bits(), mode.to_string().as_str()), (0o640, "0640"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode(u32);

impl Mode {
    /// The mode of these bits; none with others than 0777.
    pub const fn new(bits: u32) -> Option<Self> {
        match bits {
            0..=0o777 => Some(Self(bits)),
            _ => None,
        }
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// One to four octal digits.
impl FromStr for Mode {
    type Err = BadMode;

    fn from_str(text: &str) -> Result<Self, BadMode> {
        let bits = number::in_radix(text, 8).filter(|_| text.len() <= 4);
        bits.and_then(Self::new).ok_or(BadMode)
    }
}

/// A text that is no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadMode;

impl fmt::Display for BadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mode is octal, from 0 to 777")
    }
}

impl error::Error for BadMode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_digits_are_all_it_takes() {
        for (text, bits) in [("0", 0), ("7", 7), ("640", 0o640), ("0777", 0o777)] {
            assert_eq!(text.parse(), Ok(Mode(bits)), "{text}");
        }
        let wrong = [
            "", "+640", "0o640", "-1", " 640", "640 ", "1000", "00640", "8", "rw-",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Mode>(), Err(BadMode), "{text:?}");
        }
    }
}

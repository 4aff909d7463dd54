// SPDX-License-Identifier: GPL-2.0

//! Names of network devices.

use libc::IFNAMSIZ;
use std::fmt;
use std::str::FromStr;

/// The name of a network device: up to 15 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceName {
    /// Ends with a NUL.
    pub(crate) bytes: [u8; IFNAMSIZ],
}

impl DeviceName {
    /// No name: the kernel chooses one.
    pub const ANY: Self = Self {
        bytes: [0; IFNAMSIZ],
    };

    pub(crate) fn text(&self) -> &[u8] {
        let text = self.bytes.split(|&byte| byte == 0).next();
        text.unwrap_or_default()
    }
}

impl FromStr for DeviceName {
    type Err = BadDeviceName;

    fn from_str(text: &str) -> Result<Self, BadDeviceName> {
        let mut bytes = [0; IFNAMSIZ];
        let fits = (1..bytes.len()).contains(&text.len());
        // As dev_valid_name() in the kernel's net/core/dev.c, whose blanks are Latin-1's.
        let wrong = |byte: u8| matches!(byte, 0 | b'/' | b':' | b' ' | b'\t'..=b'\r' | 0xa0);
        if !fits || matches!(text, "." | "..") || text.bytes().any(wrong) {
            return Err(BadDeviceName);
        }
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { bytes })
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.text()))
    }
}

/// A text that cannot be the name of a network device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadDeviceName;

impl fmt::Display for BadDeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device's name has 1 to 15 bytes, no slash, no colon and no blank")
    }
}

impl std::error::Error for BadDeviceName {}

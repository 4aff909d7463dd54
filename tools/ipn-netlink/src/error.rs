// SPDX-License-Identifier: GPL-2.0

//! What may go wrong.

use std::fmt;
use std::io;

/// Why the kernel's answer is not there.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no family `ipn`: the module is not loaded, or is older than the family.
    NoFamily,
    /// A system call failed, or the kernel refused.
    System(io::Error),
    /// A message is not understood: what is wrong with it.
    Message(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFamily => f.write_str(
                "the kernel has no netlink family ipn: the module af_ipn is older than this program, \
                 or not loaded",
            ),
            Self::System(error) => write!(f, "the netlink family ipn: {error}"),
            Self::Message(wrong) => write!(
                f,
                "cannot understand the netlink family ipn: {wrong}; the module and this program may \
                 be of different versions"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            Self::NoFamily | Self::Message(_) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

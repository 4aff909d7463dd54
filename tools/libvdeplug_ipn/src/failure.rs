// SPDX-License-Identifier: GPL-2.0

//! Why a connection could not be opened.

use crate::url::WrongUrl;
use ipn::Errno;
use std::fmt;

/// The reason, in words and as the errno that libvdeplug's caller gets.
#[derive(Debug)]
pub enum Failure {
    /// The URL cannot be understood.
    Url(WrongUrl),
    /// The caller asked for what there is not.
    Unsupported(&'static str),
    /// The network refused.
    Network(ipn::Error),
    /// A system call beside the network failed.
    System(&'static str, Errno),
}

impl Failure {
    /// The errno for it.
    pub fn errno(&self) -> Errno {
        match self {
            Self::Url(_) => Errno::INVAL,
            Self::Unsupported(_) => Errno::OPNOTSUPP,
            Self::Network(error) => error.errno(),
            Self::System(_, errno) => *errno,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Unsupported(text) => f.write_str(text),
            Self::Network(error) => error.fmt(f),
            Self::System(what, errno) => write!(f, "cannot {what}: {errno}"),
        }
    }
}

impl From<WrongUrl> for Failure {
    fn from(error: WrongUrl) -> Self {
        Self::Url(error)
    }
}

impl From<ipn::Error> for Failure {
    fn from(error: ipn::Error) -> Self {
        Self::Network(error)
    }
}

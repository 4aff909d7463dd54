// SPDX-License-Identifier: GPL-2.0

//! Why the program gives up.

use std::fmt;
use std::io;

/// A reason, for people.
#[derive(Debug)]
pub enum Failure {
    /// The network was terminated.
    Ended,
    /// The network refused something.
    Network(ipn::Error),
    /// A system call failed: which, and how.
    System(&'static str, io::Error),
    /// What else went wrong.
    Because(String),
}

impl Failure {
    /// A reason in words.
    pub fn because(text: impl Into<String>) -> Self {
        Self::Because(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the network was ended by its manager"),
            Self::Network(error) => error.fmt(f),
            Self::System(what, error) => write!(f, "cannot {what}: {error}"),
            Self::Because(text) => f.write_str(text),
        }
    }
}

impl<T> From<ipn::Failed<T>> for Failure {
    fn from(failed: ipn::Failed<T>) -> Self {
        failed.into_error().into()
    }
}

impl From<ipn::Error> for Failure {
    fn from(error: ipn::Error) -> Self {
        Self::Network(error)
    }
}

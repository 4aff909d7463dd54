// SPDX-License-Identifier: GPL-2.0

//! How a command ends when it does not end well.

use crate::complain::complain;
use ipn::Shown;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// Something failed: what and why, and what to try.
    Error {
        /// What failed, on which path, and why.
        text: String,
        /// What to try.
        hint: Option<String>,
    },
    /// Fewer messages came than were asked for.
    TooFew(String),
    /// A signal asks to stop.
    Signal(i32),
}

impl Failure {
    /// An error with a hint.
    pub fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Error {
            text: text.into(),
            hint: Some(hint.into()),
        }
    }

    /// The same, with what failed besides: `what` of it.
    pub fn and_also(self, what: &str, other: &Self) -> Self {
        match (self, other) {
            (Self::Error { text, hint }, Self::Error { text: more, .. }) => Self::Error {
                text: format!("{text}; {what}: {more}"),
                hint,
            },
            (failure, _) => failure,
        }
    }

    /// A file that could not be used: `what` as in "read".
    pub fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Error {
            text: format!("cannot {what} {}: {error}", Shown::of(&path)),
            hint: None,
        }
    }

    /// The standard output is gone, or full. That a reader went away is no news to
    /// it, so the end is the silent one of `SIGPIPE`.
    pub fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Signal(signal_hook::consts::SIGPIPE),
            _ => Self::file("write to", Path::new("the standard output"), error),
        }
    }

    /// Says what is to be said, and gives the exit status. A signal that asked to
    /// stop ends the process here, as it would have done at first.
    pub fn conclude(self) -> ExitCode {
        match self {
            Self::Error { .. } => {
                complain(&self.to_string());
                ExitCode::FAILURE
            }
            Self::TooFew(_) => {
                complain(&self.to_string());
                ExitCode::from(3)
            }
            Self::Signal(signal) => {
                // This fails for signals that have no default, which are not asked for.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
                ExitCode::from(128_u8.wrapping_add(signal as u8))
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { text, hint: None } => write!(f, "ipn: {text}"),
            Self::Error {
                text,
                hint: Some(hint),
            } => write!(f, "ipn: {text}\n     try: {hint}"),
            Self::TooFew(text) => write!(f, "ipn: {text}"),
            Self::Signal(signal) => write!(f, "ipn: ended by signal {signal}"),
        }
    }
}

impl From<ipn::Error> for Failure {
    fn from(error: ipn::Error) -> Self {
        Self::Error {
            text: format!("{}: {}", error.what(), error.reason()),
            hint: error.hint().map(str::to_owned),
        }
    }
}

impl<T> From<ipn::Failed<T>> for Failure {
    fn from(failed: ipn::Failed<T>) -> Self {
        failed.into_error().into()
    }
}

impl From<ipn::TableError> for Failure {
    fn from(error: ipn::TableError) -> Self {
        let text = error.to_string();
        match text.split_once("; ") {
            Some((text, hint)) => Self::new(text, hint),
            None => Self::Error { text, hint: None },
        }
    }
}

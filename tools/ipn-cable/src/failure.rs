// SPDX-License-Identifier: GPL-2.0

//! Why a cable gives up.

use std::fmt;

/// A reason, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    hint: Option<String>,
}

impl Failure {
    /// What failed and why.
    pub fn because(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            hint: None,
        }
    }

    /// The same, with what to try.
    pub fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            hint: Some(hint.into()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.hint {
            Some(hint) => write!(f, "\n     try: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<ipn::Error> for Failure {
    fn from(error: ipn::Error) -> Self {
        Self {
            text: format!("{}: {}", error.what(), error.reason()),
            hint: error.hint().map(str::to_owned),
        }
    }
}

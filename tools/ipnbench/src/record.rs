// SPDX-License-Identifier: GPL-2.0

//! What was measured, as it goes from the guest to the report: a line of JSON each.

use crate::clock::Clock;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// How it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The guest's clock.
    pub clock: Clock,
    /// The release of its kernel.
    pub kernel: String,
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// What a message costs from its send to the last receive, where nobody sleeps.
    Message,
    /// What its send costs.
    Send,
}

/// A number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it says.
    pub measure: Measure,
    /// Of which medium: one of [`MEDIA`](crate::media::MEDIA).
    pub medium: String,
    /// Bytes of a message.
    pub bytes: usize,
    /// Who receives it.
    pub receivers: usize,
    /// Messages that wait together.
    pub depth: usize,
    /// In the unit of the clock: [`Clock::unit`].
    pub value: f64,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A number.
    Record(Record),
    /// How all numbers were measured.
    Conditions(Conditions),
}

impl Line {
    /// Prints it for the report.
    pub fn print(&self) -> io::Result<()> {
        writeln!(io::stdout(), "{}", serde_json::to_string(self)?)
    }
}

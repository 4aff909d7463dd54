// SPDX-License-Identifier: GPL-2.0

//! Reading descriptions, and saying where in a file something is wrong.

use super::check::check;
use super::description::{Description, Step};
use crate::failure::Failure;
use ipn::Shown;
use std::fs;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What to try where nothing better is known.
const MANUAL: &str = "ipn-network(5) has the keys and their values";

impl Description {
    /// Reads a file, and checks all of it.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
        Self::parse(&text).map_err(|(line, what)| {
            let (what, hint) = what.split_once("; ").unwrap_or((&what, MANUAL));
            Failure::new(format!("{}, line {line}: {what}", Shown::of(&file)), hint)
        })
    }

    /// Reads a text. What is wrong comes with its line, from 1, and ends in what to try.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let description: Self = toml::from_str(text).map_err(|error| {
            let line = line_at(text, error.span().unwrap_or_default().start);
            // What else it could be is what to try.
            let what = error
                .message()
                .trim()
                .replacen(", expected", "; expected", 1);
            match what.contains("; ") {
                true => (line, what),
                false => (line, format!("{what}; {MANUAL}")),
            }
        })?;
        match check(&description) {
            Ok(()) => Ok(description),
            Err((place, what)) => Err((line_of(text, &place), what)),
        }
    }
}

/// The line of a byte, from 1.
fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// The line of what is at a place, or of what is nearest to it.
fn line_of(text: &str, place: &[Step]) -> usize {
    let Ok(table) = DeTable::parse(text) else {
        return 1;
    };
    let mut span: Range<usize> = 0..0;
    let mut value: Option<&DeValue<'_>> = None;
    for step in place {
        let next = match (step, value) {
            (Step::Key(key), None) => table.get_ref().get(*key),
            (Step::Key(key), Some(value)) => value.get(*key),
            (Step::Index(index), Some(value)) => value.get(*index),
            (Step::Index(_), None) => None,
        };
        let Some(next) = next else { break };
        span = next.span();
        value = Some(next.get_ref());
    }
    line_at(text, span.start)
}

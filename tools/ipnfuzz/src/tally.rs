// SPDX-License-Identifier: GPL-2.0
//! What was tried: calls, and how they ended.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the calls of each kind ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally(BTreeMap<String, Row>);

/// How the calls of a kind ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Row {
    tried: u64,
    succeeded: u64,
    errnos: BTreeMap<i32, u64>,
}

impl Tally {
    /// A call has ended.
    pub fn add(&mut self, kind: &str, errno: Option<i32>) {
        let row = self.0.entry(kind.to_owned()).or_default();
        row.tried += 1;
        match errno {
            None => row.succeeded += 1,
            Some(errno) => *row.errnos.entry(errno).or_default() += 1,
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Tally) {
        for (kind, theirs) in &other.0 {
            let row = self.0.entry(kind.clone()).or_default();
            row.tried += theirs.tried;
            row.succeeded += theirs.succeeded;
            for (errno, count) in &theirs.errnos {
                *row.errnos.entry(*errno).or_default() += count;
            }
        }
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.0.values().map(|row| row.tried).sum()
    }

    /// A table, a line a kind: calls, how many succeeded, the errors by number.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:<17} {:>8} {:>9}  errors",
            "call", "tried", "succeeded"
        )];
        for (kind, row) in &self.0 {
            let mut errnos: Vec<(&i32, &u64)> = row.errnos.iter().collect();
            errnos.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let errnos: Vec<String> = errnos
                .iter()
                .map(|(errno, count)| format!("{} {count}", ipntest::errno::name(**errno)))
                .collect();
            let errnos = errnos.join(", ");
            lines.push(format!(
                "{kind:<17} {:>8} {:>9}  {errnos}",
                row.tried, row.succeeded
            ));
        }
        lines
    }
}

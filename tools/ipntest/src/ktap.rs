// SPDX-License-Identifier: GPL-2.0
//! The report: KTAP, version 1.

use std::fmt::Display;
use std::io::{self, Write};

/// How a test ended.
pub enum Outcome {
    /// As it should.
    Passed,
    /// Something was not as expected.
    Failed(String),
    /// It cannot run here, for this reason.
    Skipped(String),
}

/// Prints results as they come and counts them.
#[derive(Default)]
pub struct Report {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Report {
    /// Begins a report of this many tests.
    pub fn begin(tests: usize) -> Report {
        println!("KTAP version 1\n1..{tests}");
        Report::default()
    }

    /// Prints one result.
    pub fn add(&mut self, name: &str, outcome: &Outcome) {
        let number = self.passed + self.failed + self.skipped + 1;
        match outcome {
            Outcome::Passed => {
                self.passed += 1;
                println!("ok {number} {name}");
            }
            Outcome::Failed(why) => {
                self.failed += 1;
                let mut lines = why.lines();
                let first = lines.next().unwrap_or("no reason given");
                lines.for_each(remark);
                println!("not ok {number} {name} # {first}");
            }
            Outcome::Skipped(why) => {
                self.skipped += 1;
                println!("ok {number} {name} # SKIP {why}");
            }
        }
    }

    /// Prints the totals; true when nothing failed.
    pub fn end(self) -> bool {
        let Report {
            passed,
            failed,
            skipped,
        } = self;
        remark(format_args!(
            "Totals: pass:{passed} fail:{failed} skip:{skipped}"
        ));
        failed == 0
    }
}

/// Prints a line that is not a result, at once: the process may end without telling anybody.
pub fn remark(text: impl Display) {
    println!("# {text}");
    let _ = io::stdout().flush();
}

// SPDX-License-Identifier: GPL-2.0
//! How much the tests of a topic have tried, by all of their processes; the report says it at the end.

use crate::ktap::remark;
use crate::lab::runner::Case;
use crate::sys::shared;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::OnceLock;

/// What is counted.
#[derive(Clone, Copy)]
pub enum Amount {
    /// Answers and states compared with what they must be.
    Answers,
    /// Faults that the kernel was made to meet.
    Faults,
    /// Pairs of things that were done at the same moment.
    Races,
}

/// What they are called, in their order.
const NAMES: [&str; 3] = ["answers compared", "faults injected", "races"];

/// Of the running test.
static COUNTS: OnceLock<&'static [AtomicU64; NAMES.len()]> = OnceLock::new();

/// This much more was tried.
pub fn add(amount: Amount, count: u64) {
    // Outside a test, nobody asks.
    if let Some(counts) = COUNTS.get() {
        counts[amount as usize].fetch_add(count, Relaxed);
    }
}

/// The sums, by topic.
pub struct Amounts {
    counts: &'static [AtomicU64; NAMES.len()],
    topics: Vec<(&'static str, [u64; NAMES.len()])>,
}

impl Amounts {
    /// Nothing yet.
    pub fn new() -> io::Result<Amounts> {
        let counts = shared::numbers()?;
        // Whoever was first counts for all.
        let counts = COUNTS.get_or_init(|| counts);
        Ok(Amounts {
            counts,
            topics: Vec::new(),
        })
    }

    /// A test has ended.
    pub fn collect(&mut self, case: &Case) {
        let topic = case.name.split('.').next().unwrap_or(case.name);
        if self.topics.last().is_none_or(|(last, _)| *last != topic) {
            self.topics.push((topic, Default::default()));
        }
        if let Some((_, sums)) = self.topics.last_mut() {
            for (sum, count) in sums.iter_mut().zip(self.counts) {
                *sum += count.swap(0, Relaxed);
            }
        }
    }

    /// Says it all.
    pub fn report(&self) {
        for (topic, sums) in &self.topics {
            let parts: Vec<String> = sums
                .iter()
                .zip(NAMES)
                .filter(|(&sum, _)| sum > 0)
                .map(|(sum, name)| format!("{sum} {name}"))
                .collect();
            if !parts.is_empty() {
                remark(format_args!("tried by {topic}: {}", parts.join(", ")));
            }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0
//! What programs have reached: edges in the modules' code where the kernel tells, answers otherwise.

use crate::sys::kcov::Trace;

/// The map has two to the power of this many bits.
const WIDTH: u32 = 20;

/// Traces for as many threads as run at once; none if the kernel has no KCOV.
pub struct Traces(Vec<Trace>);

impl Traces {
    /// For so many threads.
    pub fn new(threads: usize) -> Traces {
        let traces: std::io::Result<Vec<Trace>> = (0..threads).map(|_| Trace::new()).collect();
        Traces(traces.unwrap_or_default())
    }

    /// Whether the kernel tells where it was.
    pub fn are_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// Traces this thread as that of a number.
    pub fn enable(&self, number: usize) {
        if let Some(trace) = self.0.get(number) {
            // Without it the thread reaches nothing, and that is seen.
            let _ = trace.enable();
        }
    }

    /// The edges that all threads went along.
    pub fn edges(&self) -> Vec<u64> {
        let edge = |pair: &[u64]| pair[0].rotate_left(17) ^ pair[1];
        self.0
            .iter()
            .flat_map(|trace| trace.take().windows(2).map(edge).collect::<Vec<_>>())
            .collect()
    }
}

/// The set of what was ever reached.
pub struct Map {
    bits: Vec<u64>,
    count: u64,
}

impl Map {
    /// Nothing yet.
    pub fn new() -> Map {
        Map {
            bits: vec![0; 1 << (WIDTH - 6)],
            count: 0,
        }
    }

    /// Adds what was reached; tells whether some of it is new.
    pub fn add(&mut self, reached: &[u64]) -> bool {
        let before = self.count;
        for place in reached {
            let bit = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - WIDTH);
            let word = &mut self.bits[(bit / 64) as usize];
            self.count += u64::from(*word & (1 << (bit % 64)) == 0);
            *word |= 1 << (bit % 64);
        }
        self.count != before
    }

    /// How much was reached.
    pub fn count(&self) -> u64 {
        self.count
    }
}

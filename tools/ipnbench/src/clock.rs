// SPDX-License-Identifier: GPL-2.0

//! The clock, and how often something is done to learn what it costs.

use crate::statistics::median;
use clap::ValueEnum;
use rustix::time::{clock_gettime, ClockId};
use serde::{Deserialize, Serialize};
use std::io;

/// What the guest's clock tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Instructions, two nanoseconds each.
    Counted,
    /// The time.
    Wall,
}

impl Clock {
    /// What a figure is in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Counted => "instructions",
            Self::Wall => "ns",
        }
    }

    /// A time as a figure.
    pub fn figure(self, nanoseconds: f64) -> f64 {
        match self {
            Self::Counted => nanoseconds / 2.0,
            Self::Wall => nanoseconds,
        }
    }
}

/// The monotonic clock, in nanoseconds.
pub fn now() -> u64 {
    of_clock(ClockId::Monotonic)
}

/// What this thread has had of a processor, in nanoseconds.
pub fn own_time() -> u64 {
    of_clock(ClockId::ThreadCPUTime)
}

fn of_clock(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// How long a round takes at least, in nanoseconds: many turns of the cheap, and a tick of the kernel's
/// timer does not weigh much.
const ROUND: u64 = 4_000_000;

/// Turns of a round at least.
const TURNS: u32 = 4;

/// Rounds of which the one in the middle counts.
const ROUNDS: usize = 5;

/// What one turn takes, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Its first part.
    pub first: f64,
    /// Its second part.
    pub second: f64,
}

/// Measures a turn that has two parts.
pub fn measure<T>(
    state: &mut T,
    first: impl Fn(&mut T) -> io::Result<()>,
    second: impl Fn(&mut T) -> io::Result<()>,
) -> io::Result<Cost> {
    let turn = |state: &mut T| -> io::Result<[u64; 2]> {
        let begin = now();
        first(state)?;
        let between = now();
        second(state)?;
        Ok([between - begin, now() - between])
    };
    // The first turns meet caches that are cold and pages that are not there, and tell how many fit.
    let mut turns = 0;
    let begin = now();
    while turns < TURNS || now() - begin < ROUND {
        turn(state)?;
        turns += 1;
    }
    let mut rounds = [[0.0; ROUNDS]; 2];
    for round in 0..ROUNDS {
        let mut sums = [0; 2];
        for _ in 0..turns {
            let parts = turn(state)?;
            sums[0] += parts[0];
            sums[1] += parts[1];
        }
        for (part, sum) in rounds.iter_mut().zip(sums) {
            part[round] = sum as f64 / f64::from(turns);
        }
    }
    let look = look_cost();
    let [first, second] = rounds.map(|part| median(part.to_vec()) - look);
    Ok(Cost { first, second })
}

/// What a look at the clock costs.
fn look_cost() -> f64 {
    let looks = 1000;
    let begin = now();
    for _ in 0..looks {
        std::hint::black_box(now());
    }
    (now() - begin) as f64 / f64::from(looks)
}

// SPDX-License-Identifier: GPL-2.0

//! Scenarios by chance, under schedules by chance: as many as there is time for. One that fails is
//! shortened, and can be run again by its seed.

use crate::{scenario::scenario, world};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    fmt::Debug,
    panic::{catch_unwind, AssertUnwindSafe},
    time::{Duration, Instant},
};

/// Schedules that are tried of each scenario of several tasks.
pub(crate) const SCHEDULES: usize = 30;

/// Runs a scenario under schedules that follow from a seed; what went wrong, if anything did.
fn attempt<S>(scenario: &S, run: fn(&S), seed: u64, schedules: usize) -> Result<(), String>
where
    S: Clone + Send + Sync + 'static,
{
    let scenario = scenario.clone();
    let all = move || {
        let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(seed, schedules);
        let mut config = shuttle::Config::new();
        config.stack_size = 0x20000;
        config.failure_persistence = shuttle::FailurePersistence::None;
        config.silence_warnings = true;
        shuttle::Runner::new(scheduler, config).run(move || run(&scenario));
    };
    catch_unwind(AssertUnwindSafe(all)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default()
    })
}

/// Runs what tasks do under so many schedules.
pub(crate) fn schedules(run: fn(&()), schedules: usize) {
    attempt(&(), run, 0, schedules).unwrap();
}

/// Runs what the one task does with this; what went wrong, if anything did.
pub(crate) fn once<S: Clone + Send + Sync + 'static>(with: &S, run: fn(&S)) -> Result<(), String> {
    attempt(with, run, 0, 1)
}

/// The scenario that follows from a seed.
fn tree<T: Strategy>(strategy: T, seed: u64) -> T::Tree {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    strategy.new_tree(&mut runner).unwrap()
}

/// Tries the scenario of a seed. If it fails it is shortened, and said.
fn try_seed<T>(strategy: T, run: fn(&T::Value), seed: u64, schedules: usize)
where
    T: Strategy,
    T::Value: Clone + Debug + Send + Sync + 'static,
{
    let mut tree = tree(strategy, seed);
    let Err(why) = attempt(&tree.current(), run, seed, schedules) else {
        return;
    };
    // A shorter one may need more luck.
    let mut shortest = (tree.current(), why);
    let seconds = number("AF_IPN_SIM_SHORTEN").unwrap_or(20);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut goes_on = tree.simplify();
    while goes_on && Instant::now() < end {
        goes_on = match attempt(&tree.current(), run, seed, 20 * schedules) {
            Err(why) => {
                shortest = (tree.current(), why);
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    let (shortest, why) = shortest;
    panic!("seed {seed}: {why}\n{shortest:#?}\nonce more: AF_IPN_SIM_SEED={seed}");
}

/// Processor time that this thread has had, which does not depend on what else runs: the first number
/// of its `schedstat` (`Documentation/scheduler/sched-stats.rst`).
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = text.split(' ').next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tries scenarios: `AF_IPN_SIM_SEED` runs one seed; `AF_IPN_SIM_SECONDS` says how much
/// processor time others get, `AF_IPN_SIM_FIRST` from which on. Each runs under so many schedules.
pub(crate) fn explore<T>(strategy: fn() -> T, run: fn(&T::Value), schedules: usize)
where
    T: Strategy,
    T::Value: Clone + Debug + Send + Sync + 'static,
{
    if let Some(seed) = number("AF_IPN_SIM_SEED") {
        return try_seed(strategy(), run, seed, schedules);
    }
    let seconds = number("AF_IPN_SIM_SECONDS").unwrap_or(20);
    let first = number("AF_IPN_SIM_FIRST").unwrap_or(0);
    let end = processor_time() + Duration::from_secs(seconds);
    let mut seeds = 0;
    for seed in first.. {
        if processor_time() > end {
            break;
        }
        try_seed(strategy(), run, seed, schedules);
        seeds += 1;
    }
    let all = seeds * schedules as u64;
    println!("{seeds} scenarios, {all} schedules in {seconds} s");
}

#[test]
fn whatever_tasks_do_the_books_are_right() {
    explore(scenario, world::run, SCHEDULES);
}

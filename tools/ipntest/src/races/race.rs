// SPDX-License-Identifier: GPL-2.0
//! Two things at the same moment, again and again, the second after a short while that chance picks.

use crate::ktap::remark;
use crate::lab::amounts::{self, Amount};
use crate::lab::bus::{networks, NOW};
use crate::lab::check::{ok, same};
use crate::lab::task::Process;
use crate::pace;
use crate::sys::process;
use crate::sys::socket::Sock;
use crate::sysfs::lab::alone;
use fastrand::Rng;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Flags of calls whose answers are all right: without waiting, and without a signal.
pub const QUIET: i32 = NOW | libc::MSG_NOSIGNAL;

/// Something that happens to a scene: what it is called, and what it does.
pub type Deed<S> = (&'static str, fn(&S));

/// Two threads, and the chance that sets them apart.
pub struct Race {
    turn: Arc<AtomicU32>,
    ready: Arc<AtomicU32>,
    chance: Rng,
    seed: u64,
    until: Instant,
}

impl Race {
    /// Races for so many seconds on the debug kernel, elsewhere for a tenth of that. Says
    /// what the chance began with: `IPNTEST_SEED=n` in the environment begins there again.
    pub fn of(seconds: u64) -> Race {
        let given = std::env::var("IPNTEST_SEED").ok();
        let seed = given
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| fastrand::u64(..1 << 32));
        remark(format_args!("IPNTEST_SEED={seed}"));
        let time = Duration::from_secs(seconds);
        let time = if pace::factor() > 1 { time } else { time / 10 };
        Race {
            turn: Arc::default(),
            ready: Arc::default(),
            chance: Rng::with_seed(seed),
            seed,
            until: Instant::now() + time,
        }
    }

    /// The same for one of several processes that race side by side, so long as this one. To be made
    /// in that process.
    pub fn share(&self, number: u64) -> Race {
        Race {
            turn: Arc::default(),
            ready: Arc::default(),
            chance: Rng::with_seed(self.seed.wrapping_add(number)),
            seed: self.seed,
            until: self.until,
        }
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Puts things into an order that chance picks.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        self.chance.shuffle(things);
    }

    /// Runs both at once, one of them, as chance has it, a short while after the other.
    pub fn run(&mut self, first: impl FnOnce() + Send + 'static, second: impl FnOnce()) {
        amounts::add(Amount::Races, 1);
        let go = self.turn.load(Ordering::Acquire) + 1;
        let (turn, ready) = (self.turn.clone(), self.ready.clone());
        let delay = self.chance.u32(..4000);
        let (before, after) = if self.chance.bool() {
            (delay, 0)
        } else {
            (0, delay)
        };
        let other = thread::spawn(move || {
            ready.store(go, Ordering::Release);
            while turn.load(Ordering::Acquire) < go {
                thread::yield_now();
            }
            wait(before);
            first();
        });
        while self.ready.load(Ordering::Acquire) < go {
            thread::yield_now();
        }
        self.turn.store(go, Ordering::Release);
        wait(after);
        second();
        other.join().expect("the other thread ends well");
    }
}

fn wait(delay: u32) {
    (0..delay).for_each(|_| spin_loop());
}

/// Every number below `bound` with every one that is not greater, in an order that chance picks.
pub fn every_pair(race: &mut Race, bound: usize) -> Vec<(usize, usize)> {
    let mut pairs: Vec<_> = (0..bound)
        .flat_map(|one| (0..=one).map(move |two| (one, two)))
        .collect();
    race.shuffle(&mut pairs);
    pairs
}

/// Has `once` race each of `ends` against each of `doings`, again and again for so many seconds, as
/// [`Race::of`] takes them. No network is left of it.
#[track_caller]
pub fn against<S>(
    seconds: u64,
    ends: &[Deed<S>],
    doings: &[Deed<S>],
    once: fn(&mut Race, &Deed<S>, &Deed<S>),
) {
    race_pairs(seconds, once, |_| {
        ends.iter()
            .flat_map(|end| doings.iter().map(move |doing| (doing, end)))
            .collect()
    });
}

/// The same of each of `deeds` against each, itself too.
#[track_caller]
pub fn against_each_other<S>(
    seconds: u64,
    deeds: &[Deed<S>],
    once: fn(&mut Race, &Deed<S>, &Deed<S>),
) {
    race_pairs(seconds, once, |race| {
        every_pair(race, deeds.len())
            .into_iter()
            .map(|(one, two)| (&deeds[one], &deeds[two]))
            .collect()
    });
}

#[track_caller]
fn race_pairs<'a, S: 'a>(
    seconds: u64,
    once: fn(&mut Race, &Deed<S>, &Deed<S>),
    pairs: impl Fn(&mut Race) -> Vec<(&'a Deed<S>, &'a Deed<S>)>,
) {
    alone();
    let mut race = Race::of(seconds);
    loop {
        for (one, two) in pairs(&mut race) {
            once(&mut race, one, two);
        }
        if race.is_over() {
            break;
        }
    }
    same("networks that are left", networks(), 0);
}

/// Kills these processes in the middle of what they do, while `keeper` uses its network.
#[track_caller]
pub fn die_meanwhile(keeper: &Sock, dying: [Process; 2]) {
    for n in 0..20 {
        drop(keeper.send(&[n], NOW));
        while keeper.recv(&mut [0; 64], NOW).is_ok() {}
        if n == 10 {
            for process in &dying {
                ok("kill", process::kill(process.pid, libc::SIGKILL));
            }
        }
    }
    for process in dying {
        ok("waitpid", process::wait(process.pid, 0));
    }
    amounts::add(Amount::Races, 2);
}

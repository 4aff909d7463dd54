// SPDX-License-Identifier: GPL-2.0

//! Whether two senders on two processors, each with a network of its own, are twice as quick as one.

use crate::clock::{now, Clock};
use crate::media::{Group, Kind, Medium, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell_of, Run};
use crate::statistics::median;
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use rustix::thread::{sched_setaffinity, CpuSet};
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Media of which two have nothing in common. Shared memory shows what the machine itself allows.
const SEPARATE: [&str; 4] = ["hub", "pipe x N", "AF_UNIX x N", "shared memory"];
/// How long they send, in nanoseconds.
const TIME: u64 = 300_000_000;
/// How often; one and two senders take turns.
const ROUNDS: usize = 5;
/// The most senders.
const MOST: usize = 2;
/// Messages that wait together.
const DEPTH: usize = 8;

/// What senders share, in words: when to begin, and the rate of each.
const BEGIN: usize = 0;
const RATES: usize = 8;

/// Measures each of those media.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.clock == Clock::Counted || std::thread::available_parallelism()?.get() < MOST {
        eprintln!("ipnbench: senders: needs a clock of time and {MOST} processors");
        return Ok(());
    }
    for setting in run.settings(&[12], &[1]) {
        let separate = |kind: &&Kind| SEPARATE.contains(&kind.name);
        for kind in run.media(Group::Bus).filter(separate) {
            in_medium(kind, setting, of_kind(kind, setting))?;
        }
    }
    Ok(())
}

fn of_kind(kind: &Kind, setting: Setting) -> io::Result<()> {
    let mut rates = [const { Vec::new() }; MOST];
    for _ in 0..ROUNDS {
        for (at, rates) in rates.iter_mut().enumerate() {
            rates.push(together(kind, setting, at + 1)?);
        }
    }
    for (at, rates) in rates.into_iter().enumerate() {
        let rate = median(rates);
        tell_of(Measure::Senders, kind.name, setting, at + 1, rate)?;
    }
    Ok(())
}

/// How many messages a second so many senders send together.
fn together(kind: &Kind, setting: Setting, senders: usize) -> io::Result<f64> {
    let shared = Shared::new(8 * (RATES + senders))?;
    let rate = |number| shared.word(8 * (RATES + number));
    let mut children = Vec::new();
    for number in 0..senders {
        let Some(mut medium) = (kind.open)(setting)? else {
            return Ok(0.0);
        };
        children.push(Child::start(|| {
            let mut processor = CpuSet::new();
            processor.set(number);
            sched_setaffinity(None, &processor)?;
            while shared.word(BEGIN).load(Acquire) == 0 {
                std::thread::yield_now();
            }
            let bits = of_sender(&mut *medium, setting)?.to_bits();
            rate(number).store(bits, Relaxed);
            Ok(())
        })?);
    }
    shared.word(BEGIN).store(1, Release);
    children.into_iter().try_for_each(Child::join)?;
    let rates = (0..senders).map(|number| f64::from_bits(rate(number).load(Relaxed)));
    Ok(rates.sum())
}

/// How many messages a second one sender sends.
fn of_sender(medium: &mut dyn Medium, setting: Setting) -> io::Result<f64> {
    let message = setting.message();
    let mut room = vec![0; setting.bytes];
    let (begin, mut sent) = (now(), 0_u64);
    loop {
        medium.send_many(&message, DEPTH)?;
        medium.receive_many(0, &mut room, DEPTH)?;
        sent += DEPTH as u64;
        let time = now() - begin;
        if time > TIME {
            return Ok(sent as f64 * 1e9 / time as f64);
        }
    }
}

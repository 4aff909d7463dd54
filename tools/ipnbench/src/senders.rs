// SPDX-License-Identifier: GPL-2.0

//! Whether two senders on two processors, each with a network of its own, are twice as quick as one; and what they
//! are where both have the same.

use crate::clock::{now, Clock};
use crate::media::{send, Group, Kind, Medium, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell_of, Run};
use crate::statistics::median;
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use ipn::{Builder, Manager, Policy, Port};
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
    for setting in run.settings(&[60, 1500], &[1]) {
        on_hubs(setting)?;
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

/// How many messages a second so many senders send together, each through a medium of its own.
fn together(kind: &Kind, setting: Setting, senders: usize) -> io::Result<f64> {
    let mut media = Vec::new();
    for _ in 0..senders {
        let Some(medium) = (kind.open)(setting)? else {
            return Ok(0.0);
        };
        media.push(medium);
    }
    let message = setting.message();
    rate_of(media, |medium: &mut Box<dyn Medium>| {
        let mut room = vec![0; setting.bytes];
        medium.send_many(&message, DEPTH)?;
        medium.receive_many(0, &mut room, DEPTH)
    })
}

/// Two senders on one hub, and each on a hub of its own. Nobody reads there.
fn on_hubs(setting: Setting) -> io::Result<()> {
    let mut rates = [const { Vec::new() }; 2 * MOST];
    for _ in 0..ROUNDS {
        for (at, rates) in rates.iter_mut().enumerate() {
            rates.push(hubs(setting, at % MOST + 1, at < MOST)?);
        }
    }
    for (at, rates) in rates.into_iter().enumerate() {
        let name = if at < MOST { "one hub" } else { "a hub each" };
        let (senders, rate) = (at % MOST + 1, median(rates));
        tell_of(Measure::Senders, name, setting, senders, rate)?;
    }
    Ok(())
}

/// How many messages a second so many senders send together, on one hub or on one each.
fn hubs(setting: Setting, senders: usize, one: bool) -> io::Result<f64> {
    let path = |number: usize| format!("/tmp/ipnbench-{}", if one { 0 } else { number });
    let made = (0..if one { 1 } else { senders }).map(|number| {
        let builder = Builder::new().policy(Policy::HUB);
        let manager = builder.bind(path(number)).map_err(io::Error::other)?;
        let idle = Port::connect(path(number)).map_err(io::Error::other)?;
        Ok((manager, idle))
    });
    let made: io::Result<Vec<(Manager, Port)>> = made.collect();
    let ports = (0..senders).map(|number| Port::connect(path(number)).map_err(io::Error::other));
    let ports: io::Result<Vec<Port>> = ports.collect();
    for number in 0..senders {
        // One file may be that of all.
        let _ = std::fs::remove_file(path(number));
    }
    let (_made, message) = (made?, setting.message());
    rate_of(ports?, |port: &mut Port| {
        (0..DEPTH).try_for_each(|_| send(&*port, &message))
    })
}

/// How many messages a second senders send together, each of which can send [`DEPTH`] at a time.
fn rate_of<M>(media: Vec<M>, mut send: impl FnMut(&mut M) -> io::Result<()>) -> io::Result<f64> {
    let senders = media.len();
    let shared = Shared::new(8 * (RATES + senders))?;
    let rate = |number| shared.word(8 * (RATES + number));
    let mut children = Vec::new();
    for (number, mut medium) in media.into_iter().enumerate() {
        children.push(Child::start(|| {
            let mut processor = CpuSet::new();
            processor.set(number);
            sched_setaffinity(None, &processor)?;
            while shared.word(BEGIN).load(Acquire) == 0 {
                std::thread::yield_now();
            }
            let bits = of_sender(|| send(&mut medium))?.to_bits();
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
fn of_sender(mut send: impl FnMut() -> io::Result<()>) -> io::Result<f64> {
    let (begin, mut sent) = (now(), 0_u64);
    loop {
        send()?;
        sent += DEPTH as u64;
        let time = now() - begin;
        if time > TIME {
            return Ok(sent as f64 * 1e9 / time as f64);
        }
    }
}

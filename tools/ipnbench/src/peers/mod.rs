// SPDX-License-Identifier: GPL-2.0

//! The reliable bus beside what people take for one: a publisher, subscribers and, where there is one, a broker, all of
//! them processes that sleep while there is nothing. What a delivered message costs all of them together, on one
//! machine and between two; what a slow subscriber does to the others; and what a late one gets.

mod bus;
mod busy;
mod machines;
mod running;
mod scene;
mod system;
pub mod tables;
mod tally;

use crate::media::Setting;
use crate::memory;
use crate::record::Measure;
use crate::run::{tell_of, Run};
use crate::sys;
use busy::busy;
use machines::{Machine, Machines};
use scene::{Play, Scene};
use std::io;
use std::time::Duration;
use system::{Kind, System, SYSTEMS};

/// Messages that a publisher sends at once: one, or many, of which ZeroMQ loses none yet.
const TOGETHER: [u64; 2] = [1, 512];
/// As many deliveries are enough to count, and are so many that the first ones do not weigh.
const DELIVERIES: u64 = 2000;
const MANY: u64 = 16_000;
/// How often it does at most.
const TURNS_MAX: u64 = 160;
/// Between two looks at who has got what.
const LOOK: Duration = Duration::from_millis(1);
/// The same where it takes long.
const LONG_LOOK: Duration = Duration::from_millis(50);

/// Subscribers of which one is slow.
const TRIED: usize = 8;
/// The bytes of their messages.
const TRIED_BYTES: usize = 1024;
/// As many at once, so often, at that distance: a thousand a second.
const AT_ONCE: u64 = 10;
const TIMES: u64 = 400;
const DISTANCE: Duration = Duration::from_millis(10);
/// How long a slow subscriber rests after each message: it takes a hundredth of what is sent. When all is sent it hurries.
const SLOW: Duration = Duration::from_millis(100);

/// Messages before a late subscriber comes.
const BEFORE: u64 = 100;
/// How long it waits for them.
const LATE: Duration = Duration::from_millis(1000);

/// Measures all of it.
pub fn measure(run: &Run) -> io::Result<()> {
    let _machines = Machines::new()?;
    let together = match run.depth {
        Some(depth) => vec![depth as u64],
        None => TOGETHER.to_vec(),
    };
    let nothing = together.iter().map(|&together| {
        let mut scene = Scene::new(play(None, Machine::Here, 12, 0))?;
        Ok((together, turns(run, &mut scene, 1, together)?.0))
    });
    let nothing: Vec<(u64, f64)> = nothing.collect::<io::Result<_>>()?;
    for (there, measure, receivers) in [
        (Machine::Here, Measure::Delivered, &[1, 8, 64][..]),
        (Machine::There, Measure::DeliveredFar, &[1, 8]),
    ] {
        for setting in run.settings(&[12], receivers) {
            for system in systems(run).filter(|system| system.kind.reaches(there)) {
                in_system(system, cost(run, system, there, measure, setting, &nothing))?;
            }
        }
        if run.turns.is_some() {
            return Ok(());
        }
    }
    for system in systems(run).filter(|system| system.is_tried) {
        in_system(system, slow(run, system))?;
        in_system(system, late(system))?;
    }
    Ok(())
}

fn systems(run: &Run) -> impl Iterator<Item = &'static System> + '_ {
    SYSTEMS.iter().filter(|system| run.wants(system.name))
}

/// Says in which system something failed.
fn in_system<T>(system: &System, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", system.name)))
}

fn play(kind: Option<Kind>, there: Machine, bytes: usize, subscribers: usize) -> Play {
    Play {
        kind,
        there,
        bytes,
        subscribers,
        retained: false,
    }
}

/// What a delivered message costs, so many at once; what asking for them costs is taken away.
fn cost(
    run: &Run,
    system: &System,
    there: Machine,
    measure: Measure,
    setting: Setting,
    nothing: &[(u64, f64)],
) -> io::Result<()> {
    let kind = Some(system.kind);
    let mut scene = Scene::new(play(kind, there, setting.bytes, setting.receivers))?;
    for _ in 0..setting.receivers {
        scene.subscribe(None)?;
    }
    scene.meet()?;
    for &(together, nothing) in nothing {
        let (turn, got) = turns(run, &mut scene, setting.receivers, together)?;
        if got == 0.0 {
            return Err(io::Error::other("subscribers get nothing"));
        }
        let value = run.clock.figure((turn - nothing) / got);
        tell_of(measure, system.name, setting, together as usize, value)?;
        let lost = 1.0 - got / (together as f64 * setting.receivers as f64);
        if lost > 0.0 {
            eprintln!("ipnbench: {}, {setting:?}: lost {lost:.3}", system.name);
        }
    }
    Ok(())
}

/// The processors' time of a turn, in which so many messages are sent, and how many subscribers got.
fn turns(run: &Run, scene: &mut Scene, receivers: usize, together: u64) -> io::Result<(f64, f64)> {
    let deliveries = together * receivers as u64;
    let enough = (DELIVERIES / deliveries).clamp(1, TURNS_MAX);
    // With nobody who receives there is nothing to profile.
    let profiled = run.turns.filter(|_| scene.entries().count() > 0);
    let turns = profiled.map_or(enough, u64::from);
    let turn = |scene: &mut Scene| {
        scene.publish(together)?;
        scene.settle(LOOK, |_| true);
        Ok::<_, io::Error>(())
    };
    // The first ones meet pages that are not there.
    if deliveries < MANY {
        turn(scene)?;
    }
    let (before, begin) = (scene.got(), busy()?);
    if profiled.is_some() {
        sys::profile_on();
    }
    for _ in 0..turns {
        turn(scene)?;
    }
    if profiled.is_some() {
        sys::profile_off();
    }
    let time = busy()? - begin;
    let got = scene.got() - before;
    Ok((time as f64 / turns as f64, got as f64 / turns as f64))
}

/// What eight subscribers get, without and with a slow one among them.
fn slow(run: &Run, system: &System) -> io::Result<()> {
    let setting = Setting {
        bytes: TRIED_BYTES,
        receivers: TRIED,
        sleep: true,
    };
    let tell = |measure, value| tell_of(measure, system.name, setting, 0, value);
    for is_slow in [false, true] {
        let mut scene = Scene::new(play(Some(system.kind), Machine::Here, TRIED_BYTES, TRIED))?;
        for place in 0..TRIED {
            let pause = if is_slow && place == 0 {
                SLOW
            } else {
                Duration::ZERO
            };
            scene.subscribe(Some(pause))?;
        }
        scene.meet()?;
        let before: Vec<u64> = scene.entries().map(|entry| entry.got()).collect();
        // Those of the first messages do not count.
        for entry in scene.entries() {
            entry.take_longest();
        }
        let (memory, free) = (scene.memory()?, memory::free()?);
        for _ in 0..TIMES {
            scene.publish(AT_ONCE)?;
            std::thread::sleep(DISTANCE);
        }
        scene.settle(LOOK, |place| place > 0);
        let grown = scene.memory()?.saturating_sub(memory);
        let taken = (free - memory::free()?).max(0.0);
        let sent = TIMES * AT_ONCE;
        let lost = scene.entries().zip(&before).skip(1).map(|(entry, before)| {
            let got = entry.got() - before;
            sent.saturating_sub(got)
        });
        let lost = lost.max().unwrap_or(0);
        let longest = scene.entries().skip(1).map(|entry| entry.take_longest());
        let longest = run.clock.figure(longest.max().unwrap_or(0) as f64);
        if !is_slow {
            tell(Measure::DelayWithout, longest)?;
            tell(Measure::GrowthWithout, grown as f64)?;
            continue;
        }
        tell(Measure::DelayWith, longest)?;
        tell(Measure::FastLost, lost as f64)?;
        tell(Measure::GrowthWith, grown as f64)?;
        tell(Measure::GuestGrowth, taken)?;
        for entry in scene.entries().take(1) {
            entry.hurry();
        }
        scene.settle(LONG_LOOK, |place| place == 0);
        let mut entries = scene.entries().zip(&before);
        if let Some((entry, before)) = entries.next() {
            tell(Measure::SlowGot, (entry.got() - before) as f64)?;
            // The others tell no number.
            if matches!(system.kind, Kind::Bus(_)) {
                tell(Measure::SlowTold, entry.told() as f64)?;
            }
            tell(Measure::SlowEnded, f64::from(entry.has_ended()))?;
        }
    }
    Ok(())
}

/// What one gets who comes when everything was sent.
fn late(system: &System) -> io::Result<()> {
    let setting = Setting {
        bytes: TRIED_BYTES,
        receivers: 2,
        sleep: true,
    };
    let mut scene = Scene::new(Play {
        retained: true,
        ..play(Some(system.kind), Machine::Here, TRIED_BYTES, 2)
    })?;
    scene.subscribe(Some(Duration::ZERO))?;
    scene.meet()?;
    scene.publish(BEFORE)?;
    scene.settle(LOOK, |_| true);
    scene.subscribe(Some(Duration::ZERO))?;
    std::thread::sleep(LATE);
    let got = scene.entries().last().map_or(0, |entry| entry.got());
    tell_of(Measure::LateGot, system.name, setting, 0, got as f64)
}

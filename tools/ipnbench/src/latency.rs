// SPDX-License-Identifier: GPL-2.0

//! How long a message takes to a process that sleeps until it comes.

use crate::clock::now;
use crate::media::{Group, Kind, Setting};
use crate::record::Measure;
use crate::run::{in_medium, Run};
use crate::statistics::percentile;
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Messages that are sent.
const MESSAGES: usize = 300;
/// Of which the first do not count.
const FIRST: usize = 20;
/// How long all have to fall asleep.
const PAUSE: Duration = Duration::from_millis(2);

/// Measures every medium by which a process can be woken.
pub fn measure(run: &Run) -> io::Result<()> {
    let groups = [
        (Group::Bus, run.settings(&[12], &[1, 8])),
        (Group::Ethernet, run.settings(&[60], &[1])),
    ];
    for (group, settings) in groups {
        for setting in settings {
            for kind in run.media(group).filter(|kind| kind.wakes) {
                in_medium(kind, setting, of_kind(run, kind, setting))?;
            }
        }
    }
    Ok(())
}

fn of_kind(run: &Run, kind: &Kind, setting: Setting) -> io::Result<()> {
    let sleeping = Setting {
        sleep: true,
        ..setting
    };
    let Some(mut medium) = (kind.open)(sleeping)? else {
        return Ok(());
    };
    let mut message = setting.message();
    let mut room = vec![0; setting.bytes];
    // When the message was sent; then, for each receiver, what each message took.
    let shared = Shared::new(8 * (1 + setting.receivers * MESSAGES))?;
    let place = |receiver, message| 8 * (1 + receiver * MESSAGES + message);
    let mut children = Vec::new();
    for receiver in 0..setting.receivers {
        let work = || {
            for number in 0..MESSAGES {
                medium.receive(receiver, &mut room)?;
                let took = now() - shared.word(0).load(Relaxed);
                shared.word(place(receiver, number)).store(took, Relaxed);
            }
            Ok(())
        };
        children.push(Child::start(work)?);
    }
    for number in 0..MESSAGES {
        std::thread::sleep(PAUSE);
        message[setting.bytes - 1] = number as u8;
        shared.word(0).store(now(), Relaxed);
        medium.send(&message)?;
    }
    children.into_iter().try_for_each(Child::join)?;
    let places = (0..setting.receivers)
        .flat_map(|receiver| (FIRST..MESSAGES).map(move |number| place(receiver, number)));
    let mut times: Vec<u64> = places.map(|at| shared.word(at).load(Relaxed)).collect();
    for (measure, percent) in [(Measure::Latency, 50), (Measure::Latency99, 99)] {
        let time = percentile(&mut times, percent);
        run.tell_time(measure, kind, setting, time as f64)?;
    }
    Ok(())
}

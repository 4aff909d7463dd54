// SPDX-License-Identifier: GPL-2.0

//! `ipnbench run`: what is measured, in the guest.

use crate::clock::{measure, Clock};
use crate::media::{Kind, Medium, Setting, MEDIA};
use crate::record::{Conditions, Line, Measure, Record};
use crate::sys;
use clap::Args;
use rustix::process::{setrlimit, Resource, Rlimit};
use rustix::system::uname;
use std::io;
use std::time::Duration;

/// Sockets of all receivers, twice, and some.
const FILES: Option<u64> = Some(1 << 16);

/// What is to be measured.
#[derive(Debug, Args)]
pub struct Run {
    /// What the clock tells
    #[arg(long, value_enum)]
    clock: Clock,
    /// Bytes of a message
    #[arg(long, value_delimiter = ',', default_values_t = [12, 1514])]
    bytes: Vec<usize>,
    /// How many receive it
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    receivers: Vec<usize>,
    /// Only these media
    #[arg(long, value_delimiter = ',')]
    media: Vec<String>,
    /// How many messages wait before they are received
    #[arg(long, default_value_t = 8)]
    depth: usize,
    /// Instead of measuring, do so many turns under the eyes of a profiler
    #[arg(long)]
    turns: Option<u32>,
}

/// Measures all that was asked for.
pub fn run(run: &Run) -> io::Result<()> {
    let limit = Rlimit {
        current: FILES,
        maximum: FILES,
    };
    setrlimit(Resource::Nofile, limit)?;
    if run.clock == Clock::Counted {
        // Until nothing of the boot goes on; that takes no time where nothing happens.
        std::thread::sleep(Duration::from_secs(20));
    }
    let kernel = uname().release().to_string_lossy().into_owned();
    let clock = run.clock;
    Line::Conditions(Conditions { clock, kernel }).print()?;
    for &bytes in &run.bytes {
        for &receivers in &run.receivers {
            let setting = Setting { bytes, receivers };
            for kind in MEDIA.iter().filter(|kind| run.wants(kind)) {
                let opened = (kind.open)(setting);
                if let Some(medium) = opened.map_err(|error| in_medium(kind, error))? {
                    message(run, kind, medium, setting).map_err(|error| in_medium(kind, error))?;
                }
            }
        }
    }
    Ok(())
}

impl Run {
    fn wants(&self, kind: &Kind) -> bool {
        self.media.is_empty() || self.media.iter().any(|name| name == kind.name)
    }
}

/// Says in which medium something failed.
fn in_medium(kind: &Kind, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", kind.name))
}

/// A medium, and a message on it.
struct Course {
    medium: Box<dyn Medium>,
    message: Vec<u8>,
    room: Vec<u8>,
}

/// What a message costs.
fn message(run: &Run, kind: &Kind, medium: Box<dyn Medium>, setting: Setting) -> io::Result<()> {
    let mut course = Course {
        medium,
        message: vec![0x5a; setting.bytes],
        room: vec![0; setting.bytes],
    };
    let depth = run.depth;
    let send =
        |course: &mut Course| (0..depth).try_for_each(|_| course.medium.send(&course.message));
    let receive = |course: &mut Course| {
        (0..setting.receivers).try_for_each(|receiver| {
            (0..depth).try_for_each(|_| course.medium.receive(receiver, &mut course.room))
        })
    };
    if let Some(turns) = run.turns {
        for turn in 0..2 * turns {
            if turn == turns {
                sys::profile_on();
            }
            send(&mut course)?;
            receive(&mut course)?;
        }
        sys::profile_off();
        return Ok(());
    }
    let cost = measure(&mut course, send, receive)?;
    for (measure, time) in [
        (Measure::Message, cost.first + cost.second),
        (Measure::Send, cost.first),
    ] {
        let record = Record {
            measure,
            medium: kind.name.into(),
            bytes: setting.bytes,
            receivers: setting.receivers,
            depth,
            value: run.clock.figure(time / depth as f64),
        };
        Line::Record(record).print()?;
    }
    Ok(())
}

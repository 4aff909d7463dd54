// SPDX-License-Identifier: GPL-2.0

//! What is to be measured, and the record of it.

use crate::clock::Clock;
use crate::media::kinds::MEDIA;
use crate::media::{Group, Kind, Setting};
use crate::record::{Line, Measure, Record};
use clap::{Args, ValueEnum};
use std::io;

/// What is to be measured.
#[derive(Debug, Args)]
pub struct Run {
    /// What the clock tells
    #[arg(long, value_enum)]
    pub clock: Clock,
    /// What runs the guest
    #[arg(long, default_value = "tcg")]
    pub accelerator: String,
    /// Every size and number of receivers
    #[arg(long)]
    pub full: bool,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    parts: Vec<Part>,
    /// Only these media
    #[arg(long, value_delimiter = ',')]
    media: Vec<String>,
    /// Bytes of a message
    #[arg(long, value_delimiter = ',')]
    pub bytes: Vec<usize>,
    /// How many receive it
    #[arg(long, value_delimiter = ',')]
    receivers: Vec<usize>,
    /// How many messages wait before they are received
    #[arg(long)]
    pub depth: Option<usize>,
    /// Instead of measuring, do so many turns under the eyes of a profiler
    #[arg(long)]
    pub turns: Option<u32>,
}

/// A part of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Part {
    /// What a message costs
    Cost,
    /// How long it takes to one who sleeps
    Latency,
    /// How many come through
    Flow,
    /// What memory it takes
    Memory,
    /// How the cost grows with networks and addresses
    Growth,
    /// What others notice of an attack
    Attack,
    /// What each entry of the module costs at worst
    Entries,
    /// What a message costs at the extremes of what can be set
    Cells,
    /// Whether two senders are twice as quick as one, and a line of memory between two processors
    Senders,
    /// Whether all get their share where senders wait for readers, and how often they sleep
    Fairness,
    /// The reliable bus beside PGM, ZeroMQ, NATS and MQTT
    Peers,
}

impl Run {
    /// Measures a part, if it was asked for.
    pub fn part(&self, part: Part, measure: fn(&Self) -> io::Result<()>) -> io::Result<()> {
        if self.parts.is_empty() || self.parts.contains(&part) {
            eprintln!("ipnbench: {part:?}");
            measure(self)?;
        }
        Ok(())
    }

    /// Whether a medium is wanted.
    pub fn wants(&self, medium: &str) -> bool {
        self.media.is_empty() || self.media.iter().any(|name| name == medium)
    }

    /// The media that are wanted, of a group.
    pub fn media(&self, group: Group) -> impl Iterator<Item = &'static Kind> + '_ {
        let wanted = move |kind: &&Kind| kind.group == group && self.wants(kind.name);
        MEDIA.iter().filter(wanted)
    }

    /// Whether there is a clock of time, and so many processors; says so if not.
    pub fn has_processors(&self, processors: usize) -> io::Result<bool> {
        let has =
            self.clock == Clock::Wall && std::thread::available_parallelism()?.get() >= processors;
        if !has {
            eprintln!("ipnbench: needs a clock of time and {processors} processors");
        }
        Ok(has)
    }

    /// The settings that are wanted, of these.
    pub fn settings(&self, bytes: &[usize], receivers: &[usize]) -> Vec<Setting> {
        let or = |wanted: &[usize], usual: &[usize]| match wanted {
            [] => usual.to_vec(),
            wanted => wanted.to_vec(),
        };
        let (bytes, receivers) = (or(&self.bytes, bytes), or(&self.receivers, receivers));
        let pairs = bytes.iter().flat_map(|&bytes| {
            let of = move |&receivers| Setting {
                bytes,
                receivers,
                sleep: false,
            };
            receivers.iter().map(of)
        });
        pairs.collect()
    }

    /// Prints a figure that is a time.
    pub fn tell_time(
        &self,
        measure: Measure,
        kind: &Kind,
        setting: Setting,
        nanoseconds: f64,
    ) -> io::Result<()> {
        tell(measure, kind.name, setting, self.clock.figure(nanoseconds))
    }
}

/// Prints a figure.
pub fn tell(measure: Measure, medium: &str, setting: Setting, value: f64) -> io::Result<()> {
    tell_of(measure, medium, setting, 0, value)
}

/// Prints a figure of so many networks or addresses.
pub fn tell_of(
    measure: Measure,
    medium: &str,
    setting: Setting,
    count: usize,
    value: f64,
) -> io::Result<()> {
    Line::Record(Record {
        measure,
        medium: medium.into(),
        bytes: setting.bytes,
        receivers: setting.receivers,
        count,
        value,
    })
    .print()
}

/// Says in which medium something failed.
pub fn in_medium<T>(kind: &Kind, setting: Setting, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| {
        let text = format!("{}, {setting:?}: {error}", kind.name);
        io::Error::new(error.kind(), text)
    })
}

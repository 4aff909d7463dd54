// SPDX-License-Identifier: GPL-2.0

//! `ipnbench run`: measures, in the guest.

use crate::clock::Clock;
use crate::record::{Conditions, Line};
use crate::run::{Part, Run};
use crate::{
    attack, cells, cost, entries, fairness, flow, growth, latency, memory, peers, senders,
};
use rustix::process::{setrlimit, Resource, Rlimit};
use rustix::system::uname;
use std::io;
use std::time::Duration;

/// Descriptors: of ten thousand networks, and of five hundred pairs of sockets.
const FILES: Option<u64> = Some(1 << 16);

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
    let conditions = Conditions {
        clock: run.clock,
        kernel: uname().release().to_string_lossy().into_owned(),
        processors: std::thread::available_parallelism()?.get(),
        accelerator: run.accelerator.clone(),
    };
    Line::Conditions(conditions).print()?;
    run.part(Part::Cost, cost::measure)?;
    run.part(Part::Latency, latency::measure)?;
    run.part(Part::Flow, flow::measure)?;
    run.part(Part::Memory, memory::measure)?;
    run.part(Part::Growth, growth::measure)?;
    run.part(Part::Attack, attack::measure)?;
    run.part(Part::Entries, entries::measure)?;
    run.part(Part::Cells, cells::measure)?;
    run.part(Part::Senders, senders::measure)?;
    run.part(Part::Fairness, fairness::measure)?;
    run.part(Part::Peers, peers::measure)
}

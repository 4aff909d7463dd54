// SPDX-License-Identifier: GPL-2.0

//! What memory networks, receivers and waiting messages take, by what is missing from the free memory
//! of the guest.

use crate::media::{Group, Kind, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell, Run};
use ipn::Builder;
use std::fs;
use std::io;

/// As many of everything, so that what the kernel takes in advance does not weigh much.
const MANY: usize = 256;
/// Messages that wait.
const WAITING: usize = 8;
/// Bytes of a message.
const BYTES: [usize; 2] = [12, 1514];

/// Measures a network, and the receivers and messages of every bus.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.turns.is_some() {
        return Ok(());
    }
    for kind in run.media(Group::Bus).filter(|kind| kind.wakes) {
        for bytes in BYTES {
            let setting = Setting {
                bytes,
                receivers: MANY,
                sleep: false,
            };
            in_medium(kind, setting, of_kind(kind, setting))?;
        }
    }
    networks()
}

/// What receivers take, and messages that wait for them.
fn of_kind(kind: &Kind, setting: Setting) -> io::Result<()> {
    // One is there already, so that only what is for more of them counts.
    let Some(_first) = (kind.open)(Setting {
        receivers: 1,
        ..setting
    })?
    else {
        return Ok(());
    };
    let before = free()?;
    let Some(mut medium) = (kind.open)(setting)? else {
        return Ok(());
    };
    let between = free()?;
    medium.send_many(&setting.message(), WAITING)?;
    let after = free()?;
    let share = |from: f64, to: f64, count: usize| ((from - to) / count as f64).max(0.0);
    let receiver = share(before, between, MANY);
    tell(Measure::ReceiverMemory, kind.name, setting, receiver)?;
    let message = share(between, after, MANY * WAITING);
    tell(Measure::MessageMemory, kind.name, setting, message)
}

/// What networks take, as they are by default, and small.
fn networks() -> io::Result<()> {
    let small = Builder::new().pool(1).mtu(64).ports(2);
    for (name, builder) in [("hub", Builder::new()), ("hub of 1 message", small)] {
        let mut managers = Vec::new();
        let mut used = [0.0; 2];
        for used in &mut used {
            let before = free()?;
            for _ in 0..MANY / 2 {
                let path = format!("/tmp/ipnbench{}", managers.len());
                managers.push(builder.bind(path).map_err(io::Error::other)?);
            }
            *used = (before - free()?) / (MANY / 2) as f64;
        }
        let setting = Setting {
            bytes: 0,
            receivers: 0,
            sleep: false,
        };
        // The first have filled what the kernel takes in advance.
        tell(Measure::Memory, name, setting, used[1])?;
        for number in 0..managers.len() {
            fs::remove_file(format!("/tmp/ipnbench{number}"))?;
        }
    }
    Ok(())
}

/// Bytes that are free.
fn free() -> io::Result<f64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find(|line| line.starts_with("MemFree:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    let number = number.ok_or_else(|| io::Error::other("/proc/meminfo: no MemFree"))?;
    Ok(1024.0 * number)
}

// SPDX-License-Identifier: GPL-2.0

//! What memory networks, receivers and waiting messages take, by what is missing from the free memory
//! of the guest.

use crate::media::{Group, Kind, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell, Run};
use ipn::Builder;
use rustix::param::page_size;
use std::fs;
use std::io;
use std::time::Duration;

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

/// Bytes that are free, once slabs that nobody uses are given back: in the zones, and in the lists of the processors, where pages go first.
pub fn free() -> io::Result<f64> {
    // What is closed may be freed a little later.
    std::thread::sleep(Duration::from_millis(300));
    for cache in fs::read_dir("/sys/kernel/slab")? {
        fs::write(cache?.path().join("shrink"), "1")?;
    }
    let zones = fs::read_to_string("/proc/zoneinfo")?;
    let pages = pages(&zones).ok_or_else(|| io::Error::other("/proc/zoneinfo: not understood"))?;
    Ok((pages * page_size() as u64) as f64)
}

/// Free pages of all zones.
fn pages(zones: &str) -> Option<u64> {
    let mut sum = 0;
    for line in zones.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("pages"), Some("free"), Some(number)) => sum += number.parse::<u64>().ok()?,
            (Some("count:"), Some(number), None) => sum += number.parse::<u64>().ok()?,
            _ => {}
        }
    }
    (sum > 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &str = "\
Node 0, zone    DMA32
  per-node stats
      nr_free_cma 7
  pages free     1000
        boost    0
        min      16
  pagesets
    cpu: 0
              count:    20
              high:     252
              batch:    63
    cpu: 1
              count:    3
Node 0, zone   Normal
  pages free     500
";

    #[test]
    fn pages_in_the_lists_of_processors_are_free_too() {
        assert_eq!(pages(ZONES), Some(1523));
    }

    #[test]
    fn what_has_no_zones_is_not_understood() {
        assert_eq!(pages("hello\n"), None);
        assert_eq!(pages("pages free many\n"), None);
    }
}

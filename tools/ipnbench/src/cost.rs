// SPDX-License-Identifier: GPL-2.0

//! What a message costs, in one thread that never sleeps.

use crate::clock;
use crate::media::kinds::MEDIA;
use crate::media::{Group, Kind, Medium, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell, Run};
use crate::sys;
use std::io;

/// A message longer than this waits alone: sockets have no room for more by default.
const LONG: usize = 16384;

/// Messages that wait together for a filter.
const FILTERED: usize = 8;

/// Measures every medium.
pub fn measure(run: &Run) -> io::Result<()> {
    let settings = match run.full {
        true => run.settings(&[12, 64, 512, 1514, 65000], &[1, 2, 4, 8, 64, 512]),
        false => {
            let mut settings = run.settings(&[12, 1514], &[1, 8, 64]);
            if run.bytes.is_empty() {
                settings.extend(run.settings(&[65000], &[8]));
            }
            settings
        }
    };
    of_group(run, Group::Bus, &settings)?;
    let settings = match run.full {
        true => run.settings(&[60, 512, 1514], &[1, 2, 8, 64]),
        false => run.settings(&[60, 1514], &[1, 8]),
    };
    of_group(run, Group::Ethernet, &settings)?;
    of_group(run, Group::Device, &run.settings(&[60, 1514], &[1]))?;
    match run.turns {
        None => filters(run),
        Some(_) => Ok(()),
    }
}

/// What a filter adds to a receive, of a hub and of a switch.
fn filters(run: &Run) -> io::Result<()> {
    let setting = Setting {
        bytes: 64,
        receivers: 1,
        sleep: false,
    };
    for (medium, filtered) in [("hub", "hub filtered"), ("switch", "switch filtered")] {
        if !run.wants(filtered) {
            continue;
        }
        let receive = |name: &str| -> io::Result<f64> {
            let kind = MEDIA.iter().find(|kind| kind.name == name);
            let opened = kind.map_or(Ok(None), |kind| (kind.open)(setting))?;
            let medium = opened.ok_or(io::ErrorKind::Unsupported)?;
            Ok(of_medium(run, medium, setting, FILTERED)?.second / FILTERED as f64)
        };
        let value = run.clock.figure(receive(filtered)? - receive(medium)?);
        tell(Measure::Filter, medium, setting, value)?;
    }
    Ok(())
}

fn of_group(run: &Run, group: Group, settings: &[Setting]) -> io::Result<()> {
    for &setting in settings {
        for kind in run.media(group) {
            in_medium(kind, setting, of_kind(run, kind, setting))?;
        }
    }
    Ok(())
}

fn of_kind(run: &Run, kind: &Kind, setting: Setting) -> io::Result<()> {
    let Some(medium) = (kind.open)(setting)? else {
        return Ok(());
    };
    let usual = match setting.bytes {
        LONG.. => 1,
        _ => kind.depth,
    };
    let depth = run.depth.unwrap_or(usual);
    let cost = of_medium(run, medium, setting, depth)?;
    let (send, receive) = (cost.first / depth as f64, cost.second / depth as f64);
    run.tell_time(Measure::Message, kind, setting, send + receive)?;
    run.tell_time(Measure::Send, kind, setting, send)?;
    let each = receive / setting.receivers as f64;
    run.tell_time(Measure::Receive, kind, setting, each)
}

/// A medium, and a message on it.
struct Course {
    medium: Box<dyn Medium>,
    message: Vec<u8>,
    room: Vec<u8>,
}

/// What it costs to send `depth` messages, and to receive them.
fn of_medium(
    run: &Run,
    medium: Box<dyn Medium>,
    setting: Setting,
    depth: usize,
) -> io::Result<clock::Cost> {
    let mut course = Course {
        medium,
        message: setting.message(),
        room: vec![0; setting.bytes],
    };
    let send = |course: &mut Course| course.medium.send_many(&course.message, depth);
    let receive = |course: &mut Course| {
        let Course { medium, room, .. } = course;
        (0..setting.receivers).try_for_each(|receiver| medium.receive_many(receiver, room, depth))
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
    }
    clock::measure(&mut course, send, receive)
}

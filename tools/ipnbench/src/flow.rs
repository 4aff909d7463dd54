// SPDX-License-Identifier: GPL-2.0

//! How many messages come through from one process to others, and how many are lost, when the sender
//! sends as fast as it can.

use crate::clock::now;
use crate::media::{hub, switch, Group, Kind, Setting};
use crate::record::Measure;
use crate::run::{in_medium, tell, Run};
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Networks as they were by default before that was told in bytes, beside those that are so now.
const BEFORE: [Kind; 2] = [hub::BEFORE, switch::BEFORE];

/// The number in a message after which no more come.
const LAST: u64 = u64::MAX;
/// How long receivers have for what waits.
const PAUSE: Duration = Duration::from_millis(20);

/// What a receiver shares with the sender, in words.
const GOT: usize = 0;
const ENDED_AT: usize = 1;
const DONE: usize = 2;
const WORDS: usize = 8;

/// Measures every medium by which a process can be woken.
pub fn measure(run: &Run) -> io::Result<()> {
    let receivers: &[usize] = match run.full {
        true => &[1, 8, 64],
        false => &[1, 8],
    };
    let groups = [
        (Group::Bus, run.settings(&[12, 1514], receivers)),
        (Group::Ethernet, run.settings(&[60], &[1])),
    ];
    for (group, settings) in groups {
        for setting in settings {
            let before = BEFORE.iter().filter(|kind| kind.group == group);
            let before = before.filter(|kind| run.wants(kind.name));
            for kind in run.media(group).chain(before).filter(|kind| kind.wakes) {
                in_medium(kind, setting, of_kind(kind, setting))?;
            }
        }
    }
    Ok(())
}

fn of_kind(kind: &Kind, setting: Setting) -> io::Result<()> {
    let sleeping = Setting {
        sleep: true,
        ..setting
    };
    let Some(mut medium) = (kind.open)(sleeping)? else {
        return Ok(());
    };
    let messages = (8000 / setting.receivers as u64).max(200);
    let mut message = setting.message();
    let mut room = vec![0; setting.bytes];
    let shared = Shared::new(8 * WORDS * setting.receivers)?;
    let word = |receiver, which| shared.word(8 * (receiver * WORDS + which));
    let mut children = Vec::new();
    for receiver in 0..setting.receivers {
        let work = || {
            loop {
                match medium.receive(receiver, &mut room) {
                    Ok(()) => {}
                    // So netlink tells that it has lost something.
                    Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => continue,
                    Err(error) => return Err(error),
                }
                if number_in(&room) == LAST {
                    word(receiver, DONE).store(1, Relaxed);
                    return Ok(());
                }
                word(receiver, GOT).fetch_add(1, Relaxed);
                word(receiver, ENDED_AT).store(now(), Relaxed);
            }
        };
        children.push(Child::start(work)?);
    }
    std::thread::sleep(PAUSE);
    let begin = now();
    for number in 0..messages {
        set_number(&mut message, number);
        medium.send(&message)?;
    }
    // The last message may be lost too.
    set_number(&mut message, LAST);
    let all = || 0..setting.receivers;
    while !all().all(|receiver| word(receiver, DONE).load(Relaxed) == 1) {
        std::thread::sleep(PAUSE);
        medium.send(&message)?;
    }
    children.into_iter().try_for_each(Child::join)?;
    let got: u64 = all().map(|at| word(at, GOT).load(Relaxed)).sum();
    let end = all().map(|at| word(at, ENDED_AT).load(Relaxed)).max();
    let time = end.unwrap_or(begin).saturating_sub(begin).max(1) as f64 / 1e9;
    let got = got as f64 / setting.receivers as f64;
    tell(Measure::Rate, kind.name, setting, got / time)?;
    let lost = 1.0 - got / messages as f64;
    tell(Measure::Lost, kind.name, setting, lost)
}

/// The number is at the end: in front there may be addresses.
fn set_number(message: &mut [u8], number: u64) {
    if let Some(place) = message.last_chunk_mut() {
        *place = number.to_ne_bytes();
    }
}

fn number_in(message: &[u8]) -> u64 {
    message
        .last_chunk()
        .map_or(0, |&bytes| u64::from_ne_bytes(bytes))
}

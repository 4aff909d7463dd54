// SPDX-License-Identifier: GPL-2.0

//! Whether all get their share where who sends waits for those who read: two senders that send as fast as they can
//! to one reader, to several and to many, all of them processes that sleep while they wait. A lossless hub, beside
//! AF_UNIX datagrams, of which a message is one to each reader.

use crate::clock::now;
use crate::media::{receive, send, Setting};
use crate::record::Measure;
use crate::run::{tell, Run};
use crate::statistics::median;
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use crate::sys::usage::switches;
use ipn::{Builder, Direction, Policy, Port};
use rustix::fd::OwnedFd;
use rustix::net::RecvFlags;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Of them.
const SENDERS: usize = 2;
/// Messages that wait at most, of either; `measure.sh` sets it for AF_UNIX.
const DEPTH: u32 = 64;
/// How long they send.
const TIME: Duration = Duration::from_millis(400);
/// Rounds, of which the one in the middle counts; each has both media, and all numbers of readers.
const ROUNDS: usize = 5;
/// What the last message begins with.
const LAST: u8 = 0xff;

/// The media, by their names in records.
pub const MEDIA: [&str; 2] = ["hub, lossless", "AF_UNIX x N"];

/// What a process counts, in words of cache lines of its own.
const COUNTED: usize = 0;
const SWITCHES: usize = 8;
const SPACE: usize = 64;

/// The ends of a medium.
struct Ends {
    /// Where each sender sends, and the one that has the last word: one, or one for each reader.
    senders: Vec<Vec<OwnedFd>>,
    readers: Vec<OwnedFd>,
}

/// The figures of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Figures {
    rate: f64,
    sender_share: f64,
    reader_share: f64,
    sender_switches: f64,
    reader_switches: f64,
}

/// Measures both.
pub fn measure(run: &Run) -> io::Result<()> {
    // Where there is one processor, who is woken and who runs is another question.
    if !run.has_processors(SENDERS)? {
        return Ok(());
    }
    let settings = run.settings(&[60], &[1, 8, 64]);
    let settings = || {
        settings
            .iter()
            .flat_map(|&at| MEDIA.map(|medium| (at, medium)))
    };
    let settings = || settings().filter(|(_, medium)| run.wants(medium));
    let mut rounds = vec![Vec::new(); settings().count()];
    for _ in 0..ROUNDS {
        for ((setting, medium), rounds) in settings().zip(&mut rounds) {
            let ends = match medium == MEDIA[0] {
                true => hub(setting)?,
                false => af_unix(setting)?,
            };
            rounds.push(of_ends(ends, setting)?);
        }
    }
    for ((setting, medium), rounds) in settings().zip(&rounds) {
        for (measure, figure) in MEASURES {
            let value = median(rounds.iter().map(figure).collect());
            tell(measure, medium, setting, value)?;
        }
    }
    Ok(())
}

/// A measure, and its figure of a round.
type Told = (Measure, fn(&Figures) -> f64);

/// What is told of the figures.
const MEASURES: [Told; 5] = [
    (Measure::Waiting, |figures| figures.rate),
    (Measure::SenderShare, |figures| figures.sender_share),
    (Measure::ReaderShare, |figures| figures.reader_share),
    (Measure::SenderSwitches, |figures| figures.sender_switches),
    (Measure::ReaderSwitches, |figures| figures.reader_switches),
];

/// A hub that loses nothing.
fn hub(setting: Setting) -> io::Result<Ends> {
    let path = "/tmp/ipnbench-fair";
    let ports = setting.receivers + SENDERS + 1;
    let builder = Builder::new().policy(Policy::HUB).lossless(true);
    // The network lives as long as a port of it.
    let _manager = builder
        .ports(ports as u32)
        .pool(DEPTH)
        .bind(path)
        .map_err(io::Error::other)?;
    let port = |direction| -> io::Result<OwnedFd> {
        let port = Builder::new().direction(direction).connect(path);
        Ok(Port::into(port.map_err(io::Error::other)?))
    };
    let readers = (0..setting.receivers).map(|_| port(Direction::Receive));
    let senders = (0..=SENDERS).map(|_| Ok(vec![port(Direction::Send)?]));
    let ends = Ends {
        readers: readers.collect::<io::Result<_>>()?,
        senders: senders.collect::<io::Result<_>>()?,
    };
    std::fs::remove_file(path)?;
    Ok(ends)
}

/// A socket for each reader, and one that is connected to it for each who sends to it.
fn af_unix(setting: Setting) -> io::Result<Ends> {
    let path = |reader: usize| format!("/tmp/ipnbench-fair-{reader}");
    let readers = (0..setting.receivers).map(|reader| Ok(UnixDatagram::bind(path(reader))?.into()));
    let readers = readers.collect::<io::Result<_>>()?;
    let to_all = || {
        let sockets = (0..setting.receivers).map(|reader| {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path(reader))?;
            Ok(socket.into())
        });
        sockets.collect::<io::Result<_>>()
    };
    let senders = (0..=SENDERS).map(|_| to_all()).collect::<io::Result<_>>()?;
    (0..setting.receivers).try_for_each(|reader| std::fs::remove_file(path(reader)))?;
    Ok(Ends { senders, readers })
}

/// A round.
fn of_ends(ends: Ends, setting: Setting) -> io::Result<Figures> {
    let processes = SENDERS + ends.readers.len();
    let shared = Shared::new(SPACE * (processes + 1))?;
    let word = |process: usize, which| shared.word(SPACE * process + which);
    let end = shared.word(SPACE * processes);
    let mut readers = Vec::new();
    for (number, reader) in ends.readers.iter().enumerate() {
        readers.push(Child::start(|| {
            read(reader, setting.bytes, word(SENDERS + number, COUNTED))?;
            word(SENDERS + number, SWITCHES).store(switches()?, Relaxed);
            Ok(())
        })?);
    }
    let mut senders = Vec::new();
    let (begin, message) = (now(), vec![0x5a; setting.bytes]);
    for (number, sockets) in ends.senders.iter().take(SENDERS).enumerate() {
        senders.push(Child::start(|| {
            while end.load(Relaxed) == 0 {
                sockets
                    .iter()
                    .try_for_each(|socket| send(socket, &message))?;
                word(number, COUNTED).fetch_add(1, Relaxed);
            }
            word(number, SWITCHES).store(switches()?, Relaxed);
            Ok(())
        })?);
    }
    std::thread::sleep(TIME);
    let got: Vec<u64> = (SENDERS..processes)
        .map(|process| word(process, COUNTED).load(Relaxed))
        .collect();
    let time = now() - begin;
    end.store(1, Relaxed);
    senders.into_iter().try_for_each(Child::join)?;
    let last = vec![LAST; setting.bytes];
    let mut sockets = ends.senders.iter().skip(SENDERS).flatten();
    sockets.try_for_each(|socket| send(socket, &last))?;
    readers.into_iter().try_for_each(Child::join)?;
    let all = |which, from: usize, to: usize| -> Vec<u64> {
        let words = (from..to).map(|process| word(process, which));
        words.map(|word: &AtomicU64| word.load(Relaxed)).collect()
    };
    let per_message = |from, to| {
        let [switches, messages] = [SWITCHES, COUNTED].map(|which| sum(&all(which, from, to)));
        switches / messages.max(1.0)
    };
    Ok(Figures {
        rate: sum(&got) * 1e9 / got.len() as f64 / time as f64,
        sender_share: smallest_share(&all(COUNTED, 0, SENDERS)),
        reader_share: smallest_share(&got),
        sender_switches: per_message(0, SENDERS),
        reader_switches: per_message(SENDERS, processes),
    })
}

/// Counts messages until the last one comes.
fn read(reader: &OwnedFd, bytes: usize, count: &AtomicU64) -> io::Result<()> {
    let mut room = vec![0; bytes];
    loop {
        receive(reader, &mut room, RecvFlags::empty())?;
        if room.first() == Some(&LAST) {
            return Ok(());
        }
        count.fetch_add(1, Relaxed);
    }
}

fn sum(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64
}

/// What the one has who has least, as a part of what each would have if all had the same.
fn smallest_share(counts: &[u64]) -> f64 {
    let least = counts.iter().copied().min().unwrap_or(0) as f64;
    least * counts.len() as f64 / sum(counts).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_starves_has_no_share() {
        assert_eq!(smallest_share(&[0, 100]), 0.0);
        assert_eq!(smallest_share(&[]), 0.0);
        assert_eq!(smallest_share(&[0, 0]), 0.0);
    }

    #[test]
    fn equal_shares_are_whole() {
        assert_eq!(smallest_share(&[7, 7, 7]), 1.0);
        assert_eq!(smallest_share(&[50, 150]), 0.5);
    }

    #[test]
    fn a_reader_counts_all_but_the_last() {
        let (to, from) = UnixDatagram::pair().unwrap();
        for message in [[1; 4], [2; 4], [LAST; 4]] {
            to.send(&message).unwrap();
        }
        let count = AtomicU64::new(0);
        read(&from.into(), 4, &count).unwrap();
        assert_eq!(count.load(Relaxed), 2);
    }
}

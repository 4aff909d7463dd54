// SPDX-License-Identifier: GPL-2.0

//! `ipn replay`.

use super::file::{Packet, Reader};
use crate::complain::complain;
use crate::failure::Failure;
use crate::stop::{Heeding, Stop};
use clap::{Args, ValueHint};
use ipn::{Builder, Direction, Errno, Port, SendFlags, Shown};
use rustix::event::PollFlags;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// `ipn replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// What to send: a file of pcap or pcapng, - for the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Send as fast as the network takes it, rather than when it was sent then
    #[arg(long)]
    pub fast: bool,
}

/// Sends what was dumped.
pub fn run(args: &Replay) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let file = match args.file == Path::new("-") {
        true => std::io::stdin()
            .as_fd()
            .try_clone_to_owned()
            .map(File::from),
        false => File::open(&args.file),
    };
    let file = file.map_err(|error| Failure::file("read", &args.file, &error))?;
    let from = Heeding { file, stop: &stop };
    let damaged = |what: String| Failure::Error {
        text: format!("cannot replay {}: {what}", Shown::of(&args.file)),
        hint: None,
    };
    let mut reader = heeded(&stop, Reader::new(from))?.map_err(damaged)?;
    let port = Builder::new()
        .direction(Direction::Send)
        .connect(&args.path)?;
    let mtu = port.network().mtu()?;
    let (mut clock, mut left_out) = (None, 0_u64);
    while let Some(packet) = heeded(&stop, reader.next())?.map_err(damaged)? {
        stop.check()?;
        if let Some(why) = unfit(&packet, mtu) {
            complain(&format!(
                "ipn: left out a message of {} bytes: {why}",
                packet.full_len
            ));
            left_out += 1;
            continue;
        }
        if !args.fast {
            let clock = clock.get_or_insert_with(|| (Instant::now(), packet.time));
            stop.sleep_until(due(*clock, packet.time))?;
        }
        send(&port, &stop, &packet.bytes)?;
    }
    match left_out {
        0 => Ok(()),
        count => Err(Failure::TooFew(format!("left out {count} messages"))),
    }
}

/// The same, unless it was a signal that ended the reading.
fn heeded<T>(stop: &Stop, read: T) -> Result<T, Failure> {
    stop.check().map(|()| read)
}

/// Why a packet cannot be sent as it was.
fn unfit(packet: &Packet, mtu: usize) -> Option<String> {
    if packet.bytes.len() != packet.full_len {
        let len = packet.bytes.len();
        return Some(format!("the file has only {len} of them"));
    }
    (packet.full_len > mtu).then(|| format!("it is longer than the MTU of {mtu} bytes"))
}

/// When a packet of a time is to be sent, if one of another was then. One that is older goes at once.
fn due((then, first): (Instant, Duration), time: Duration) -> Instant {
    let after = time.saturating_sub(first);
    then.checked_add(after).unwrap_or(then)
}

fn send(port: &Port, stop: &Stop, message: &[u8]) -> Result<(), Failure> {
    loop {
        match port.send_with(message, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(()) => return Ok(()),
            Err(error) if error.errno() == Errno::AGAIN => {
                stop.wait(port.as_fd(), PollFlags::OUT, None)?;
            }
            Err(error) if error.errno() == Errno::INTR => stop.check()?,
            Err(error) => return Err(error.into()),
        }
    }
}

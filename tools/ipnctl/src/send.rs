// SPDX-License-Identifier: GPL-2.0

//! `ipn send`.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::input::Cut;
use crate::network_file::{self, is_missing, CreatedFile};
use crate::output::complain;
use crate::stop::{Heeding, Stop};
use crate::tally::Tally;
use clap::error::ErrorKind;
use clap::CommandFactory;
use ipn::{Content, Direction, Errno, Oob, Port, RecvFlags, SendFlags};
use rustix::event::PollFlags;
use std::fs::File;
use std::io::{BufReader, IoSlice, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many messages to hand over at once.
const AT_ONCE: usize = 32;

/// How far a sender may be behind its rate and catch up.
const MOST_LATE: Duration = Duration::from_millis(50);

/// Sends the input's messages.
pub fn run(args: &cli::Send) -> Result<(), Failure> {
    if args.shape.is_said() && !args.create {
        let mut command = Cli::command();
        command.build();
        let command = command.find_subcommand_mut("send").expect("it runs");
        let text = "the options that shape a network need --create";
        command.error(ErrorKind::ArgumentConflict, text).exit();
    }
    let stop = Stop::watch()?;
    let (port, file) = join(args)?;
    let outcome = transmit(args, &port, &stop);
    let outcome = match (args.end, outcome) {
        (true, Ok(())) => port.network().terminate().map_err(Failure::from),
        (_, outcome) => outcome,
    };
    drop(port);
    if let Some(file) = file {
        // Without other members the network has gone with the port.
        if !args.end && !matches!(ipn::network(&args.path), Ok(None)) {
            file.keep();
        }
    }
    outcome
}

/// A port to send from. It manages the network if that is to end, or was not
/// there.
fn join(args: &cli::Send) -> Result<(Port, Option<CreatedFile>), Failure> {
    let missing = is_missing(&args.path);
    let builder = network_file::builder(&args.shape)
        .direction(Direction::Send)
        .watch_members(args.wait.is_some());
    if (args.create && missing) || (args.end && !missing) {
        let (manager, file) = network_file::create(&args.path, &args.shape, &builder)?;
        return Ok((manager.connect()?, file));
    }
    match builder.connect(&args.path) {
        Err(error) if args.shape.replace_stale && error.errno() == Errno::CONNREFUSED => {
            let (manager, file) = network_file::create(&args.path, &args.shape, &builder)?;
            Ok((manager.connect()?, file))
        }
        port => Ok((port?, None)),
    }
}

/// Sends all of the input.
fn transmit(args: &cli::Send, port: &Port, stop: &Stop) -> Result<(), Failure> {
    let mtu = port.network().mtu()?;
    let cut = match args.size {
        None => Cut::Lines,
        Some(size) => Cut::Size(size as usize),
    };
    if let Cut::Size(size) = cut {
        if size > mtu {
            return Err(Failure::new(
                format!(
                    "cannot send to the network {}: messages of {size} bytes are longer than its \
                     MTU of {mtu}",
                    args.path.display()
                ),
                format!("--size {mtu}, or a network with a greater MTU (ipn create --mtu)"),
            ));
        }
    }
    if let Some(readers) = args.wait {
        await_readers(args, port, stop, readers)?;
    }
    let mut sender = Sender {
        args,
        port,
        stop,
        cut,
        mtu,
        waiting: Waiting::default(),
        tally: Tally::default(),
        due: Instant::now(),
    };
    let outcome = sender.send_inputs();
    if args.stats {
        complain(&sender.tally.summary("sent").to_string());
    }
    outcome
}

/// Waits until the network has so many readers, as its out-of-band messages tell.
fn await_readers(args: &cli::Send, port: &Port, stop: &Stop, wanted: u32) -> Result<(), Failure> {
    let mut buffer = [0; Oob::LEN];
    loop {
        let received = match port.recv_with(&mut buffer, RecvFlags::DONTWAIT) {
            Ok(received) => received,
            Err(error) if error.errno() == Errno::AGAIN => {
                stop.wait(port.as_fd(), PollFlags::IN | PollFlags::PRI, None)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match received.content(&buffer) {
            Content::OutOfBand(Oob::Members { readers, .. }) if readers >= wanted => break,
            Content::End => {
                return Err(Failure::Error {
                    text: format!(
                        "the network {} ended before it had {wanted} readers",
                        args.path.display()
                    ),
                    hint: None,
                })
            }
            _ => {}
        }
    }
    Ok(port.set_out_of_band(false)?)
}

/// Messages that are to be sent together.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Where each of them ends in `bytes`.
    ends: Vec<usize>,
}

impl Waiting {
    fn push(&mut self, message: &[u8]) {
        self.bytes.extend_from_slice(message);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// A port and what goes through it.
struct Sender<'a> {
    args: &'a cli::Send,
    port: &'a Port,
    stop: &'a Stop,
    cut: Cut,
    mtu: usize,
    waiting: Waiting,
    tally: Tally,
    /// When the next message may go, if there is a rate to keep.
    due: Instant,
}

impl Sender<'_> {
    /// Sends all files, or the standard input.
    fn send_inputs(&mut self) -> Result<(), Failure> {
        if self.args.files.is_empty() {
            return self.send_stdin();
        }
        let args = self.args;
        for path in &args.files {
            if path == Path::new("-") {
                self.send_stdin()?;
                continue;
            }
            let file = File::open(path).map_err(|error| Failure::file("read", path, &error))?;
            self.send_input(file, path)?;
        }
        Ok(())
    }

    fn send_stdin(&mut self) -> Result<(), Failure> {
        // Without the standard library's buffer, so that what is to come shows.
        let stdin = std::io::stdin().as_fd().try_clone_to_owned();
        let name = Path::new("the standard input");
        let stdin = stdin.map_err(|error| Failure::file("read", name, &error))?;
        self.send_input(File::from(stdin), name)
    }

    /// Sends one input.
    fn send_input(&mut self, file: impl Read + AsFd, name: &Path) -> Result<(), Failure> {
        let stop = self.stop;
        let mut input = BufReader::with_capacity(1 << 16, Heeding { file, stop });
        let mut message = Vec::new();
        for number in 1_u64.. {
            let next = self.cut.next(&mut input, self.mtu, &mut message);
            stop.check()?;
            if !next.map_err(|error| Failure::file("read", name, &error))? {
                break;
            }
            if message.len() > self.mtu {
                self.flush()?;
                return Err(self.too_long(name, number));
            }
            self.waiting.push(&message);
            let is_full = self.waiting.ends.len() == AT_ONCE;
            if is_full || self.args.rate.is_some() || !self.cut.is_ready(&input) {
                self.flush()?;
                self.pace()?;
            }
        }
        self.flush()
    }

    /// A line does not fit into a message.
    fn too_long(&self, name: &Path, number: u64) -> Failure {
        Failure::new(
            format!(
                "cannot send line {number} of {} to the network {}: it is longer than the MTU \
                 of {} bytes",
                name.display(),
                self.args.path.display(),
                self.mtu
            ),
            format!(
                "--size {}, which cuts the input regardless of lines, or a network with a greater \
                 MTU (ipn create --mtu)",
                self.mtu
            ),
        )
    }

    /// Sends what is waiting.
    fn flush(&mut self) -> Result<(), Failure> {
        if self.waiting.ends.is_empty() {
            return Ok(());
        }
        let slices: Vec<_> = self.waiting.iter().map(IoSlice::new).collect();
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut left = &slices[..];
        self.tally.mark(Instant::now());
        while !left.is_empty() {
            self.stop.check()?;
            match self.port.send_batch(left, flags) {
                Ok(count) => {
                    let (sent, rest) = left.split_at(count);
                    sent.iter().for_each(|one| self.tally.count(one.len()));
                    left = rest;
                }
                Err(error) if error.errno() == Errno::AGAIN => {
                    self.stop.wait(self.port.as_fd(), PollFlags::OUT, None)?;
                }
                Err(error) if error.errno() == Errno::INTR => {}
                Err(error) => return Err(error.into()),
            }
        }
        drop(slices);
        self.tally.mark(Instant::now());
        self.waiting.clear();
        Ok(())
    }

    /// Waits until it is time for the next message. A long delay is not made up
    /// for, so that no burst follows it.
    fn pace(&mut self) -> Result<(), Failure> {
        let Some(rate) = self.args.rate else {
            return Ok(());
        };
        let now = Instant::now();
        if now > self.due + MOST_LATE {
            self.due = now;
        }
        self.due += Duration::from_secs(1) / rate;
        self.stop.sleep_until(self.due)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `ipn send`.

use crate::cli::{self, Cli, Long};
use crate::complain::complain;
use crate::failure::Failure;
use crate::input::Cut;
use crate::network_file::{self, is_missing, CreatedFile};
use crate::stop::{Heeding, Stop};
use crate::tally::Tally;
use crate::way::Way;
use clap::error::ErrorKind;
use clap::CommandFactory;
use ipn::{Builder, Content, Direction, Errno, Oob, Port, RecordBatch, RecvFlags, Shown};
use rustix::event::PollFlags;
use std::fs::File;
use std::io::{BufReader, Read};
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
    let way = Way::of(port)?;
    let outcome = transmit(args, &way, &stop);
    let outcome = match (args.end, outcome) {
        (true, Ok(())) => way.port().network().terminate().map_err(Failure::from),
        (_, outcome) => outcome,
    };
    drop(way);
    if let Some(file) = file {
        // Without other members the network has gone with the port.
        if !args.end && lives(&file, args) {
            file.keep();
        }
    }
    outcome
}

/// Whether the network is still there.
fn lives(file: &CreatedFile, args: &cli::Send) -> bool {
    file.has_network().unwrap_or_else(|| {
        // Without sysfs, to join it tells.
        let joined = Builder::new().connect(&args.path);
        !matches!(joined, Err(error) if error.errno() == Errno::CONNREFUSED)
    })
}

/// A port to send from. It manages the network if that is to end, or was not
/// there.
fn join(args: &cli::Send) -> Result<(Port, Option<CreatedFile>), Failure> {
    let builder = network_file::builder(&args.shape)
        .direction(Direction::Send)
        .watch_members(args.wait.is_some());
    if args.end && (args.create || !is_missing(&args.path)) {
        let builder = builder.replace_stale(args.create);
        let (manager, file) = network_file::create(&args.path, &args.shape, &builder)?;
        return Ok((manager.connect()?, file));
    }
    if !args.create {
        return Ok((builder.connect(&args.path)?, None));
    }
    network_file::mean_mode(&args.shape);
    let port = builder.connect_or_create(&args.path)?;
    let file = match port.is_creator()? {
        true => CreatedFile::of(&port.network(), &args.path),
        false => None,
    };
    Ok((port, file))
}

/// Sends all of the input.
fn transmit(args: &cli::Send, way: &Way, stop: &Stop) -> Result<(), Failure> {
    let port = way.port();
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
                    Shown::of(&args.path)
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
        way,
        stop,
        cut,
        mtu,
        waiting: RecordBatch::new(),
        tally: Tally::default(),
        due: Instant::now(),
    };
    let outcome = sender.send_inputs();
    if args.stats {
        complain(&sender.tally.summary("sent").to_string());
    }
    match sender.tally.left_out() {
        0 => outcome,
        count => outcome.and(Err(Failure::TooFew(format!(
            "left out {count} lines that are longer than the MTU of {mtu} bytes; --long cut \
             sends their beginnings"
        )))),
    }
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
                        Shown::of(&args.path)
                    ),
                    hint: None,
                })
            }
            _ => {}
        }
    }
    Ok(port.set_out_of_band(false)?)
}

/// Where a line is.
struct Line<'a> {
    number: u64,
    of: &'a Path,
}

/// A port and what goes through it.
struct Sender<'a> {
    args: &'a cli::Send,
    way: &'a Way,
    stop: &'a Stop,
    cut: Cut,
    mtu: usize,
    /// Messages that are to be sent together.
    waiting: RecordBatch,
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
                let line = Line { number, of: name };
                let is_left_out = self.treat_long(&line, &mut message)?;
                let passed = Cut::pass_line(&mut input);
                stop.check()?;
                passed.map_err(|error| Failure::file("read", name, &error))?;
                if is_left_out {
                    self.flush_unless_ready(&input)?;
                    continue;
                }
            }
            self.waiting.push(&message);
            let is_full = self.waiting.len() == AT_ONCE;
            if self.args.rate.is_some() {
                self.pace()?;
                self.flush()?;
            } else if is_full {
                self.flush()?;
            }
            self.flush_unless_ready(&input)?;
        }
        self.flush()
    }

    /// Does with a line that does not fit into a message what was asked for, and tells of it;
    /// whether that is to leave it out.
    fn treat_long(&mut self, line: &Line<'_>, message: &mut Vec<u8>) -> Result<bool, Failure> {
        let (number, name, mtu) = (line.number, Shown::of(line.of), self.mtu);
        let what = format!("line {number} of {name}");
        let why = format!("it is longer than the MTU of {mtu} bytes");
        match self.args.long {
            Long::Fail => {
                self.flush()?;
                let network = Shown::of(&self.args.path);
                Err(Failure::new(
                    format!("cannot send {what} to the network {network}: {why}"),
                    format!(
                        "--long skip or cut, --size {mtu}, which cuts the input regardless of \
                         lines, or a network with a greater MTU (ipn create --mtu)"
                    ),
                ))
            }
            Long::Skip => {
                complain(&format!("ipn: left out {what}: {why}"));
                self.tally.leave_out();
                Ok(true)
            }
            Long::Cut => {
                complain(&format!("ipn: cut {what}: {why}"));
                message.truncate(mtu);
                self.tally.cut();
                Ok(false)
            }
        }
    }

    /// Sends what is waiting, unless more comes along without another read.
    fn flush_unless_ready<T: Read>(&mut self, input: &BufReader<T>) -> Result<(), Failure> {
        match self.cut.is_ready(input) {
            true => Ok(()),
            false => self.flush(),
        }
    }

    /// Sends what is waiting.
    fn flush(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let lengths: Vec<_> = self.waiting.iter().map(<[u8]>::len).collect();
        let mut counted = 0;
        self.tally.mark(Instant::now());
        while !self.waiting.is_empty() {
            self.stop.check()?;
            let outcome = self.way.send(&mut self.waiting);
            let sent = lengths.len() - self.waiting.len();
            lengths[counted..sent]
                .iter()
                .for_each(|len| self.tally.count(*len));
            counted = sent;
            match outcome {
                Ok(()) => {}
                Err(error) if error.errno() == Errno::AGAIN => {
                    self.stop.wait(self.way.as_fd(), PollFlags::OUT, None)?;
                }
                Err(error) if error.errno() == Errno::INTR => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.tally.mark(Instant::now());
        Ok(())
    }

    /// Waits until it is time for a message, which is before it and not behind the last. A long
    /// delay is not made up for, so that no burst follows it.
    fn pace(&mut self) -> Result<(), Failure> {
        let Some(rate) = self.args.rate else {
            return Ok(());
        };
        let now = Instant::now();
        if now > self.due + MOST_LATE {
            self.due = now;
        }
        self.stop.sleep_until(self.due)?;
        self.due += Duration::from_secs(1) / rate;
        Ok(())
    }
}

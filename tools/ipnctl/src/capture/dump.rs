// SPDX-License-Identifier: GPL-2.0

//! `ipn dump`.

use super::file::Writer;
use super::link::{ETHERNET, USER0};
use super::{filter, line};
use crate::complain::complain;
use crate::failure::Failure;
use crate::stop::{Stop, Woken};
use crate::values::within;
use clap::{Args, ValueHint};
use ipn::{Builder, Errno, Policy, Port, Record, RecordContent, RecordPort, RecvFlags, Shown};
use rustix::event::PollFlags;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes that one call receives at most, unless a message is longer.
const AT_ONCE: usize = 1 << 16;

/// `ipn dump`.
#[derive(Debug, Args)]
pub struct Dump {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Write a pcapng file for Wireshark and tcpdump, - for the standard output
    /// [default: print a line for each message]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub write: Option<PathBuf>,
    /// Stop after so many messages
    #[arg(short, long, value_name = "MESSAGES", value_parser = within(1..=u64::MAX))]
    pub count: Option<u64>,
    /// Only messages that match: an expression of pcap-filter(7), which the
    /// command tcpdump translates; link[N] are the bytes of a message
    #[arg(long, value_name = "EXPRESSION")]
    pub filter: Option<String>,
    /// The messages are Ethernet frames, as those of a switch always are
    #[arg(long)]
    pub ethernet: bool,
    /// Print each message as JSON
    #[arg(long, conflicts_with = "write")]
    pub json: bool,
}

/// Dumps what passes on a network.
pub fn run(args: &Dump) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let (port, is_switch) = observe(&args.path)?;
    let link = match is_switch || args.ethernet {
        true => ETHERNET,
        false => USER0,
    };
    if let Some(expression) = &args.filter {
        port.attach_filter(&filter::compile(expression, link)?)?;
    }
    port.set_report_losses(true)?;
    port.set_timestamps(true)?;
    let mtu = port.network().mtu()?;
    let mut dump = Dumping {
        args,
        buffer: vec![0; AT_ONCE.max(Record::room(mtu))],
        port: port.into_records()?,
        output: Output::of(args, link, mtu)?,
        dumped: 0,
        missed: 0,
        missed_seen: 0,
        next: None,
    };
    let outcome = dump.receive(&stop);
    // A file is whole however the command ends, unless its reader has gone.
    let Dumping {
        output,
        dumped,
        missed,
        ..
    } = dump;
    let finished = output.finish(dumped, missed);
    outcome.and(finished)
}

/// A port that observes the network, and whether that is a switch.
fn observe(path: &Path) -> Result<(Port, bool), Failure> {
    let builder = Builder::new().observe(true);
    match builder.clone().policy(Policy::SWITCH).connect(path) {
        Ok(port) => Ok((port, true)),
        // It is none, or there can be none.
        Err(error) if matches!(error.errno(), Errno::PROTO | Errno::PROTONOSUPPORT) => {
            Ok((builder.connect(path)?, false))
        }
        Err(error) => Err(error.into()),
    }
}

/// Where messages go.
enum Output<'a> {
    /// A capture file.
    File(Writer<BufWriter<Box<dyn Write>>>, &'a Path),
    /// The standard output, a line for each.
    Lines(BufWriter<io::Stdout>),
}

impl<'a> Output<'a> {
    fn of(args: &'a Dump, link: u16, mtu: usize) -> Result<Self, Failure> {
        let Some(path) = &args.write else {
            return Ok(Self::Lines(BufWriter::new(io::stdout())));
        };
        let to: Box<dyn Write> = match path == Path::new("-") {
            true => Box::new(io::stdout()),
            false => {
                let file = File::create(path);
                Box::new(file.map_err(|error| Failure::file("write", path, &error))?)
            }
        };
        let name = args.path.to_string_lossy();
        let filter = args.filter.as_deref();
        let mut writer = Writer::new(BufWriter::new(to), &name, link, mtu, filter)
            .map_err(|error| failed(path, &error))?;
        // Its reader sees at once what is coming.
        writer.flush().map_err(|error| failed(path, &error))?;
        Ok(Self::File(writer, path))
    }

    /// Writes a message that was sent at `time`, and before which so many were missed.
    fn put(&mut self, args: &Dump, record: &Record<'_>, missed: u64) -> Result<(), Failure> {
        let time = record.time.unwrap_or_else(SystemTime::now);
        match self {
            Self::File(writer, path) => {
                let put = writer.put(record.from, time, record.message, record.full_len, missed);
                put.map_err(|error| failed(path, &error))
            }
            Self::Lines(to) => {
                let text = match args.json {
                    true => line::json(record.from, time, record.message, missed),
                    false => line::text(record.from, time, record.message),
                };
                writeln!(to, "{text}").map_err(|error| Failure::output(&error))
            }
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::File(writer, path) => writer.flush().map_err(|error| failed(path, &error)),
            Self::Lines(to) => to.flush().map_err(|error| Failure::output(&error)),
        }
    }

    /// Ends a file with what there was in all.
    fn finish(mut self, dumped: u64, missed: u64) -> Result<(), Failure> {
        if let Self::File(writer, path) = &mut self {
            let ended = writer.end(SystemTime::now(), dumped, missed);
            ended.map_err(|error| failed(path, &error))?;
        }
        self.flush()
    }
}

/// A capture file can not be written.
fn failed(path: &Path, error: &io::Error) -> Failure {
    match path == Path::new("-") {
        true => Failure::output(error),
        false => Failure::file("write", path, error),
    }
}

/// A port that observes, and where what it sees goes.
struct Dumping<'a> {
    args: &'a Dump,
    port: RecordPort,
    buffer: Vec<u8>,
    output: Output<'a>,
    dumped: u64,
    missed: u64,
    /// The kernel's count of what was missed, which wraps around.
    missed_seen: u32,
    /// The number of the message to come, if none is missed.
    next: Option<u64>,
}

impl Dumping<'_> {
    /// Dumps until there is a reason to stop.
    fn receive(&mut self, stop: &Stop) -> Result<(), Failure> {
        loop {
            stop.check()?;
            if self.args.count == Some(self.dumped) {
                return Ok(());
            }
            let received = match self.port.recv_with(&mut self.buffer, RecvFlags::DONTWAIT) {
                Ok(received) => received,
                Err(error) if error.errno() == Errno::INTR => continue,
                Err(error) if error.errno() == Errno::AGAIN => {
                    self.wait(stop)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let new = received.lost().map_or(0, |lost| self.miss(lost));
            let buffer = std::mem::take(&mut self.buffer);
            let outcome = match received.records(&buffer) {
                RecordContent::Records(records) => self.put(records, new).map(|()| false),
                RecordContent::OutOfBand(_) => Ok(false),
                RecordContent::End => Ok(true),
            };
            self.buffer = buffer;
            if outcome? {
                return self.ended();
            }
            // A program that reads along is not made to wait.
            self.output.flush()?;
        }
    }

    /// Takes the kernel's count of what was missed; how many are new.
    fn miss(&mut self, count: u32) -> u64 {
        let new = u64::from(count.wrapping_sub(self.missed_seen));
        self.missed_seen = count;
        self.missed += new;
        if new != 0 {
            complain(&format!(
                "ipn: missed {new} messages, {} in all",
                self.missed
            ));
        }
        new
    }

    /// Writes messages, before or among which so many were missed.
    fn put(&mut self, records: ipn::Records<'_>, mut missed: u64) -> Result<(), Failure> {
        for record in records {
            if self.args.count == Some(self.dumped) {
                break;
            }
            // Numbers tell where they were missed, unless a filter has left some out.
            let gap = match (self.next, &self.args.filter) {
                (Some(next), None) => missed.min(record.number.saturating_sub(next)),
                _ => missed,
            };
            missed -= gap;
            self.next = Some(record.number.wrapping_add(1));
            self.output.put(self.args, &record, gap)?;
            self.dumped += 1;
        }
        Ok(())
    }

    /// Waits for messages.
    fn wait(&self, stop: &Stop) -> Result<(), Failure> {
        let (fd, output) = (self.port.as_fd(), io::stdout());
        let writes = !matches!(&self.output, Output::File(_, path) if *path != Path::new("-"));
        if !writes {
            return stop.wait(fd, PollFlags::IN, None).map(drop);
        }
        match stop.wait_with_output(fd, PollFlags::IN, output.as_fd(), None)? {
            // As tail -f does it.
            Woken::ReaderLeft => Err(Failure::output(&ErrorKind::BrokenPipe.into())),
            Woken::Ready | Woken::TimedOut => Ok(()),
        }
    }

    /// The network has ended: is that early?
    fn ended(&self) -> Result<(), Failure> {
        match self.args.count {
            None => Ok(()),
            Some(count) => Err(Failure::TooFew(format!(
                "the network {} ended after {} of {count} messages",
                Shown::of(&self.args.path),
                self.dumped
            ))),
        }
    }
}

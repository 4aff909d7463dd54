// SPDX-License-Identifier: GPL-2.0

//! `ipn recv`.

use crate::cli;
use crate::complain::complain;
use crate::failure::Failure;
use crate::seen::Users;
use crate::stop::{Stop, Woken};
use crate::tally::Tally;
use ipn::{
    Batch, Builder, Content, Direction, Errno, Gap, Port, Received, Record, RecordContent,
    RecordPort, RecvFlags, Sender, Shown,
};
use rustix::event::PollFlags;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

/// How many messages to take at once.
const AT_ONCE: usize = 32;

/// Receives messages and prints them.
pub fn run(args: &cli::Recv) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let (port, is_reliable) = join(args)?;
    // A reliable bus tells of whom they were.
    port.set_report_losses(!is_reliable)?;
    if args.from {
        port.set_report_senders(true)?;
    }
    let mut receiver = Receiver {
        source: Source::of(port, is_reliable, args)?,
        printer: Printer {
            args,
            users: Users::read(),
            tally: Tally::default(),
            escapes: std::io::stdout().is_terminal(),
            output: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
        },
    };
    let outcome = receiver.receive(&stop);
    // What came is printed even if nothing follows, unless its reader has gone.
    let mut printer = receiver.printer;
    let flushed = printer.flush();
    if args.stats {
        let summary = printer.tally.summary("received");
        match args.json {
            true => complain(&summary.to_json()),
            false => complain(&summary.to_string()),
        }
    }
    outcome.and(flushed)
}

/// Joins the network; whether that is a reliable bus.
fn join(args: &cli::Recv) -> Result<(Port, bool), Failure> {
    let builder = Builder::new().direction(Direction::Receive);
    let history = args.history();
    let reliable = builder.clone().reliable(true).history(history);
    match reliable.connect(&args.path) {
        Ok(port) => Ok((port, true)),
        // It is another network, or the module knows of none.
        Err(error)
            if history.is_none()
                && [Errno::PROTOTYPE, Errno::SOCKTNOSUPPORT].contains(&error.errno()) =>
        {
            Ok((builder.connect(&args.path)?, false))
        }
        Err(error) => Err(error.into()),
    }
}

/// Bytes of records to take at once, if the MTU is not more.
const RECORDS_AT_ONCE: usize = 1 << 16;

/// Where messages come from.
enum Source {
    /// As many of them by one system call as there are: the cheapest way.
    Records(RecordPort, Vec<u8>),
    /// No more of them by one system call than are wanted.
    Port(Port, Batch),
    /// One by one, of a reliable bus: whose messages were missed is told with the next one.
    Sequenced(Port, Vec<u8>),
    /// Out of mapped memory.
    Memory(Box<ipn::Receiver>),
}

/// What came of an attempt to receive.
enum Came {
    /// Messages, or a signal: it is to be tried again.
    Messages,
    /// Nothing: it is to be waited.
    Nothing,
    /// The end of the network.
    End,
}

impl Came {
    /// What it means that a call has failed.
    fn nothing(error: ipn::Error) -> Result<Self, Failure> {
        match error.errno() {
            Errno::AGAIN => Ok(Self::Nothing),
            Errno::INTR => Ok(Self::Messages),
            // The next one tells what was missed.
            _ if error.is_gap() => Ok(Self::Messages),
            _ => Err(error.into()),
        }
    }
}

impl Source {
    fn of(port: Port, is_reliable: bool, args: &cli::Recv) -> Result<Self, Failure> {
        if args.mapped {
            let receiver = port.into_receiver()?;
            if let Some(error) = receiver.not_mapped() {
                complain(&format!("ipn: receiving by system calls: {error}"));
            }
            return Ok(Self::Memory(Box::new(receiver)));
        }
        let mtu = port.network().mtu()?;
        let lists = |port| Ok(Self::Port(port, Batch::new(AT_ONCE, mtu)));
        // Records say of which port each is, and no more.
        if args.count.is_some() || args.from {
            return match is_reliable {
                true => Ok(Self::Sequenced(port, vec![0; mtu])),
                false => lists(port),
            };
        }
        match port.into_records() {
            Ok(port) => {
                let room = Record::room(mtu).max(RECORDS_AT_ONCE);
                Ok(Self::Records(port, vec![0; room]))
            }
            Err(failed) if failed.error().errno() == Errno::NOPROTOOPT => {
                lists(failed.into_inner())
            }
            Err(failed) => Err(failed.into_error().into()),
        }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Records(port, _) => port.as_fd(),
            Self::Port(port, _) | Self::Sequenced(port, _) => port.as_fd(),
            Self::Memory(receiver) => receiver.port().as_fd(),
        }
    }

    /// Prints what is there, up to so many messages.
    fn print<T: Write>(&mut self, most: usize, to: &mut Printer<'_, T>) -> Result<Came, Failure> {
        match self {
            Self::Records(port, buffer) => {
                let told = match port.recv_sequenced(buffer, RecvFlags::DONTWAIT) {
                    Ok(told) => told,
                    Err(error) => return Came::nothing(error),
                };
                to.report(&told.received);
                to.report_gaps(&told.gaps);
                match told.received.records(buffer) {
                    RecordContent::Records(records) => {
                        for record in records {
                            to.count(record.message)?;
                        }
                    }
                    RecordContent::End => return Ok(Came::End),
                    _ => {}
                }
            }
            Self::Port(port, batch) => {
                if let Err(error) = port.recv_batch(batch, most, RecvFlags::DONTWAIT) {
                    return Came::nothing(error);
                }
                for (content, received) in batch.iter() {
                    if to.take(content, received)? {
                        return Ok(Came::End);
                    }
                }
            }
            Self::Sequenced(port, buffer) => {
                let told = match port.recv_sequenced(buffer, RecvFlags::DONTWAIT) {
                    Ok(told) => told,
                    Err(error) => return Came::nothing(error),
                };
                to.report_gaps(&told.gaps);
                if to.take(told.received.content(buffer), &told.received)? {
                    return Ok(Came::End);
                }
            }
            Self::Memory(receiver) => {
                match receiver.recv_with(RecvFlags::DONTWAIT) {
                    Err(error) => return Came::nothing(error),
                    Ok((content, received)) => {
                        if to.take(content, &received)? {
                            return Ok(Came::End);
                        }
                        to.report_owners(receiver.gaps());
                    }
                }
                for _ in 1..most.min(AT_ONCE) {
                    match receiver.recv_mapped() {
                        Ok(None) => break,
                        Ok(Some((content, received))) => to.take(content, &received)?,
                        // It is told with the next one.
                        Err(error) if error.is_gap() => break,
                        Err(error) => return Err(error.into()),
                    };
                    to.report_owners(receiver.gaps());
                }
            }
        }
        to.tally.mark(Instant::now());
        Ok(Came::Messages)
    }
}

/// Messages and where they go.
struct Receiver<'a, T: Write> {
    source: Source,
    printer: Printer<'a, T>,
}

impl<T: Write> Receiver<'_, T> {
    /// Receives until there is a reason to stop.
    fn receive(&mut self, stop: &Stop) -> Result<(), Failure> {
        loop {
            stop.check()?;
            let left = self.printer.left();
            if left == 0 {
                return Ok(());
            }
            let most = usize::try_from(left).unwrap_or(AT_ONCE);
            match self.source.print(most, &mut self.printer)? {
                Came::Messages => {}
                Came::Nothing => self.wait(stop)?,
                Came::End => return self.printer.ended(),
            }
        }
    }

    /// Waits for messages; what came so far is not held back meanwhile.
    fn wait(&mut self, stop: &Stop) -> Result<(), Failure> {
        self.printer.flush()?;
        let args = self.printer.args;
        let events = PollFlags::IN | PollFlags::PRI;
        let (fd, output) = (self.source.as_fd(), std::io::stdout());
        match stop.wait_with_output(fd, events, output.as_fd(), args.timeout)? {
            Woken::Ready => Ok(()),
            // As tail -f does it.
            Woken::ReaderLeft => Err(Failure::output(&ErrorKind::BrokenPipe.into())),
            Woken::TimedOut => Err(Failure::TooFew(format!(
                "no message came from the network {} for {} s",
                Shown::of(&args.path),
                args.timeout.unwrap_or_default().as_secs_f64()
            ))),
        }
    }
}

/// Prints and counts messages.
struct Printer<'a, T: Write> {
    args: &'a cli::Recv,
    users: Users,
    tally: Tally,
    /// Whether the output is a terminal, which other people's bytes are kept from.
    escapes: bool,
    output: BufWriter<T>,
}

impl<T: Write> Printer<'_, T> {
    /// How many messages are wanted yet.
    fn left(&self) -> u64 {
        match self.args.count {
            None => u64::MAX,
            Some(count) => count - self.tally.messages(),
        }
    }

    /// Prints and counts one; tells whether it is the end of the network.
    fn take(&mut self, content: Content<'_>, received: &Received) -> Result<bool, Failure> {
        self.report(received);
        match content {
            Content::Message(bytes) => {
                if let Some(sender) = received.sender() {
                    self.print_sender(sender)?;
                }
                self.count(bytes)?;
            }
            Content::OutOfBand(_) => {}
            Content::End => return Ok(true),
        }
        Ok(false)
    }

    /// Prints and counts a message.
    fn count(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.tally.count(message.len());
        self.print(message)
    }

    fn print_sender(&mut self, sender: Sender) -> Result<(), Failure> {
        let text = from(sender, &self.users);
        let written = self.output.write_all(text.as_bytes());
        written.map_err(|error| Failure::output(&error))
    }

    fn print(&mut self, message: &[u8]) -> Result<(), Failure> {
        let written = match (self.args.raw, self.escapes) {
            (true, _) => self.output.write_all(message),
            (false, true) => writeln!(self.output, "{}", Shown::bytes(message)),
            (false, false) => self
                .output
                .write_all(message)
                .and_then(|()| self.output.write_all(b"\n")),
        };
        written.map_err(|error| Failure::output(&error))
    }

    /// Tells of messages that were lost since it was last asked.
    fn report(&mut self, received: &Received) {
        let Some(lost) = received.lost() else {
            return;
        };
        match self.tally.see_lost(lost) {
            0 => {}
            1 => complain(&format!(
                "ipn: lost a message, {} in all",
                self.tally.lost()
            )),
            new => complain(&format!(
                "ipn: lost {new} messages, {} in all",
                self.tally.lost()
            )),
        }
    }

    /// Tells of messages of a reliable bus that were missed, and counts them.
    fn report_gaps(&mut self, gaps: &[Gap]) {
        for gap in gaps {
            self.tally.miss(gap.lost);
            let all = self.tally.lost();
            complain(&format!("ipn: missed {}, {all} in all", messages_of(gap)));
        }
    }

    /// Tells whose messages those were that were told as lost.
    fn report_owners(&self, gaps: &[Gap]) {
        for gap in gaps {
            complain(&format!("ipn: missed {}", messages_of(gap)));
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.output.flush();
        flushed.map_err(|error| Failure::output(&error))
    }

    /// The network has ended: is that early?
    fn ended(&self) -> Result<(), Failure> {
        match self.args.count {
            None => Ok(()),
            Some(count) => Err(Failure::TooFew(format!(
                "the network {} ended after {} of {count} messages",
                Shown::of(&self.args.path),
                self.tally.messages()
            ))),
        }
    }
}

/// How many messages, and of whom.
fn messages_of(gap: &Gap) -> String {
    let messages = match gap.lost {
        1 => "a message".to_owned(),
        lost => format!("{lost} messages"),
    };
    match gap.port {
        Some(port) => format!("{messages} of port {port}"),
        None => format!("{messages} of other ports"),
    }
}

/// Who sent a message, before it.
fn from(sender: Sender, users: &Users) -> String {
    let process = match sender.pid {
        Some(pid) => format!(", process {pid}"),
        // In another namespace.
        None => String::new(),
    };
    format!(
        "port {}{process}, of {}: ",
        sender.port,
        users.name(sender.uid)
    )
}

// SPDX-License-Identifier: GPL-2.0

//! `ipn recv`.

use crate::cli;
use crate::failure::Failure;
use crate::output::complain;
use crate::stop::{Stop, Woken};
use crate::tally::Tally;
use ipn::{Batch, Builder, Content, Direction, Errno, Port, RecvFlags};
use rustix::event::PollFlags;
use std::io::{BufWriter, Write};
use std::os::fd::AsFd;
use std::time::Instant;

/// How many messages to take at once.
const AT_ONCE: usize = 32;

/// Receives messages and prints them.
pub fn run(args: &cli::Recv) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let port = Builder::new()
        .direction(Direction::Receive)
        .connect(&args.path)?;
    port.set_report_losses(true)?;
    let mut receiver = Receiver {
        args,
        port,
        tally: Tally::default(),
        output: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
    };
    let outcome = receiver.receive(&stop);
    // What came is printed even if nothing follows, unless nobody reads it.
    let flushed = receiver.flush();
    if args.stats {
        let summary = receiver.tally.summary("received");
        match args.json {
            true => complain(&summary.to_json()),
            false => complain(&summary.to_string()),
        }
    }
    outcome.and(flushed)
}

/// A port and where its messages go.
struct Receiver<'a, T: Write> {
    args: &'a cli::Recv,
    port: Port,
    tally: Tally,
    output: BufWriter<T>,
}

impl<T: Write> Receiver<'_, T> {
    /// Receives until there is a reason to stop.
    fn receive(&mut self, stop: &Stop) -> Result<(), Failure> {
        let mut batch = Batch::new(AT_ONCE, self.port.network().mtu()?);
        loop {
            stop.check()?;
            let left = match self.args.count {
                None => u64::MAX,
                Some(count) => count - self.tally.messages(),
            };
            if left == 0 {
                return Ok(());
            }
            let most = usize::try_from(left).unwrap_or(AT_ONCE);
            match self.port.recv_batch(&mut batch, most, RecvFlags::DONTWAIT) {
                Ok(_) => {
                    if self.take(&batch)? {
                        return self.ended();
                    }
                }
                Err(error) if error.errno() == Errno::AGAIN => self.wait(stop)?,
                Err(error) if error.errno() == Errno::INTR => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Prints and counts a batch; tells whether the network has ended.
    fn take(&mut self, batch: &Batch) -> Result<bool, Failure> {
        for (content, received) in batch.iter() {
            if let Some(lost) = received.lost() {
                self.report(lost);
            }
            match content {
                Content::Message(bytes) => {
                    self.tally.count(bytes.len());
                    self.print(bytes)?;
                }
                Content::OutOfBand(_) => {}
                Content::End => return Ok(true),
            }
        }
        self.tally.mark(Instant::now());
        Ok(false)
    }

    fn print(&mut self, message: &[u8]) -> Result<(), Failure> {
        let end: &[u8] = match self.args.raw {
            true => b"",
            false => b"\n",
        };
        self.output
            .write_all(message)
            .and_then(|()| self.output.write_all(end))
            .map_err(|error| Failure::output(&error))
    }

    fn report(&mut self, lost: u32) {
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

    /// Waits for messages; what came so far is not held back meanwhile.
    fn wait(&mut self, stop: &Stop) -> Result<(), Failure> {
        self.flush()?;
        let events = PollFlags::IN | PollFlags::PRI;
        match stop.wait(self.port.as_fd(), events, self.args.timeout)? {
            Woken::Ready => Ok(()),
            Woken::TimedOut => Err(Failure::TooFew(format!(
                "no message came from the network {} for {} s",
                self.args.path.display(),
                self.args.timeout.unwrap_or_default().as_secs_f64()
            ))),
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
                self.args.path.display(),
                self.tally.messages()
            ))),
        }
    }
}

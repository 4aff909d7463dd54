// SPDX-License-Identifier: GPL-2.0

//! A cable's ports on its bus: one brings what comes from other cables, and hears what others bring;
//! the other one reads what is to go. Each is a thread's own, and none waits for the other.

use crate::failure::Failure;
use crate::frame::Author;
use crate::outlet::{Heard, Origin};
use ipn::{Builder, Direction, Errno, Error, Flags, Gap, Kind};
use ipn::{Port, RecvFlags, SendFlags, Sequenced};
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use std::path::Path;
use std::time::Duration;

/// Reads what is to go.
#[derive(Debug)]
pub struct Reader {
    port: Port,
    buffer: Vec<u8>,
}

/// What was read.
#[derive(Debug)]
pub enum Read<'a> {
    /// A message.
    Message {
        /// Whose it is.
        heard: Heard,
        /// Its bytes.
        bytes: &'a [u8],
        /// What was lost before it.
        gaps: Vec<Gap>,
    },
    /// A message that cannot go, as it is not known whose it is.
    Unknown,
    /// None is there now.
    Nothing,
    /// None will come any more.
    End,
}

/// Brings what has come, and hears what others bring.
#[derive(Debug)]
pub struct Writer {
    port: Port,
}

/// What has become of a message that was to be put on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there.
    Done,
    /// There is no room for it yet, or it would be faster than the bus lets a port be.
    Full,
    /// The bus has ended.
    End,
}

impl Reader {
    /// Joins the bus.
    ///
    /// # Errors
    ///
    /// Those of connect, and `EPROTOTYPE`: it is no reliable bus.
    pub fn join(path: &Path, description: &str) -> Result<Self, Failure> {
        let port = join(path, description, Direction::Receive)?;
        port.set_report_senders(true)?;
        let buffer = vec![0; port.network().mtu()?];
        Ok(Self { port, buffer })
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    ///
    /// What recv says beside the end and losses.
    pub fn read(&mut self) -> Result<Read<'_>, Failure> {
        let told = match recv(&self.port, &mut self.buffer)? {
            None => return Ok(Read::Nothing),
            Some(told) if told.received.kind() == Kind::End => return Ok(Read::End),
            Some(told) => told,
        };
        let (sender, origin) = (told.received.sender(), origin(&told));
        // By which port a cable has brought it matters only if it is this one's, which is known.
        let from = sender
            .map(|sender| sender.port)
            .or(origin.map(|_| u32::MAX));
        let Some((from, sequence)) = from.zip(told.sequence) else {
            return Ok(Read::Unknown);
        };
        Ok(Read::Message {
            heard: Heard {
                from,
                sequence: sequence.number,
                origin,
            },
            bytes: &self.buffer[..told.received.len()],
            gaps: told.gaps,
        })
    }

    /// Waits until there may be a message, for so long at most.
    pub fn wait(&self, most: Duration) {
        wait(&self.port, PollFlags::IN, most);
    }
}

impl Writer {
    /// Joins the bus.
    ///
    /// # Errors
    ///
    /// Those of connect, and `EPROTOTYPE`: it is no reliable bus.
    pub fn join(path: &Path, description: &str) -> Result<Self, Failure> {
        let port = join(path, description, Direction::Both)?;
        Ok(Self { port })
    }

    /// Its port.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// What another port has put on the bus meanwhile, if that came by a cable; the outer none:
    /// nothing more.
    ///
    /// # Errors
    ///
    /// What recv says beside the end and losses.
    pub fn hear(&self) -> Result<Option<Option<Origin>>, Failure> {
        let told = recv(&self.port, &mut [])?;
        let told = told.filter(|told| told.received.kind() != Kind::End);
        Ok(told.map(|told| origin(&told)))
    }

    /// Waits until there may be something to hear, for so long at most.
    pub fn wait_to_hear(&self, most: Duration) {
        // Of one that has ended there would be an end of waiting at once.
        match self.port.network().flags() {
            Ok(flags) if !flags.contains(Flags::TERMINATED) => {
                wait(&self.port, PollFlags::IN, most)
            }
            _ => std::thread::sleep(most),
        }
    }

    /// Puts a message on the bus.
    ///
    /// # Errors
    ///
    /// What send says beside these.
    pub fn put(&self, bytes: &[u8], origin: Origin) -> Result<Put, Failure> {
        let origin = ipn::Origin {
            bus: origin.author.bus,
            sequence: origin.sequence,
            port: origin.author.port,
            hops: origin.hops,
        };
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        match self.port.send_from(bytes, origin, flags) {
            Ok(()) => Ok(Put::Done),
            Err(error) => match error.errno() {
                Errno::AGAIN | Errno::INTR => Ok(Put::Full),
                Errno::PIPE => Ok(Put::End),
                _ => Err(error.into()),
            },
        }
    }

    /// Says that so many messages were lost before the next one that it puts there.
    ///
    /// # Errors
    ///
    /// The bus has ended, or is no reliable one.
    pub fn skip(&self, lost: u64) -> Result<(), Failure> {
        // More than that nobody has sent.
        Ok(self.port.skip(lost.min(i32::MAX as u64))?)
    }

    /// Waits until there may be room, for so long at most.
    pub fn wait_for_room(&self, most: Duration) {
        wait(&self.port, PollFlags::OUT, most);
    }
}

fn join(path: &Path, description: &str, direction: Direction) -> Result<Port, Failure> {
    let bus = Builder::new().reliable(true).direction(direction);
    let port = bus.description(description).connect(path)?;
    port.set_report_sequences(true)?;
    Ok(port)
}

/// The next message, if there is one; what was lost before comes with it.
fn recv(port: &Port, buffer: &mut [u8]) -> Result<Option<Sequenced>, Error> {
    loop {
        match port.recv_sequenced(buffer, RecvFlags::DONTWAIT) {
            Ok(told) => return Ok(Some(told)),
            Err(error) if error.is_gap() => {}
            Err(error) => match error.errno() {
                Errno::AGAIN | Errno::INTR => return Ok(None),
                _ => return Err(error),
            },
        }
    }
}

fn origin(told: &Sequenced) -> Option<Origin> {
    let origin = told.sequence?.origin?;
    Some(Origin {
        author: Author {
            bus: origin.bus,
            port: origin.port,
        },
        sequence: origin.sequence,
        hops: origin.hops,
    })
}

fn wait(port: &Port, events: PollFlags, most: Duration) {
    let most = Timespec {
        tv_sec: most.as_secs() as _,
        tv_nsec: most.subsec_nanos().into(),
    };
    // An error is found by the call that follows.
    let _: Result<usize, Errno> = poll(&mut [PollFd::new(port, events)], Some(&most));
}

// SPDX-License-Identifier: GPL-2.0

//! Our own publisher and subscribers, on a reliable bus.

use super::running::Running;
use super::tally::{number, Entry, Tally};
use crate::sys::process::Child;
use ipn::{Builder, Content, Direction, Error, History, Manager, Port, Receiver, RecordBatch};
use ipn::{RecordContent, RecordPort, RecvFlags};
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

/// How its messages are sent and received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// `send`, `recv`.
    Calls,
    /// Records, as many as there are up to [`TOGETHER`] bytes.
    Records,
    /// The same, but subscribers have mapped the ring.
    Mapped,
}

/// Bytes of a call, of records: what ZeroMQ hands to its sockets at once.
const TOGETHER: usize = 8192;

/// Room for what comes within the window from a publisher of so many bytes a second and more.
const ROOM: u32 = 1 << 20;

/// How long a message stays for who has not read it.
const WINDOW: Duration = Duration::from_millis(500);

/// A bus; it lasts as long as this.
pub struct Bus {
    path: &'static str,
    _manager: Manager,
}

impl Bus {
    /// Makes it.
    pub fn new(path: &'static str, ports: usize) -> io::Result<Self> {
        let builder = Builder::new().reliable(true).keep_history(true);
        let builder = builder.bytes(ROOM).window(WINDOW).ports(ports as u32);
        Ok(Self {
            path,
            _manager: builder.bind(path)?,
        })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // Where it is gone there is nothing to do.
        let _ = std::fs::remove_file(self.path);
    }
}

/// Starts a publisher, which sends as many messages as each number says that it reads.
pub fn publisher(
    path: &str,
    way: Way,
    bytes: usize,
    tally: &Tally,
    mut asked: File,
) -> io::Result<Running> {
    let entry = tally.entry(0);
    let work = || {
        let builder = Builder::new().reliable(true).direction(Direction::Send);
        let port = builder.connect(path)?;
        let mut message = vec![0x5a; bytes];
        let mut sent = 0;
        let mut sender = Sender::new(port, way)?;
        entry.begin();
        let mut count = [0; 8];
        while asked.read_exact(&mut count).is_ok() {
            for _ in 0..u64::from_ne_bytes(count) {
                sent += 1;
                number(&mut message, sent);
                sender.send(&message)?;
            }
            sender.flush()?;
            entry.sent(sent);
        }
        Ok(())
    };
    Ok(Running::Own(Child::start(work)?))
}

/// Starts one that sends nothing: what is left when the messages are taken away.
pub fn silent_publisher(tally: &Tally, mut asked: File) -> io::Result<Running> {
    let entry = tally.entry(0);
    let work = || {
        entry.begin();
        let (mut sent, mut count) = (0, [0; 8]);
        while asked.read_exact(&mut count).is_ok() {
            sent += u64::from_ne_bytes(count);
            entry.sent(sent);
        }
        Ok(())
    };
    Ok(Running::Own(Child::start(work)?))
}

enum Sender {
    Calls(Port),
    Records(RecordPort, RecordBatch),
}

impl Sender {
    fn new(port: Port, way: Way) -> io::Result<Self> {
        Ok(match way {
            Way::Calls => Self::Calls(port),
            Way::Records | Way::Mapped => {
                let port = port.into_records().map_err(io::Error::from)?;
                Self::Records(port, RecordBatch::new())
            }
        })
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Calls(port) => Ok(port.send(message)?),
            Self::Records(port, batch) => {
                batch.push(message);
                match batch.as_bytes().len() {
                    TOGETHER.. => Ok(port.send(batch)?),
                    _ => Ok(()),
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Records(port, batch) => Ok(port.send(batch)?),
            Self::Calls(_) => Ok(()),
        }
    }
}

/// Starts a subscriber with all that is left. With a pause messages have the time, and it rests for so long after each.
pub fn subscriber(
    path: &str,
    way: Way,
    tally: &Tally,
    place: usize,
    pause: Option<Duration>,
) -> io::Result<Running> {
    let entry = tally.entry(place);
    let work = || {
        let mut builder = Builder::new().reliable(true).direction(Direction::Receive);
        if pause.is_some() {
            builder = builder.history(History::All);
        }
        let port = builder.connect(path)?;
        match (pause, way) {
            (Some(pause), _) => told(&port, entry, pause),
            (None, Way::Calls) => calls(&port, entry),
            (None, Way::Records) => records(port.into_records().map_err(io::Error::from)?, entry),
            (None, Way::Mapped) => mapped(port.into_receiver().map_err(io::Error::from)?, entry),
        }
    };
    Ok(Running::Own(Child::start(work)?))
}

/// A receive, or none where it told of a gap.
fn unless_gap<T>(received: Result<T, Error>) -> io::Result<Option<T>> {
    match received {
        Ok(received) => Ok(Some(received)),
        Err(error) if error.is_gap() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// With all that it is told, and slowly.
fn told(port: &Port, entry: Entry, pause: Duration) -> io::Result<()> {
    let mut room = vec![0; TOGETHER];
    entry.begin();
    loop {
        let received = port.recv_sequenced(&mut room, RecvFlags::empty());
        let Some(received) = unless_gap(received)? else {
            continue;
        };
        entry.tell(received.gaps.iter().map(|gap| gap.lost).sum());
        let Content::Message(message) = received.received.content(&room) else {
            break;
        };
        entry.note(message, true);
        if !pause.is_zero() && !entry.hurries() {
            std::thread::sleep(pause);
        }
    }
    entry.end();
    Ok(())
}

fn calls(port: &Port, entry: Entry) -> io::Result<()> {
    let mut room = vec![0; TOGETHER];
    entry.begin();
    loop {
        match unless_gap(port.recv(&mut room))? {
            Some(Content::Message(message)) => entry.note(message, false),
            None => {}
            Some(_) => return Ok(()),
        }
    }
}

fn records(port: RecordPort, entry: Entry) -> io::Result<()> {
    let mut room = vec![0; TOGETHER];
    entry.begin();
    loop {
        match unless_gap(port.recv(&mut room))? {
            Some(RecordContent::Records(records)) => {
                records.for_each(|record| entry.note(record.message, false));
            }
            None => {}
            Some(_) => return Ok(()),
        }
    }
}

fn mapped(mut receiver: Receiver, entry: Entry) -> io::Result<()> {
    if let Some(error) = receiver.not_mapped() {
        return Err(io::Error::other(error.to_string()));
    }
    entry.begin();
    loop {
        match unless_gap(receiver.recv())? {
            Some(Content::Message(message)) => entry.note(message, false),
            None => {}
            Some(_) => return Ok(()),
        }
    }
}

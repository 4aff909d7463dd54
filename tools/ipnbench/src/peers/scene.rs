// SPDX-License-Identifier: GPL-2.0

//! A publisher, its subscribers, and what is between them.

use super::bus::{self, Bus};
use super::machines::Machine;
use super::running::Running;
use super::system::Kind;
use super::tally::{Entry, Tally};
use rustix::pipe::{pipe_with, PipeFlags};
use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;
use std::time::Duration;

const TALLY: &str = "/tmp/ipnbench-tally";
const BUS: &str = "/tmp/ipnbench-bus";
const FAR_BUS: &str = "/tmp/ipnbench-far-bus";
/// What a cable needs to know; its window must hold what is sent at once.
const CABLE: &str = "pgm://239.192.0.1?iface=eth0,rate=50M,window=1s";
/// Ports of a bus besides those of subscribers.
const PORTS: usize = 8;
/// Between two looks at who has got what.
const LOOK: Duration = Duration::from_millis(1);
/// Where nothing comes for so long, nothing more will.
const PATIENCE: Duration = Duration::from_secs(2);
/// Looks until all have to be there, and messages until all get them.
const TRIES: usize = 1000;

/// What is to be on the scene.
#[derive(Clone, Copy)]
pub struct Play {
    /// What carries messages; nothing does where it is none.
    pub kind: Option<Kind>,
    /// Where the subscribers are.
    pub there: Machine,
    /// Bytes of a message.
    pub bytes: usize,
    /// How many subscribers there can be.
    pub subscribers: usize,
    /// Whether the last message is to be kept, where that can be asked for.
    pub retained: bool,
}

/// All of it. Fields are dropped in this order.
pub struct Scene {
    play: Play,
    asked: File,
    subscribers: Vec<Running>,
    publisher: Running,
    between: Vec<Running>,
    sent: u64,
    tally: Tally,
    _buses: Vec<Bus>,
}

impl Scene {
    /// Starts the publisher and what is between.
    pub fn new(play: Play) -> io::Result<Self> {
        let tally = Tally::new(TALLY, 1 + play.subscribers)?;
        let (asks, asked) = pipe_with(PipeFlags::CLOEXEC)?;
        let (mut buses, mut between) = (Vec::new(), Vec::new());
        let publisher = match play.kind {
            None => bus::silent_publisher(&tally, asks.into())?,
            Some(Kind::Bus(way)) => {
                let mut ends = vec![(BUS, Machine::Here)];
                if play.there == Machine::There {
                    ends.push((FAR_BUS, Machine::There));
                }
                for &(path, _) in &ends {
                    buses.push(Bus::new(path, play.subscribers + PORTS)?);
                }
                if ends.len() > 1 {
                    for (path, machine) in ends {
                        between.push(machine.start("ipn-cable-pgm", [path, CABLE])?);
                    }
                }
                // The child has the pipe's other end too, and ends with this process.
                bus::publisher(BUS, way, play.bytes, &tally, asks.into())?
            }
            Some(kind) => {
                if let Some((program, arguments)) = kind.broker() {
                    between.push(Machine::Here.start(program, arguments)?);
                    wait("the broker", || listens(kind.broker_port()))?;
                }
                let mut command = peer(play, Machine::Here, "publish", &tally, 0)?;
                command.stdin(asks);
                Running::Program(command.spawn()?)
            }
        };
        let scene = Self {
            play,
            asked: asked.into(),
            subscribers: Vec::new(),
            publisher,
            between,
            sent: 0,
            tally,
            _buses: buses,
        };
        wait("the publisher", || Ok(scene.tally.entry(0).is_ready()))?;
        Ok(scene)
    }

    /// One more subscriber. With a pause messages tell when they were sent, and it rests for so long after each.
    pub fn subscribe(&mut self, pause: Option<Duration>) -> io::Result<()> {
        let (play, place) = (self.play, 1 + self.subscribers.len());
        let running = match play.kind {
            None => return Err(io::ErrorKind::Unsupported.into()),
            Some(Kind::Bus(way)) => {
                let path = match play.there {
                    Machine::Here => BUS,
                    Machine::There => FAR_BUS,
                };
                bus::subscriber(path, way, &self.tally, place, pause)?
            }
            Some(_) => {
                let mut command = peer(play, play.there, "subscribe", &self.tally, place)?;
                command.args(pause.map(|pause| pause.as_micros().to_string()));
                Running::Program(command.spawn()?)
            }
        };
        self.subscribers.push(running);
        wait("a subscriber", || Ok(self.tally.entry(place).is_ready()))
    }

    /// Sends messages until all subscribers get them: none is sure to have subscribed before.
    pub fn meet(&mut self) -> io::Result<()> {
        for _ in 0..TRIES {
            self.publish(1)?;
            std::thread::sleep(20 * LOOK);
            if self.entries().all(|entry| entry.got() > 0) {
                self.settle(LOOK, |_| true);
                return Ok(());
            }
        }
        Err(io::Error::other("subscribers get nothing"))
    }

    /// Has so many messages sent.
    pub fn publish(&mut self, count: u64) -> io::Result<()> {
        self.sent += count;
        self.asked.write_all(&count.to_ne_bytes())
    }

    /// Waits until these subscribers have the newest message, or nothing more comes.
    pub fn settle(&self, look: Duration, who: impl Fn(usize) -> bool) {
        let got = || {
            let those = self.entries().enumerate().filter(|(at, _)| who(*at));
            those.map(|(_, entry)| entry.got()).sum::<u64>()
        };
        let (mut before, mut idle) = (got(), Duration::ZERO);
        while idle < PATIENCE {
            std::thread::sleep(look);
            let mut those = self.entries().enumerate().filter(|(at, _)| who(*at));
            if self.tally.entry(0).last() == self.sent
                && those.all(|(_, entry)| entry.last() == self.sent || entry.has_ended())
            {
                return;
            }
            let now = got();
            idle = if now == before {
                idle + look
            } else {
                Duration::ZERO
            };
            before = now;
        }
    }

    /// The subscribers.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (1..=self.subscribers.len()).map(|place| self.tally.entry(place))
    }

    /// Messages that they have got together.
    pub fn got(&self) -> u64 {
        self.entries().map(|entry| entry.got()).sum()
    }

    /// The memory of the publisher and of what is between, in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let mut processes = [&self.publisher].into_iter().chain(&self.between);
        processes.try_fold(0, |sum, process| Ok(sum + process.memory()?))
    }
}

/// A program for a system that is not ours.
fn peer(
    play: Play,
    on: Machine,
    verb: &str,
    tally: &Tally,
    place: usize,
) -> io::Result<std::process::Command> {
    let kind = play.kind.ok_or(io::ErrorKind::Unsupported)?;
    let name = kind.program().ok_or(io::ErrorKind::Unsupported)?;
    let publishes = verb == "publish";
    let mut command = on.program(name);
    command
        .arg(verb)
        .arg(kind.address(on, play.there, publishes, play.retained))
        .arg(play.bytes.to_string())
        .arg(tally.path())
        .arg(place.to_string())
        .stdout(Stdio::null());
    Ok(command)
}

/// Whether somebody on the first machine listens at a port of TCP, as `/proc/net/tcp` says in hexadecimal.
fn listens(port: u16) -> io::Result<bool> {
    let table = Machine::Here
        .program("cat")
        .arg("/proc/net/tcp")
        .arg("/proc/net/tcp6")
        .output()?;
    let place = format!(":{port:04X} ");
    let table = String::from_utf8_lossy(&table.stdout);
    Ok(table
        .lines()
        .any(|line| line.contains(&place) && line.contains(" 0A ")))
}

/// Waits until something is so.
fn wait(what: &str, is_so: impl Fn() -> io::Result<bool>) -> io::Result<()> {
    for _ in 0..TRIES {
        if is_so()? {
            return Ok(());
        }
        std::thread::sleep(20 * LOOK);
    }
    Err(io::Error::other(format!("{what} does not begin")))
}

// SPDX-License-Identifier: GPL-2.0

//! The engine: a thread that receives and answers all the time, whatever the bus is waiting for.

use crate::options::Options;
use crate::pace::Pace;
use crate::packets::{Packer, Unpacker};
use crate::sys::socket::{Received, Socket, PACKET_MAX};
use ipn_cable::{Arrival, Engine, Failure, Sent, Source, Table, LONGEST, PATIENCE};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The most cables of one group.
const SOURCES_MAX: usize = 256;

/// Bytes of frames that wait for the bus at most. PGM's senders do not wait for receivers: what is
/// more is lost.
const WAITING_MAX: usize = 4 * LONGEST;

/// For how long after the last packet those who miss it are answered.
const LINGER: Duration = Duration::from_secs(2);

/// Between two tries to send, or to answer.
const PAUSE: Duration = Duration::from_millis(1);

/// A cable's part in a group.
#[derive(Debug)]
pub struct Pgm {
    shared: Arc<Shared>,
    sending: Mutex<Sending>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    socket: Socket,
    ended: AtomicBool,
    inbox: Mutex<Inbox>,
    filled: Condvar,
}

#[derive(Debug)]
struct Sending {
    packer: Packer,
    pace: Pace,
    /// Bytes of each packet's headers.
    headers: usize,
    last: Option<Instant>,
}

#[derive(Debug, Default)]
struct Inbox {
    items: VecDeque<Item>,
    bytes: usize,
    refused: u64,
}

#[derive(Debug)]
enum Item {
    Frame(Source, Vec<u8>),
    Told(String),
    Failed(Failure),
}

impl Pgm {
    /// Joins the group.
    ///
    /// # Errors
    ///
    /// Those of [`Socket::open`], and that there is no thread.
    pub fn open(options: &Options) -> Result<Self, Failure> {
        let shared = Arc::new(Shared {
            socket: Socket::open(options)?,
            ended: AtomicBool::new(false),
            inbox: Mutex::default(),
            filled: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("pgm".to_owned())
            .spawn(move || theirs.receive())
            .map_err(|error| Failure::because(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            shared,
            sending: Mutex::new(Sending {
                packer: Packer::new(options.packet()),
                pace: Pace::new(options.rate, options.mtu.into(), Instant::now()),
                headers: usize::from(options.mtu) - options.packet(),
                last: None,
            }),
            thread: Some(thread),
        })
    }
}

impl Engine for Pgm {
    fn send(&self, frame: &[u8]) -> Result<Sent, Failure> {
        let mut sending = lock(&self.sending);
        if sending.pump(&self.shared.socket, false, PATIENCE)? == Sent::Busy {
            return Ok(Sent::Busy);
        }
        sending.packer.push(frame);
        sending.pump(&self.shared.socket, false, Duration::ZERO)?;
        Ok(Sent::Taken)
    }

    fn flush(&self) -> Result<Sent, Failure> {
        lock(&self.sending).pump(&self.shared.socket, true, PATIENCE)
    }

    fn recv(&self, frame: &mut Vec<u8>) -> Result<Arrival, Failure> {
        let inbox = lock(&self.shared.inbox);
        let waited = self
            .shared
            .filled
            .wait_timeout_while(inbox, PATIENCE, |inbox| inbox.items.is_empty());
        let (mut inbox, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match inbox.items.pop_front() {
            None => Ok(Arrival::Nothing),
            Some(Item::Frame(source, bytes)) => {
                inbox.bytes -= bytes.len();
                *frame = bytes;
                Ok(Arrival::Frame(source))
            }
            Some(Item::Told(text)) => Ok(Arrival::Told(text)),
            Some(Item::Failed(failure)) => Err(failure),
        }
    }

    fn finish(self) {
        let last = lock(&self.sending).last;
        if let Some(last) = last {
            thread::sleep(LINGER.saturating_sub(last.elapsed()));
        }
    }
}

impl Drop for Pgm {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // That it has panicked was told.
            let _ = thread.join();
        }
    }
}

impl Sending {
    /// Sends packets: full ones, or all.
    fn pump(&mut self, socket: &Socket, all: bool, patience: Duration) -> Result<Sent, Failure> {
        let end = Instant::now() + patience;
        while let Some(packet) = self.packer.packet(all) {
            let now = Instant::now();
            let wait = self.pace.take(packet.len() + self.headers, now);
            if wait.is_zero() && socket.send(packet)? {
                self.packer.sent();
                self.last = Some(now);
                continue;
            }
            let left = end.saturating_duration_since(now);
            if left.is_zero() {
                return Ok(Sent::Busy);
            }
            thread::sleep(wait.max(PAUSE).min(left));
        }
        Ok(Sent::Taken)
    }
}

impl Shared {
    /// Receives until the end.
    fn receive(&self) {
        let mut buffer = vec![0; PACKET_MAX].into_boxed_slice();
        let Some(buffer) = buffer.first_chunk_mut() else {
            return;
        };
        let mut sources = Table::new(SOURCES_MAX);
        while !self.ended.load(Ordering::Relaxed) {
            match self.socket.recv(buffer) {
                // By the loopback interface.
                Ok(Received::Packet(source, _)) if source == self.socket.source() => {}
                Ok(Received::Packet(source, len)) => {
                    let unpacker = sources.entry(source, Unpacker::default);
                    let mut inbox = lock(&self.inbox);
                    let taken = unpacker.take(&buffer[..len], |frame| inbox.put(source, frame));
                    match taken {
                        Ok(0) => {}
                        Ok(lost) => {
                            inbox.tell(format!("{lost} packets of one cable came too late"));
                        }
                        Err(_) => inbox.tell("a packet that is none of a cable".to_owned()),
                    }
                    self.filled.notify_one();
                }
                Ok(Received::Nothing) => self.socket.wait(PATIENCE),
                // Its descriptors would say all the time that there is something to do.
                Ok(Received::Limited) => thread::sleep(PAUSE),
                // The packets' numbers tell of it.
                Ok(Received::Lost(_)) => {}
                Err(failure) => {
                    lock(&self.inbox).items.push_back(Item::Failed(failure));
                    self.filled.notify_one();
                    return;
                }
            }
        }
    }
}

impl Inbox {
    fn put(&mut self, source: Source, frame: &[u8]) {
        if self.bytes + frame.len() > WAITING_MAX {
            self.refused += 1;
            return;
        }
        if self.refused > 0 {
            let refused = std::mem::take(&mut self.refused);
            self.tell(format!(
                "{refused} frames came faster than the bus takes them"
            ));
        }
        self.bytes += frame.len();
        self.items.push_back(Item::Frame(source, frame.to_vec()));
    }

    /// Says something, unless the last thing that was said still waits.
    fn tell(&mut self, text: String) {
        if !matches!(self.items.back(), Some(Item::Told(_))) {
            self.items.push_back(Item::Told(text));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

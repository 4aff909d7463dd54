// SPDX-License-Identifier: GPL-2.0

//! Sending without system calls, on a network of one writer.

use crate::error::Error;
use crate::failed::Failed;
use crate::operation::Operation;
use crate::port::Port;
use crate::sys::Written;
use crate::writer::{Memory, Writer};
use rustix::event::{PollFd, PollFlags};
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::time::{SystemTime, UNIX_EPOCH};

/// The port that sends on a network of one writer ([`Flags::ONE_WRITER`](crate::Flags::ONE_WRITER)): it writes its
/// messages into the network's memory, which it has mapped, and makes a system call only where somebody sleeps who is to
/// be woken, or to wait for room.
///
/// It receives nothing. As long as it is there, or a copy of its descriptor, no other port of the network can be one.
///
/// ```no_run
/// # fn main() -> Result<(), ipn::Error> {
/// let bus = ipn::Builder::new().one_writer(true).replace_stale(true).bind("/tmp/bus")?;
/// let mut prices = bus.connect()?.into_producer()?;
/// prices.send(b"42")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Producer {
    port: Port,
    memory: Written,
    writer: Writer,
}

impl Port {
    /// Sends without system calls from now on, as the one writer of its network.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP`: the network is not of one writer. `EBUSY`: another port is that. `EACCES`: it may not both send and
    /// receive, as what others have written can be read there too, or it has a filter. `EPIPE`: the network has ended.
    /// `EPROTO`: the module has a memory of another form.
    pub fn into_producer(self) -> Result<Producer, Failed<Self>> {
        Producer::new(self)
    }
}

impl Producer {
    fn new(port: Port) -> Result<Self, Failed<Port>> {
        let number = match port.number() {
            Ok(number) => number,
            Err(error) => return Err(Failed::new(error, port)),
        };
        let memory = match Written::new(port.as_fd()) {
            Ok(memory) => memory,
            Err(errno) => return Err(Failed::new(port.error(Operation::Map, errno), port)),
        };
        let shape = memory.shape();
        let writer = Writer::new(shape.bytes, number, shape.waits, memory.left());
        Ok(Self {
            port,
            memory,
            writer,
        })
    }

    /// The port itself, to set options.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// Sends a message, and waits for room where the network loses nothing.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`: it is longer than the network's MTU. `EPIPE`: the network has ended, or the port may not send, as was
    /// found just now. `EINTR`: a signal came first.
    #[inline]
    pub fn send(&mut self, message: &[u8]) -> Result<(), Error> {
        self.send_with(message, SendFlags::empty())
    }

    /// The same with [`SendFlags::DONTWAIT`]: it does not wait. Other flags change nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Producer::send`], and `EAGAIN`: it would have to wait.
    #[inline]
    pub fn send_with(&mut self, message: &[u8], flags: SendFlags) -> Result<(), Error> {
        let mtu = self.memory.shape().mtu;
        let len = message.len() as u32;
        if message.len() > mtu as usize {
            return Err(self.error(Errno::MSGSIZE));
        }
        let at = match self.writer.claim(&self.memory, len) {
            Some(at) => at,
            None => self.wait_for_room(len, flags)?,
        };
        self.memory.write(at, message);
        let stamp = match self.memory.is_stamped() {
            true => now(),
            false => 0,
        };
        if self.writer.publish(&self.memory, at, len, stamp) {
            self.ask()?;
        }
        Ok(())
    }

    /// Has the kernel wake those who sleep, and say what all have read.
    #[cold]
    fn ask(&self) -> Result<(), Error> {
        let asked = rustix::io::ioctl_fionread(&self.port);
        asked.map(drop).map_err(|errno| self.error(errno))
    }

    #[cold]
    fn wait_for_room(&mut self, len: u32, flags: SendFlags) -> Result<u32, Error> {
        loop {
            self.ask()?;
            if let Some(at) = self.writer.claim(&self.memory, len) {
                return Ok(at);
            }
            if flags.contains(SendFlags::DONTWAIT) {
                return Err(self.error(Errno::AGAIN));
            }
            let mut polled = [PollFd::new(&self.port, PollFlags::OUT)];
            rustix::event::poll(&mut polled, None).map_err(|errno| self.error(errno))?;
        }
    }

    #[cold]
    fn error(&self, errno: Errno) -> Error {
        self.port.error(Operation::Send, errno)
    }
}

/// Nanoseconds since the epoch.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

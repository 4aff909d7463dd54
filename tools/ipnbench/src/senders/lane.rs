// SPDX-License-Identifier: GPL-2.0

//! What one sender does: it sends some messages, and takes as many.

use crate::media::{whole, Medium};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{recv, send, RecvFlags, SendFlags};
use std::io;

/// Messages that wait together.
pub const DEPTH: usize = 8;

/// More than any message here has.
const ROOM: usize = 2048;

/// One of those who send.
pub trait Lane {
    /// Messages have so many bytes from now on. What was left of others is taken.
    fn prepare(&mut self, bytes: usize) -> io::Result<()>;

    /// Sends [`DEPTH`] messages, and takes as many.
    fn turn(&mut self) -> io::Result<()>;
}

/// How a descriptor is written to and read from.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    /// `send`, `recv`.
    Socket,
    /// The same. What goes to a group goes to the kernel too, which does not listen.
    Netlink,
    /// `write`, `read`; the descriptor does not wait.
    File,
}

/// A lane of descriptors.
pub struct Pair {
    way: Way,
    to: OwnedFd,
    from: Option<OwnedFd>,
    message: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl Pair {
    /// Sends to one, and takes from the other; from none if nobody has to. Messages begin so.
    pub fn new(way: Way, to: OwnedFd, from: Option<OwnedFd>, begin: Vec<u8>) -> Self {
        Self {
            way,
            to,
            from,
            message: begin,
            answer: None,
        }
    }

    /// By this frame a switch learns who takes the messages.
    pub fn answering(mut self, frame: Vec<u8>) -> Self {
        self.answer = Some(frame);
        self
    }

    /// Sends; tells whether there was room.
    fn send(&self) -> io::Result<bool> {
        let sent = match self.way {
            Way::Socket | Way::Netlink => send(&self.to, &self.message, SendFlags::DONTWAIT),
            Way::File => rustix::io::write(&self.to, &self.message),
        };
        match sent {
            Ok(len) => whole(len, &self.message).map(|()| true),
            Err(Errno::CONNREFUSED) if self.way == Way::Netlink => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a message; tells whether there was one.
    fn take(&self) -> io::Result<bool> {
        let Some(from) = &self.from else {
            return Ok(false);
        };
        let mut room = [0; ROOM];
        let taken = match self.way {
            Way::File => rustix::io::read(from, &mut room[..]),
            _ => recv(from, &mut room[..], RecvFlags::DONTWAIT).map(|(len, _)| len),
        };
        match taken {
            Ok(_) => Ok(true),
            // So it tells that it has lost something.
            Err(Errno::NOBUFS) if self.way == Way::Netlink => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Lane for Pair {
    fn prepare(&mut self, bytes: usize) -> io::Result<()> {
        self.message.resize(bytes, 0x5a);
        if let (Some(frame), Some(from)) = (&self.answer, &self.from) {
            match self.way {
                Way::File => rustix::io::write(from, frame)?,
                _ => send(from, frame, SendFlags::DONTWAIT)?,
            };
        }
        while self.take()? {}
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        for _ in 0..DEPTH {
            while !self.send()? {
                // Those of another are still there.
                self.take()?;
            }
        }
        for _ in 0..DEPTH {
            // What is on its way, or another has taken, is not waited for.
            if !self.take()? {
                break;
            }
        }
        Ok(())
    }
}

/// A lane of a medium that has one sender.
pub struct Whole {
    open: fn(usize) -> io::Result<Box<dyn Medium>>,
    medium: Option<Box<dyn Medium>>,
    message: Vec<u8>,
}

impl Whole {
    /// Of a medium that is opened for so many bytes.
    pub fn new(open: fn(usize) -> io::Result<Box<dyn Medium>>) -> Self {
        Self {
            open,
            medium: None,
            message: Vec::new(),
        }
    }
}

impl Lane for Whole {
    fn prepare(&mut self, bytes: usize) -> io::Result<()> {
        self.message.resize(bytes, 0x5a);
        self.medium = Some((self.open)(bytes)?);
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        let Some(medium) = &mut self.medium else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut room = [0; ROOM];
        medium.send_many(&self.message, DEPTH)?;
        medium.receive_many(0, &mut room[..self.message.len()], DEPTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    fn pair(begin: &[u8]) -> (Pair, UnixDatagram) {
        let (to, from) = UnixDatagram::pair().unwrap();
        let other = from.try_clone().unwrap();
        let pair = Pair::new(Way::Socket, to.into(), Some(from.into()), begin.to_vec());
        (pair, other)
    }

    #[test]
    fn a_turn_leaves_nothing() {
        let (mut pair, from) = pair(b"begin");
        pair.prepare(60).unwrap();
        pair.turn().unwrap();
        from.set_nonblocking(true).unwrap();
        let left = from.recv(&mut [0; ROOM]).unwrap_err();
        assert_eq!(left.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn messages_keep_their_beginning() {
        let (mut pair, from) = pair(b"begin");
        for bytes in [60, 8, 1500] {
            pair.prepare(bytes).unwrap();
            assert!(pair.send().unwrap());
            let mut room = [0; ROOM];
            assert_eq!(from.recv(&mut room).unwrap(), bytes);
            assert!(room.starts_with(b"begin"));
        }
    }

    #[test]
    fn where_there_is_no_room_what_waits_is_taken() {
        let (mut pair, _from) = pair(b"");
        pair.prepare(60).unwrap();
        while pair.send().unwrap() {}
        pair.turn().unwrap();
    }
}

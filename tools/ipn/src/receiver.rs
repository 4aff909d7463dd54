// SPDX-License-Identifier: GPL-2.0

//! Receiving without system calls, where that is possible.

use crate::error::Error;
use crate::failed::Failed;
use crate::operation::Operation;
use crate::port::Port;
use crate::reader::{Found, Header, Reader};
use crate::received::{self, Content, Kind, Received};
use crate::sys::Mapping;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::RecvFlags;

/// A port that takes its messages out of the network's memory, which it has mapped: as long as
/// there are some, without a system call.
///
/// Where that cannot be (on a network whose policy is no hub, where the port has a filter or is to get
/// out-of-band messages, with an older module), it receives by [`Port::recv`] instead; nothing else is
/// different. It also does so to wait, and to learn of the end and of losses. What the port is told
/// afterwards counts too: from a filter on, from when it is to receive no more, and from when it is to get
/// out-of-band messages, which come before all others, messages come by [`Port::recv`]. A port that
/// needs both has another beside it for those.
///
/// ```no_run
/// # fn main() -> Result<(), ipn::Error> {
/// # let _bus = ipn::Builder::new().replace_stale(true).bind("/tmp/bus")?;
/// for message in ipn::Port::connect("/tmp/bus")?.into_receiver()? {
///     println!("{}", String::from_utf8_lossy(&message?));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Receiver {
    port: Port,
    mapped: Result<Mapped, Error>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Mapped {
    memory: Mapping,
    reader: Reader,
}

impl Port {
    /// Receives without system calls from now on, where that is possible.
    ///
    /// # Errors
    ///
    /// Only on a descriptor that is no socket of the family. That the memory cannot be mapped
    /// is none: [`Receiver::not_mapped`] tells.
    pub fn into_receiver(self) -> Result<Receiver, Failed<Self>> {
        Receiver::new(self)
    }
}

impl Receiver {
    /// Maps the network's memory, if it can be.
    ///
    /// A socket without a port: `ENOTCONN`.
    pub(crate) fn new(port: Port) -> Result<Self, Failed<Port>> {
        let mtu = match port.network().mtu() {
            Ok(mtu) => mtu,
            Err(error) => return Err(Failed::new(error, port)),
        };
        // Whole words, so that messages are copied by words.
        let room = mtu.next_multiple_of(size_of::<u64>());
        let buffer = vec![0; room];
        // What the port was told before, the kernel minds when it is asked to map.
        port.socket().come_to_memory();
        let mapped = Mapped::new(&port);
        Ok(Self {
            port,
            mapped,
            buffer,
        })
    }

    /// Why messages are not taken without system calls; none: they are.
    pub fn not_mapped(&self) -> Option<&Error> {
        self.mapped.as_ref().err()
    }

    /// The port itself, to send, or to set options.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// The port, which goes on with the next message.
    pub fn into_port(self) -> Port {
        self.port
    }

    /// Receives the next message, as [`Port::recv`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv(&mut self) -> Result<Content<'_>, Error> {
        self.recv_with(RecvFlags::empty())
            .map(|(content, _)| content)
    }

    /// Receives the next message, and tells all that is known of it, as [`Port::recv_with`] does.
    ///
    /// Losses are always told when the memory is mapped, and the time of a message if any port of the
    /// network asked for it. With [`RecvFlags::PEEK`] the message stays.
    ///
    /// # Errors
    ///
    /// Those of [`Port::recv`].
    pub fn recv_with(&mut self, flags: RecvFlags) -> Result<(Content<'_>, Received), Error> {
        let asks = RecvFlags::PEEK | RecvFlags::OOB | RecvFlags::ERRQUEUE;
        let taken = match flags.intersects(asks) {
            true => None,
            false => self.take_mapped()?,
        };
        let received = match taken {
            Some(received) => received,
            None => {
                let mut received = self.port.recv_with(&mut self.buffer, flags)?;
                if let (Ok(mapped), true) = (&self.mapped, received.kind == Kind::Message) {
                    received.lost = Some(mapped.memory.lost() as u32);
                }
                received
            }
        };
        Ok((received.content(&self.buffer), received))
    }

    /// Takes the next message if it is in mapped memory, without a system call but to wake those who
    /// wait for room. None: [`Receiver::recv`] knows more.
    ///
    /// # Errors
    ///
    /// Those of [`Port::next_len`], by which waiting senders are woken.
    pub fn recv_mapped(&mut self) -> Result<Option<(Content<'_>, Received)>, Error> {
        let taken = self.take_mapped()?;
        Ok(taken.map(|received| (received.content(&self.buffer), received)))
    }

    /// Takes the bytes of the next message if they are in mapped memory, as
    /// [`Receiver::recv_mapped`] does; the quickest way where nothing else matters.
    ///
    /// # Errors
    ///
    /// Those of [`Port::next_len`], by which waiting senders are woken.
    #[inline]
    pub fn take_bytes(&mut self) -> Result<Option<&[u8]>, Error> {
        let taken = self.take()?;
        Ok(taken.and_then(|header| self.buffer.get(..header.len as usize)))
    }

    fn take_mapped(&mut self) -> Result<Option<Received>, Error> {
        Ok(match (self.take()?, &self.mapped) {
            (Some(header), Ok(mapped)) => Some(describe(&header, mapped.memory.lost())),
            _ => None,
        })
    }

    /// Takes the next message into the buffer if it is in mapped memory: its header.
    #[inline]
    fn take(&mut self) -> Result<Option<Header>, Error> {
        if self.port.socket().must_ask() {
            self.leave_memory();
        }
        let Ok(Mapped { memory, reader }) = &self.mapped else {
            return Ok(None);
        };
        let (found, made_room) = reader.take(memory, &mut self.buffer);
        if made_room {
            self.port.next_len()?;
        }
        Ok(match found {
            Found::Message(header) => Some(header),
            Found::Nothing | Found::Lost => None,
        })
    }
}

impl Receiver {
    /// Receives by system calls from now on.
    #[cold]
    fn leave_memory(&mut self) {
        if self.mapped.is_ok() {
            self.mapped = Err(self.port.error(Operation::Map, Errno::ACCESS));
        }
    }
}

impl Mapped {
    fn new(port: &Port) -> Result<Self, Error> {
        if port.socket().handles_out_of_band()? {
            // They come first, and nothing in the memory tells of them.
            return Err(port.error(Operation::Map, Errno::ACCESS));
        }
        let number = port.number()?;
        let memory =
            Mapping::new(port.as_fd()).map_err(|errno| port.error(Operation::Map, errno))?;
        let shape = memory.shape();
        let reader = Reader {
            messages: shape.messages,
            bytes: shape.bytes,
            mtu: shape.mtu,
            port: number,
            lossless: shape.lossless,
        };
        Ok(Self { memory, reader })
    }
}

/// What there is to say of a message that was taken out of the memory.
fn describe(header: &Header, lost: u64) -> Received {
    Received {
        len: header.len as usize,
        full_len: header.len as usize,
        kind: Kind::Message,
        lost: Some(lost as u32),
        time: received::stamp(header.stamp),
        sender: None,
    }
}

/// The messages, up to the end of the network. Out-of-band messages are left out.
impl Iterator for Receiver {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.recv() {
                Ok(Content::Message(bytes)) => return Some(Ok(bytes.to_vec())),
                Ok(Content::OutOfBand(_)) => {}
                Ok(Content::End) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

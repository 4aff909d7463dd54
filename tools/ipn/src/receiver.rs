// SPDX-License-Identifier: GPL-2.0

//! Receiving without system calls, where that is possible.

use crate::error::Error;
use crate::failed::Failed;
use crate::heard::Heard;
use crate::operation::Operation;
use crate::port::Port;
use crate::reader::{Found, Header, Reader};
use crate::received::{self, Content, Kind, Received};
use crate::sequence::{Gap, Sequence};
use crate::sys::{Mapping, SequencedMapping, SHORT};
use ipn_abi as abi;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SocketType};

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
    /// What the last message came with.
    sequence: Option<Sequence>,
    gaps: Vec<Gap>,
    /// A message that is in the buffer: the caller is told first that some before it were missed.
    held: Option<Header>,
}

#[derive(Debug)]
struct Mapped {
    memory: Mapping,
    reader: Reader,
    /// Of a port of a reliable bus that is told of gaps.
    heard: Option<Heard>,
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
        // So that messages are copied with what is behind them.
        let room = mtu.next_multiple_of(SHORT);
        let buffer = vec![0; room];
        // What the port was told before, the kernel minds when it is asked to map.
        port.socket().come_to_memory();
        let is_reliable = is_reliable(&port);
        if is_reliable {
            if let Err(error) = port.set_report_sequences(true) {
                return Err(Failed::new(error, port));
            }
        }
        let mapped = Mapped::new(&port, is_reliable);
        Ok(Self {
            port,
            mapped,
            buffer,
            sequence: None,
            gaps: Vec::new(),
            held: None,
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
        let received = loop {
            if let (Some(held), Ok(mapped), true) =
                (&self.held, &self.mapped, flags.contains(RecvFlags::PEEK))
            {
                break describe(held, mapped.memory.lost());
            }
            let taken = match flags.intersects(asks) {
                true => None,
                false => self.take_mapped()?,
            };
            if let Some(received) = taken {
                break received;
            }
            if self.hears() && !flags.intersects(asks) {
                // Whose message it is the memory tells.
                let peeked = self.port.recv_with(&mut [], flags | RecvFlags::PEEK)?;
                if peeked.kind == Kind::Message {
                    continue;
                }
                break Received::END;
            }
            break self.ask(flags)?;
        };
        Ok((received.content(&self.buffer), received))
    }

    /// Receives by a call.
    fn ask(&mut self, flags: RecvFlags) -> Result<Received, Error> {
        let told = self.port.recv_sequenced(&mut self.buffer, flags)?;
        let mut received = told.received;
        (self.sequence, self.gaps) = (told.sequence, told.gaps);
        if let (Ok(mapped), true) = (&self.mapped, received.kind == Kind::Message) {
            received.lost = Some(mapped.memory.lost() as u32);
        }
        Ok(received)
    }

    /// Which of its sender the last message is that was received, on a port that
    /// [is reliable](crate::Builder::reliable).
    pub fn sequence(&self) -> Option<Sequence> {
        self.sequence
    }

    /// What was missed before the last message that was received, on a port that is reliable. Out of mapped memory it is
    /// of that message's sender alone, and comes with the first one that is heard of it behind the gap.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
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
        if self.port.socket().must_ask() {
            self.leave_memory();
        }
        let Ok(Mapped {
            memory,
            reader,
            heard: None,
        }) = &self.mapped
        else {
            return self.take_bytes_later();
        };
        let Some((header, made_room)) = reader.take_quickly(memory, &mut self.buffer) else {
            return self.take_bytes_later();
        };
        self.tell_of_room(made_room)?;
        Ok(self.buffer.get(..header.len as usize))
    }

    /// Has the kernel wake those who wait for room, if there may be some.
    #[inline]
    fn tell_of_room(&self, made_room: bool) -> Result<(), Error> {
        if made_room {
            self.port.next_len()?;
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn take_bytes_later(&mut self) -> Result<Option<&[u8]>, Error> {
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
    fn take(&mut self) -> Result<Option<Header>, Error> {
        if self.port.socket().must_ask() {
            self.leave_memory();
        }
        let Ok(Mapped {
            memory,
            reader,
            heard,
        }) = &self.mapped
        else {
            return Ok(None);
        };
        if heard.is_some() {
            return self.take_sequenced();
        }
        let (found, made_room) = reader.take(memory, &mut self.buffer);
        self.tell_of_room(made_room)?;
        Ok(match found {
            Found::Message(header) => Some(header),
            Found::Nothing | Found::Lost => None,
        })
    }

    /// The same on a reliable bus, where the caller is told before a message that some before it were missed.
    #[inline(never)]
    fn take_sequenced(&mut self) -> Result<Option<Header>, Error> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        let Ok(Mapped {
            memory,
            reader,
            heard: Some(heard),
        }) = &mut self.mapped
        else {
            return Ok(None);
        };
        let sequenced = SequencedMapping::new(memory);
        let (found, made_room) = reader.take(&sequenced, &mut self.buffer);
        let mut taken = None;
        if let Found::Message(header) = found {
            let sequence = Sequence::from(sequenced.last());
            let missed = heard.hear(header.from, &sequence, memory.lost());
            self.sequence = Some(sequence);
            self.gaps.clear();
            if missed.count != 0 {
                self.gaps.push(Gap {
                    port: Some(header.from),
                    lost: missed.count,
                });
            }
            taken = Some((header, missed.was_told));
        }
        self.tell_of_room(made_room)?;
        match taken {
            Some((header, false)) => {
                self.held = Some(header);
                Err(self.port.error(Operation::Receive, Errno::CONNRESET))
            }
            taken => Ok(taken.map(|(header, _)| header)),
        }
    }

    /// Whether it learns of gaps by what it takes out of memory.
    fn hears(&self) -> bool {
        matches!(&self.mapped, Ok(mapped) if mapped.heard.is_some())
    }
}

/// Whether the port's socket is of the type that is told of gaps.
fn is_reliable(port: &Port) -> bool {
    rustix::net::sockopt::socket_type(port).is_ok_and(|kind| kind == SocketType::RDM)
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
    fn new(port: &Port, is_reliable: bool) -> Result<Self, Error> {
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
            since: memory.since(),
            lossless: shape.waits,
            in_parts: shape.mtu > abi::IPN_RING_PART && !shape.is_written,
            is_written: shape.is_written,
        };
        let hears = is_reliable && memory.has_sequences();
        let heard = hears.then(|| Heard::new(memory.lost()));
        Ok(Self {
            memory,
            reader,
            heard,
        })
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

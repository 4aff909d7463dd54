// SPDX-License-Identifier: GPL-2.0
//! Messages: sent, received, waited for.

use super::records::record_header;
use super::{Errnos, Expected, Id, Model, Network};
use crate::outcome::{Answer, Beside, Message, Outcome, Told};
use crate::program::{Control, Data, Memory, Receiver, Sender, Slot, ORIGIN, SEQUENCED_HEADER};
use crate::transfer::{tells_gaps, tells_loss};
use libc::*;

/// Bytes of an out-of-band message.
pub(super) const OOB_LEN: usize = 16;

/// One message, as it is received.
pub(super) struct Got {
    pub(super) message: Message,
    /// It is out-of-band.
    pub(super) oob: bool,
}

impl Got {
    /// `bytes`, as a place for `room` of them gets them by a call with `flags`, with what is beside.
    pub(super) fn of(bytes: &[u8], room: usize, flags: i32, beside: Aside, oob: bool) -> Got {
        let fitted = bytes.len().min(room);
        let told = |so, flag| if so { flag } else { 0 };
        let flags_told = MSG_EOR | told(oob, MSG_OOB) | told(fitted < bytes.len(), MSG_TRUNC);
        Got {
            message: Message {
                len: if flags & MSG_TRUNC != 0 {
                    bytes.len()
                } else {
                    fitted
                },
                data: bytes[..fitted].to_vec(),
                beside: Some(Beside {
                    flags: flags_told,
                    missed: beside.missed,
                    gaps: beside.gaps,
                    told: beside.told,
                }),
            },
            oob,
        }
    }
}

/// What of control messages a call has room for.
#[derive(Clone, Copy)]
pub(super) struct Hears {
    /// The count of losses.
    loss: bool,
    /// All others.
    all: bool,
}

/// What a call is told beside a message, as far as it must.
#[derive(Default)]
pub(super) struct Aside {
    missed: Option<u32>,
    gaps: Option<Vec<(u32, u64)>>,
    told: Option<Told>,
}

/// What a port is told beside a message, which says this of itself. Whose messages it has missed is told once.
pub(super) fn aside(network: &mut Network, id: Id, hears: Hears, told: Option<Told>) -> Aside {
    let Some(port) = network.port_mut(id) else {
        return Aside::default();
    };
    let lost = Some(port.lost).filter(|lost| hears.loss && !port.vague && *lost != 0);
    let gaps = port.missed.take().filter(|gaps| gaps.len() <= 6);
    Aside {
        missed: lost.and_then(|lost| lost.try_into().ok()),
        gaps: gaps.filter(|_| hears.all),
        told: told.filter(|_| hears.all),
    }
}

/// What a call answers that finds no message.
pub(super) fn nothing(
    network: &mut Network,
    id: Id,
    handles_oob: bool,
) -> Result<Option<Got>, Errnos> {
    if network.port_mut(id).is_some_and(|port| port.missed.tell()) {
        return Err(vec![ECONNRESET]);
    }
    if network.port(id).is_some_and(|port| port.missed.is_evicted) {
        return Ok(None);
    }
    let receives = network.port(id).is_some_and(|port| port.receives);
    match (receives || handles_oob, network.terminated) {
        (true, false) => Err(vec![EAGAIN]),
        (false, false) => Err(vec![EPIPE]),
        (_, true) => Ok(None),
    }
}

impl Model {
    pub(super) fn send(
        &mut self,
        slot: Slot,
        by: &Sender,
        data: &Data,
        flags: i32,
        outcome: &Outcome,
    ) -> Result<Answer, Errnos> {
        let mut bytes = data.bytes();
        // What is wrong with the call, whatever the network.
        let mut wrong = Vec::new();
        let mut origin = [0; ORIGIN];
        // How many of its bytes can be read.
        let mut good = bytes.len();
        match by {
            Sender::To(address) if address.name.is_some() => match address.len {
                Some(0) => {}
                Some(len) if len > 128 => wrong.push(EINVAL),
                _ => wrong.push(EISCONN),
            },
            Sender::Message(_, Control::Origin(byte)) if self.takes_origin(slot) => {
                origin = [*byte; ORIGIN];
            }
            Sender::Message(_, control) if *control != Control::None => wrong.push(EINVAL),
            Sender::From(memory) => {
                if matches!(memory, Memory::Nowhere | Memory::Late) {
                    bytes.truncate(2000);
                }
                if matches!(memory, Memory::Nowhere | Memory::Cut) && !bytes.is_empty() {
                    wrong.push(EFAULT);
                }
                good = match memory {
                    Memory::Nowhere => 0,
                    Memory::Cut => bytes.len() / 2,
                    Memory::Fresh | Memory::Late => bytes.len(),
                };
                bytes.fill(0);
            }
            _ => {}
        }
        let flags = if *by == Sender::Write { 0 } else { flags };
        if flags & MSG_OOB != 0 {
            wrong.push(EOPNOTSUPP);
        }
        if self.sock(slot).records {
            return self.send_records(slot, by, &bytes, wrong, outcome);
        }
        let (many, count) = match by {
            Sender::Many(count) => (true, i64::from(*count)),
            _ => (false, 1),
        };
        // As many found room.
        let went = match outcome {
            Ok(answer) if many => answer.value,
            Ok(_) => 1,
            Err(errno) => i64::from(*errno == EFAULT),
        };
        let mut sent = 0;
        while sent < count {
            match self.send_one(slot, (&bytes, good), &wrong, (sent < went, origin)) {
                Ok(()) => sent += 1,
                Err(_) if sent != 0 => break,
                Err(errnos) => return Err(errnos),
            }
        }
        Ok(Answer::number(if many { sent } else { bytes.len() as i64 }))
    }

    /// Whether a message may say where it comes from.
    fn takes_origin(&self, slot: Slot) -> bool {
        let sock = &self.socks[self.id(slot)];
        let network = sock.connected().map(|network| &self.networks[network]);
        network.is_some_and(|network| network.bus.is_some()) && !sock.records
    }

    /// Sends a message, of which so many bytes can be read, and which seems to have found room or not; it says where it
    /// comes from.
    pub(super) fn send_one(
        &mut self,
        slot: Slot,
        (bytes, good): (&[u8], usize),
        wrong: &[i32],
        (seems, origin): (bool, [u8; ORIGIN]),
    ) -> Result<(), Errnos> {
        let id = self.id(slot);
        let sock = &self.socks[id];
        let mut errnos = wrong.to_vec();
        if sock.send_shut {
            errnos.push(EPIPE);
        }
        let Some(network) = sock.connected() else {
            errnos.push(ENOTCONN);
            return Err(errnos);
        };
        let network = &mut self.networks[network];
        if network.terminated {
            errnos.push(EPIPE);
        }
        if bytes.len() > network.shape.mtu as usize {
            errnos.push(EMSGSIZE);
        }
        if network.shape.has_one_writer() {
            errnos.push(EOPNOTSUPP);
            errnos.extend(network.wild.then_some(EPIPE));
        } else if !network.has_room(bytes.len(), seems) || !network.is_paced(id, seems) {
            errnos.push(EAGAIN);
        }
        if errnos.is_empty() {
            network.send(id, bytes.to_vec(), origin);
            Ok(())
        } else {
            if errnos == [EFAULT] {
                network.fail(bytes.len(), good);
            }
            Err(errnos)
        }
    }

    pub(super) fn receive(
        &mut self,
        slot: Slot,
        by: &Receiver,
        room: usize,
        flags: i32,
    ) -> Expected {
        let flags = if *by == Receiver::Read { 0 } else { flags };
        let wild = self.wild(slot).map(|network| network.shape.mtu as usize);
        match by {
            // The kernel itself answers that.
            Receiver::Read if room == 0 => Expected::Answers(received(vec![Message {
                len: 0,
                data: Vec::new(),
                beside: None,
            }])),
            _ if wild.is_some() => Expected::Within(
                vec![EBADMSG, EAGAIN, EPIPE, EFAULT, EOPNOTSUPP],
                wild.unwrap_or(0).max(OOB_LEN) + SEQUENCED_HEADER,
            ),
            Receiver::Many(count) => self.receive_many(slot, *count, room, flags),
            Receiver::Into(memory) => self.receive_into(slot, *memory, room, flags),
            Receiver::Splice | Receiver::Mapped(_) => Expected::Unknown,
            _ => match self.receive_one(slot, room, room, flags, hears(by)) {
                Err(errnos) => Expected::Fails(errnos),
                Ok(None) if self.is_evicted(slot) => Expected::Answers(received(vec![end(by)])),
                Ok(None) => Expected::Either(vec![EPIPE], received(vec![end(by)])),
                Ok(Some(mut got)) => {
                    if !matches!(by, Receiver::Message(..)) {
                        got.message.beside = None;
                    }
                    Expected::Answers(received(vec![got.message]))
                }
            },
        }
    }

    /// Whether its port was evicted.
    fn is_evicted(&self, slot: Slot) -> bool {
        let id = self.id(slot);
        let network = self.socks[id]
            .connected()
            .map(|network| &self.networks[network]);
        let port = network.and_then(|network| network.port(id));
        port.is_some_and(|port| port.missed.is_evicted)
    }

    fn receive_many(&mut self, slot: Slot, count: u8, room: usize, flags: i32) -> Expected {
        let mut messages = Vec::new();
        while messages.len() < count.into() {
            match self.receive_one(slot, room, room, flags, hears(&Receiver::Many(count))) {
                Ok(Some(got)) => {
                    messages.push(got.message);
                    // The kernel's own loop ends there.
                    if got.oob {
                        break;
                    }
                }
                Err(errnos) if messages.is_empty() => return Expected::Fails(errnos),
                Err(errnos) if errnos == [EAGAIN] => break,
                // The kernel keeps the error for the next such call.
                Err(_) | Ok(None) => return Expected::Unknown,
            }
        }
        Expected::Answers(received(messages))
    }

    fn receive_into(&mut self, slot: Slot, memory: Memory, room: usize, flags: i32) -> Expected {
        let (room, good) = match memory {
            Memory::Nowhere => (room.min(2000), 0),
            Memory::Late => (room.min(2000), room),
            Memory::Fresh => (room, room),
            Memory::Cut => (room, room / 2),
        };
        match self.receive_one(slot, room, good, flags, hears(&Receiver::Into(memory))) {
            Err(errnos) => Expected::Fails(errnos),
            Ok(None) => Expected::Either(vec![EPIPE], Answer::default()),
            Ok(Some(got)) => Expected::Answers(Answer::number(got.message.len)),
        }
    }

    /// Receives what is next, of whose place the first `good` bytes can be written. None: the end,
    /// or that the receive side is shut: a port of which both is true may say either.
    fn receive_one(
        &mut self,
        slot: Slot,
        room: usize,
        good: usize,
        flags: i32,
        mut hears: Hears,
    ) -> Result<Option<Got>, Errnos> {
        let id = self.id(slot);
        let sock = &self.socks[id];
        let unsupported = flags & (MSG_OOB | MSG_ERRQUEUE) != 0;
        let mut errnos = if unsupported {
            vec![EOPNOTSUPP]
        } else {
            Vec::new()
        };
        let Some(network) = sock.connected() else {
            errnos.push(ENOTCONN);
            return Err(errnos);
        };
        if unsupported {
            return Err(errnos);
        }
        let (handles_oob, asks) = (sock.handles_oob, sock.sequence);
        hears.loss &= sock.tells_loss;
        let network = &mut self.networks[network];
        network.correct(id);
        if network.port_mut(id).is_some_and(|port| port.missed.tell()) {
            return Err(vec![ECONNRESET]);
        }
        let oob = network.port(id).and_then(|port| port.oob.front().copied());
        let bytes = match oob {
            None if sock.records => {
                return self.receive_records(slot, room, good, flags, hears);
            }
            Some((readers, writers)) => [0, 0, readers, writers]
                .iter()
                .flat_map(|n| n.to_ne_bytes())
                .collect(),
            None => match network.next(id) {
                Some(bytes) => bytes,
                None => return nothing(network, id, handles_oob),
            },
        };
        if bytes.len().min(room) > good {
            return Err(vec![EFAULT]);
        }
        let (number, _) = network.next_numbers(id);
        let told = asks.then(|| network.told(number as usize));
        if oob.is_none() && flags & MSG_PEEK == 0 && network.meets_gap(id) {
            return Err(vec![ECONNRESET]);
        }
        if flags & MSG_PEEK == 0 {
            match oob {
                Some(_) => drop(network.port_mut(id).and_then(|port| port.oob.pop_front())),
                None => network.take(id),
            }
        }
        let beside = match oob {
            Some(_) => Aside::default(),
            None => aside(network, id, hears, told),
        };
        Ok(Some(Got::of(&bytes, room, flags, beside, oob.is_some())))
    }

    /// Length of the message that is next.
    pub(super) fn next_length(&mut self, slot: Slot) -> usize {
        let id = self.id(slot);
        let Some(network) = self.socks[id].connected() else {
            return 0;
        };
        let network = &mut self.networks[network];
        network.correct(id);
        if network.port(id).is_some_and(|port| !port.oob.is_empty()) {
            return OOB_LEN;
        }
        let header = match self.socks[id].records {
            true => record_header(self.socks[id].sequenced),
            false => 0,
        };
        // What was missed is told by the next call, and what is behind it has a length.
        let next = match network.bus {
            Some(_) => network.next_of_bus(id, false),
            None => network.next(id),
        };
        next.map_or(0, |bytes| header + bytes.len())
    }

    pub(super) fn poll(&mut self, slot: Slot, events: i16, outcome: &Outcome) -> i16 {
        let id = self.id(slot);
        let Some(network) = self.socks[id].network() else {
            return 0;
        };
        let handles_oob = self.socks[id].handles_oob;
        let is_port = self.socks[id].connected().is_some();
        let network = &mut self.networks[network];
        let ended = network.terminated;
        if !is_port {
            // A manager is told of the end, and of nothing else.
            let end = POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP;
            return if ended { end & (events | POLLHUP) } else { 0 };
        }
        network.correct(id);
        let is_readable = network.is_readable(id);
        let sends = network.port(id).is_some_and(|port| port.sends);
        let seems = matches!(outcome, Ok(answer) if answer.value & i64::from(POLLOUT) != 0);
        let has_room = !sends
            || ended
            || network.has_room(network.shape.mtu as usize, seems) && network.is_paced(id, seems);
        let Some(port) = network.port(id) else {
            return 0;
        };
        let mut ready = 0;
        // There is nothing to wait for: the call says so at once.
        let deaf = !port.receives && !handles_oob;
        if is_readable || !port.oob.is_empty() || ended || deaf || port.missed.is_evicted {
            ready |= POLLIN | POLLRDNORM;
        }
        if !port.oob.is_empty() {
            ready |= POLLPRI;
        }
        if has_room {
            ready |= POLLOUT | POLLWRNORM;
        }
        if !port.receives || ended {
            ready |= POLLRDHUP;
        }
        if (!port.receives && !port.sends) || ended {
            ready |= POLLHUP;
        }
        // These two come unasked.
        ready & (events | POLLHUP | POLLERR)
    }
}

/// What of control messages a call has room for.
fn hears(by: &Receiver) -> Hears {
    Hears {
        loss: tells_loss(by),
        all: tells_gaps(by),
    }
}

fn received(messages: Vec<Message>) -> Answer {
    Answer {
        messages,
        ..Answer::default()
    }
}

/// What `recv` answers at the end.
fn end(by: &Receiver) -> Message {
    Message {
        len: 0,
        data: Vec::new(),
        beside: matches!(by, Receiver::Message(..)).then_some(Beside {
            flags: 0,
            missed: None,
            gaps: None,
            told: None,
        }),
    }
}

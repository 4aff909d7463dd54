// SPDX-License-Identifier: GPL-2.0
//! Mapped rings and cursors.

use super::network::{Id, Network, Writer};
use super::shape::Shape;
use super::{Errnos, Expected, Model};
use crate::outcome::{Answer, Outcome};
use crate::program::{Call, Data, Part, Slot, ORIGIN, SLOTS};
use ipntest::abi::*;
use ipntest::sys::memory::PAGE;
use libc::*;

/// Bytes before what the one writer of a ring says.
const WRITTEN_AT: usize = PAGE;

/// A mapping.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// The socket, which it keeps.
    pub sock: Id,
    part: Part,
    pages: usize,
    access: i32,
}

/// Bytes before the index of a ring.
fn index_at(shape: &Shape) -> usize {
    if shape.has_one_writer() {
        WRITTEN_AT + 64
    } else {
        PAGE
    }
}

/// Bytes before what is kept of messages besides.
fn sequences_at(shape: &Shape) -> usize {
    index_at(shape) + shape.messages() * 32
}

/// Bytes before those of messages.
fn bytes_at(shape: &Shape) -> usize {
    (sequences_at(shape)
        + if shape.is_reliable() {
            shape.messages() * 48
        } else {
            0
        })
    .next_multiple_of(64)
}

/// How many pages a ring has.
fn pages(shape: &Shape) -> usize {
    (bytes_at(shape) + shape.room())
        .next_multiple_of(64)
        .div_ceil(PAGE)
}

impl Model {
    pub(super) fn map(&mut self, call: &Call, outcome: &Outcome) -> Result<Answer, Errnos> {
        let Call::Map {
            sock,
            to,
            part,
            pages,
            access,
            shared,
        } = call
        else {
            return Err(Vec::new());
        };
        let area = Area {
            sock: self.id(*sock),
            part: *part,
            pages: *pages as usize,
            access: *access,
        };
        let errnos = self.map_errnos(&area, *shared, outcome);
        if errnos.is_empty() {
            self.put_area(*to, area);
            Ok(Answer::default())
        } else {
            Err(errnos)
        }
    }

    /// All that there is to write is mapped, once the ring's first page has told how much that is.
    pub(super) fn map_writer(
        &mut self,
        sock: Slot,
        to: Slot,
        outcome: &Outcome,
    ) -> Result<Answer, Errnos> {
        let id = self.id(sock);
        let head = Area {
            sock: id,
            part: Part::Ring,
            pages: 1,
            access: PROT_READ,
        };
        let errnos = self.map_errnos(&head, true, outcome);
        let Some(network) = self.socks[id].connected().filter(|_| errnos.is_empty()) else {
            return Err(errnos);
        };
        self.networks[network].shown = true;
        let pages = pages(&self.networks[network].shape) - 1;
        let area = Area {
            part: Part::Writer,
            pages,
            access: PROT_READ | PROT_WRITE,
            ..head
        };
        let errnos = self.map_errnos(&area, true, outcome);
        if errnos.is_empty() {
            self.put_area(to, area);
            Ok(Answer::default())
        } else {
            Err(errnos)
        }
    }

    /// What is wrong with a mapping.
    fn map_errnos(&mut self, area: &Area, shared: bool, outcome: &Outcome) -> Errnos {
        let Area {
            sock: id,
            part,
            pages: count,
            access,
        } = *area;
        let mut errnos = Vec::new();
        let network = self.socks[id].connected();
        let network = network.map(|network| &self.networks[network]);
        let most = match (part.offset(), network) {
            (IPN_MAP_RING, Some(network)) => pages(&network.shape),
            (IPN_MAP_WRITER, Some(network)) if network.shape.has_one_writer() => {
                pages(&network.shape) - 1
            }
            (IPN_MAP_RING | IPN_MAP_CURSOR, _) => 1,
            _ => 0,
        };
        match network.and_then(|network| Some((network, network.port(id)?))) {
            None => errnos.push(ENOTCONN),
            Some((network, port)) => {
                let is_writer = network.is_writer(id) && part.offset() != IPN_MAP_CURSOR;
                if !(port.receives || is_writer) || port.filter.is_some() {
                    errnos.push(EACCES);
                }
                if part.offset() == IPN_MAP_WRITER {
                    errnos.extend(network.why_not_writer(id, outcome));
                }
            }
        }
        if count == 0 || count > most || !shared {
            errnos.push(EINVAL);
        }
        if access & PROT_EXEC != 0 || (access & PROT_WRITE != 0 && part.offset() == IPN_MAP_RING) {
            errnos.push(EPERM);
        }
        errnos
    }

    /// A place gets a mapping.
    fn put_area(&mut self, to: Slot, area: Area) {
        let id = area.sock;
        let network = self.socks[id].connected();
        if let Some(network) = network.map(|network| &mut self.networks[network]) {
            match area.part.offset() {
                IPN_MAP_RING => network.shown = true,
                IPN_MAP_WRITER => {
                    let is_heard = true;
                    let holder = id;
                    network.writer.get_or_insert(Writer { holder, is_heard });
                    network.shut(id, true, false);
                    self.socks[id].receive_shut = true;
                }
                _ => {
                    if let Some(port) = network.port_mut(id) {
                        port.mapped = true;
                    }
                }
            }
        }
        self.socks[id].descriptors += 1;
        self.put(to, None);
        self.areas[usize::from(to % SLOTS)] = Some(area);
    }

    /// The one writer writes the next message as it should.
    pub(super) fn publish(
        &mut self,
        slot: Slot,
        len: usize,
        mark: u8,
        outcome: &Outcome,
    ) -> Expected {
        let area = self.area(slot);
        let Some(network) = self.socks[area.sock].connected() else {
            return Expected::Unknown;
        };
        let network = &mut self.networks[network];
        let is_heard = network.writer.is_some_and(|writer| writer.is_heard);
        if network.wild || network.terminated || !is_heard {
            // What is given up counts all the same.
            network.wild = true;
            return Expected::Any;
        }
        if len > network.shape.mtu as usize {
            return Expected::Fails(vec![EMSGSIZE]);
        }
        if !network.has_room(len, outcome.is_ok()) {
            return Expected::Fails(vec![EAGAIN]);
        }
        let number = network.published();
        let len = len as u32;
        let bytes = Data::Text { len, mark }.bytes();
        network.send(area.sock, bytes, [0; ORIGIN]);
        Expected::Answers(Answer::number(number))
    }

    /// Whether it is a writer whose messages do not count any more.
    pub(super) fn is_unheard_writer(&self, slot: Slot) -> bool {
        let id = self.id(slot);
        let network = self.socks[id].connected();
        let network = network.map(|network| &self.networks[network]);
        network.is_some_and(|network| {
            let is_shut = self.socks[id].send_shut || network.terminated;
            network.is_writer(id) && is_shut
        })
    }

    /// The mapping of a place, which has one: the call was made.
    fn area(&self, slot: Slot) -> Area {
        self.areas[usize::from(slot % SLOTS)].expect("the place has a mapping")
    }

    pub(super) fn scribble(&mut self, slot: Slot, word: usize, value: u64) -> Expected {
        let area = self.area(slot);
        if area.access & PROT_WRITE == 0 {
            return Expected::Fails(vec![EACCES]);
        }
        let word = word % (area.pages * PAGE / 8);
        if let Some(network) = self.socks[area.sock].connected() {
            let network = &mut self.networks[network];
            if area.part.offset() == IPN_MAP_WRITER {
                network.wild = true;
            } else if word == 0 {
                network.scribble(area.sock, value);
            } else if let Some(port) = network.port_mut(area.sock) {
                port.vague = true;
            }
        }
        Expected::Answers(Answer::default())
    }

    pub(super) fn peek(&self, slot: Slot, word: usize) -> Expected {
        let area = self.area(slot);
        if area.access & PROT_READ == 0 {
            return Expected::Fails(vec![EACCES]);
        }
        let network = self.socks[area.sock].connected();
        let Some(network) = network.filter(|_| area.part.offset() == IPN_MAP_RING) else {
            return Expected::Any;
        };
        let network = &self.networks[network];
        let shape = &network.shape;
        let halves = |low: usize, high: usize| low as u64 | ((high as u64) << 32);
        let value = match word {
            0 => halves(0x4950_4e72, 2),
            1 => halves(shape.messages(), index_at(shape)),
            2 => halves(shape.room(), bytes_at(shape)),
            3 => halves(
                shape.mtu as usize,
                (shape.flags & (IPN_FLAG_LOSSLESS | IPN_FLAG_ONE_WRITER | IPN_FLAG_RELIABLE))
                    as usize,
            ),
            4 if shape.has_one_writer() => WRITTEN_AT as u64,
            4 if shape.is_reliable() => halves(0, sequences_at(shape)),
            // The writer says that elsewhere.
            8..=10 if shape.has_one_writer() => return Expected::Any,
            9 => network.published() as u64,
            4..=7 | 11..=15 => 0,
            _ => return Expected::Any,
        };
        Expected::Answers(Answer::stored(8, value.to_ne_bytes().into()))
    }

    pub(super) fn look_back(&self, slot: Slot, back: usize) -> Expected {
        let area = self.area(slot);
        if area.access & PROT_READ == 0 {
            return Expected::Fails(vec![EACCES]);
        }
        let network = self.socks[area.sock].connected();
        match network.and_then(|network| self.networks[network].back(back)) {
            Some(data) => Expected::Answers(Answer::stored(data.len(), data.into())),
            None => Expected::Any,
        }
    }
}

impl Network {
    /// Whether the port of a socket is the one writer.
    fn is_writer(&self, id: Id) -> bool {
        self.writer.is_some_and(|writer| writer.holder == id)
    }

    /// Why the port of a socket can not be the one writer.
    fn why_not_writer(&self, id: Id, outcome: &Outcome) -> Errnos {
        if !self.shape.has_one_writer() {
            return vec![EOPNOTSUPP];
        }
        let is_other = self.writer.is_some() && !self.is_writer(id);
        let has_ended = self.terminated || self.wild && matches!(outcome, Err(EPIPE));
        let is_shut = self.port(id).is_some_and(|port| !port.sends);
        [(is_other, EBUSY), (has_ended, EPIPE), (is_shut, EACCES)]
            .into_iter()
            .filter_map(|(is_so, errno)| is_so.then_some(errno))
            .collect()
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Mapped rings and cursors.

use super::network::{Id, Shape};
use super::{Errnos, Expected, Model};
use crate::outcome::Answer;
use crate::program::{Call, Part, Slot, SLOTS};
use ipntest::abi::{IPN_FLAG_LOSSLESS, IPN_MAP_CURSOR, IPN_MAP_RING};
use ipntest::sys::memory::PAGE;
use libc::*;

/// Bytes before the index of a ring.
const INDEX_AT: usize = 4096;

/// A mapping.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// The socket, which it keeps.
    pub sock: Id,
    part: Part,
    pages: usize,
    access: i32,
}

/// Bytes before those of messages.
fn bytes_at(shape: &Shape) -> usize {
    INDEX_AT + (shape.messages() * 32).next_multiple_of(64)
}

/// How many pages a ring has.
fn pages(shape: &Shape) -> usize {
    (bytes_at(shape) + shape.room())
        .next_multiple_of(64)
        .div_ceil(PAGE)
}

impl Model {
    pub(super) fn map(&mut self, call: &Call) -> Result<Answer, Errnos> {
        let Call::Map {
            sock,
            to,
            part,
            pages: count,
            access,
            shared,
        } = call
        else {
            return Err(Vec::new());
        };
        let (id, count) = (self.id(*sock), *count as usize);
        let mut errnos = Vec::new();
        let most = match part.offset() {
            IPN_MAP_RING | IPN_MAP_CURSOR => 1,
            _ => 0,
        };
        let network = self.socks[id].connected();
        let most = match network.filter(|_| part.offset() == IPN_MAP_RING) {
            Some(network) => pages(&self.networks[network].shape),
            None => most,
        };
        let port = network.and_then(|network| self.networks[network].port(id));
        match port {
            None => errnos.push(ENOTCONN),
            Some(port) if !port.receives || port.filter.is_some() => errnos.push(EACCES),
            Some(_) => {}
        }
        if count == 0 || count > most || !shared {
            errnos.push(EINVAL);
        }
        if access & PROT_EXEC != 0 || (access & PROT_WRITE != 0 && part.offset() == IPN_MAP_RING) {
            errnos.push(EPERM);
        }
        if !errnos.is_empty() {
            return Err(errnos);
        }
        if part.offset() == IPN_MAP_CURSOR {
            let network = network.map(|network| &mut self.networks[network]);
            if let Some(port) = network.and_then(|network| network.port_mut(id)) {
                port.mapped = true;
            }
        }
        self.socks[id].descriptors += 1;
        self.put(*to, None);
        self.areas[usize::from(*to % SLOTS)] = Some(Area {
            sock: id,
            part: *part,
            pages: count,
            access: *access,
        });
        Ok(Answer::default())
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
            if word == 0 {
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
            1 => halves(shape.messages(), INDEX_AT),
            2 => halves(shape.room(), bytes_at(shape)),
            3 => halves(
                shape.mtu as usize,
                (shape.flags & IPN_FLAG_LOSSLESS) as usize,
            ),
            9 => network.sent() as u64,
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
            Some(data) => Expected::Answers(Answer::stored(data.len(), data.clone())),
            None => Expected::Any,
        }
    }
}

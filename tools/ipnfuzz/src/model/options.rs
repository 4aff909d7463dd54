// SPDX-License-Identifier: GPL-2.0
//! Options of level 0, and the one generic option that tells of losses.

use super::bus::History;
use super::shape::Shape;
use super::{Errnos, Expected, Model, State};
use crate::limits;
use crate::outcome::Answer;
use crate::program::{Call, Filter, Slot};
use ipntest::abi::*;
use libc::*;

/// Longest description, with its null byte.
const DESCRIPTION: usize = 128;

/// Bytes of `struct ipn_statistics`.
const STATISTICS: usize = 96;

/// What an option for new networks may be.
fn bounds(option: i32) -> Option<(i32, i32)> {
    Some(match option {
        IPN_SO_MTU => (1, IPN_MTU_MAX),
        IPN_SO_NUMNODES => (1, limits::PORTS),
        IPN_SO_MSGPOOLSIZE => (1, 65536),
        IPN_SO_MODE => (0, 0o777),
        IPN_SO_BYTES => (16, 1 << 30),
        IPN_SO_WINDOW => (0, IPN_WINDOW_MAX),
        IPN_SO_FLAGS | IPN_SO_RATE => (0, i32::MAX),
        _ => return None,
    })
}

fn field(shape: &mut Shape, option: i32) -> &mut i32 {
    match option {
        IPN_SO_MTU => &mut shape.mtu,
        IPN_SO_NUMNODES => &mut shape.ports,
        IPN_SO_MSGPOOLSIZE => &mut shape.pool,
        IPN_SO_BYTES => &mut shape.bytes,
        IPN_SO_FLAGS => &mut shape.flags,
        IPN_SO_WINDOW => &mut shape.window,
        IPN_SO_RATE => &mut shape.rate,
        _ => &mut shape.mode,
    }
}

impl Model {
    pub(super) fn option(&mut self, call: &Call) -> Result<Answer, Errnos> {
        match call {
            Call::Set {
                sock,
                level: LEVEL,
                option,
                value,
                len,
            } => {
                let len = len.map_or(value.len(), |len| len as usize);
                if len > i32::MAX as usize {
                    return Err(vec![EINVAL]);
                }
                self.set(*sock, *option, &value[..len.min(value.len())])
            }
            Call::Set {
                sock,
                level: SOL_SOCKET,
                option: SO_RXQ_OVFL,
                value,
                len: None,
            } if value.len() == 4 => {
                self.sock(*sock).tells_loss = value != &[0; 4];
                self.look_through(*sock);
                Ok(Answer::default())
            }
            Call::Set {
                sock,
                level: SOL_SOCKET,
                option: SO_DETACH_FILTER,
                value,
                len: None,
            } if value.len() == 4 => match self.sock(*sock).filter {
                Some(_) => self.filter(*sock, None),
                None => Err(vec![ENOENT]),
            },
            Call::Get {
                sock,
                level: LEVEL,
                option,
                room,
                ..
            } => self.get(*sock, *option, *room as usize),
            _ => {
                self.lost = true;
                Ok(Answer::default())
            }
        }
    }

    /// A socket gets another filter, or none.
    pub(super) fn filter(&mut self, slot: Slot, filter: Option<Filter>) -> Result<Answer, Errnos> {
        let id = self.id(slot);
        let sock = &mut self.socks[id];
        sock.filter = filter;
        if let Some(network) = sock.connected().map(|network| &mut self.networks[network]) {
            // What a worker has gone past is gone for the new filter too.
            self.lost |= network.is_uncertain(id);
            if let Some(port) = network.port_mut(id) {
                port.filter = filter;
            }
        }
        self.look_through(slot);
        Ok(Answer::default())
    }

    /// A call that held the socket's lock looks through what waits, as a new filter may be there.
    fn look_through(&mut self, slot: Slot) {
        let id = self.id(slot);
        if let Some(network) = self.socks[id].connected() {
            self.networks[network].look_through(id);
        }
    }

    fn set(&mut self, slot: Slot, option: i32, value: &[u8]) -> Result<Answer, Errnos> {
        let id = self.id(slot);
        let state = self.socks[id].state;
        if option == IPN_SO_DESCR {
            let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
            if value.len() > DESCRIPTION || text.len() >= DESCRIPTION {
                return Err(vec![EINVAL]);
            }
            self.socks[id].description = text.to_vec();
            return Ok(Answer::default());
        }
        let mut errnos = Vec::new();
        let number = value.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes));
        let mut within = |min, max| {
            if !number.is_some_and(|number| (min..=max).contains(&number)) {
                errnos.push(EINVAL);
            }
        };
        match option {
            IPN_SO_PORT => within(-1, limits::PORTS - 1),
            IPN_SO_CHANGE_NUMNODES => within(1, limits::PORTS),
            IPN_SO_HANDLE_OOB
            | IPN_SO_WANT_OOB_NUMNODES
            | IPN_SO_SENDER
            | IPN_SO_SEQUENCE
            | IPN_SO_OBSERVE => within(0, 1),
            IPN_SO_RECORDS => within(0, 2),
            IPN_SO_HISTORY | IPN_SO_SINCE => within(0, i32::MAX),
            IPN_SO_SKIP => within(1, i32::MAX),
            _ => match bounds(option) {
                Some((min, max)) => within(min, max),
                None => {
                    return Err(if number.is_none() {
                        vec![ENOPROTOOPT, EINVAL]
                    } else {
                        vec![ENOPROTOOPT]
                    })
                }
            },
        }
        let number = number.unwrap_or(0);
        let shape = self.socks[id].shape;
        match option {
            IPN_SO_FLAGS if number & !shape.may_have() != 0 => errnos.push(EINVAL),
            IPN_SO_WINDOW | IPN_SO_RATE if !shape.is_reliable() => errnos.push(ENOPROTOOPT),
            IPN_SO_SKIP => match self.socks[id].connected() {
                None => errnos.push(ENOTCONN),
                Some(network) if self.networks[network].bus.is_none() => errnos.push(EOPNOTSUPP),
                Some(_) => {}
            },
            _ => {}
        }
        match (option, state) {
            (IPN_SO_CHANGE_NUMNODES, State::Fresh) => errnos.push(ENOTCONN),
            (IPN_SO_CHANGE_NUMNODES, State::Connected { manager: false, .. }) => {
                errnos.push(EACCES)
            }
            (
                IPN_SO_CHANGE_NUMNODES,
                State::Bound(network, _) | State::Connected { network, .. },
            ) => {
                let ports = &self.networks[network].ports;
                if ports
                    .iter()
                    .skip(number.max(0) as usize)
                    .any(Option::is_some)
                {
                    errnos.push(EADDRINUSE);
                }
            }
            (
                IPN_SO_PORT | IPN_SO_OBSERVE | IPN_SO_HISTORY | IPN_SO_SINCE,
                State::Connected { .. },
            ) => errnos.push(EISCONN),
            (_, State::Bound(..) | State::Connected { .. }) if bounds(option).is_some() => {
                errnos.push(EISCONN)
            }
            _ => {}
        }
        if !errnos.is_empty() {
            return Err(errnos);
        }
        match option {
            IPN_SO_PORT => self.socks[id].wanted = number,
            IPN_SO_CHANGE_NUMNODES => {
                if let Some(network) = self.socks[id].network() {
                    self.may_resize(network, number)?;
                    let network = &mut self.networks[network];
                    network.shape.senders = network.shape.senders.max(network.shape.ports);
                    network.shape.ports = number;
                    network.ports.resize(number as usize, None);
                }
            }
            IPN_SO_HANDLE_OOB | IPN_SO_WANT_OOB_NUMNODES => self.want_oob(id, option, number != 0),
            IPN_SO_RECORDS => {
                self.socks[id].records = number != 0;
                self.socks[id].sequenced = number == 2;
            }
            IPN_SO_SEQUENCE => self.socks[id].sequence = number != 0,
            IPN_SO_HISTORY | IPN_SO_SINCE => {
                self.socks[id].history = match option {
                    _ if number == 0 => History::None,
                    IPN_SO_HISTORY => History::Last(number),
                    _ => History::Since(number),
                };
            }
            IPN_SO_SKIP => {
                let network = self.socks[id].connected();
                let port = network.and_then(|network| self.networks[network].port_mut(id));
                if let Some(port) = port {
                    port.skips += number as u64;
                }
            }
            IPN_SO_SENDER => self.socks[id].sender = number != 0,
            IPN_SO_OBSERVE => self.socks[id].observes = number != 0,
            option => {
                let shape = &mut self.socks[id].shape;
                // Of both what was said last counts.
                if option == IPN_SO_BYTES {
                    shape.pool = 0;
                }
                let kind = shape.flags & IPN_FLAG_RELIABLE;
                *field(shape, option) = number;
                shape.flags |= kind;
            }
        }
        Ok(Answer::default())
    }

    /// Whether a network may have so many ports: fewer it always may.
    fn may_resize(&mut self, network: usize, ports: i32) -> Result<(), Errnos> {
        let shape = self.networks[network].shape;
        if ports <= shape.ports {
            return Ok(());
        }
        let networks = self.networks.iter().enumerate();
        let others: Vec<Shape> = networks
            .filter(|(number, other)| *number != network && other.is_used())
            .map(|(_, other)| other.shape)
            .collect();
        let senders = shape.senders.max(shape.ports);
        let shape = Shape {
            ports,
            senders,
            ..shape
        };
        self.may_take(&shape, &others)
    }

    fn want_oob(&mut self, id: usize, option: i32, wanted: bool) {
        let sock = &mut self.socks[id];
        match option {
            IPN_SO_HANDLE_OOB => sock.handles_oob = wanted,
            _ => sock.wants_oob = wanted,
        }
        let told = sock.handles_oob && sock.wants_oob;
        let network = sock.connected();
        if let Some(port) = network.and_then(|network| self.networks[network].port_mut(id)) {
            port.told = told;
            if !wanted {
                port.oob.clear();
            }
        }
    }

    /// What a port has counted. What depends on when others look through what waits, or on what a process writes, may be
    /// anything.
    pub(super) fn statistics(&self, slot: Slot, room: usize) -> Expected {
        let id = self.id(slot);
        let network = self.socks[id]
            .network()
            .map(|network| &self.networks[network]);
        let port = network.and_then(|network| Some((network, network.port(id)?)));
        let Some((network, port)) = port else {
            return Expected::Fails(vec![ENOTCONN]);
        };
        let exactly = |number: u64| (number, number);
        let any = (0, u64::MAX);
        let mut words = vec![any; 12];
        if let Some(bus) = &network.bus {
            words[0] = exactly(port.sent);
            words[1] = exactly(port.sent_bytes);
            words[9] = network.age();
            words[10] = (0, port.sent_bytes);
            words[11] = exactly(bus.evicted);
            if !port.mapped && !port.vague {
                words[2] = exactly(port.received);
                words[3] = exactly(port.received_bytes);
            }
            if !port.mapped && !port.vague && !network.may_have_worked(port) {
                words[4] = exactly(port.lost);
            }
        } else {
            words[8..].fill(exactly(0));
        }
        // None waits here.
        words[8] = exactly(0);
        Expected::Counts(room.min(STATISTICS), words)
    }

    fn get(&mut self, slot: Slot, option: i32, room: usize) -> Result<Answer, Errnos> {
        let id = self.id(slot);
        let sock = self.socks[id].clone();
        let network = sock.network().map(|network| &self.networks[network]);
        let number = match option {
            IPN_SO_DESCR => {
                let mut text = sock.description;
                text.push(0);
                text.truncate(room);
                return Ok(Answer::stored(text.len(), text));
            }
            IPN_SO_PORT => {
                let held = network.and_then(|network| network.number(id));
                Ok(held.unwrap_or(sock.wanted))
            }
            IPN_SO_CHANGE_NUMNODES => network.map(|network| network.shape.ports).ok_or(ENOTCONN),
            IPN_SO_HANDLE_OOB => Ok(sock.handles_oob.into()),
            IPN_SO_WANT_OOB_NUMNODES => Ok(sock.wants_oob.into()),
            IPN_SO_CREATOR => Ok(sock.creator.into()),
            IPN_SO_RECORDS => Ok(i32::from(sock.records) + i32::from(sock.sequenced)),
            IPN_SO_SEQUENCE => Ok(sock.sequence.into()),
            IPN_SO_HISTORY => Ok(match sock.history {
                History::Last(count) => count,
                _ => 0,
            }),
            IPN_SO_SINCE => Ok(match sock.history {
                History::Since(ms) => ms,
                _ => 0,
            }),
            IPN_SO_SENDER => Ok(sock.sender.into()),
            IPN_SO_OBSERVE => Ok(sock.observes.into()),
            IPN_SO_FILE if network.is_some() => {
                // The numbers are the file system's.
                let len = room.min(16);
                return Ok(Answer::stored(len, vec![0; len]));
            }
            IPN_SO_FILE => return Err(vec![ENOTCONN]),
            IPN_SO_WINDOW | IPN_SO_RATE
                if !network
                    .map_or(sock.shape, |network| network.shape)
                    .is_reliable() =>
            {
                Err(ENOPROTOOPT)
            }
            option if bounds(option).is_some() => {
                let ended = network.is_some_and(|network| network.terminated);
                let mut shape = network.map_or(sock.shape, |network| network.shape);
                (shape.pool, shape.bytes) = (shape.said_pool(), shape.said_bytes());
                let flag = if ended && option == IPN_SO_FLAGS {
                    IPN_FLAG_TERMINATED
                } else {
                    0
                };
                Ok(*field(&mut shape, option) | flag)
            }
            _ => Err(ENOPROTOOPT),
        };
        match number {
            Ok(_) if room < 4 => Err(vec![EINVAL]),
            Ok(number) => Ok(Answer::stored(4, number.to_ne_bytes().into())),
            Err(errno) if room < 4 => Err(vec![errno, EINVAL]),
            Err(errno) => Err(vec![errno]),
        }
    }
}

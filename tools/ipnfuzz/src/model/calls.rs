// SPDX-License-Identifier: GPL-2.0
//! Sockets, networks and ports: made, joined and left.

use super::bus::History;
use super::files::{Found, Kind, Rights};
use super::network::Network;
use super::port::Port;
use super::shape::Shape;
use super::{Errnos, Expected, Model, Sock, State};
use crate::limits;
use crate::outcome::{Answer, Outcome};
use crate::program::{self, Slot};
use ipntest::abi::*;
use ipntest::sys::socket::ADDRESS_SIZE;
use libc::*;

/// Bytes before the path in an address.
const FAMILY_LEN: usize = 2;

/// `FIONREAD`.
pub(super) const FIONREAD: u64 = 0x541b;

/// What a program hands over as an address.
enum Given {
    /// Nothing, of no length.
    Nothing,
    /// A path.
    Path(String),
    /// None that could be an address.
    Wrong(i32),
}

fn given(address: &program::Address) -> Given {
    let len = address.len.map_or(ADDRESS_SIZE, |len| len as usize);
    match address.name {
        None if address.len.unwrap_or(0) == 0 => Given::Nothing,
        None if len <= 128 => Given::Wrong(EFAULT),
        Some(_) if len == 0 => Given::Nothing,
        Some(name) if address.family == AF_IPN as u16 && (3..=ADDRESS_SIZE).contains(&len) => {
            let mut path = name.path();
            path.truncate(len - FAMILY_LEN);
            Given::Path(path)
        }
        _ => Given::Wrong(EINVAL),
    }
}

impl Model {
    pub(super) fn socket(&mut self, to: Slot, kind: i32, protocol: i32) -> Result<Answer, Errnos> {
        let kind = kind & !(SOCK_NONBLOCK | SOCK_CLOEXEC);
        let mut errnos = Vec::new();
        if ![SOCK_RAW, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RDM].contains(&kind) {
            errnos.push(ESOCKTNOSUPPORT);
        }
        if !(0..=10).contains(&kind) {
            errnos.push(EINVAL);
        }
        if ![IPN_ANY, IPN_BROADCAST].contains(&protocol) {
            if limits::POLICIES.contains(&protocol) && kind != SOCK_RDM {
                // Not a hub: none of the model's business.
                self.lost = true;
            }
            errnos.push(EPROTONOSUPPORT);
        }
        if !errnos.is_empty() {
            return Err(errnos);
        }
        self.socks.push(Sock::new(kind == SOCK_RDM));
        self.put(to, Some(self.socks.len() - 1));
        Ok(Answer::default())
    }

    pub(super) fn bind(
        &mut self,
        slot: Slot,
        address: &program::Address,
        outcome: &Outcome,
    ) -> Result<Answer, Errnos> {
        let id = self.id(slot);
        let mut errnos = match self.socks[id].state {
            State::Fresh => Vec::new(),
            State::Bound(..) => vec![EINVAL],
            State::Connected { .. } => vec![EISCONN],
        };
        let path = match given(address) {
            Given::Path(path) => path,
            Given::Nothing => {
                errnos.push(EINVAL);
                return Err(errnos);
            }
            Given::Wrong(errno) => {
                errnos.push(errno);
                return Err(errnos);
            }
        };
        if !errnos.is_empty() {
            return Err(errnos);
        }
        let shape = self.socks[id].shape;
        match self.files.find(&path, self.user) {
            Found::Error(_, errno) => Err(vec![errno]),
            Found::Free => {
                self.may_create(id)?;
                self.files
                    .create(&path, self.networks.len(), self.user, &shape);
                let network = Network::new(shape, path);
                self.networks.push(network);
                self.use_network(id, self.networks.len() - 1, Rights::ALL);
                self.socks[id].creator = true;
                Ok(Answer::default())
            }
            Found::Inode(inode) => {
                let rights = self.files.rights(inode, self.user);
                let network = self.live(inode, outcome);
                let mut errnos = Vec::new();
                if network.is_none() {
                    errnos.push(ECONNREFUSED);
                }
                if !rights.manage && self.files.inode(inode).kind != Kind::Other {
                    errnos.push(EACCES);
                }
                let exclusive = |flags: i32| flags & IPN_FLAG_EXCL != 0;
                let theirs = network.map_or(0, |network| self.networks[network].shape.flags);
                if network.is_some() && (exclusive(shape.flags) || exclusive(theirs)) {
                    errnos.push(EEXIST);
                }
                errnos.extend(self.is_of_wrong_type(id, network).then_some(EPROTOTYPE));
                match network {
                    Some(network) if errnos.is_empty() => {
                        self.use_network(id, network, rights);
                        Ok(Answer::default())
                    }
                    _ => Err(errnos),
                }
            }
        }
    }

    /// Whether one more network is within the bounds. All users here have the same real one.
    fn may_create(&mut self, id: usize) -> Result<(), Errnos> {
        if self.used().count() >= limits::USER_NETWORKS {
            return Err(vec![ENOBUFS]);
        }
        let all: Vec<Shape> = self.used().map(|network| network.shape).collect();
        let shape = self.socks[id].shape;
        if !shape.is_enough() {
            return Err(vec![EINVAL]);
        }
        self.may_take(&shape, &all)
    }

    /// Whether a network of this shape is within the bounds of bytes, beside others. Close to a bound
    /// the model cannot tell.
    pub(super) fn may_take(&mut self, shape: &Shape, others: &[Shape]) -> Result<(), Errnos> {
        let (least, most) = shape.bytes();
        let sum = |of: fn(&Shape) -> u64| others.iter().map(of).sum::<u64>();
        let (all_least, all_most) = (sum(|other| other.bytes().0), sum(|other| other.bytes().1));
        let fits = |bytes, all| bytes <= limits::NETWORK_BYTES && all + bytes <= limits::USER_BYTES;
        if fits(most, all_most) {
            return Ok(());
        }
        self.lost |= fits(least, all_least);
        Err(vec![ENOBUFS])
    }

    fn use_network(&mut self, id: usize, network: usize, rights: Rights) {
        self.networks[network].users += 1;
        self.socks[id].state = State::Bound(network, rights);
    }

    /// Whether a socket of the type of a reliable bus finds a network that is none.
    fn is_of_wrong_type(&self, id: usize, network: Option<usize>) -> bool {
        let network = network.map(|network| &self.networks[network]);
        self.socks[id].reliable && network.is_some_and(|network| network.bus.is_none())
    }

    /// The network of a file, if it can be joined.
    fn live(&mut self, inode: usize, outcome: &Outcome) -> Option<usize> {
        match self.files.inode(inode).kind {
            Kind::Network(network) if self.is_live(network, outcome) => Some(network),
            _ => None,
        }
    }

    /// The same of a network. Whether one has ended of nonsense is as the call says.
    fn is_live(&mut self, network: usize, outcome: &Outcome) -> bool {
        let network = &mut self.networks[network];
        network.terminated |= network.wild && matches!(outcome, Err(ECONNREFUSED));
        network.is_live()
    }

    pub(super) fn connect(
        &mut self,
        slot: Slot,
        address: &program::Address,
        outcome: &Outcome,
    ) -> Result<Answer, Errnos> {
        let id = self.id(slot);
        let sock = self.socks[id].clone();
        let mut errnos = Vec::new();
        let path = match given(address) {
            Given::Path(path) => Some(path),
            Given::Nothing => None,
            Given::Wrong(errno) => {
                errnos.push(errno);
                None
            }
        };
        let found = path.map(|path| self.files.find(&path, self.user));
        let (network, rights) = match sock.state {
            State::Connected { .. } => {
                errnos.push(EISCONN);
                return Err(errnos);
            }
            State::Bound(network, rights) => {
                match found {
                    None => {}
                    Some(Found::Inode(inode)) => {
                        if self.files.inode(inode).kind != Kind::Network(network) {
                            errnos.push(EINVAL);
                        }
                    }
                    Some(Found::Free) => errnos.push(ENOENT),
                    Some(Found::Error(errno, _)) => errnos.push(errno),
                }
                if !self.is_live(network, outcome) {
                    errnos.push(ECONNREFUSED);
                }
                (Some(network), rights)
            }
            State::Fresh => match found {
                Some(Found::Inode(inode)) => {
                    let network = self.live(inode, outcome);
                    if network.is_none() {
                        errnos.push(ECONNREFUSED);
                    }
                    if self.files.inode(inode).kind == Kind::Other {
                        return Err(errnos);
                    }
                    (network, self.files.rights(inode, self.user))
                }
                Some(Found::Free) => return Err(vec![ENOENT]),
                Some(Found::Error(errno, _)) => return Err(vec![errno]),
                None => {
                    errnos.push(EINVAL);
                    return Err(errnos);
                }
            },
        };
        errnos.extend(self.is_of_wrong_type(id, network).then_some(EPROTOTYPE));
        let is_past = network.is_some_and(|network| !self.networks[network].shape.has_history());
        errnos.extend((is_past && sock.history != History::None).then_some(EACCES));
        let receives = !sock.receive_shut && rights.receive;
        let sends = !sock.send_shut && rights.send && !sock.observes;
        // Whoever gave up both of their own accord is refused nothing.
        let has_all = rights.receive && rights.send;
        let is_refused = match sock.observes {
            true => !rights.receive || !rights.manage,
            false => !receives && !sends && !has_all,
        };
        if is_refused {
            errnos.push(EACCES);
        }
        let number = network.map(|network| self.networks[network].choose(sock.wanted));
        if let Some(Err(errno)) = number {
            errnos.push(errno);
        }
        let (Some(network), Some(Ok(number)), true) = (network, number, errnos.is_empty()) else {
            return Err(errnos);
        };
        let told = sock.handles_oob && sock.wants_oob;
        let manager = matches!(sock.state, State::Bound(..));
        let history = sock.history;
        let sock = &mut self.socks[id];
        sock.receive_shut = !receives;
        sock.send_shut = !sends;
        sock.state = State::Connected { network, manager };
        let mut port = Port::new(id, receives, sends, told);
        port.filter = sock.filter;
        port.observes = sock.observes;
        port.missed.hears = sock.reliable;
        let network = &mut self.networks[network];
        network.users += usize::from(!manager);
        network.join(number, port, history);
        Ok(Answer::default())
    }

    pub(super) fn shutdown(&mut self, slot: Slot, how: i32) -> Result<Answer, Errnos> {
        let (receive, send) = match how {
            SHUT_RD => (true, false),
            SHUT_WR => (false, true),
            SHUT_RDWR => (true, true),
            _ => return Err(vec![EINVAL]),
        };
        let id = self.id(slot);
        let sock = &mut self.socks[id];
        sock.receive_shut |= receive;
        sock.send_shut |= send;
        if let Some(network) = sock.connected() {
            self.networks[network].shut(id, receive, send);
        }
        Ok(Answer::default())
    }

    pub(super) fn name(&mut self, slot: Slot, room: usize) -> Result<Answer, Errnos> {
        let network = self.sock(slot).network().ok_or(vec![ENOTCONN])?;
        let mut path = self.networks[network].path.clone().into_bytes();
        let len = FAMILY_LEN + path.len() + 1;
        path.truncate(room.saturating_sub(FAMILY_LEN));
        Ok(Answer::stored(len, path))
    }

    pub(super) fn request(&mut self, slot: Slot, request: u64) -> Option<Result<Answer, Errnos>> {
        Some(match request {
            IPN_CHECK => Ok(Answer::default()),
            FIONREAD if self.is_unheard_writer(slot) => Err(vec![EPIPE]),
            FIONREAD => Ok(Answer::number(self.next_length(slot))),
            IPN_TERMINATE => match self.sock(slot).state {
                State::Fresh => Err(vec![ENOTCONN]),
                State::Connected { manager: false, .. } => Err(vec![EACCES]),
                State::Bound(network, _) | State::Connected { network, .. } => {
                    self.networks[network].terminated = true;
                    Ok(Answer::default())
                }
            },
            _ => return None,
        })
    }

    /// `/proc/net/ipn`, but for what names a file or counts losses.
    pub(super) fn list(&self) -> Expected {
        let mut rows: Vec<String> = self
            .used()
            .map(|network| {
                let flags = network.flags();
                let used = network.ports.iter().flatten().count();
                let (readers, writers) = network.census();
                let (mtu, ports, pool) = (
                    network.shape.mtu,
                    network.shape.ports,
                    network.shape.said_pool(),
                );
                let sent = network.sent();
                format!("hub {flags:#x} {mtu} {ports} {used} {readers} {writers} {pool} {sent}")
            })
            .collect();
        rows.sort();
        Expected::Answers(Answer::stored(0, rows.join("\n").into_bytes()))
    }
}

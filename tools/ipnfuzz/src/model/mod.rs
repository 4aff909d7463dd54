// SPDX-License-Identifier: GPL-2.0
//! What af_ipn(7) says of hub networks, as a program that cannot be wrong in any clever way: lists,
//! searched through for every question.
//!
//! For a call the model collects the errors that fit. If there are any the call must fail with one of
//! them, and nothing has changed; else it must succeed, and answer as the model does. What the model
//! does not know makes it stop judging.

mod bus;
mod calls;
mod compare;
mod files;
mod mappings;
mod messages;
mod missed;
mod moment;
mod network;
mod options;
mod port;
mod records;
mod shape;
mod sysfs;

use crate::outcome::{Answer, Outcome};
use crate::program::{Call, Filter, Slot, SEQUENCED_HEADER, SLOTS};
use bus::History;
use files::{Files, Rights};
use ipntest::abi::{IPN_SO_FLAGS, IPN_SO_STATISTICS, LEVEL};
use mappings::Area;
use messages::OOB_LEN;
pub use moment::Moment;
use network::{Id, Network};
use shape::Shape;

/// The errors that fit, at least one.
type Errnos = Vec<i32>;

/// What a call must answer.
#[derive(Debug)]
enum Expected {
    /// It fails with one of these.
    Fails(Errnos),
    /// It answers so.
    Answers(Answer),
    /// It fails with one of these, or answers so; nothing changes either way.
    Either(Errnos, Answer),
    /// It fails with one of these, or answers with numbers and messages no longer than so.
    Within(Errnos, usize),
    /// It answers with so many bytes of numbers, each of which is within bounds.
    Counts(usize, Vec<(u64, u64)>),
    /// It is as it is, and nothing changes.
    Any,
    /// The model knows nothing of it.
    Unknown,
}

/// How far a socket has come.
#[derive(Clone, Copy, Debug)]
enum State {
    Fresh,
    Bound(usize, Rights),
    Connected { network: usize, manager: bool },
}

/// A socket.
#[derive(Clone, Debug)]
struct Sock {
    /// Descriptors of it.
    descriptors: usize,
    shape: Shape,
    receive_shut: bool,
    send_shut: bool,
    wanted: i32,
    description: Vec<u8>,
    handles_oob: bool,
    wants_oob: bool,
    /// It is of the type of a reliable bus.
    reliable: bool,
    /// It sends and receives records.
    records: bool,
    /// Those have the sequence of each message.
    sequenced: bool,
    /// Its messages come with their sequence.
    sequence: bool,
    /// With what its port is to begin.
    history: History,
    /// Its messages come with who sent them.
    sender: bool,
    /// It is to observe.
    observes: bool,
    /// Its bind made the network.
    creator: bool,
    tells_loss: bool,
    filter: Option<Filter>,
    state: State,
}

impl Sock {
    fn new(reliable: bool) -> Sock {
        Sock {
            descriptors: 1,
            shape: Shape::of_type(reliable),
            receive_shut: false,
            send_shut: false,
            wanted: -1,
            description: Vec::new(),
            handles_oob: false,
            wants_oob: false,
            reliable,
            records: false,
            sequenced: false,
            sequence: false,
            history: History::None,
            sender: false,
            observes: false,
            creator: false,
            tells_loss: false,
            filter: None,
            state: State::Fresh,
        }
    }

    /// The network that it is bound or connected to.
    fn network(&self) -> Option<usize> {
        match self.state {
            State::Fresh => None,
            State::Bound(network, _) | State::Connected { network, .. } => Some(network),
        }
    }

    /// The network of which it holds a port.
    fn connected(&self) -> Option<usize> {
        match self.state {
            State::Connected { network, .. } => Some(network),
            _ => None,
        }
    }
}

/// The model of everything that a program can reach.
pub struct Model {
    user: u8,
    slots: [Option<Id>; SLOTS as usize],
    areas: [Option<Area>; SLOTS as usize],
    socks: Vec<Sock>,
    networks: Vec<Network>,
    files: Files,
    /// Something happened that the model does not know.
    lost: bool,
    /// When a call is made.
    now: Moment,
}

impl Model {
    /// Nothing has happened; this user begins.
    pub fn new(user: u8) -> Model {
        Model {
            user,
            slots: [None; SLOTS as usize],
            areas: [None; SLOTS as usize],
            socks: Vec::new(),
            networks: Vec::new(),
            files: Files::new(),
            lost: false,
            now: Moment::default(),
        }
    }

    /// Whether a call answered as it must; if not, what was expected. It was made, then.
    pub fn judge(&mut self, call: &Call, outcome: &Outcome, now: Moment) -> Result<(), String> {
        self.networks
            .iter_mut()
            .for_each(|network| network.now = now);
        self.now = now;
        if self.lost || matches!(outcome, Err(libc::ENOMEM)) {
            self.lost = true;
            return Ok(());
        }
        let expected = match self.of_a_wild_one(call) {
            Some(expected) => expected,
            None => self.expect(call, outcome),
        };
        self.lost |= self.networks.iter().any(|network| network.is_unsure);
        if self.lost || matches!(expected, Expected::Unknown) {
            self.lost = true;
            return Ok(());
        }
        compare::compare(call, &expected, outcome)
    }

    /// What a call must answer; the model's world changes as that of the call.
    fn expect(&mut self, call: &Call, outcome: &Outcome) -> Expected {
        let result = match call {
            Call::Unlink { .. }
            | Call::Rename { .. }
            | Call::HardLink { .. }
            | Call::Mode { .. } => {
                // How files change is not the matter here, only that they did.
                return match outcome {
                    Ok(_) if !self.files.changed(call) => Expected::Unknown,
                    Ok(answer) => Expected::Answers(answer.clone()),
                    Err(errno) => Expected::Fails(vec![*errno]),
                };
            }
            Call::Pause { .. } => Ok(Answer::default()),
            Call::Become { user } => {
                self.user = *user;
                Ok(Answer::default())
            }
            Call::List => return self.list(),
            Call::Look { name, file } => return self.look(*name, file),
            Call::Directories => Ok(Answer::number(self.used().count())),
            Call::Map { .. } => self.map(call, outcome),
            Call::MapWriter { sock, to } => self.map_writer(*sock, *to, outcome),
            Call::Publish { area, len, mark } => {
                return self.publish(*area, *len as usize, *mark, outcome);
            }
            Call::Scribble { area, word, value } => {
                return self.scribble(*area, (*word).into(), *value);
            }
            Call::Peek { area, word } => return self.peek(*area, (*word).into()),
            Call::LookBack { area, back } => return self.look_back(*area, (*back).into()),
            Call::Get {
                sock,
                level: LEVEL,
                option: IPN_SO_STATISTICS,
                room,
                ..
            } => return self.statistics(*sock, *room as usize),
            Call::Set { .. } | Call::Get { .. } => self.option(call),
            Call::Filter { sock, filter } => self.filter(*sock, Some(*filter)),
            Call::Send {
                sock,
                by,
                data,
                flags,
            } => self.send(*sock, by, data, *flags, outcome),
            Call::Receive {
                sock,
                by,
                room,
                flags,
            } => {
                return self.receive(*sock, by, *room as usize, *flags);
            }
            Call::Pair {
                kind: libc::SOCK_RAW,
                protocol: 1,
            }
            | Call::Listen { .. }
            | Call::Accept { .. } => Err(vec![libc::EOPNOTSUPP]),
            Call::Socket { to, kind, protocol } => self.socket(*to, *kind, *protocol),
            Call::Bind { sock, address } => self.bind(*sock, address, outcome),
            Call::Connect { sock, address } => self.connect(*sock, address, outcome),
            Call::Shutdown { sock, how } => self.shutdown(*sock, *how),
            Call::Close { sock } => {
                self.put(*sock, None);
                Ok(Answer::default())
            }
            Call::Duplicate { sock, to } => {
                let id = self.id(*sock);
                self.socks[id].descriptors += 1;
                self.put(*to, Some(id));
                Ok(Answer::default())
            }
            Call::Replace { sock, over } => {
                let id = self.id(*sock);
                if sock % SLOTS != over % SLOTS {
                    self.socks[id].descriptors += 1;
                    self.put(*over, Some(id));
                }
                Ok(Answer::default())
            }
            Call::Name { sock, room, .. } => self.name(*sock, *room as usize),
            Call::Request { sock, request, .. } => match self.request(*sock, *request) {
                Some(result) => result,
                None => return Expected::Unknown,
            },
            Call::Poll { sock, events, .. } => {
                Ok(Answer::number(self.poll(*sock, *events, outcome)))
            }
            _ => return Expected::Unknown,
        };
        match result {
            Ok(answer) => Expected::Answers(answer),
            Err(errnos) => Expected::Fails(errnos),
        }
    }

    /// The socket of a place, which has one: the call was made.
    fn id(&self, slot: Slot) -> Id {
        self.slots[usize::from(slot % SLOTS)].expect("the place has a socket")
    }

    /// The network that a socket is connected to, if what is written into its ring may make no sense.
    fn wild(&self, slot: Slot) -> Option<&Network> {
        let network = self.socks[self.id(slot)].network()?;
        Some(&self.networks[network]).filter(|network| network.wild)
    }

    /// What a call must answer that tells of such a network.
    fn of_a_wild_one(&self, call: &Call) -> Option<Expected> {
        match call {
            Call::List if self.used().any(|network| network.wild) => Some(Expected::Any),
            Call::Poll { sock, .. }
            | Call::Get {
                sock,
                level: LEVEL,
                option: IPN_SO_FLAGS,
                ..
            } if self.wild(*sock).is_some() => Some(Expected::Any),
            Call::Request {
                sock,
                request: calls::FIONREAD,
                ..
            } => {
                let network = self.wild(*sock)?;
                let most = network.shape.mtu as usize + SEQUENCED_HEADER;
                Some(Expected::Within(vec![libc::EPIPE], most.max(OOB_LEN)))
            }
            _ => None,
        }
    }

    fn sock(&mut self, slot: Slot) -> &mut Sock {
        let id = self.id(slot);
        &mut self.socks[id]
    }

    /// A place gets a descriptor; what was there is closed.
    fn put(&mut self, slot: Slot, id: Option<Id>) {
        let place = usize::from(slot % SLOTS);
        let old = std::mem::replace(&mut self.slots[place], id);
        // A mapping keeps its socket.
        let area = self.areas[place].take().map(|area| area.sock);
        for old in [old, area].into_iter().flatten() {
            self.close(old);
        }
    }

    /// Networks that are in use.
    fn used(&self) -> impl Iterator<Item = &Network> {
        self.networks.iter().filter(|network| network.is_used())
    }

    /// A descriptor is closed.
    fn close(&mut self, id: Id) {
        let sock = &mut self.socks[id];
        sock.descriptors -= 1;
        if sock.descriptors != 0 {
            return;
        }
        if let Some(network) = sock.network() {
            self.networks[network].leave(id);
            self.networks[network].users -= 1;
        }
    }
}

#[cfg(test)]
mod bus_tests;
#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! Readiness that event loops believe: after every step, for every port, do `poll`, the edges that were
//! given so far, and what a call would do now agree?
//!
//! Ports come, send, receive, shut a direction, ask for out-of-band messages and go, one after the
//! other. A naive network knows what each call has to answer. Of each port that is watched (`EPOLLET`)
//! it is known what its owner believes: ready is what an edge has told, until a call says `EAGAIN`.

use crate::{
    abi::uapi::*,
    chaos,
    oracle::{bytes, id},
    policies::SWITCH,
    rust::fs::path,
    rust::net::message::{Flags, Got, Incoming, Outgoing},
    rust::net::sockopt::OptionReader,
    rust::net::{
        family::Family,
        socket::{events, Sock, SockRef, FAMILY},
    },
    rust::task::current as task,
    socket::Endpoint,
    table,
    world::IPN_TERMINATE,
};
use kernel::prelude::*;
use proptest::{collection::vec, prelude::*};
use std::collections::VecDeque;

/// A step. Ports are taken modulo those that are there.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A socket takes a port, without the directions that it has shut (`how` of `shutdown`); it is
    /// watched from before on, from then on, or not.
    Join { shut: Option<i32>, watch: Watch },
    /// A port is watched from now on.
    Watch { port: usize },
    /// A port sends so many messages in one system call.
    Send { port: usize, count: u32 },
    /// A port sends a message that is not in its memory.
    SendNothing { port: usize },
    /// A port receives.
    Receive { port: usize },
    /// A port shuts directions.
    Shut { port: usize, how: i32 },
    /// A port sets an option of the out-of-band messages.
    Ask {
        port: usize,
        option: u32,
        wanted: bool,
    },
    /// A port is closed.
    Close { port: usize },
    /// The network ends.
    End,
}

#[derive(Clone, Copy, Debug)]
enum Watch {
    Before,
    After,
    Never,
}

/// A network and what becomes of it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    switch: bool,
    lossless: bool,
    pool: i32,
    steps: Vec<Step>,
}

fn step() -> impl Strategy<Value = Step> {
    let port = || 0..4_usize;
    let watch = prop_oneof![Just(Watch::Before), Just(Watch::After), Just(Watch::Never)];
    let option = prop_oneof![Just(IPN_SO_HANDLE_OOB), Just(IPN_SO_WANT_OOB_NUMNODES)];
    prop_oneof![
        4 => (proptest::option::of(0..3), watch).prop_map(|(shut, watch)| Step::Join { shut, watch }),
        1 => port().prop_map(|port| Step::Watch { port }),
        8 => (port(), 1..4_u32).prop_map(|(port, count)| Step::Send { port, count }),
        1 => port().prop_map(|port| Step::SendNothing { port }),
        8 => port().prop_map(|port| Step::Receive { port }),
        2 => (port(), 0..3).prop_map(|(port, how)| Step::Shut { port, how }),
        3 => (port(), option, any::<bool>())
            .prop_map(|(port, option, wanted)| Step::Ask { port, option, wanted }),
        1 => port().prop_map(|port| Step::Close { port }),
        1 => Just(Step::End),
    ]
}

fn story() -> impl Strategy<Value = Story> {
    let shape = (any::<bool>(), any::<bool>(), 1..4_i32);
    (shape, vec(step(), 1..40)).prop_map(|((switch, lossless, pool), steps)| Story {
        switch,
        lossless,
        pool,
        steps,
    })
}

/// What a port is, naively.
struct Naive {
    me: u32,
    receives: bool,
    sends: bool,
    handles: bool,
    wants: bool,
    /// How many out-of-band messages wait.
    told: usize,
    /// Who sent what it has not received: in its own ring, or since it came in that of all.
    unread: VecDeque<u32>,
}

impl Naive {
    /// Whether a message waits that is not its own.
    fn has_message(&self) -> bool {
        self.receives && self.unread.iter().any(|&from| from != self.me)
    }

    /// Its own messages at its position are behind it.
    fn skip_own(&mut self) {
        while self.unread.front() == Some(&self.me) {
            self.unread.pop_front();
        }
    }
}

/// A port, and what its owner believes.
struct Port {
    sock: SockRef<Endpoint>,
    naive: Naive,
    /// Where it stands among the wake-ups, if it is watched.
    entry: Option<u32>,
    /// The events that it was told of since a call last said `EAGAIN`.
    believed: u32,
}

struct World {
    story: Story,
    maker: SockRef<Endpoint>,
    ports: Vec<Port>,
    ended: bool,
    /// How many sockets there were.
    joined: u32,
    sent: u32,
}

/// The calls, as the table has them.
const SEND: &str = "send 1 DONTWAIT";
const RECEIVE: &str = "recv 64 DONTWAIT";

/// What a call answers in a state.
fn said(call: &str, state: &str) -> Result<usize> {
    table::says(call, state).map_err(|errno| Error::from_errno(-errno))
}

fn int(value: i32) -> OptionReader {
    OptionReader(value.to_ne_bytes().to_vec())
}

fn address() -> Vec<u8> {
    [&FAMILY.to_ne_bytes()[..], b"/0"].concat()
}

fn set(sock: &Sock<Endpoint>, option: u32, value: i32) {
    task::call(|| Endpoint::set_option(sock, 0, option, &int(value))).unwrap();
}

fn receive(sock: &Sock<Endpoint>, flags: u32) -> Result<usize> {
    let mut got = Got::default();
    let place = Incoming::new(&mut got, 64, flags | Flags::DONTWAIT);
    task::call(|| Endpoint::receive(sock, place))
}

impl World {
    fn new(story: &Story) -> Self {
        let protocol = if story.switch { SWITCH } else { IPN_BROADCAST };
        let maker = Sock::<Endpoint>::open(2, protocol as i32).unwrap();
        set(&maker, IPN_SO_FLAGS, story.lossless.into());
        set(&maker, IPN_SO_MSGPOOLSIZE, story.pool);
        set(&maker, IPN_SO_MTU, 16);
        task::call(|| Endpoint::bind(&maker, &address())).unwrap();
        Self {
            story: story.clone(),
            maker,
            ports: Vec::new(),
            ended: false,
            joined: 0,
            sent: 0,
        }
    }

    fn pool(&self) -> usize {
        self.story.pool as usize
    }

    /// Whether every port that would get a message of `from` has room for it.
    fn has_room(&self, from: u32) -> bool {
        !self.story.lossless
            || self.ports.iter().map(|port| &port.naive).all(|port| {
                let gets = port.receives && (port.me != from || !self.story.switch);
                !gets || port.unread.len() < self.pool()
            })
    }

    /// The numbers of readers and writers have changed.
    fn tell(&mut self) {
        for port in self.ports.iter_mut().map(|port| &mut port.naive) {
            if port.handles && port.wants {
                port.told = (port.told + 1).min(16);
            }
        }
    }

    /// The events that must hold for a port now, and of these the ones that may be told in vain.
    fn expected(&self, port: &Naive) -> (u32, u32) {
        let mut now = 0;
        let told = port.handles && port.told != 0;
        if told {
            now |= events::PRI;
        }
        if told || port.has_message() || self.ended || !(port.receives || port.handles) {
            now |= events::IN;
        }
        if !port.sends || self.ended || self.has_room(port.me) {
            now |= events::OUT;
        }
        if !port.receives || self.ended {
            now |= events::RDHUP;
        }
        if !(port.receives || port.sends) || self.ended {
            now |= events::HUP;
        }
        // With a ring for each port, whose room counts is known only once a message was refused.
        let vain = self.story.switch && self.story.lossless;
        (now, if vain { events::OUT } else { 0 })
    }

    fn join(&mut self, shut: Option<i32>, watch: Watch) {
        let sock = Sock::<Endpoint>::open(2, 0).unwrap();
        if let Some(how) = shut {
            task::call(|| Endpoint::shutdown(&sock, how)).unwrap();
        }
        let entry = matches!(watch, Watch::Before).then(|| {
            let entry = sock.join();
            assert_eq!(Endpoint::poll(&sock, true), 0);
            entry
        });
        let joined = task::call(|| Endpoint::connect(&sock, &address()));
        assert_eq!(joined.is_err(), self.ended);
        if self.ended {
            entry.into_iter().for_each(|_| sock.unjoin());
            return Sock::close(sock);
        }
        self.joined += 1;
        let (receives, sends) = (
            ![Some(0), Some(2)].contains(&shut),
            ![Some(1), Some(2)].contains(&shut),
        );
        self.ports.push(Port {
            sock,
            naive: Naive {
                me: self.joined,
                receives,
                sends,
                handles: false,
                wants: false,
                told: 0,
                unread: VecDeque::new(),
            },
            entry,
            believed: 0,
        });
        if receives || sends {
            self.tell();
        }
        if let Watch::After = watch {
            self.watch(self.ports.len() - 1);
        }
    }

    fn watch(&mut self, number: usize) {
        let port = &mut self.ports[number];
        if port.entry.is_none() {
            port.entry = Some(port.sock.join());
            port.believed = Endpoint::poll(&port.sock, true);
        }
    }

    fn send(&mut self, number: usize, count: u32) {
        task::with(|task| task.more_follows.set(count > 1));
        task::call(|| {
            for _ in 0..count {
                self.sent += 1;
                let (me, sends) = (self.ports[number].naive.me, self.ports[number].naive.sends);
                let message = bytes(id(me, self.sent));
                let message = Outgoing::new(&message, Flags::DONTWAIT);
                let result = Endpoint::send(&self.ports[number].sock, message);
                if !sends || self.ended {
                    let state = if sends { "ended" } else { "mute" };
                    assert_eq!(result.unwrap_err(), table::error(SEND, state));
                } else if !self.has_room(me) {
                    assert_eq!(result.unwrap_err(), table::error(SEND, "full"));
                    self.ports[number].believed &= !events::OUT;
                } else {
                    result.unwrap();
                    self.deliver(me);
                }
            }
        });
        task::with(|task| task.more_follows.set(false));
    }

    /// A message of `from` was sent.
    fn deliver(&mut self, from: u32) {
        let (pool, switch) = (self.pool(), self.story.switch);
        for port in self.ports.iter_mut().map(|port| &mut port.naive) {
            if switch && (port.me == from || !port.receives) {
                continue;
            }
            port.unread.push_back(from);
            port.skip_own();
            if port.unread.len() > pool {
                port.unread.pop_front();
            }
        }
    }

    fn receive(&mut self, number: usize) {
        let ended = self.ended;
        let port = &mut self.ports[number];
        let result = receive(&port.sock, 0);
        let naive = &mut port.naive;
        if naive.handles && naive.told != 0 {
            assert_eq!(result, said(RECEIVE, "told"));
            naive.told -= 1;
        } else if naive.has_message() {
            assert!(matches!(result, Ok(14 | 15)), "{result:?}");
            naive.skip_own();
            naive.unread.pop_front();
            naive.skip_own();
        } else if !(naive.receives || naive.handles) {
            assert_eq!(result, said(RECEIVE, "deaf"));
        } else if ended {
            assert_eq!(result, said(RECEIVE, "ended"));
        } else {
            assert_eq!(result, said(RECEIVE, "member"));
            port.believed &= !(events::IN | events::PRI);
        }
    }

    fn shut(&mut self, number: usize, how: i32) {
        let port = &mut self.ports[number];
        task::call(|| Endpoint::shutdown(&port.sock, how)).unwrap();
        let before = (port.naive.receives, port.naive.sends);
        port.naive.receives &= how == 1;
        port.naive.sends &= how == 0;
        if before != (port.naive.receives, port.naive.sends) {
            self.tell();
        }
    }

    fn ask(&mut self, number: usize, option: u32, wanted: bool) {
        let port = &mut self.ports[number];
        set(&port.sock, option, wanted.into());
        match option {
            IPN_SO_HANDLE_OOB => port.naive.handles = wanted,
            _ => port.naive.wants = wanted,
        }
        if !wanted {
            port.naive.told = 0;
        }
    }

    fn close(&mut self, number: usize) {
        let port = self.ports.swap_remove(number);
        port.entry.into_iter().for_each(|_| port.sock.unjoin());
        Sock::close(port.sock);
        if port.naive.receives || port.naive.sends {
            self.tell();
        }
    }

    fn run(&mut self, step: Step) {
        let number = |port: usize| port.checked_rem(self.ports.len());
        match step {
            Step::Join { shut, watch } if self.ports.len() < 4 => self.join(shut, watch),
            Step::Join { .. } => {}
            Step::Watch { port } => number(port).into_iter().for_each(|at| self.watch(at)),
            Step::Send { port, count } => {
                number(port).into_iter().for_each(|at| self.send(at, count));
            }
            Step::SendNothing { port } => {
                number(port)
                    .into_iter()
                    .for_each(|at| self.send_nothing(at));
            }
            Step::Receive { port } => number(port).into_iter().for_each(|at| self.receive(at)),
            Step::Shut { port, how } => number(port).into_iter().for_each(|at| self.shut(at, how)),
            Step::Ask {
                port,
                option,
                wanted,
            } => (number(port).into_iter()).for_each(|at| self.ask(at, option, wanted)),
            Step::Close { port } => number(port).into_iter().for_each(|at| self.close(at)),
            Step::End => {
                task::call(|| Endpoint::ioctl(&self.maker, IPN_TERMINATE, 0)).unwrap();
                self.ended = true;
            }
        }
    }

    /// A message whose memory is not there: what the call says without its being sent.
    fn try_to_send(&self, number: usize) -> Error {
        let bytes = [0; 14];
        let message = Outgoing::with_faults(&bytes, Flags::DONTWAIT, 1);
        task::with(|task| task.faults.set(1));
        let result = task::call(|| Endpoint::send(&self.ports[number].sock, message));
        task::with(|task| task.faults.set(0));
        result.unwrap_err()
    }

    fn send_nothing(&mut self, number: usize) {
        let naive = &self.ports[number].naive;
        let (begins, me) = (naive.sends && !self.ended, naive.me);
        // For a policy a message is taken in before anything else is asked.
        let has_room = self.has_room(me) || self.story.switch;
        let error = self.try_to_send(number);
        let full = error == table::error("send nowhere", "full");
        assert_eq!(error == table::error("send nowhere", "mute"), !begins);
        assert_eq!(full, begins && !has_room);
        if full {
            self.ports[number].believed &= !events::OUT;
        } else if begins && !self.story.switch && !self.story.lossless {
            self.begin();
        }
    }

    /// A message was begun on a hub and given up: the oldest of the pool is gone.
    fn begin(&mut self) {
        let most = self.pool() - 1;
        for port in self.ports.iter_mut().map(|port| &mut port.naive) {
            while port.unread.len() > most {
                port.unread.pop_front();
            }
        }
    }

    /// After a step.
    fn check(&mut self) {
        for number in 0..self.ports.len() {
            let (now, vain) = self.expected(&self.ports[number].naive);
            let port = &mut self.ports[number];
            if let Some(entry) = &mut port.entry {
                // As `ep_send_events` (fs/eventpoll.c) has it: asked only where it was woken.
                if port.sock.was_woken(entry) {
                    port.believed |= Endpoint::poll(&port.sock, false);
                }
                let unheard = now & !port.believed;
                assert_eq!(
                    unheard, 0,
                    "port {} was not told: {unheard:#x}",
                    port.naive.me
                );
            }
            let polled = Endpoint::poll(&port.sock, false);
            assert_eq!(polled & !vain, now & !vain, "port {}: poll", port.naive.me);
            assert_eq!(now & vain & !polled, 0, "port {}: poll", port.naive.me);
            let peeked = receive(&port.sock, Flags::PEEK);
            let waits = peeked == said(RECEIVE, "member");
            assert_eq!(waits, now & events::IN == 0, "port {}: recv", port.naive.me);
            // One that is refused would ask to be told of room; on a lossy hub it costs a message.
            let asks = self.story.lossless && !self.story.switch;
            if asks && now & events::OUT != 0 {
                assert_ne!(self.try_to_send(number), EAGAIN, "port {number}: send");
            }
        }
    }
}

/// One run.
pub(crate) fn run(story: &Story) {
    kernel::alloc::fail_when(task::fails);
    let mut world = World::new(story);
    for &step in &story.steps {
        world.run(step);
        world.check();
    }
    while !world.ports.is_empty() {
        world.close(0);
        world.check();
    }
    Sock::close(world.maker);
    path::unlink(c"/0").unwrap();
}

/// `AF_IPN_SIM_*` as for the others; one task needs one schedule.
#[test]
fn poll_edges_and_calls_agree() {
    chaos::explore(story, run, 1);
}

// SPDX-License-Identifier: GPL-2.0

//! What sends do, as the family does them that is shipped.

use crate::{
    abi::uapi::*,
    caller::{be, Socket},
    chaos,
    kinds::{Kind, Network},
    policies::SWITCH,
    words::{noted, Access},
};
use std::cell::RefCell;

/// What one send does.
pub(crate) type Trace = Vec<Access>;

/// Sends of each sender that are noted.
const NOTED: usize = 64;
/// Sends of each before: the rings have gone round, and everybody is known.
const BEFORE: usize = 1200;

/// A line of what a lock guards, which has no address here: its number.
fn guarded(lock: u64, number: u64) -> u64 {
    (1 << 63) | (lock << 5) | number
}

/// What a sender sends from, and what.
struct Sender {
    port: Socket,
    message: Vec<u8>,
}

/// Senders on a network, the stations that they send to on a switch, and who has made the networks.
struct Stage {
    senders: Vec<Sender>,
    stations: Vec<Socket>,
    makers: Vec<Socket>,
}

fn network(name: &str, kind: &Kind, ports: usize) -> Socket {
    let (protocol, mut options) = match kind.network {
        Network::Hub | Network::HubEach => (IPN_BROADCAST, Vec::new()),
        // The table is large enough for all, and the rings small enough to be had.
        Network::Switch => (
            SWITCH,
            vec![(IPN_SO_MSGPOOLSIZE, 64), (IPN_SO_MTU, kind.bytes as i32)],
        ),
    };
    options.push((IPN_SO_NUMNODES, ports as i32));
    Socket::made(name, protocol, &options)
}

fn address(station: usize) -> [u8; 6] {
    [2, 0, 0, 0, 0, station as u8]
}

fn stage(kind: &Kind, senders: usize) -> Stage {
    be(0);
    let name = |number: usize| format!("/{number}");
    let message = |to: usize, from: usize| {
        let mut frame = [&address(to)[..], &address(from), &[0x88, 0xb5]].concat();
        frame.resize(kind.bytes, 0x5a);
        frame
    };
    let mut stage = Stage {
        senders: Vec::new(),
        stations: Vec::new(),
        makers: Vec::new(),
    };
    if kind.network != Network::HubEach {
        let ports = senders * 2;
        stage.makers.push(network(&name(0), kind, ports));
    }
    for number in 0..senders {
        let network_name = match kind.network {
            Network::HubEach => {
                stage.makers.push(network(&name(number), kind, 2));
                name(number)
            }
            _ => name(0),
        };
        let port = Socket::joined(&network_name);
        let (from, to) = (2 * number, 2 * number + 1);
        if kind.network == Network::Switch {
            let station = Socket::joined(&network_name);
            // So the switch learns where it is.
            station.send(&message(from, to), 0).unwrap();
            stage.stations.push(station);
        }
        let message = message(to, from);
        stage.senders.push(Sender { port, message });
    }
    stage
}

impl Sender {
    fn send(&self) {
        let sent = self.port.send(&self.message, 0);
        assert_eq!(sent, Ok(self.message.len()));
    }
}

thread_local! {
    static WANTED: RefCell<Option<(&'static Kind, usize)>> = const { RefCell::new(None) };
    static FOUND: RefCell<Vec<Vec<Trace>>> = const { RefCell::new(Vec::new()) };
}

/// The sends of each of so many senders.
pub(crate) fn sends(kind: &'static Kind, senders: usize) -> Vec<Vec<Trace>> {
    WANTED.set(Some((kind, senders)));
    chaos::schedules(|()| FOUND.set(of_wanted()), 1);
    FOUND.take()
}

fn of_wanted() -> Vec<Vec<Trace>> {
    let (kind, senders) = WANTED.take().expect("somebody asked");
    let stage = stage(kind, senders);
    for _ in 0..BEFORE {
        stage.senders.iter().for_each(Sender::send);
    }
    let mut traces = vec![Vec::new(); senders];
    for _ in 0..NOTED {
        for (sender, traces) in stage.senders.iter().zip(&mut traces) {
            traces.push(with_guarded(noted(|| sender.send()), kind.guarded));
        }
    }
    for (station, sender) in stage.stations.iter().zip(&stage.senders) {
        // Each gets its own, and nobody else's.
        assert_eq!(station.next().as_ref(), Ok(&sender.message));
    }
    traces
}

/// Who has taken a lock gets what it guards.
fn with_guarded(trace: Trace, lines: u64) -> Trace {
    let all = trace.into_iter().flat_map(|access| {
        let lines = match access {
            Access::Lock(lock) => (0..lines).map(|number| guarded(lock, number)).collect(),
            _ => Vec::new(),
        };
        [access]
            .into_iter()
            .chain(lines.into_iter().map(Access::Write))
    });
    all.collect()
}

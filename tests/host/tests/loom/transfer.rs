// SPDX-License-Identifier: GPL-2.0

//! Messages between a process and its port, and between a port and its device: `src/socket/transfer.rs`,
//! `src/socket/reader.rs`, `src/device/mod.rs`.

use crate::{
    endpoint::{Endpoint, NO_TASK},
    network::Network,
    ring::{Claim, Look, Meta},
    rust::sync::atomic::full_barrier,
};

/// A message that was received.
pub(crate) struct Got {
    pub(crate) number: u64,
    pub(crate) meta: Meta,
    pub(crate) words: Vec<u64>,
}

/// Receives a message, waiting for it. `None`: the network has ended.
pub(crate) fn receive(network: &Network, sock: &Endpoint) -> Option<Got> {
    receive_in_call(network, sock, NO_TASK)
}

/// The same in a call of `task` that may receive more.
pub(crate) fn receive_in_call(network: &Network, sock: &Endpoint, task: u32) -> Option<Got> {
    loop {
        let terminated = network.is_terminated();
        if let Some(got) = receive_what_is_there(network, sock, task) {
            return Some(got);
        }
        if terminated {
            return None;
        }
        network.settle_before_sleep(sock, task);
        sock.queue.wait(|| {
            network.await_message(sock);
            is_readable(sock) || network.is_terminated()
        });
    }
}

/// Receives a message if there is one.
pub(crate) fn receive_now(network: &Network, sock: &Endpoint) -> Option<Got> {
    receive_what_is_there(network, sock, NO_TASK)
}

fn receive_what_is_there(network: &Network, sock: &Endpoint, task: u32) -> Option<Got> {
    sock.ring.correct(&sock.port.cursor);
    while let Some((at, meta)) = next(network, sock) {
        let words = sock.ring.memory().drain(at.slot);
        if !sock.ring.is_intact(at.number) {
            see_more();
            continue;
        }
        sock.port.received.add(1);
        if move_past(network, sock, at.number) {
            network.wake_senders_later(sock, task);
        }
        return Some(Got {
            number: at.number,
            meta,
            words,
        });
    }
    None
}

/// What was read is out of date. Loom might give it again for ever; no machine does.
fn see_more() {
    loom::thread::yield_now();
}

fn next(network: &Network, sock: &Endpoint) -> Option<(Claim, Meta)> {
    let ring = &sock.ring;
    while sock.port.receives() {
        match ring.look(ring.stands(&sock.port.cursor)) {
            Look::Empty => return None,
            Look::Lapped { .. } => sock.drops.add(network.catch_up(sock)),
            Look::Message { at, meta } if sock.is_own(meta.from) => {
                if ring.is_intact(at.number) {
                    pass_own(network, sock, at.number);
                } else {
                    see_more();
                }
            }
            Look::Message { at, meta } => return Some((at, meta)),
        }
    }
    None
}

/// A turn of a device's NAPI; whether there is to be another.
pub(crate) fn poll(network: &Network, sock: &Endpoint, budget: usize, got: &mut Vec<Got>) -> bool {
    let ring = &sock.ring;
    for _ in 0..budget {
        match ring.look(ring.stands(&sock.port.cursor)) {
            Look::Empty => return false,
            Look::Message { at, meta } if sock.is_own(meta.from) => {
                if ring.is_intact(at.number) {
                    pass_own(network, sock, at.number);
                } else {
                    see_more();
                }
            }
            Look::Lapped { .. } => sock.drops.add(network.catch_up(sock)),
            Look::Message { at, meta } => {
                let words = ring.memory().drain(at.slot);
                if !ring.is_intact(at.number) {
                    see_more();
                    continue;
                }
                sock.port.received.add(1);
                let number = at.number;
                got.push(Got {
                    number,
                    meta,
                    words,
                });
                ring.go_past(&sock.port.cursor, number);
                if network.read_past(ring, number) {
                    network.wake_senders();
                }
            }
        }
    }
    true
}

fn pass_own(network: &Network, sock: &Endpoint, number: u64) {
    if sock.ring.pass(&sock.port.cursor, number) {
        sock.port.own_passed.add(1);
        if network.read_past(&sock.ring, number) {
            network.wake_senders();
        }
    }
}

fn move_past(network: &Network, sock: &Endpoint, number: u64) -> bool {
    let ring = &sock.ring;
    let cursor = &sock.port.cursor;
    ring.go_past(cursor, number);
    if !network.lossless {
        return false;
    }
    full_barrier();
    while let Look::Message { at, meta } = ring.look(ring.stands(cursor)) {
        if !sock.is_own(meta.from) || !ring.is_intact(at.number) {
            break;
        }
        if ring.pass(cursor, at.number) {
            sock.port.own_passed.add(1);
        }
    }
    network.read_past(ring, number)
}

pub(crate) fn is_readable(sock: &Endpoint) -> bool {
    if !sock.port.receives() {
        return false;
    }
    let mut position = sock.ring.stands(&sock.port.cursor);
    loop {
        match sock.ring.look(position) {
            Look::Empty => return false,
            Look::Message { at, meta }
                if sock.is_own(meta.from) && sock.ring.is_intact(at.number) =>
            {
                position += 1;
            }
            Look::Message { .. } => return true,
            Look::Lapped { oldest } => position = oldest,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Messages between a process and its port, and between a port and its device: `src/socket/recv.rs`,
//! `src/socket/reading.rs`, `src/device/napi.rs`.

use crate::{
    endpoint::{Endpoint, NO_TASK},
    network::Network,
    ring::{layout::Meta, reader::Peek, Claim},
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
    sock.reader().correct();
    while let Some((at, meta)) = next(network, sock) {
        let words = sock.ring.memory().drain(at.slot);
        if !sock.ring.is_not_overwritten(at.number) {
            see_more();
            continue;
        }
        sock.port.received.add(1);
        if consume(network, sock, at.number) {
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
    while sock.port.receives() {
        match sock.reader().peek() {
            Peek::Empty => return None,
            Peek::Overrun => sock.drops.add(network.catch_up(sock)),
            Peek::Own(number) => skip_own(network, sock, number),
            Peek::Message { at, meta } => return Some((at, meta)),
        }
    }
    None
}

/// A turn of a device's NAPI; whether there is to be another.
pub(crate) fn poll(network: &Network, sock: &Endpoint, budget: usize, got: &mut Vec<Got>) -> bool {
    let ring = &sock.ring;
    for _ in 0..budget {
        match sock.reader().peek() {
            Peek::Empty => return false,
            Peek::Own(number) => skip_own(network, sock, number),
            Peek::Overrun => sock.drops.add(network.catch_up(sock)),
            Peek::Message { at, meta } => {
                let words = ring.memory().drain(at.slot);
                if !ring.is_not_overwritten(at.number) {
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
                sock.reader().consume(number);
                if network.makes_room(ring, number) {
                    network.wake_senders();
                }
            }
        }
    }
    true
}

fn skip_own(network: &Network, sock: &Endpoint, number: u64) {
    if !sock.ring.is_not_overwritten(number) {
        see_more();
    } else if sock.reader().skip_sent(number) && network.makes_room(&sock.ring, number) {
        network.wake_senders();
    }
}

fn consume(network: &Network, sock: &Endpoint, number: u64) -> bool {
    sock.reader().consume(number);
    if !network.lossless {
        return false;
    }
    full_barrier();
    sock.reader().skip_all_own();
    network.makes_room(&sock.ring, number)
}

pub(crate) fn is_readable(sock: &Endpoint) -> bool {
    sock.port.receives() && sock.reader().has_message()
}

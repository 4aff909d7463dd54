// SPDX-License-Identifier: GPL-2.0

//! A network: `src/network/mod.rs`.

use crate::{
    endpoint::Endpoint,
    members::{Event, Members},
    ring::{layout::Meta, port::RECEIVE_SHUT, Ring},
    rust::sync::atomic::{AtomicU32, AtomicU64},
    slots::{ring, Slots},
};
use loom::sync::Mutex;
use std::sync::Arc;

/// Words of payload: the least that can be torn.
const WORDS: usize = 2;

/// Nobody's number: of messages from before the model.
const NOBODY: u32 = u32::MAX;

/// What networks are made of.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) pool: u32,
    pub(crate) ports: u32,
    pub(crate) lossless: bool,
    pub(crate) shared: bool,
}

pub(crate) struct Network {
    pub(crate) lossless: bool,
    pub(crate) pool: u32,
    pub(crate) shared: Option<Arc<Ring<Slots>>>,
    pub(crate) slowest: AtomicU64,
    pub(crate) room_made: AtomicU64,
    pub(crate) awaiting_room: AtomicU32,
    terminated: AtomicU32,
    pub(crate) dropped: AtomicU64,
    pub(crate) members: Mutex<Members>,
}

/// A ring that was in use before: every slot holds a message.
fn used_ring(pool: u32) -> Arc<Ring<Slots>> {
    let ring = ring(pool, WORDS);
    ring.announce(false);
    for _ in 0..Ring::<Slots>::slots(pool) {
        let claim = ring.reserve();
        ring.memory().fill(claim.slot, 0);
        let from = NOBODY;
        ring.publish(
            claim,
            Meta {
                from,
                ..Meta::default()
            },
        );
    }
    Arc::new(ring)
}

impl Network {
    /// A network with all its ports taken.
    pub(crate) fn new(shape: Shape) -> (Arc<Self>, Vec<Arc<Endpoint>>) {
        let shared = shape.shared.then(|| used_ring(shape.pool));
        let endpoint = |number| {
            let own = || used_ring(shape.pool);
            let ring = shared.clone().unwrap_or_else(own);
            Arc::new(Endpoint::new(number, ring, shape.shared))
        };
        let ports: Vec<_> = (0..shape.ports).map(endpoint).collect();
        let network = Self {
            lossless: shape.lossless,
            pool: shape.pool,
            slowest: AtomicU64::new(0),
            room_made: AtomicU64::new(0),
            awaiting_room: AtomicU32::new(0),
            terminated: AtomicU32::new(0),
            dropped: AtomicU64::new(0),
            members: Mutex::new(Members::new(&ports)),
            shared,
        };
        for count in [&network.slowest, &network.room_made, &network.dropped] {
            count.load();
        }
        if let Some(ring) = &network.shared {
            network.slowest.store(ring.published());
        }
        network.awaiting_room.load();
        network.terminated.load();
        (Arc::new(network), ports)
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated.load_acquire() != 0
    }

    pub(crate) fn leave(&self, number: u32) {
        let mut members = self.members.lock().unwrap();
        let gone = members.take(number);
        self.count_room_sleepers(&members);
        drop(members);
        self.make_room();
        drop(gone);
    }

    pub(crate) fn shut_receive(&self, sock: &Endpoint) {
        let members = self.members.lock().unwrap();
        sock.port.set_shut(RECEIVE_SHUT);
        drop(members);
        self.make_room();
    }

    /// The last steps of `bind(2)` to a network that is there: `src/socket/mod.rs`.
    pub(crate) fn bind(&self, sock: &Arc<Endpoint>) {
        sock.managed.raise();
        self.members.lock().unwrap().managers.push(sock.clone());
        sock.queue.wake();
    }

    pub(crate) fn terminate(&self) {
        let mut members = self.members.lock().unwrap();
        self.terminated.store_release(1);
        let managers = std::mem::take(&mut members.managers);
        drop(members);
        self.wake_everybody();
        managers.iter().for_each(|sock| sock.queue.wake());
    }

    pub(crate) fn count_room_sleepers(&self, members: &Members) {
        let awaited = members.awaits(Event::Room);
        self.awaiting_room.store(awaited.into());
        if let Some(ring) = &self.shared {
            ring.announce(awaited);
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Those who sleep on a network: `src/wakeup.rs`.

use crate::{
    atomic::full_barrier,
    endpoint::Endpoint,
    members::{Event, Members},
    network::Network,
};
use loom::sync::MutexGuard;
use std::sync::Arc;

impl Network {
    pub(crate) fn await_message(&self, sock: &Endpoint) {
        if !Event::Message.flag(&sock.port).is_up() {
            let mut members = self.members.lock().unwrap();
            members.await_event(sock.number, Event::Message);
        }
    }

    pub(crate) fn room(&self, sock: &Endpoint, sleeps: bool) -> bool {
        if !self.lossless {
            return true;
        }
        if sleeps {
            self.await_room(sock.number);
        }
        match &self.shared {
            Some(ring) => self.has_room(ring, &self.members.lock().unwrap()),
            None => sock.port.refused.load() != self.room_made.load(),
        }
    }

    fn await_room(&self, number: u32) {
        let mut members = self.members.lock().unwrap();
        members.await_event(number, Event::Room);
        self.count_room_sleepers(&members);
        full_barrier();
    }

    pub(crate) fn wake_receivers(&self) {
        self.wake_sleepers(Event::Message);
    }

    pub(crate) fn wake_senders(&self) {
        let may_go_on = || match &self.shared {
            Some(ring) => self.has_room(ring, &self.members.lock().unwrap()),
            None => true,
        };
        if self.awaiting_room.load() != 0 && may_go_on() {
            self.wake_sleepers(Event::Room);
        }
    }

    pub(crate) fn wake_targets(&self, mut members: MutexGuard<'_, Members>, targets: &[u32]) {
        let mut found = Vec::new();
        if members.awaits(Event::Message) {
            found.extend(targets.iter().filter_map(|&number| members.sleeper(number)));
        }
        drop(members);
        found.iter().for_each(|sock| sock.queue.wake());
    }

    pub(crate) fn wake_everybody(&self) {
        self.wake_each(|members, from| {
            (from..members.len()).find_map(|number| Some((number, members.get(number)?.clone())))
        });
    }

    fn wake_sleepers(&self, event: Event) {
        self.wake_each(|members, from| members.next_sleeper(from, event));
    }

    /// The module takes sixteen at a time; there are fewer here.
    fn wake_each(&self, next: impl Fn(&mut Members, u32) -> Option<(u32, Arc<Endpoint>)>) {
        let mut found = Vec::new();
        let mut from = 0;
        let mut members = self.members.lock().unwrap();
        while let Some((number, sock)) = next(&mut members, from) {
            from = number + 1;
            found.push(sock);
        }
        self.count_room_sleepers(&members);
        drop(members);
        found.iter().for_each(|sock| sock.queue.wake());
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Those who sleep on a network: `src/wakeup/mod.rs`.

use crate::{
    delivery::Message,
    endpoint::Endpoint,
    members::{Event, Members},
    network::Network,
    rust::sync::atomic::full_barrier,
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

    pub(crate) fn tell(
        &self,
        mut members: MutexGuard<'_, Members>,
        sender: &Endpoint,
        message: Message,
    ) {
        if !members.awaits(Event::Message) {
            return;
        }
        let batch = message.more || sender.has_after_call(message.task);
        if !batch {
            if !members.forwards {
                return self.wake_each(members, |members, from| {
                    members.next_sleeper(from, Event::Message)
                });
            }
            return self.wake_each(members, |members, from| {
                (from..message.to.len() as u32).find_map(|place| {
                    let target = message.to[place as usize];
                    Some((place, members.sleeper(target, Event::Message)?))
                })
            });
        }
        let waits_too_long = members.add_untold(message.to) > self.pool / 2;
        if waits_too_long || !sender.plan_after_call(message.task) {
            self.tell_all(members);
        }
    }

    fn tell_all(&self, mut members: MutexGuard<'_, Members>) {
        members.begin_telling();
        self.wake_each(members, Members::next_untold);
    }

    pub(crate) fn settle(&self) {
        let members = self.members.lock().unwrap();
        if members.has_untold() {
            self.tell_all(members);
        } else {
            drop(members);
        }
        self.wake_senders();
    }

    pub(crate) fn settle_before_sleep(&self, sock: &Endpoint, task: u32) {
        if sock.has_after_call(task) {
            self.settle();
        }
    }

    pub(crate) fn wake_senders(&self) {
        if self.awaiting_room.load() != 0 {
            let members = self.members.lock().unwrap();
            let shared = self.shared.as_ref();
            if shared.is_none_or(|ring| self.has_room(ring, &members)) {
                self.wake_each(members, |members, from| {
                    let sleeper = members.next_sleeper(from, Event::Room);
                    self.count_room_sleepers(members);
                    sleeper
                });
            }
        }
    }

    pub(crate) fn wake_senders_later(&self, reader: &Endpoint, task: u32) {
        if self.awaiting_room.load() != 0 && !reader.plan_after_call(task) {
            self.wake_senders();
        }
    }

    pub(crate) fn wake_everybody(&self) {
        self.wake_each(self.members.lock().unwrap(), |members, from| {
            (from..members.len()).find_map(|number| Some((number, members.get(number)?.clone())))
        });
    }

    /// The module takes sixteen at a time; there are fewer here.
    fn wake_each(
        &self,
        mut members: MutexGuard<'_, Members>,
        next: impl Fn(&mut Members, u32) -> Option<(u32, Arc<Endpoint>)>,
    ) {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((number, sock)) = next(&mut members, from) {
            from = number + 1;
            found.push(sock);
        }
        drop(members);
        found.iter().for_each(|sock| sock.queue.wake());
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Those who sleep on a network, and how they are woken: only they, and outside the lock.
//!
//! A port is in a set of sleepers from when somebody is about to sleep on its socket until somebody
//! else finds the socket's queue empty. To sleep is: join the queue; get into the set; look once
//! more whether there is need to; sleep. To wake is: do what is waited for; look into the set. Both
//! looks at the set are under the lock, so one of the two sees the other.

use crate::{
    atomic::full_barrier,
    device::{self, wake_receiver},
    endpoint::{Endpoint, IpnSock},
    filter,
    lock::SpinLockBhGuard,
    members::{Event, Members},
    network::Network,
    socket::SockRef,
    transfer::pass_unwanted,
};
use core::cell::Cell;

/// How many are woken between two times that the lock is held.
const WOKEN_AT_ONCE: usize = 16;

/// Whether others go past what the port's filter refuses. Not for a device, which takes all; nor for a
/// mapped reader, who goes on by itself.
fn is_filtered_for(sock: &IpnSock) -> bool {
    filter::is_attached(sock) && !sock.device.is_there() && !sock.port.cursor.is_mapped()
}

impl Network {
    /// Has port `number`, which `sock` holds, woken when a message comes.
    #[inline]
    pub(crate) fn await_message(&self, sock: &Endpoint, number: u32) {
        if !Event::Message.flag(&sock.port).is_up() {
            self.members.lock().await_event(number, Event::Message);
        }
    }

    /// Has port `number`, whose owner waits for a signal, told when a message comes.
    pub(crate) fn await_signal(&self, number: u32) {
        self.members.lock().await_event(number, Event::Message);
    }

    /// Whether to try sending a message of port `number`, which `sock` holds: on a ring of all ports
    /// it finds room. With `sleeps` the port is woken whenever readers make room, until it does not
    /// sleep any more.
    pub(crate) fn room(&self, sock: &Endpoint, number: u32, sleeps: bool) -> bool {
        if !self.is_lossless() {
            return true;
        }
        if sleeps {
            self.await_room(number);
        }
        let is_worth_it = || match &self.shared {
            Some(ring) => self.has_room(ring, &self.members.lock()),
            // Whose room counts is known only for a message that has been refused.
            None => sock.port.refused.load() != self.room_made.load(),
        };
        is_worth_it() || (self.pass_unwanted() && is_worth_it())
    }

    /// Has port `number` woken whenever readers make room.
    pub(crate) fn await_room(&self, number: u32) {
        let mut members = self.members.lock();
        members.await_event(number, Event::Room);
        self.count_room_sleepers(&members);
        // A reader moves on, then looks whether anybody waits; so the other way round here.
        full_barrier();
    }

    /// Has readers go past the messages that their filters do not want; tells whether there are any.
    pub(crate) fn pass_unwanted(&self) -> bool {
        let any = Cell::new(false);
        let next = |members: &mut Members, from| {
            (from..members.len()).find_map(|number| {
                let sock = members.get(number)?;
                let holds = is_filtered_for(sock) && sock.port.receives() && sock.has_unread();
                holds.then(|| (number, sock.clone()))
            })
        };
        self.wake_each(next, |sock| {
            any.set(true);
            pass_unwanted(sock);
        });
        any.get()
    }

    /// Wakes the ports that wait for a message.
    pub(crate) fn wake_receivers(&self) {
        self.wake_sleepers(
            Event::Message,
            |_| true,
            |sock| {
                // What they do not want is gone before they wake, as on other sockets.
                if is_filtered_for(sock) {
                    pass_unwanted(sock);
                }
                wake_receiver(sock);
            },
        );
    }

    /// Wakes the ports that wait for a message and were told something out of band.
    pub(crate) fn wake_told(&self) {
        self.wake_sleepers(
            Event::Message,
            |sock| sock.was_told(),
            |sock| wake_receiver(sock),
        );
    }

    /// Wakes the ports that wait for room, if there is some.
    pub(crate) fn wake_senders(&self) {
        let may_go_on = || match &self.shared {
            Some(ring) => self.has_room(ring, &self.members.lock()),
            None => true,
        };
        if self.awaiting_room.load() != 0 && may_go_on() {
            self.wake_sleepers(Event::Room, |_| true, |sock| device::wake_sender(sock));
        }
    }

    /// Wakes those ports that a message was just forwarded to and that sleep.
    pub(crate) fn wake_targets(&self, mut members: SpinLockBhGuard<'_, Members>) {
        if !members.awaits(Event::Message) {
            return;
        }
        let mut found = [const { None }; WOKEN_AT_ONCE];
        let mut targets = [0; WOKEN_AT_ONCE];
        let mut count = 0;
        if let Some(forwarding) = &members.forwarding {
            count = forwarding.target_count();
            for (to, from) in targets.iter_mut().zip(forwarding.targets()) {
                *to = from;
            }
        }
        for (place, number) in found.iter_mut().zip(targets.iter().take(count)) {
            *place = members.sleeper(*number);
        }
        drop(members);
        found.iter().flatten().for_each(|sock| wake_receiver(sock));
        if count > WOKEN_AT_ONCE {
            self.wake_sleepers(
                Event::Message,
                |sock| sock.has_unread(),
                |sock| wake_receiver(sock),
            );
        }
    }

    /// Wakes all who sleep on any port.
    pub(crate) fn wake_everybody(&self) {
        let next = |members: &mut Members, from| {
            (from..members.len()).find_map(|number| Some((number, members.get(number)?.clone())))
        };
        self.wake_each(next, |sock| {
            device::end(sock);
            sock.wake_all();
        });
    }

    fn wake_sleepers(
        &self,
        event: Event,
        chosen: impl Fn(&SockRef<Endpoint>) -> bool,
        wake: impl Fn(&SockRef<Endpoint>),
    ) {
        let next = |members: &mut Members, mut from| loop {
            let (number, sock) = members.next_sleeper(from, event)?;
            if chosen(&sock) {
                return Some((number, sock));
            }
            from = number.wrapping_add(1);
        };
        self.wake_each(next, wake);
    }

    /// Wakes the ports that `next` finds from a number on.
    fn wake_each(
        &self,
        next: impl Fn(&mut Members, u32) -> Option<(u32, SockRef<Endpoint>)>,
        wake: impl Fn(&SockRef<Endpoint>),
    ) {
        let mut from = 0;
        let mut more = true;
        while more {
            let mut found = [const { None }; WOKEN_AT_ONCE];
            let mut members = self.members.lock();
            for place in &mut found {
                *place = next(&mut members, from).map(|(number, sock)| {
                    from = number.wrapping_add(1);
                    sock
                });
                more = place.is_some();
                if !more {
                    break;
                }
            }
            self.count_room_sleepers(&members);
            drop(members);
            found.iter().flatten().for_each(&wake);
        }
    }
}

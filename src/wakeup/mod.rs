// SPDX-License-Identifier: GPL-2.0

//! Those who sleep on a network, and how they are woken: only they, and outside the lock.
//!
//! A port is in a set of sleepers from when somebody is about to sleep on its socket until somebody
//! else finds the socket's queue empty. To sleep is: join the queue; get into the set; look once
//! more whether there is need to; sleep. To wake is: do what is waited for; look into the set. Both
//! looks at the set are under the lock, so one of the two sees the other.

use crate::{
    device::{self, wake_receiver},
    network::{
        members::{Event, Members},
        Network,
    },
    rust::{
        net::{filter, message::Payload, socket::SockRef},
        sync::{atomic::full_barrier, lock::SpinLockBhGuard},
    },
    socket::{transfer::pass_unwanted, Endpoint, IpnSock},
};
use core::cell::Cell;

/// How many are woken between two times that the lock is held.
const WOKEN_AT_ONCE: usize = 16;

/// Whether others go past what the port's filter refuses. Not for a device, whose socket's filter does
/// not count; nor for a mapped reader, who goes on by itself.
fn is_filtered_for(sock: &IpnSock) -> bool {
    filter::is_attached(sock) && !sock.device.is_there() && !sock.port.cursor.is_mapped()
}

/// A message came for a port where somebody sleeps. A caller that is no process must not sleep.
fn wake_reader(sock: &IpnSock, from_process: bool) {
    // What it does not want is gone before it wakes, as on other sockets.
    if from_process && is_filtered_for(sock) {
        pass_unwanted(sock);
    }
    wake_receiver(sock);
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
        self.wake_each(self.members.lock(), next, |sock| {
            any.set(true);
            pass_unwanted(sock);
        });
        any.get()
    }

    /// `sender` has just sent `message`, and has held the lock since: wakes those who sleep for it, or
    /// puts that off until the sender's system call ends, if more messages may follow in that.
    #[inline]
    pub(crate) fn tell<P: Payload>(
        &self,
        members: SpinLockBhGuard<'_, Members>,
        sender: &IpnSock,
        message: &P,
    ) {
        if members.awaits(Event::Message) {
            self.tell_sleepers(members, sender, message);
        }
    }

    fn tell_sleepers<P: Payload>(
        &self,
        mut members: SpinLockBhGuard<'_, Members>,
        sender: &IpnSock,
        message: &P,
    ) {
        let wake = |sock: &SockRef<Endpoint>| wake_reader(sock, P::FROM_PROCESS);
        let batch = message.more_follows() || sender.has_after_call();
        match &members.forwarding {
            None if !batch => {
                let next = |members: &mut Members, from| members.next_sleeper(from, Event::Message);
                return self.wake_each(members, next, wake);
            }
            Some(forwarding) if !batch && !forwarding.has_many_targets() => {
                return self.wake_each(members, Members::next_target, wake);
            }
            _ => {}
        }
        // Who sleeps is to have time to wake up before it loses messages, or senders wait for it.
        let waits_too_long = members.add_untold() > self.pool() / 2;
        if !batch || waits_too_long || !sender.plan_after_call() {
            self.tell_all(members, P::FROM_PROCESS);
        }
    }

    fn tell_all(&self, mut members: SpinLockBhGuard<'_, Members>, from_process: bool) {
        members.begin_telling();
        self.wake_each(members, Members::next_untold, |sock| {
            wake_reader(sock, from_process)
        });
    }

    /// A system call has ended in which waking others was put off: does it.
    pub(crate) fn settle(&self) {
        let members = self.members.lock();
        if members.has_untold() {
            self.tell_all(members, true);
        } else {
            drop(members);
        }
        self.wake_senders();
    }

    /// The same for a call that is about to sleep, which may take long.
    pub(crate) fn settle_before_sleep(&self, sock: &IpnSock) {
        if sock.has_after_call() {
            self.settle();
        }
    }

    /// Wakes the ports that wait for a message and were told something out of band.
    pub(crate) fn wake_told(&self) {
        let next = |members: &mut Members, mut from| loop {
            let (number, sock) = members.next_sleeper(from, Event::Message)?;
            if sock.was_told() {
                return Some((number, sock));
            }
            from = number.wrapping_add(1);
        };
        self.wake_each(self.members.lock(), next, |sock| wake_receiver(sock));
    }

    /// Wakes the ports that wait for room, if there is some.
    pub(crate) fn wake_senders(&self) {
        let next = |members: &mut Members, from| {
            let sleeper = members.next_sleeper(from, Event::Room);
            self.count_room_sleepers(members);
            sleeper
        };
        if self.awaiting_room.load() != 0 {
            let members = self.members.lock();
            if self
                .shared
                .as_ref()
                .is_none_or(|ring| self.has_room(ring, &members))
            {
                self.wake_each(members, next, |sock| device::wake_sender(sock));
            }
        }
    }

    /// `reader` has made room by receiving: wakes the ports that wait for it, at the end of the reader's
    /// system call, in which it may receive more.
    pub(crate) fn wake_senders_later(&self, reader: &IpnSock) {
        if self.awaiting_room.load() != 0 && !reader.plan_after_call() {
            self.wake_senders();
        }
    }

    /// Wakes all who sleep on any port.
    pub(crate) fn wake_everybody(&self) {
        let next = |members: &mut Members, from| {
            (from..members.len()).find_map(|number| Some((number, members.get(number)?.clone())))
        };
        self.wake_each(self.members.lock(), next, |sock| {
            device::end(sock);
            sock.wake_all();
        });
    }

    /// Wakes the ports that `next` finds from a number on, without the lock.
    fn wake_each<'a>(
        &'a self,
        mut members: SpinLockBhGuard<'a, Members>,
        next: impl Fn(&mut Members, u32) -> Option<(u32, SockRef<Endpoint>)>,
        wake: impl Fn(&SockRef<Endpoint>),
    ) {
        let mut from = 0;
        loop {
            let mut found = [const { None }; WOKEN_AT_ONCE];
            let mut more = true;
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
            drop(members);
            found.iter().flatten().for_each(&wake);
            if !more {
                return;
            }
            members = self.members.lock();
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Waking: of those whom the caller chooses, outside the lock.

use crate::{
    network::{
        holder::Holder,
        members::{Event, Members},
        Network,
    },
    rust::{
        net::socket::{Sock, SockRef},
        sync::lock::SpinLockBhGuard,
    },
};

/// How many are woken between two times that the lock is held.
const WOKEN_AT_ONCE: usize = 16;

/// Wakes the ports that `next` finds from a number on, without the lock.
pub(crate) fn wake_each<'a, H: Holder>(
    network: &'a Network<H>,
    mut members: SpinLockBhGuard<'a, Members<H>>,
    next: impl Fn(&mut Members<H>, u32) -> Option<(u32, SockRef<H>)>,
    wake: impl Fn(&SockRef<H>),
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
        members = network.members.lock();
    }
}

/// Does something to each port of which `is_one` holds, without the lock.
pub(crate) fn each_port<H: Holder>(
    network: &Network<H>,
    is_one: impl Fn(&Sock<H>) -> bool,
    act: impl Fn(&SockRef<H>),
) {
    let next = |members: &mut Members<H>, from| {
        (from..members.len()).find_map(|number| {
            let sock = members.get(number)?;
            is_one(sock).then(|| (number, sock.clone()))
        })
    };
    wake_each(network, network.members.lock(), next, act);
}

/// Wakes the ports that wait for a message and were told something out of band.
pub(crate) fn wake_told<H: Holder>(network: &Network<H>) {
    let next = |members: &mut Members<H>, mut from| loop {
        let (number, sock) = members.next_sleeper(from, Event::Message)?;
        if sock.was_told() {
            return Some((number, sock));
        }
        from = number.wrapping_add(1);
    };
    wake_each(network, network.members.lock(), next, |sock| {
        H::wake_receiver(sock)
    });
}

/// Wakes all who sleep on any port, as the network has ended.
pub(crate) fn wake_for_end<H: Holder>(network: &Network<H>) {
    each_port(network, |_| true, |sock| H::wake_for_end(sock));
    network.room_queue.wake_all();
}

// SPDX-License-Identifier: GPL-2.0

//! Those who sleep until a message comes.

use crate::{
    network::{
        holder::Holder,
        members::{Delivery, Event, Members},
        Network,
    },
    ring::port::Port,
    rust::{
        net::{
            message::Payload,
            socket::{Sock, SockRef},
        },
        sync::{atomic::full_barrier, lock::SpinLockBhGuard},
    },
    wakeup::each::wake_each,
};

/// Has port `number`, which `port` is, woken when a message comes.
#[inline]
pub(crate) fn await_message<H: Holder>(network: &Network<H>, port: &Port, number: u32) {
    if !Event::Message.flag(port).is_up() {
        await_signal(network, number);
    }
}

/// Has port `number`, whose owner waits for a signal, told when a message comes.
pub(crate) fn await_signal<H: Holder>(network: &Network<H>, number: u32) {
    network.members.lock().await_event(number, Event::Message);
    // A sender may say that its message is ready without the lock, and then looks whether anybody sleeps; so the
    // other way round here. Pairs with `delivery::shared`.
    full_barrier();
}

/// `sender` has just sent `message`, and has held the lock since: wakes those who sleep for it, or
/// defers that until the sender's system call ends, if more messages may follow in that.
#[inline(always)]
pub(crate) fn wake_readers<H: Holder, P: Payload>(
    network: &Network<H>,
    members: SpinLockBhGuard<'_, Members<H>>,
    sender: &Sock<H>,
    message: &P,
) {
    wake_readers_of(network, members, sender, message, 1);
}

/// The same of `count` messages, of which `message` is the last.
#[inline(always)]
pub(crate) fn wake_readers_of<H: Holder, P: Payload>(
    network: &Network<H>,
    mut members: SpinLockBhGuard<'_, Members<H>>,
    sender: &Sock<H>,
    message: &P,
    count: u32,
) {
    if members.awaits(Event::Message) {
        members.defer_more(count.saturating_sub(1));
        wake_sleepers(network, members, sender, message);
    }
}

fn wake_sleepers<H: Holder, P: Payload>(
    network: &Network<H>,
    mut members: SpinLockBhGuard<'_, Members<H>>,
    sender: &Sock<H>,
    message: &P,
) {
    let wake = |sock: &SockRef<H>| H::wake_receiver(sock);
    let batch = message.more_follows() || sender.has_after_call();
    match &members.delivery {
        Delivery::Shared(_) | Delivery::Written(_) if !batch => {
            let next = |members: &mut Members<H>, from| members.next_sleeper(from, Event::Message);
            return wake_each(network, members, next, wake);
        }
        Delivery::PerPort(forwarding) if !batch && !forwarding.has_many_targets() => {
            return wake_each(network, members, Members::next_target, wake);
        }
        _ => {}
    }
    // Who sleeps is to have time to wake up before it loses messages, or senders wait for it.
    let waits_too_long = members.defer() > network.pool / 2;
    if !batch || waits_too_long || !sender.plan_after_call() {
        flush_all(network, members);
    }
}

/// A message was put into the ring of a port, without the network's lock: whether somebody may sleep there for it.
#[inline]
pub(crate) fn is_awaited(port: &Port) -> bool {
    // The message is there, then the flag is looked at. Who comes to sleep joins the socket's queue, puts the flag up,
    // and looks for the message then. Pairs with `await_signal`.
    full_barrier();
    Event::Message.flag(port).is_up()
}

/// `sender` has just sent `message` to port `number` alone, where somebody may sleep: as [`wake_readers`].
#[inline(never)]
pub(crate) fn wake_reader<H: Holder, P: Payload>(
    network: &Network<H>,
    number: u32,
    sender: &Sock<H>,
    message: &P,
) {
    let batch = message.more_follows() || sender.has_after_call();
    let mut members = network.members.lock();
    if !batch {
        let sleeper = members.sleeper(number, Event::Message);
        drop(members);
        if let Some(sock) = sleeper {
            H::wake_receiver(&sock);
        }
        return;
    }
    let waits_too_long = members.defer_one(number) > network.pool / 2;
    if waits_too_long || !sender.plan_after_call() {
        flush_all(network, members);
    }
}

/// Something has become a void that was in the way: wakes those who sleep, who may find what is behind it.
pub(crate) fn wake_now<'a, H: Holder>(
    network: &'a Network<H>,
    members: SpinLockBhGuard<'a, Members<H>>,
) {
    let next = |members: &mut Members<H>, from| members.next_sleeper(from, Event::Message);
    wake_each(network, members, next, |sock| H::wake_receiver(sock));
}

/// A message has gone to many ports, and the lock was let go meanwhile: wakes those who sleep and have
/// something to read.
pub(crate) fn wake_many<'a, H: Holder>(
    network: &'a Network<H>,
    mut members: SpinLockBhGuard<'a, Members<H>>,
) {
    if members.awaits(Event::Message) {
        members.defer_all();
        flush_all(network, members);
    }
}

fn flush_all<H: Holder>(network: &Network<H>, mut members: SpinLockBhGuard<'_, Members<H>>) {
    members.begin_flush();
    wake_each(network, members, Members::next_deferred, |sock| {
        H::wake_receiver(sock)
    });
}

/// Wakes those whose waking was deferred.
pub(crate) fn flush<H: Holder>(network: &Network<H>) {
    let members = network.members.lock();
    if members.has_deferred() {
        flush_all(network, members);
    }
}

// SPDX-License-Identifier: GPL-2.0
//! The pool has room for as many messages as it says, and some more: one beyond costs a lossy port its oldest ones,
//! which it is told, and has a sender of a lossless network wait until there is room.

use super::exchange::is_writable;
use super::messages::{filtered, least, message, From};
use super::stage::{Receiver, Stage};
use crate::lab::amounts::{self, Amount};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::task::Blocked;
use crate::sys::call;
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;
use ipnmatrix::cell::USERS_PORTS;
use ipnmatrix::dimension::{Filter, Policy};

/// Messages beyond the pool.
const BEYOND: u32 = 3;
/// Messages of one call.
const BATCH: usize = 128;
/// The most that are read by the other one, too: then it receives no more.
const MOST_OF_THE_OTHER: usize = 4096;
/// The most that are sent while a device has to keep up with them.
const MOST_OF_A_DEVICE: u32 = 1024;

/// Bytes of a short message.
fn short(stage: &Stage) -> usize {
    (least(&stage.cell) + 4).min(stage.numbers.mtu as usize)
}

/// The messages with these numbers: short ones.
fn messages(stage: &Stage, numbers: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let len = short(stage);
    numbers
        .map(|number| message(&stage.cell, From::Sender, number, len))
        .collect()
}

/// How many short messages there is room for, and how many of them one more costs: as af_ipn(7) has it.
fn room(stage: &Stage) -> (u32, u32) {
    let places = stage.numbers.places();
    let size = |len: u64| len.max(1).next_multiple_of(16);
    let fit = stage.numbers.room() / size(short(stage) as u64);
    let some_more = places / 32;
    match u64::from(places + some_more) <= fit {
        true => (places + some_more, some_more.max(1)),
        false => (fit as u32, 1),
    }
}

/// All of them are sent, without waiting unless `flags` allow it.
#[track_caller]
fn say_all(sender: &Sock, messages: &[Vec<u8>], flags: i32) {
    for batch in messages.chunks(BATCH) {
        let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        let sent = ok("sendmmsg", sender.sendmmsg(&batch, flags));
        same("sent", sent, batch.len());
    }
}

/// A socket gets these and no more; with the first one it is told of so many lost.
#[track_caller]
fn gets_all<'a>(sock: &Sock, expected: impl Iterator<Item = &'a [u8]>, lost: u32) {
    let mut buffer = [0; 64];
    let mut count = 0;
    for (number, expected) in expected.enumerate() {
        // What comes beside it costs, where there are many.
        let is_it = if number == 0 {
            let first = ok("recvmsg", sock.recvmsg(buffer.len(), NOW));
            first.data == expected && first.missed() == lost
        } else {
            let len = ok("recv", sock.recv(&mut buffer, NOW));
            &buffer[..len] == expected
        };
        assert!(is_it, "message {number} is not what was sent");
        count += 1;
    }
    amounts::add(Amount::Answers, count);
    hear_nothing(sock);
}

/// The same of the other one, of which there may be too many to read all once more.
#[track_caller]
fn other_gets_all<'a>(sock: &Sock, expected: impl ExactSizeIterator<Item = &'a [u8]>, lost: u32) {
    if expected.len() <= MOST_OF_THE_OTHER {
        return gets_all(sock, expected, lost);
    }
    for (number, expected) in expected.take(MOST_OF_THE_OTHER).enumerate() {
        let got = ok("recvmsg", sock.recvmsg(64, NOW));
        let is_it = got.data == expected && got.missed() == lost;
        assert!(is_it, "message {number} is not what was sent");
    }
    ok("shutdown(SHUT_RD)", sock.shutdown(libc::SHUT_RD));
}

/// What a socket has lost (`SO_MEMINFO`).
#[track_caller]
pub fn lost(sock: &Sock) -> u32 {
    let told = sock.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64);
    let told = ok("SO_MEMINFO", told);
    let last = told.rchunks_exact(4).next().expect("there is a field");
    u32::from_ne_bytes(last.try_into().expect("four bytes"))
}

/// The most by a switch of more ports than an ordinary user may have: each frame to all looks at each.
const MOST_OF_MANY_PORTS: u32 = 1024;

/// With a sender, the receiver and another one, none of which has anything to receive.
#[track_caller]
pub fn is_as_large_as_said(stage: &Stage) {
    let most = if stage.cell.kind.is_device() {
        MOST_OF_A_DEVICE
    } else if stage.cell.policy == Policy::Switch && stage.numbers.ports > USERS_PORTS {
        MOST_OF_MANY_PORTS
    } else {
        u32::MAX
    };
    if stage.numbers.places() > most {
        return;
    }
    match stage.cell.flags.lossless() {
        true => has_the_sender_wait(stage),
        false => loses_the_oldest(stage),
    }
}

fn loses_the_oldest(stage: &Stage) {
    let [sender, other] = stage.members().expect("there are three members");
    let (held, cost) = room(stage);
    let sent = messages(stage, 0..held + BEYOND);
    say_all(sender, &sent, NOW);
    // Where several go at once, it depends on what was sent before how many of them are old ones.
    let notices = |sock: &Sock| {
        let _ = sock.recvmsg(64, NOW | libc::MSG_PEEK);
        let (lost, most) = (lost(sock), BEYOND + cost - 1);
        holds(
            format_args!("lost {lost}, at most {most}"),
            (BEYOND..=most).contains(&lost),
        );
        lost
    };
    let left = |beyond: u32| sent[beyond as usize..].iter().map(Vec::as_slice);
    let beyond = notices(other);
    other_gets_all(other, left(beyond), beyond);
    same("lost", lost(other), beyond);
    same("lost by the sender", lost(sender), 0);
    if let Receiver::Socket(sock) = &stage.receiver {
        let dropped = beyond;
        let beyond = notices(sock);
        let left = left(beyond).filter_map(|message| filtered(stage.cell.filter, message));
        gets_all(sock, left, beyond);
        same("lost", lost(sock), beyond);
        same(
            "dropped",
            value(&stage.bus, "dropped"),
            (dropped + beyond).to_string(),
        );
    }
}

fn has_the_sender_wait(stage: &Stage) {
    let [sender, other] = stage.members().expect("there are three members");
    let sent = messages(stage, 0..room(stage).0 + 1);
    let (last, first) = sent.split_last().expect("there is one");
    // A device makes room by itself, in a moment.
    let flags = if stage.cell.kind.is_device() { 0 } else { NOW };
    say_all(sender, first, flags);
    fails("send without room", sender.send(last, NOW), libc::EAGAIN);
    // On a switch it is worth a try again once the kernel has passed over what a filter refuses.
    if stage.cell.policy == Policy::Hub || stage.cell.filter != Filter::Refuses {
        is_writable(sender, false);
    }

    let (thread, message) = (sender.clone(), last.clone());
    let waiting = Blocked::start(call::SEND, move || thread.send(&message, 0));
    // On a hub who sleeps is woken when a quarter is free.
    let read = match stage.cell.policy {
        Policy::Hub => first.len() / 4 + 1,
        Policy::Switch => 1,
    };
    sent[..read].iter().for_each(|message| hear(other, message));
    let receives = match &stage.receiver {
        Receiver::Socket(sock) if stage.cell.filter != Filter::Refuses => Some(sock),
        _ => None,
    };
    let wanted = |message| filtered(stage.cell.filter, message);
    if let Some(sock) = receives {
        let taken = sent[..read].iter().filter_map(|message| wanted(message));
        taken.for_each(|message| hear(sock, message));
    }
    same("sent", ok("send", waiting.wakes()), last.len());

    let left = || sent[read..].iter().map(Vec::as_slice);
    other_gets_all(other, left(), 0);
    if let Receiver::Socket(sock) = &stage.receiver {
        gets_all(sock, left().filter_map(wanted), 0);
        same("lost", lost(sock), 0);
    }
    is_writable(sender, true);
    same("lost", (lost(other), lost(sender)), (0, 0));
}

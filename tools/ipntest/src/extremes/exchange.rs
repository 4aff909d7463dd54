// SPDX-License-Identifier: GPL-2.0
//! What one port sends all others get, as it was sent and at once, and itself never.

use super::messages::{filtered, least, message, From};
use super::stage::{any, Receiver, Stage};
use crate::device::lab::{hears, hears_no_frame};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::task::wait_until;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;

/// The lengths that are tried: the shortest, the longest, and some between.
fn lengths(stage: &Stage) -> Vec<usize> {
    let (least, most) = (least(&stage.cell), stage.numbers.mtu as usize);
    let mut lengths = vec![
        least,
        least + 1,
        (least + most) / 2,
        most.saturating_sub(1),
        most,
    ];
    lengths.retain(|len| (least..=most).contains(len));
    lengths.dedup();
    lengths
}

/// `poll` finds something to receive, or not.
#[track_caller]
fn is_readable(sock: &Sock, expected: bool) {
    let events = ok("poll", poll(sock, libc::POLLIN, 0));
    same("POLLIN", events & libc::POLLIN != 0, expected);
}

/// `poll` finds room.
#[track_caller]
pub fn is_writable(sock: &Sock, expected: bool) {
    let events = ok("poll", poll(sock, libc::POLLOUT, 0));
    same("POLLOUT", events & libc::POLLOUT != 0, expected);
}

/// A socket receives this, or has nothing to receive; `poll` and `FIONREAD` agree.
#[track_caller]
fn gets(sock: &Sock, expected: Option<&[u8]>) {
    is_readable(sock, expected.is_some());
    let next = ok("FIONREAD", sock.ioctl_int(libc::FIONREAD));
    same("FIONREAD", next as usize, expected.map_or(0, <[u8]>::len));
    match expected {
        Some(expected) => hear(sock, expected),
        None => hear_nothing(sock),
    }
    is_readable(sock, false);
}

/// What a device brings is there in a moment.
#[track_caller]
fn gets_soon(sock: &Sock, expected: &[u8]) {
    wait_until("the frame comes", || {
        ok("poll", poll(sock, libc::POLLIN, 0)) != 0
    });
    gets(sock, Some(expected));
}

/// A message longer than the MTU is refused.
#[track_caller]
fn has_its_bound(stage: &Stage, sock: &Sock) {
    let long = vec![0xff; stage.numbers.mtu as usize + 1];
    fails("one byte more", sock.send(&long, NOW), libc::EMSGSIZE);
}

/// With a sender, the receiver and another one.
#[track_caller]
pub fn reaches_all_others(stage: &Stage) {
    let [sender, other] = stage.members().expect("there are three members");
    for (number, len) in lengths(stage).into_iter().enumerate() {
        let number = number as u32;
        let sent = message(&stage.cell, From::Sender, number, len);
        is_writable(sender, true);
        // A device makes room in a moment, and until then a lossless network waits.
        let flags = if stage.cell.kind.is_device() { 0 } else { NOW };
        same("sent", ok("send", sender.send(&sent, flags)), len);
        gets(other, Some(&sent));
        match &stage.receiver {
            Receiver::Socket(sock) => gets(sock, filtered(stage.cell.filter, &sent)),
            Receiver::Device(_, far) => hears(far, &sent),
        }
        gets(sender, None);

        let back = message(&stage.cell, From::Receiver, number, len);
        match &stage.receiver {
            Receiver::Socket(sock) if !stage.receiver_sends() => {
                fails("send without w", sock.send(&back, NOW), libc::EPIPE);
                continue;
            }
            Receiver::Socket(sock) => {
                is_writable(sock, true);
                say(sock, &back);
                gets(sock, None);
            }
            Receiver::Device(_, far) => {
                same("sent", ok("send", far.send(&back, 0)), len);
            }
        }
        for sock in [other, sender] {
            gets_soon(sock, &back);
        }
    }
    has_its_bound(stage, sender);
    match &stage.receiver {
        Receiver::Socket(sock) => {
            if stage.receiver_sends() {
                has_its_bound(stage, sock);
            }
            gets(sock, None);
        }
        Receiver::Device(_, far) => hears_no_frame(far),
    }
    gets(other, None);
}

/// On a network of one port: what it sends is gone, and never waits.
#[track_caller]
pub fn reaches_no_one(stage: &Stage) {
    let refused = any().connect(&stage.bus.addr);
    fails("connect to a full network", refused, libc::EADDRNOTAVAIL);
    let sock = match &stage.receiver {
        Receiver::Socket(sock) => sock,
        Receiver::Device(_, far) => {
            for len in lengths(stage) {
                let sent = message(&stage.cell, From::Receiver, 0, len);
                same("sent", ok("send", far.send(&sent, 0)), len);
            }
            return hears_no_frame(far);
        }
    };
    let lengths = lengths(stage).into_iter().cycle();
    for (number, len) in lengths
        .take(stage.numbers.told_pool() as usize + 2)
        .enumerate()
    {
        let sent = message(&stage.cell, From::Receiver, number as u32, len.min(100));
        if !stage.receiver_sends() {
            fails("send without w", sock.send(&sent, NOW), libc::EPIPE);
            break;
        }
        say(sock, &sent);
    }
    if stage.receiver_sends() {
        is_writable(sock, true);
        has_its_bound(stage, sock);
    }
    gets(sock, None);
    holds("it has lost nothing", super::room::lost(sock) == 0);
}

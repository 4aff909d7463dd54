// SPDX-License-Identifier: GPL-2.0
//! The window: how long a sender waits for a reader, and no longer.

use super::*;
use crate::lab::bus::{hear_nothing, hear_number, say_number};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::call;
use crate::sys::poll::poll;
use std::time::Instant;

cases!["reliable_window":
        sender_waits_for_a_reader_within_it,
        what_all_have_read_makes_room_within_it,
        sender_goes_on_once_the_oldest_is_older,
        poller_is_told_once_the_oldest_is_older,
        blocked_sender_wakes_when_the_reader_reads,
        own_messages_hold_nobody,
        one_that_was_overrun_holds_nobody,
        one_that_has_caught_up_is_waited_for_again,
        nobody_waits_without_a_window,
        waits_are_counted,
        long_messages_wait_too,
];

/// What comes after a full ring: messages until a sender would wait.
#[track_caller]
fn fill(sock: &Sock) -> u32 {
    let mut count: u32 = 0;
    loop {
        match sock.send(&count.to_ne_bytes(), NOW) {
            Ok(_) => count += 1,
            Err(error) => {
                same("errno", error.raw_os_error(), Some(libc::EAGAIN));
                holds("some had room", count >= HELD);
                return count;
            }
        }
    }
}

fn sender_waits_for_a_reader_within_it() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    let reader = join(&bus);
    let count = fill(&sender);
    hear_number(&reader, 0);
    say_number(&sender, count);
    fails("send", sender.send(b"x", NOW), libc::EAGAIN);
    (1..=count).for_each(|n| hear_number(&reader, n));
    hear_nothing(&reader);
}

fn what_all_have_read_makes_room_within_it() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    let reader = join(&bus);
    for n in 0..100 {
        say_number(&sender, n);
        hear_number(&reader, n);
    }
}

fn sender_goes_on_once_the_oldest_is_older() {
    let bus = Bus::new();
    let sender = create(&bus, &small(1500));
    let reader = join(&bus);
    let begin = Instant::now();
    let count = fill(&sender);
    let waiting = Blocked::start(call::SEND, move || {
        let sent = sender.send(&count.to_ne_bytes(), 0);
        (sent, begin.elapsed(), sender)
    });
    let (sent, waited, _sender) = waiting.wakes();
    same("sent", ok("send", sent), 4);
    holds(
        "it waited for the window",
        waited >= Duration::from_millis(1490),
    );
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    same("gaps", gaps(&received), vec![(0, first.into())]);
    holds("at least one was missed", first >= 1);
    (first + 1..=count).for_each(|n| hear_number(&reader, n));
    hear_nothing(&reader);
}

fn poller_is_told_once_the_oldest_is_older() {
    let bus = Bus::new();
    let sender = create(&bus, &small(500));
    let _reader = join(&bus);
    let begin = Instant::now();
    fill(&sender);
    let polled = ok("poll", poll(&sender, libc::POLLOUT, 10_000));
    holds("there is room", polled & libc::POLLOUT != 0);
    holds(
        "after the window",
        begin.elapsed() >= Duration::from_millis(490),
    );
    say_number(&sender, 1);
}

fn blocked_sender_wakes_when_the_reader_reads() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    let reader = join(&bus);
    let count = fill(&sender);
    let waiting = Blocked::start(call::SEND, move || (sender.send(b"last", 0), sender));
    (0..count).for_each(|n| hear_number(&reader, n));
    same("sent", ok("send", waiting.wakes().0), 4);
    crate::lab::bus::hear(&reader, b"last");
}

fn own_messages_hold_nobody() {
    let bus = Bus::new();
    let (one, two) = (create(&bus, &small(LONG.1)), join(&bus));
    for n in 0..50 {
        say_number(&one, n);
        hear_number(&two, n);
    }
    for n in 0..50 {
        say_number(&two, n);
        hear_number(&one, n);
    }
    // In turn, each behind its own.
    for n in 0..50 {
        say_number(&one, n);
        say_number(&two, n);
        hear_number(&one, n);
        hear_number(&two, n);
    }
}

fn one_that_was_overrun_holds_nobody() {
    let bus = Bus::new();
    let sender = create(&bus, &small(500));
    let (stopped, quick) = (join(&bus), join(&bus));
    let count = fill(&sender);
    (0..count).for_each(|n| hear_number(&quick, n));
    outlive(500);
    say_number(&sender, count);
    hear_number(&quick, count);
    for n in 0..100 {
        say_number(&sender, n);
        hear_number(&quick, n);
    }
    is_reset(&stopped);
}

fn one_that_has_caught_up_is_waited_for_again() {
    let bus = Bus::new();
    let sender = create(&bus, &small(500));
    let reader = join(&bus);
    let count = fill(&sender);
    outlive(500);
    say_number(&sender, count);
    is_reset(&reader);
    while reader.recvmsg(64, NOW).is_ok() {}
    // What it has not read now is young.
    let count = fill(&sender);
    hear_number(&reader, 0);
    say_number(&sender, count);
    fails("send", sender.send(b"x", NOW), libc::EAGAIN);
}

fn nobody_waits_without_a_window() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    same("gaps", gaps(&received), vec![(0, first.into())]);
    (first + 1..100).for_each(|n| hear_number(&reader, n));
}

fn waits_are_counted() {
    let bus = Bus::new();
    let sender = create(&bus, &small(900));
    let _reader = join(&bus);
    same("the window of an empty bus", counted(&sender, 9), 0);
    fill(&sender);
    same("waited", counted(&sender, 8), 0);
    same("sent", ok("send", sender.send(b"wait", 0)), 4);
    same("waited", counted(&sender, 8), 1);
    outlive(900);
    holds("the oldest has an age", counted(&sender, 9) >= 10);
}

fn long_messages_wait_too() {
    let bus = Bus::new();
    let options = [
        (IPN_SO_WINDOW, 100),
        (IPN_SO_MTU, 100_000),
        (IPN_SO_MSGPOOLSIZE, 2),
    ];
    let sender = create(&bus, &options);
    let reader = join(&bus);
    let mut sent = 0_u8;
    while sender.send(&vec![sent; 70_000], NOW).is_ok() {
        sent += 1;
        holds("some fit", sent < 100);
    }
    let next = vec![sent; 70_000];
    same("sent", ok("send", sender.send(&next, 0)), 70_000);
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(100_000, NOW));
    let first = received.data[0];
    holds("whole", received.data == vec![first; 70_000]);
    same("gaps", gaps(&received), vec![(0, first.into())]);
    for n in first + 1..=sent {
        let received = ok("recv", reader.recvmsg(100_000, NOW));
        holds("whole", received.data == vec![n; 70_000]);
    }
    hear_nothing(&reader);
}

// SPDX-License-Identifier: GPL-2.0
//! Lossy networks: a sender never waits, and who falls behind is told exactly how much it missed.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases_for_both;
use crate::pace::volume;
use crate::sys::socket::Sock;
use std::thread;
use std::time::Duration;

cases_for_both!["lossy", "mapped_lossy":
    {
        stopped_reader_costs_nobody_a_message,
        stopped_reader_is_told_how_many_it_missed,
        own_messages_are_not_missed,
        own_messages_are_not_missed_in_any_mixture,
        loss_count_adds_up,
        no_loss_is_a_count_of_nothing,
        messages_before_joining_are_not_missed,
        freed_port_starts_counting_at_nothing,
        cut_messages_are_not_missed,
        peeked_message_may_be_overrun,
        sender_never_waits,
        pool_of_one_keeps_the_newest,
        default_room_is_for_full_frames_and_for_many_short_messages,
        room_in_bytes_holds_what_fits,
        every_gap_is_accounted_for_under_load @ 40,
    }
    count_comes_once_there_was_a_loss,
    end_of_record_tells_an_empty_message_from_the_end,
    count_comes_only_when_asked_for,
];

const POOL: i32 = 8;

fn lossy_bus() -> (Bus, Sock) {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, POOL)]);
    (bus, sender)
}

/// Sends so many messages of a length, then hears those that are left: the first that is.
#[track_caller]
fn oldest_of(bus: &Bus, sender: &Sock, count: u32, len: usize) -> u32 {
    let reader = bus.reader();
    let message = |number: u32| [&number.to_ne_bytes()[..], &vec![0; len - 4]].concat();
    (0..count).for_each(|number| say(sender, &message(number)));
    let first = ok("recv", reader.recvmsg(len, NOW)).data;
    let first = u32::from_ne_bytes(first[..4].try_into().expect("a number"));
    (first + 1..count).for_each(|number| hear(&reader, &message(number)));
    hear_nothing(&reader);
    first
}

fn default_room_is_for_full_frames_and_for_many_short_messages() {
    let bus = Bus::new();
    let sender = bus.create();
    same("full ones", oldest_of(&bus, &sender, 85, 1514), 0);
    // However they lie.
    for count in [90, 100, 110] {
        let oldest = oldest_of(&bus, &sender, count, 1514);
        holds(oldest, oldest <= count - 85);
    }
    for (count, oldest) in [(1056, 0), (1057, 32)] {
        let bus = Bus::named(&count.to_string());
        let sender = bus.create();
        same(count, oldest_of(&bus, &sender, count, 64), oldest);
    }
}

fn room_in_bytes_holds_what_fits() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_BYTES, 4096), (IPN_SO_MTU, 1024)]);
    same(
        "four in whole sixteens",
        oldest_of(&bus, &sender, 4, 1024),
        0,
    );
    same("the fifth", oldest_of(&bus, &sender, 5, 1024), 1);
    let bus = Bus::named("short");
    let sender = bus.create_with(&[(IPN_SO_BYTES, 4096)]);
    same(
        "a place for each 128, and one",
        oldest_of(&bus, &sender, 33, 112),
        0,
    );
    same("one more", oldest_of(&bus, &sender, 34, 112), 1);
}

#[track_caller]
fn count_losses(sock: &Sock) {
    ok(
        "setsockopt(SO_RXQ_OVFL)",
        sock.set_generic(libc::SO_RXQ_OVFL, 1),
    );
}

/// Receives a number and the count of losses so far.
#[track_caller]
fn hear_counted(sock: &Sock, number: u32, missed: u32) {
    let message = hear_with_control(sock);
    let got = u32::from_ne_bytes(message.data.as_slice().try_into().expect("a number"));
    same(
        "(number, missed so far)",
        (got, message.missed()),
        (number, missed),
    );
}

fn stopped_reader_costs_nobody_a_message() {
    let (bus, sender) = lossy_bus();
    let (stopped, awake) = (bus.reader(), bus.reader());
    count_losses(&awake);
    for n in 0..100 {
        say_number(&sender, n);
        hear_counted(&awake, n, 0);
    }
    hear_nothing(&awake);
    (92..100).for_each(|n| hear_number(&stopped, n));
    hear_nothing(&stopped);
}

fn stopped_reader_is_told_how_many_it_missed() {
    for sent in [1, 7, 8, 9, 15, 16, 17, 100, 1000] {
        let (bus, sender) = lossy_bus();
        let reader = bus.reader();
        count_losses(&reader);
        (0..sent).for_each(|n| say_number(&sender, n));
        let missed = sent.saturating_sub(POOL as u32);
        (missed..sent).for_each(|n| hear_counted(&reader, n, missed));
        hear_nothing(&reader);
        ok("unlink", std::fs::remove_file(&bus.path));
    }
}

fn own_messages_are_not_missed() {
    let (bus, other) = lossy_bus();
    let port = bus.join();
    count_losses(&port);
    // Its own alone: it misses nothing, however many.
    (0..100).for_each(|n| say_number(&port, n));
    hear_nothing(&port);
    // One of the other's, overrun by its own: one is missed.
    say_number(&other, 1);
    (0..100).for_each(|n| say_number(&port, n));
    say_number(&other, 2);
    hear_counted(&port, 2, 1);
    hear_nothing(&port);
}

/// A model of the pool: of the last 8 messages those of others are heard, older ones are missed.
fn own_messages_are_not_missed_in_any_mixture() {
    let mut random = fastrand::Rng::with_seed(2);
    let (bus, other) = lossy_bus();
    let ports = [bus.join(), bus.join()];
    ports.iter().for_each(count_losses);
    let mut missed = [0; 2];
    for round in 0..60 {
        let senders: Vec<usize> = (0..random.usize(0..40))
            .map(|_| random.usize(0..3))
            .collect();
        for (n, sender) in senders.iter().enumerate() {
            say_number([&ports[0], &ports[1], &other][*sender], n as u32);
        }
        let kept = senders.len().saturating_sub(POOL as usize);
        for (number, port) in ports.iter().enumerate() {
            let foreign = |from: usize, to: usize| {
                (from..to)
                    .filter(|n| senders[*n] != number)
                    .map(|n| n as u32)
                    .collect::<Vec<_>>()
            };
            missed[number] += foreign(0, kept).len() as u32;
            for n in foreign(kept, senders.len()) {
                hear_counted(port, n, missed[number]);
            }
            hear_nothing(port);
        }
        say_number(&other, round);
        (0..2).for_each(|n| hear_counted(&ports[n], round, missed[n]));
        while other.recvmsg(8, NOW).is_ok() {}
    }
}

fn loss_count_adds_up() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    count_losses(&reader);
    (0..10).for_each(|n| say_number(&sender, n));
    hear_counted(&reader, 2, 2);
    hear_counted(&reader, 3, 2);
    (10..20).for_each(|n| say_number(&sender, n));
    (12..20).for_each(|n| hear_counted(&reader, n, 10));
    say_number(&sender, 20);
    hear_counted(&reader, 20, 10);
}

fn no_loss_is_a_count_of_nothing() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    count_losses(&reader);
    for n in 0..50 {
        say_number(&sender, n);
        hear_counted(&reader, n, 0);
    }
}

/// As in `sock_recv_drops()` of the kernel.
fn count_comes_once_there_was_a_loss() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    count_losses(&reader);
    let counts = || hear_with_control(&reader).control.len();
    say(&sender, b"x");
    same("control messages before a loss", counts(), 0);
    (0..=POOL).for_each(|n| say_number(&sender, n as u32));
    for _ in 0..2 {
        same("control messages after it", counts(), 1);
    }
}

fn end_of_record_tells_an_empty_message_from_the_end() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    say(&sender, b"");
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    for (what, flags, expected) in [
        ("the empty one, seen", libc::MSG_PEEK, libc::MSG_EOR),
        ("the empty one", 0, libc::MSG_EOR),
        ("the end", 0, 0),
        ("the end, seen", libc::MSG_PEEK, 0),
    ] {
        let message = ok(what, reader.recvmsg(64, NOW | flags));
        same(what, (message.len, message.flags), (0, expected));
    }
}

fn count_comes_only_when_asked_for() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    (0..10).for_each(|n| say_number(&sender, n));
    let message = hear_with_control(&reader);
    same(
        "control messages without SO_RXQ_OVFL",
        message.control.len(),
        0,
    );
    count_losses(&reader);
    hear_counted(&reader, 3, 2);
    ok("SO_RXQ_OVFL off", reader.set_generic(libc::SO_RXQ_OVFL, 0));
    let message = hear_with_control(&reader);
    same(
        "control messages after switching it off",
        message.control.len(),
        0,
    );
}

fn messages_before_joining_are_not_missed() {
    let (bus, sender) = lossy_bus();
    (0..100).for_each(|n| say_number(&sender, n));
    let reader = bus.reader();
    count_losses(&reader);
    hear_nothing(&reader);
    say_number(&sender, 100);
    hear_counted(&reader, 100, 0);
}

fn freed_port_starts_counting_at_nothing() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, POOL), (IPN_SO_NUMNODES, 2)]);
    for _ in 0..3 {
        let reader = bus.reader();
        count_losses(&reader);
        say_number(&sender, 0);
        hear_counted(&reader, 0, 0);
        (1..30).for_each(|n| say_number(&sender, n));
        hear_counted(&reader, 22, 21);
    }
}

fn cut_messages_are_not_missed() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    count_losses(&reader);
    for _ in 0..20 {
        say(&sender, b"longer than four");
        let message = ok("recvmsg", reader.recvmsg(4, NOW));
        same("what came of it", message.data, b"long".to_vec());
        holds("MSG_TRUNC is set", message.flags & libc::MSG_TRUNC != 0);
    }
    say_number(&sender, 1);
    hear_counted(&reader, 1, 0);
}

fn peeked_message_may_be_overrun() {
    let (bus, sender) = lossy_bus();
    let reader = bus.reader();
    count_losses(&reader);
    say_number(&sender, 0);
    let peeked = ok("recvmsg(MSG_PEEK)", reader.recvmsg(8, NOW | libc::MSG_PEEK));
    same("peeked", peeked.data, 0_u32.to_ne_bytes().to_vec());
    (1..10).for_each(|n| say_number(&sender, n));
    let peeked = ok("recvmsg(MSG_PEEK)", reader.recvmsg(8, NOW | libc::MSG_PEEK));
    same(
        "peeked after the overrun",
        peeked.data.clone(),
        2_u32.to_ne_bytes().to_vec(),
    );
    same("missed, told with a peek", peeked.missed(), 2);
    (2..10).for_each(|n| hear_counted(&reader, n, 2));
}

fn sender_never_waits() {
    let (bus, sender) = lossy_bus();
    let readers: Vec<_> = (0..5).map(|_| bus.reader()).collect();
    for n in 0..1000_u32 {
        same(
            "length sent",
            ok("send that may block", sender.send(&n.to_ne_bytes(), 0)),
            4,
        );
    }
    readers.iter().for_each(|reader| hear_number(reader, 992));
}

fn pool_of_one_keeps_the_newest() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 1)]);
    let reader = bus.join();
    count_losses(&reader);
    (0..5).for_each(|n| say_number(&sender, n));
    hear_counted(&reader, 4, 4);
    say_number(&reader, 9);
    hear_number(&sender, 9);
    say_number(&sender, 5);
    hear_counted(&reader, 5, 4);
}

/// Length of message `number`, and the byte it is filled with after the number.
fn shape(number: u32) -> (usize, u8) {
    (
        4 + (number.wrapping_mul(2_654_435_761) >> 24) as usize,
        (number.wrapping_mul(31) >> 2) as u8,
    )
}

/// Two threads send as fast as they can while two read, one of them with pauses. Every message that
/// arrives is intact, and from one to the next exactly as many are missing as the count says.
fn every_gap_is_accounted_for_under_load() {
    let messages = volume(30_000, "messages");
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 32), (IPN_SO_MTU, 300)]);
    let readers: Vec<_> = [false, true]
        .map(|slow| {
            let reader = bus.reader();
            count_losses(&reader);
            thread::spawn(move || {
                let (mut next, mut missed) = (0, 0);
                while next < messages {
                    let message = ok("recvmsg", reader.recvmsg(512, 0));
                    let number = u32::from_ne_bytes(message.data[..4].try_into().expect("4 bytes"));
                    let (len, fill) = shape(number);
                    same(
                        format_args!("length of message {number}"),
                        message.data.len(),
                        len,
                    );
                    holds(
                        format_args!("message {number} is intact"),
                        message.data[4..].iter().all(|b| *b == fill),
                    );
                    let lost = message.missed().wrapping_sub(missed);
                    same(
                        format_args!("missed before message {number}"),
                        number.wrapping_sub(next),
                        lost,
                    );
                    (next, missed) = (number + 1, message.missed());
                    if slow && number % 64 == 0 {
                        thread::sleep(Duration::from_millis(1));
                    }
                }
                missed
            })
        })
        .into_iter()
        .collect();
    for number in 0..messages {
        let (len, fill) = shape(number);
        let mut message = number.to_ne_bytes().to_vec();
        message.resize(len, fill);
        say(&sender, &message);
    }
    let missed: Vec<u32> = readers
        .into_iter()
        .map(|r| r.join().expect("a reader ends well"))
        .collect();
    holds(
        format_args!("the slow reader was overrun ({missed:?})"),
        missed[1] > 0,
    );
}

// SPDX-License-Identifier: GPL-2.0
//! Lossless networks: a sender waits, nothing is lost, everybody sees the same order.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases_for_both;
use crate::lab::task::{Blocked, Line, Process};
use crate::pace::volume;
use crate::sys::call;
use crate::sys::socket::Sock;
use std::thread;
use std::time::Duration;

cases_for_both!["lossless", "mapped_lossless":
    {
        pool_holds_its_size_and_of_many_short_ones_some_more,
        one_read_makes_room_for_one,
        slowest_reader_decides,
        own_messages_take_no_room_once_others_read_them,
        ports_that_do_not_read_hold_nobody,
        peeking_makes_no_room,
        blocked_sender_wakes_when_the_reader_reads,
        blocked_sender_wakes_when_the_reader_closes,
        blocked_sender_wakes_when_the_reader_stops_receiving,
        blocked_sender_wakes_when_the_reader_is_killed,
        blocked_senders_all_get_through,
        closing_a_blocked_senders_peer_leaves_the_other_readers_whole,
        every_receiver_gets_every_message_in_one_order @ 60,
    }
];

fn pool_holds_its_size_and_of_many_short_ones_some_more() {
    for pool in [1, 2, 3, 8, 100, 256] {
        let bus = Bus::named(&format!("pool{pool}"));
        let sender = bus.create_with(&lossless(pool));
        let reader = bus.reader();
        let most = pool as u32 + pool as u32 / 32;
        for _ in 0..3 {
            (0..most).for_each(|n| say_number(&sender, n));
            fails(
                format_args!("send to a full pool of {pool}"),
                sender.send(b"x", NOW),
                libc::EAGAIN,
            );
            fails("send to it again", sender.send(b"", NOW), libc::EAGAIN);
            (0..most).for_each(|n| hear_number(&reader, n));
            hear_nothing(&reader);
        }
    }
}

fn one_read_makes_room_for_one() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    (0..4).for_each(|n| say_number(&sender, n));
    for n in 4..40 {
        fails(
            "send to a full pool",
            sender.send(b"full", NOW),
            libc::EAGAIN,
        );
        hear_number(&reader, n - 4);
        say_number(&sender, n);
    }
}

fn slowest_reader_decides() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let (quick, slow) = (bus.reader(), bus.reader());
    (0..4).for_each(|n| say_number(&sender, n));
    (0..4).for_each(|n| hear_number(&quick, n));
    fails(
        "send while one has read nothing",
        sender.send(b"x", NOW),
        libc::EAGAIN,
    );
    hear_number(&slow, 0);
    say_number(&sender, 4);
    fails(
        "send while it has read one",
        sender.send(b"x", NOW),
        libc::EAGAIN,
    );
    (1..5).for_each(|n| hear_number(&slow, n));
    hear_number(&quick, 4);
}

fn own_messages_take_no_room_once_others_read_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&lossless(4)), bus.join());
    // Neither ever has to receive its own messages to go on.
    (0..50).for_each(|n| {
        say_number(&one, n);
        hear_number(&two, n);
    });
    (0..50).for_each(|n| {
        say_number(&two, n);
        hear_number(&one, n);
    });
    // A full pool of the one's own messages, read by the other, is an empty pool.
    for _ in 0..3 {
        (0..4).for_each(|n| say_number(&one, n));
        fails("send to a full pool", one.send(b"x", NOW), libc::EAGAIN);
        fails("send of the other", two.send(b"x", NOW), libc::EAGAIN);
        (0..4).for_each(|n| hear_number(&two, n));
    }
    // Mixed: each has to read only the other's.
    say_number(&one, 1);
    say_number(&two, 2);
    say_number(&one, 3);
    say_number(&two, 4);
    fails(
        "send to a full pool of both",
        one.send(b"x", NOW),
        libc::EAGAIN,
    );
    hear_number(&two, 1);
    say_number(&one, 5);
    fails(
        "send while the one has read nothing",
        one.send(b"x", NOW),
        libc::EAGAIN,
    );
    hear_number(&one, 2);
    hear_number(&one, 4);
    hear_number(&two, 3);
    hear_number(&two, 5);
    (0..4).for_each(|n| say_number(&two, n));
}

fn ports_that_do_not_read_hold_nobody() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    (0..20).for_each(|n| say_number(&sender, n));
    let _writer = bus.writer();
    let _manager = bus.manage();
    let stopped = bus.join();
    ok("shutdown(SHUT_RD)", stopped.shutdown(libc::SHUT_RD));
    (0..20).for_each(|n| say_number(&sender, n));
    let reader = bus.reader();
    (0..4).for_each(|n| say_number(&sender, n));
    fails(
        "send once there is a reader",
        sender.send(b"x", NOW),
        libc::EAGAIN,
    );
    (0..4).for_each(|n| hear_number(&reader, n));
}

fn peeking_makes_no_room() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(2));
    let reader = bus.reader();
    (0..2).for_each(|n| say_number(&sender, n));
    for _ in 0..3 {
        same(
            "peeked",
            ok(
                "recv(MSG_PEEK)",
                reader.recv(&mut [0; 4], NOW | libc::MSG_PEEK),
            ),
            4,
        );
        fails("send after a peek", sender.send(b"x", NOW), libc::EAGAIN);
    }
    hear_number(&reader, 0);
    say_number(&sender, 2);
    hear_number(&reader, 1);
    hear_number(&reader, 2);
}

/// A full network of 4 messages: its sender, and the sender's next call, which blocks.
fn blocked_sender(bus: &Bus, sender: &Sock) -> Blocked<std::io::Result<usize>> {
    (0..4).for_each(|n| say_number(sender, n));
    fails("send to a full pool", sender.send(b"x", NOW), libc::EAGAIN);
    let (sender, _) = (sender.clone(), bus);
    let blocked = Blocked::start(call::SEND, move || sender.send(&4_u32.to_ne_bytes(), 0));
    blocked.stays_blocked();
    blocked
}

fn blocked_sender_wakes_when_the_reader_reads() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    let blocked = blocked_sender(&bus, &sender);
    hear_number(&reader, 0);
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    (1..5).for_each(|n| hear_number(&reader, n));
    hear_nothing(&reader);
}

fn blocked_sender_wakes_when_the_reader_closes() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    let blocked = blocked_sender(&bus, &sender);
    ok("close of the reader", reader.close());
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    (0..20).for_each(|n| say_number(&sender, n));
}

fn blocked_sender_wakes_when_the_reader_stops_receiving() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    let blocked = blocked_sender(&bus, &sender);
    ok(
        "shutdown(SHUT_RD) of the reader",
        reader.shutdown(libc::SHUT_RD),
    );
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    (0..20).for_each(|n| say_number(&sender, n));
}

fn blocked_sender_wakes_when_the_reader_is_killed() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let victim = Process::start(|line| {
        let _reader = bus.reader();
        line.tell(0);
        line.hear();
    });
    victim.line.hear();
    let blocked = blocked_sender(&bus, &sender);
    victim.kill();
    same("length sent", ok("the blocked send", blocked.wakes()), 4);
    (0..20).for_each(|n| say_number(&sender, n));
}

fn blocked_senders_all_get_through() {
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(1));
    let reader = bus.reader();
    say_number(&bus.writer(), 99);
    let blocked: Vec<_> = (0..5_u32)
        .map(|n| {
            let writer = bus.writer();
            Blocked::start(call::SEND, move || writer.send(&n.to_ne_bytes(), 0))
        })
        .collect();
    let mut heard: Vec<u32> = (0..6)
        .map(|_| {
            let mut buffer = [0; 4];
            ok("recv", reader.recv(&mut buffer, 0));
            u32::from_ne_bytes(buffer)
        })
        .collect();
    same("the message that was there first", heard.remove(0), 99);
    heard.sort_unstable();
    same("messages of the blocked senders", heard, (0..5).collect());
    for sender in blocked {
        same("length sent", ok("a blocked send", sender.wakes()), 4);
    }
    ok("close", manager.close());
}

fn closing_a_blocked_senders_peer_leaves_the_other_readers_whole() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let (stays, leaves) = (bus.reader(), bus.reader());
    (0..4).for_each(|n| say_number(&sender, n));
    (0..3).for_each(|n| hear_number(&stays, n));
    fails(
        "send while one has read nothing",
        sender.send(b"x", NOW),
        libc::EAGAIN,
    );
    ok("close of the slow reader", leaves.close());
    (4..7).for_each(|n| say_number(&sender, n));
    fails(
        "send to a pool full again",
        sender.send(b"x", NOW),
        libc::EAGAIN,
    );
    (3..7).for_each(|n| hear_number(&stays, n));
    hear_nothing(&stays);
}

const SENDERS: u32 = 4;
const RECEIVERS: u32 = 8;

fn every_receiver_gets_every_message_in_one_order() {
    let each = volume(25_000, "messages of each sender");
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS)]);
    let receivers: Vec<_> = (0..RECEIVERS)
        .map(|number| Process::start(|line| receive_all(&bus, line, each, number == 0)))
        .collect();
    receivers.iter().for_each(|receiver| {
        receiver.line.hear();
    });
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| Process::start(|_| send_share(&bus.writer(), number, each)))
        .collect();
    senders.into_iter().for_each(Process::ends_well);
    let orders: Vec<u64> = receivers
        .iter()
        .map(|receiver| receiver.line.hear())
        .collect();
    holds(
        format_args!("all receivers saw one order: {orders:x?}"),
        orders.iter().all(|o| *o == orders[0]),
    );
    receivers.into_iter().for_each(Process::ends_well);
    ok("close", manager.close());
}

/// Sends this sender's messages: half of the senders one by one, the others in batches.
fn send_share(writer: &Sock, number: u32, each: u32) {
    let messages: Vec<[u8; 8]> = (0..each).map(|n| encode(number, n)).collect();
    let batch = if number % 2 == 0 { 1 } else { 50 };
    for chunk in messages.chunks(batch) {
        if let [message] = chunk {
            same("length sent", ok("send", writer.send(message, 0)), 8);
            continue;
        }
        let mut left: Vec<&[u8]> = chunk.iter().map(|message| &message[..]).collect();
        while !left.is_empty() {
            let sent = ok("sendmmsg", writer.sendmmsg(&left, 0));
            left.drain(..sent);
        }
    }
}

fn encode(sender: u32, number: u32) -> [u8; 8] {
    ((u64::from(sender) << 32) | u64::from(number)).to_ne_bytes()
}

/// Receives all messages, tells a checksum of their order.
fn receive_all(bus: &Bus, line: &Line, each: u32, slow: bool) {
    let reader = bus.reader();
    line.tell(0);
    let mut next = [0; SENDERS as usize];
    let mut order = 0xcbf2_9ce4_8422_2325_u64;
    let mut received = 0;
    while received < SENDERS * each {
        let messages = ok(
            "recvmmsg",
            reader.recvmmsg(32, 16, libc::MSG_WAITFORONE, None),
        );
        for message in &messages {
            let bytes: [u8; 8] = message
                .data
                .as_slice()
                .try_into()
                .expect("a message of 8 bytes");
            let value = u64::from_ne_bytes(bytes);
            let (sender, number) = ((value >> 32) as usize, value as u32);
            same(
                format_args!("next number of sender {sender}"),
                number,
                next[sender],
            );
            next[sender] += 1;
            order = (order ^ value).wrapping_mul(0x100_0000_01b3);
        }
        let before = received;
        received += messages.len() as u32;
        if slow && before / 500 != received / 500 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    same("messages of each sender", next, [each; SENDERS as usize]);
    hear_nothing(&reader);
    line.tell(order);
}

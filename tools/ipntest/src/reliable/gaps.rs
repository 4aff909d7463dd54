// SPDX-License-Identifier: GPL-2.0
//! Gaps: who was overrun is told once, how many it missed and of whom.

use super::*;
use crate::lab::bus::{hear, hear_nothing, hear_number, say, say_number};
use crate::lab::runner::cases;
use crate::sys::bpf::attach;
use crate::sys::poll::poll;

cases!["reliable_gaps":
        are_told_once_and_of_whom,
        are_told_of_many_senders,
        count_no_own_messages,
        stand_in_the_counters,
        wake_a_poller,
        are_told_behind_peeking,
        are_told_before_records,
        end_the_port_where_that_is_asked,
        of_what_never_came_are_told_with_the_next_message,
        are_counted_for_sockets_of_other_types,
        go_on_whoever_holds_the_port,
        refused_messages_are_none,
];

fn are_told_once_and_of_whom() {
    let bus = Bus::new();
    let one = create(&bus, &small(0));
    let two = join(&bus);
    let reader = join(&bus);
    say_number(&one, 0);
    say_number(&two, 1);
    hear_number(&reader, 0);
    hear_number(&reader, 1);
    for n in 0..20 {
        say_number(&one, n);
        say_number(&two, n);
        say_number(&two, 100 + n);
    }
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let told = gaps(&received);
    let held = {
        let mut held = 1;
        while reader.recvmsg(64, NOW).is_ok() {
            held += 1;
        }
        held
    };
    same(
        "whose",
        told.iter().map(|(port, _)| *port).collect(),
        vec![0_u32, 1],
    );
    let missed: u64 = told.iter().map(|(_, lost)| lost).sum();
    same("messages and gaps", missed + held, 60);
    hear_nothing(&reader);
    say_number(&one, 7);
    hear_behind(&reader, 7, &[]);
}

fn are_told_of_many_senders() {
    let bus = Bus::new();
    let reader = create(&bus, &small(0));
    let senders: Vec<Sock> = (0..40).map(|_| join(&bus)).collect();
    for sender in &senders {
        say_number(sender, 0);
    }
    for n in 0..40 {
        say_number(&senders[39], n);
    }
    is_reset(&reader);
    let told = gaps(&ok("recv", reader.recvmsg(64, NOW)));
    same("entries", told.len(), IPN_GAPS_MAX + 1);
    let (port, others) = told[IPN_GAPS_MAX];
    same("the last is of others", port, IPN_GAP_OTHERS);
    holds("of several", others > 8);
    same("the first", told[0], (1, 1));
}

fn count_no_own_messages() {
    let bus = Bus::new();
    let one = create(&bus, &small(0));
    let peer = join(&bus);
    (0..30).for_each(|n| say_number(&peer, n));
    say_number(&one, 0);
    (0..30).for_each(|n| say_number(&peer, n));
    let ready = ok("poll", poll(&peer, libc::POLLIN, 0));
    holds(
        "it is readable, though its own are left",
        ready & libc::POLLIN != 0,
    );
    is_reset(&peer);
    // Whatever is left are its own.
    hear_nothing(&peer);
    say_number(&one, 1);
    hear_behind(&peer, 1, &[(0, 1)]);
}

fn stand_in_the_counters() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let mut held = 0;
    while reader.recvmsg(64, NOW).is_ok() {
        held += 1;
    }
    same("received", counted(&reader, 2), held);
    same("lost", counted(&reader, 4), 100 - held);
    same("sent", counted(&sender, 0), 100);
}

fn wake_a_poller() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    let ready = ok("poll", poll(&reader, libc::POLLIN, 0));
    holds("it is readable", ready & libc::POLLIN != 0);
    is_reset(&reader);
    ok("recv", reader.recvmsg(64, NOW));
}

fn are_told_behind_peeking() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    (0..100).for_each(|n| say_number(&sender, n));
    let peek = NOW | libc::MSG_PEEK;
    fails("peek", reader.recvmsg(64, peek), libc::ECONNRESET);
    ok("peek again", reader.recvmsg(64, peek));
    // What the peeking call was told it has.
    hear_number(&reader, 100 - HELD);
}

fn are_told_before_records() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, 2));
    (0..100).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let received = ok("recv of records", reader.recvmsg(4096, NOW));
    let first = u64::from_ne_bytes(received.data[24..32].try_into().unwrap());
    same("gaps", gaps(&received), vec![(0, first - 1)]);
    same(
        "records",
        received.data.len() as u64,
        (101 - first) * 40 - 4,
    );
}

fn end_the_port_where_that_is_asked() {
    let bus = Bus::new();
    let mut options = small(0).to_vec();
    options.push((IPN_SO_FLAGS, IPN_FLAG_EVICT));
    let sender = create(&bus, &options);
    let (slow, quick) = (join(&bus), join(&bus));
    for n in 0..100 {
        say_number(&sender, n);
        hear_number(&quick, n);
    }
    for _ in 0..2 {
        let end = ok("recv of one that is evicted", slow.recvmsg(64, NOW));
        same("bytes", end.len, 0);
        same("it is no message", end.flags & libc::MSG_EOR, 0);
    }
    same("evicted", counted(&sender, 11), 1);
    say(&slow, b"it still sends");
    hear(&quick, b"it still sends");
}

fn of_what_never_came_are_told_with_the_next_message() {
    let bus = Bus::new();
    let sender = create(&bus, &small(LONG.1));
    let reader = join(&bus);
    say_number(&sender, 1);
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 3));
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 4));
    say_number(&sender, 2);
    say_number(&sender, 3);
    hear_number(&reader, 1);
    is_reset(&reader);
    hear_behind(&reader, 2, &[(0, 7)]);
    hear_behind(&reader, 3, &[]);
    same("lost", counted(&reader, 4), 7);
    fails("of none", sender.set(IPN_SO_SKIP, 0), libc::EINVAL);
    fails("it is only set", sender.get(IPN_SO_SKIP), libc::ENOPROTOOPT);
}

fn are_counted_for_sockets_of_other_types() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = bus.join();
    ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
    (0..100).for_each(|n| say_number(&sender, n));
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    same("missed", received.missed(), first);
}

fn go_on_whoever_holds_the_port() {
    let bus = Bus::new();
    let reader = create(&bus, &small(0));
    for round in 0..5 {
        let sender = join(&bus);
        same("port", port(&sender), 1);
        say_number(&sender, round);
    }
    (0..5).for_each(|n| hear_number(&reader, n));
    let sender = join(&bus);
    (0..30).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    same("gaps", gaps(&received), vec![(1, first.into())]);
}

fn refused_messages_are_none() {
    let bus = Bus::new();
    let sender = create(&bus, &small(0));
    let reader = join(&bus);
    ok(
        "a filter that refuses all",
        attach(&reader, &[(6, 0, 0, 0)]),
    );
    (0..4).for_each(|n| say_number(&sender, n));
    hear_nothing(&reader);
    ok("no filter", reader.set_generic(libc::SO_DETACH_FILTER, 0));
    (0..30).for_each(|n| say_number(&sender, n));
    is_reset(&reader);
    let received = ok("recv", reader.recvmsg(64, NOW));
    let first = u32::from_ne_bytes(received.data[..].try_into().unwrap());
    same("gaps", gaps(&received), vec![(0, first.into())]);
}

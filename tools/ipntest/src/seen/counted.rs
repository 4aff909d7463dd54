// SPDX-License-Identifier: GPL-2.0
//! What a port counts: `IPN_SO_STATISTICS`, and the same in a dump.

use super::family::*;
use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked};
use crate::switch::lab::{frame, mac, Lab};
use crate::sys::bpf;
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;

cases!["seen_counted":
    messages_and_bytes_are_counted,
    what_is_sent_to_a_switch_is_counted_where_it_goes,
    records_are_counted_as_messages,
    losses_are_counted,
    what_a_filter_refuses_is_counted,
    lag_is_what_waits,
    who_waits_is_told_since_when,
    shorter_place_gets_the_beginning,
    there_is_no_more_to_set_and_nothing_without_a_port,
    dump_tells_the_same,
];

const NOT_WAITING: u64 = u64::MAX;

/// sent, its bytes, received, its bytes, lost, refused, lag, waiting
#[track_caller]
fn counted(sock: &Sock) -> [u64; 8] {
    let bytes = ok(
        "IPN_SO_STATISTICS",
        sock.getsockopt(LEVEL, IPN_SO_STATISTICS, 64),
    );
    same("length", bytes.len(), 64);
    let words = bytes
        .chunks(8)
        .map(|word| u64::from_ne_bytes(word.try_into().unwrap()));
    words.collect::<Vec<_>>().try_into().unwrap()
}

fn messages_and_bytes_are_counted() {
    let bus = Bus::new();
    let [a, b] = [bus.create(), bus.join()];
    same("nothing", counted(&a), [0, 0, 0, 0, 0, 0, 0, NOT_WAITING]);
    say(&a, b"four");
    say(&a, b"");
    same("sent", counted(&a), [2, 4, 0, 0, 0, 0, 0, NOT_WAITING]);
    same("to come", counted(&b), [0, 0, 0, 0, 0, 0, 2, NOT_WAITING]);
    // What is peeked at stays; what is cut counts whole.
    ok("peek", b.recv(&mut [0; 2], libc::MSG_PEEK));
    same("peeked", counted(&b)[2..4].to_vec(), vec![0, 0]);
    ok("recv", b.recv(&mut [0; 2], NOW));
    same("received", counted(&b), [0, 0, 1, 4, 0, 0, 1, NOT_WAITING]);
    hear(&b, b"");
    same("received", counted(&b), [0, 0, 2, 4, 0, 0, 0, NOT_WAITING]);
}

fn what_is_sent_to_a_switch_is_counted_where_it_goes() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    // 21 bytes each.
    say(&two, &frame(mac(1), mac(2), "flooded"));
    say(&one, &frame(mac(2), mac(1), "learned"));
    same("sender", counted(&one), [1, 21, 0, 0, 0, 0, 1, NOT_WAITING]);
    let told = Family::new().network(&lab.bus).expect("it is told");
    same("of the network", told.number(SENT_BYTES), Some(42));
    same("receiver", counted(&two)[6], 1);
    // The flooded one alone.
    same("another", counted(&three)[6], 1);
    ok("recv", two.recv(&mut [0; 100], NOW));
    same(
        "received",
        counted(&two),
        [1, 21, 1, 21, 0, 0, 0, NOT_WAITING],
    );
}

fn records_are_counted_as_messages() {
    let bus = Bus::new();
    let [a, b] = [bus.create(), bus.join()];
    for sock in [&a, &b] {
        ok("IPN_SO_RECORDS", sock.set(IPN_SO_RECORDS, 1));
    }
    let record = |len: u32| [&len.to_ne_bytes()[..], &[0; 20], &vec![7; len as usize]].concat();
    let mut both = record(8);
    both.extend(record(3));
    ok("send", a.send(&both, NOW));
    same("sent", counted(&a)[..2].to_vec(), vec![2, 11]);
    ok("recv", b.recv(&mut [0; 1000], NOW));
    same("received", counted(&b)[2..4].to_vec(), vec![2, 11]);
}

fn losses_are_counted() {
    let bus = Bus::new();
    let [a, b] = [bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.join()];
    (0..10).for_each(|number| say_number(&a, number));
    hear_number(&b, 6);
    same("lost", counted(&b), [0, 0, 1, 4, 6, 0, 3, NOT_WAITING]);
    let told = &Family::new().network(&bus).expect("it is told");
    same("of the network", told.number(LOST), Some(6));
    same("of the network", told.number(SENT), Some(10));
    same("of the network", told.number(SENT_BYTES), Some(40));
}

fn what_a_filter_refuses_is_counted() {
    let bus = Bus::new();
    let [a, b] = [bus.create(), bus.join()];
    // Returns 0.
    ok("SO_ATTACH_FILTER", bpf::attach(&b, &[(0x06, 0, 0, 0)]));
    (0..3).for_each(|number| say_number(&a, number));
    hear_nothing(&b);
    same("refused", counted(&b), [0, 0, 0, 0, 0, 3, 0, NOT_WAITING]);
}

fn lag_is_what_waits() {
    let bus = Bus::new();
    let [a, b] = [bus.create(), bus.join()];
    (0..3).for_each(|number| say_number(&a, number));
    same("lag", counted(&b)[6], 3);
    hear_number(&b, 0);
    same("lag", counted(&b)[6], 2);
    ok("shutdown", b.shutdown(libc::SHUT_RD));
    same("one that does not receive has none", counted(&b)[6], 0);
}

fn who_waits_is_told_since_when() {
    let bus = Bus::new();
    let [a, b] = [bus.create_with(&lossless(1)), bus.join()];
    let waiter = b.clone();
    let blocked = Blocked::start(call::RECV, move || waiter.recv(&mut [0; 8], 0));
    wait_until("it waits", || counted(&b)[7] != NOT_WAITING);
    let first = counted(&b)[7];
    wait_until("time goes by", || counted(&b)[7] > first + 5);
    say_number(&a, 1);
    ok("recv", blocked.wakes());
    same("no more", counted(&b)[7], NOT_WAITING);

    say_number(&a, 2);
    let sender = a.clone();
    let blocked = Blocked::start(call::SEND, move || sender.send(b"more", 0));
    wait_until("the sender waits", || counted(&a)[7] != NOT_WAITING);
    hear_number(&b, 2);
    ok("send", blocked.wakes());
    same("no more", counted(&a)[7], NOT_WAITING);
    hear(&b, b"more");

    let poller = b.clone();
    let blocked = Blocked::start(call::POLL, move || poll(&poller, libc::POLLIN, -1));
    wait_until("the poller waits", || counted(&b)[7] != NOT_WAITING);
    say_number(&a, 3);
    ok("poll", blocked.wakes());
    same("no more", counted(&b)[7], NOT_WAITING);
}

fn shorter_place_gets_the_beginning() {
    let bus = Bus::new();
    let port = bus.create();
    say(&port, b"abc");
    for room in [0, 1, 8, 12, 63, 64, 65, 95, 96, 97, 4096] {
        let got = ok(
            "getsockopt",
            port.getsockopt(LEVEL, IPN_SO_STATISTICS, room),
        );
        let whole = [1_u64, 3, 0, 0, 0, 0, 0, NOT_WAITING, 0, 0, 0, 0]
            .map(u64::to_ne_bytes)
            .concat();
        same("bytes", got, whole[..96.min(room as usize)].to_vec());
    }
}

fn there_is_no_more_to_set_and_nothing_without_a_port() {
    let bus = Bus::new();
    let ask = |sock: &Sock| sock.getsockopt(LEVEL, IPN_SO_STATISTICS, 64);
    fails("fresh", ask(&open()), libc::ENOTCONN);
    let manager = bus.manage_new(&[]);
    fails("bound", ask(&manager), libc::ENOTCONN);
    let port = bus.join();
    fails("set", port.set(IPN_SO_STATISTICS, 0), libc::ENOPROTOOPT);
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    holds("once ended", ask(&port).is_ok());
}

fn dump_tells_the_same() {
    let bus = Bus::new();
    let [a, b] = [bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.join()];
    (0..9).for_each(|number| say_number(&a, number));
    hear_number(&b, 5);
    let told = Family::new().ports(&bus);
    let names = [
        SENT,
        SENT_BYTES,
        RECEIVED,
        RECEIVED_BYTES,
        LOST,
        REFUSED,
        LAG,
    ];
    for (told, sock) in told.iter().zip([&a, &b]) {
        let numbers = names.map(|name| told.number(name).expect("it is told"));
        same("counters", &numbers[..], &counted(sock)[..7]);
        same("waiting", told.number(WAITING), None);
    }
    let waiter = b.clone();
    (6..9).for_each(|number| hear_number(&b, number));
    let blocked = Blocked::start(call::RECV, move || waiter.recv(&mut [0; 8], 0));
    wait_until("it waits", || {
        Family::new().ports(&bus)[1].number(WAITING).is_some()
    });
    say_number(&a, 1);
    ok("recv", blocked.wakes());
}

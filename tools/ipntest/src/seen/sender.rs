// SPDX-License-Identifier: GPL-2.0
//! Who sent a message: `IPN_SO_SENDER`.

use super::family::*;
use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, COMRADE, OWNER};
use crate::switch::lab::{frame, mac, Lab};
use crate::sys::bpf;
use crate::sys::message::Received;
use crate::sys::privilege::own_user_namespace;
use crate::sys::process;
use crate::sys::socket::Sock;
use std::fs::{set_permissions, Permissions};
use std::os::unix::fs::PermissionsExt;

cases!["seen_sender":
    message_tells_who_took_its_port,
    nobody_is_told_unless_asked,
    sender_that_has_left_is_told_and_not_who_has_its_number,
    each_of_many_that_come_and_go_is_told,
    one_that_left_long_ago_is_not_told,
    on_a_switch_too,
    peeked_filtered_and_batched_messages_tell_it,
    records_of_a_call_are_of_one_sender,
    numbers_are_those_of_the_readers_namespaces,
    out_of_band_messages_have_no_sender,
];

/// A port, its process and user, its group, and since when.
type Who = (u32, u32, u32, u32, u64);

fn who(received: &Received) -> Option<Who> {
    let told = received.control(LEVEL, IPN_SO_SENDER)?;
    same("length", told.data.len(), 24);
    let word = |at: usize| u32::from_ne_bytes(told.data[at..at + 4].try_into().unwrap());
    let since = u64::from_ne_bytes(told.data[16..24].try_into().unwrap());
    Some((word(0), word(4), word(8), word(12), since))
}

#[track_caller]
fn asks(sock: Sock) -> Sock {
    ok("IPN_SO_SENDER", sock.set(IPN_SO_SENDER, 1));
    sock
}

#[track_caller]
fn heard(sock: &Sock, expected: &[u8]) -> Option<Who> {
    let received = ok("recvmsg", sock.recvmsg(2000, NOW));
    same("message", &received.data[..], expected);
    who(&received)
}

fn me() -> u32 {
    process::process_id() as u32
}

fn message_tells_who_took_its_port() {
    let bus = Bus::new();
    let reader = asks(bus.create());
    let port = bus.join();
    let other = Process::start(|line| {
        OWNER.become_it();
        // It sends by a descriptor of another's.
        say(&port, b"lent");
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    say(&port, b"own");
    let (number, pid, uid, gid, since) = heard(&reader, b"lent").expect("it is told");
    same("who", (number, pid, uid, gid), (1, me(), 0, 0));
    let told = Family::new().ports(&bus);
    same("since", told[1].number(SINCE), Some(since));
    same(
        "again",
        heard(&reader, b"own"),
        Some((1, me(), 0, 0, since)),
    );
    other.line.tell(0);
    other.ends_well();
}

fn nobody_is_told_unless_asked() {
    let bus = Bus::new();
    let [reader, port] = [bus.create(), bus.join()];
    same("unless told", ok("get", reader.get(IPN_SO_SENDER)), 0);
    say(&port, b"1");
    same("not asked", heard(&reader, b"1"), None);
    let reader = asks(reader);
    same("told", ok("get", reader.get(IPN_SO_SENDER)), 1);
    say(&port, b"2");
    holds("asked", heard(&reader, b"2").is_some());
    ok("IPN_SO_SENDER", reader.set(IPN_SO_SENDER, 0));
    say(&port, b"3");
    same("not asked any more", heard(&reader, b"3"), None);
    fails("2", reader.set(IPN_SO_SENDER, 2), libc::EINVAL);
}

/// A process of `OWNER`'s takes port 1, says something and leaves it; its number.
#[track_caller]
fn passes_by(bus: &Bus, message: &[u8]) -> u32 {
    let other = Process::start(|_| {
        OWNER.become_it();
        let port = open();
        ok("IPN_SO_PORT", port.set(IPN_SO_PORT, 1));
        ok("connect", port.connect(&bus.addr));
        say(&port, message);
    });
    let pid = other.pid as u32;
    other.ends_well();
    pid
}

fn sender_that_has_left_is_told_and_not_who_has_its_number() {
    let bus = Bus::new();
    let reader = asks(bus.create_with(&[(IPN_SO_MODE, 0o777)]));
    ok(
        "chmod",
        set_permissions(&bus.path, Permissions::from_mode(0o777)),
    );
    let first = passes_by(&bus, b"first");
    let second = passes_by(&bus, b"second");
    let port = bus.join();
    say(&port, b"third");
    let got = heard(&reader, b"first").expect("it is told");
    same("first", (got.0, got.1, got.2), (1, first, 1001));
    let got = heard(&reader, b"second").expect("it is told");
    same("second", (got.0, got.1, got.2), (1, second, 1001));
    let got = heard(&reader, b"third").expect("it is told");
    same("third", (got.0, got.1, got.2), (1, me(), 0));
}

fn each_of_many_that_come_and_go_is_told() {
    let bus = Bus::new();
    let reader = asks(bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 1000)]));
    let stays = bus.join();
    say_number(&stays, 0);
    // More than are looked at with the lock at once leave in between.
    for number in 1..700 {
        say_number(&bus.join(), number);
    }
    drop(stays);
    let mut last = 0;
    for number in 0..700_u32 {
        let got = heard(&reader, &number.to_ne_bytes()).expect("it is told");
        same("port", got.0, if number == 0 { 1 } else { 2 });
        holds("another each time", got.4 > last);
        last = got.4;
    }
}

fn one_that_left_long_ago_is_not_told() {
    let bus = Bus::new();
    let _keeper = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4), (IPN_SO_NUMNODES, 64)]);
    let silent: Vec<Sock> = (0..10).map(|_| bus.join()).collect();
    silent.iter().for_each(|port| say(port, b"before"));
    let reader = asks(bus.join());
    let forgotten = bus.join();
    say(&forgotten, b"who?");
    drop(forgotten);
    // More leave that have sent than there are places.
    drop(silent);
    same("not known any more", heard(&reader, b"who?"), None);
}

fn on_a_switch_too() {
    let lab = Lab::with(&[(IPN_SO_MSGPOOLSIZE, 16)]);
    let [one, two] = lab.ports();
    let one = asks(one);
    // What other ports get counts on the network, and not on the ring of this one.
    say(&one, &frame(mac(9), mac(1), "flooded"));
    let mut senders = Vec::new();
    for text in ["a", "b", "c"] {
        let port = lab.port(5);
        let sent = frame(mac(1), mac(5), text);
        say(&port, &sent);
        let told = Family::new().ports(&lab.bus);
        senders.push((sent, told.last().and_then(|told| told.number(SINCE))));
        say(&two, &frame(mac(7), mac(2), "beside"));
        drop(port);
    }
    for (sent, since) in senders {
        let got = heard(&one, &sent).expect("it is told");
        same("port", got.0, 5);
        same("since", Some(got.4), since);
        let got = heard(&one, &frame(mac(7), mac(2), "beside")).expect("it is told");
        same("beside", got.0, 1);
    }
}

fn peeked_filtered_and_batched_messages_tell_it() {
    let bus = Bus::new();
    let reader = asks(bus.create());
    let port = bus.join();
    say(&port, b"xyz");
    let peeked = ok("peek", reader.recvmsg(10, NOW | libc::MSG_PEEK));
    let first = who(&peeked).expect("it is told");
    same("the same", heard(&reader, b"xyz"), Some(first));
    // Keeps 2 bytes.
    ok("SO_ATTACH_FILTER", bpf::attach(&reader, &[(0x06, 0, 0, 2)]));
    drop(port);
    let ports = [bus.join(), bus.join()];
    say(&ports[0], b"abc");
    say(&ports[1], b"def");
    let got = ok("recvmmsg", reader.recvmmsg(4, 10, NOW, None));
    let got: Vec<_> = got
        .iter()
        .map(|one| (one.data.len(), who(one).map(|who| who.0)))
        .collect();
    same("batch", got, vec![(2, Some(1)), (2, Some(2))]);
    // No room for it is told as for any control message.
    say(&ports[0], b"ghi");
    let mut buffer = [0; 10];
    ok("recv without room", reader.recv(&mut buffer, NOW));
}

fn records_of_a_call_are_of_one_sender() {
    let bus = Bus::new();
    let reader = asks(bus.create());
    ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, 1));
    let [a, b] = [bus.join(), bus.join()];
    for (port, count) in [(&a, 3), (&b, 2), (&a, 1)] {
        (0..count).for_each(|number| say_number(port, number));
    }
    drop(a);
    let again = bus.join();
    (0..2).for_each(|number| say_number(&again, number));
    let mut since = Vec::new();
    for (port, count) in [(1, 3), (2, 2), (1, 1), (1, 2)] {
        let got = ok("recvmsg", reader.recvmsg(2000, NOW));
        // 24 bytes of header, 4 of message, and 4 between.
        same("records", got.data.len().div_ceil(32), count);
        let who = who(&got).expect("it is told");
        same("port", who.0, port);
        since.push(who.4);
    }
    holds("one", since[0] == since[2] && since[2] != since[3]);
    hear_nothing(&reader);
}

fn numbers_are_those_of_the_readers_namespaces() {
    let bus = Bus::new();
    let port = bus.create();
    ok(
        "chmod",
        set_permissions(&bus.path, Permissions::from_mode(0o777)),
    );
    COMRADE.does(|| {
        let mine = bus.join();
        ok("unshare", own_user_namespace(libc::CLONE_NEWPID));
        Process::start(|_| {
            let reader = asks(bus.join());
            say(&port, b"root");
            say(&mine, b"mine");
            let got = heard(&reader, b"root").expect("it is told");
            same(
                "not in here",
                (got.0, got.1, got.2, got.3),
                (0, 0, 65534, 65534),
            );
            let got = heard(&reader, b"mine").expect("it is told");
            same("its own", (got.0, got.1, got.2, got.3), (1, 0, 0, 0));
            let here = bus.join();
            say(&here, b"here");
            let got = heard(&reader, b"here").expect("it is told");
            same("here", (got.0, got.1, got.2, got.3), (3, me(), 0, 0));
        })
        .ends_well();
    });
}

fn out_of_band_messages_have_no_sender() {
    let bus = Bus::new();
    let reader = asks(bus.create());
    ok("IPN_SO_HANDLE_OOB", reader.set(IPN_SO_HANDLE_OOB, 1));
    ok(
        "IPN_SO_WANT_OOB_NUMNODES",
        reader.set(IPN_SO_WANT_OOB_NUMNODES, 1),
    );
    let port = bus.join();
    say(&port, b"x");
    let got = ok("recvmsg", reader.recvmsg(100, NOW));
    holds("out of band", got.flags & libc::MSG_OOB != 0);
    same("no sender", who(&got), None);
    holds("a message has one", heard(&reader, b"x").is_some());
}

// SPDX-License-Identifier: GPL-2.0
//! io_uring.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::sys::uring::{Completion, Uring};
use std::io;

cases!["io_uring":
    send_and_receive,
    receive_completes_when_a_message_comes,
    send_completes_when_room_is_made,
    dont_wait_is_heeded,
    poll_completes_when_a_message_comes,
    poll_completes_when_room_is_made,
    waiting_receive_can_be_cancelled,
    linked_send_and_receive,
    many_receives_under_way,
    errors_are_those_of_the_calls,
    shutdown_ends_a_direction,
    socket_closes_under_a_waiting_receive,
];

/// Nothing that should happen takes this long.
const LIMIT_MS: i32 = 8000;

#[track_caller]
fn ring() -> Uring {
    ok("io_uring_setup", Uring::new())
}

#[track_caller]
fn one(ring: &mut Uring, tag: u64) -> Completion {
    let mut ended = ok("waiting for a request to end", ring.wait(1, LIMIT_MS));
    same("requests that ended", ended.len(), 1);
    let ended = ended.remove(0);
    same("tag of the request that ended", ended.tag, tag);
    ended
}

#[track_caller]
fn result(ring: &mut Uring, tag: u64) -> io::Result<usize> {
    one(ring, tag).result
}

#[track_caller]
fn nothing_ended(ring: &mut Uring) {
    std::thread::sleep(std::time::Duration::from_millis(20));
    same("requests that ended", ring.ended().len(), 0);
}

fn send_and_receive() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    ok("submit a send", ring.send(&from, b"through the ring", 0, 1));
    same("length sent", ok("send", result(&mut ring, 1)), 16);
    ok("submit a receive", ring.recv(&to, 64, 0, 2));
    let received = one(&mut ring, 2);
    same("length received", ok("recv", received.result), 16);
    same("bytes", received.data, b"through the ring".to_vec());
    ok("submit an empty send", ring.send(&from, b"", 0, 3));
    same("length sent", ok("send", result(&mut ring, 3)), 0);
    hear(&to, b"");
}

fn receive_completes_when_a_message_comes() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    ok("submit a receive", ring.recv(&to, 64, 0, 1));
    nothing_ended(&mut ring);
    say(&from, b"late");
    same("bytes", one(&mut ring, 1).data, b"late".to_vec());
    hear_nothing(&to);
}

fn send_completes_when_room_is_made() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(2));
    let reader = bus.reader();
    let mut ring = ring();
    for tag in 0..2 {
        ok("submit a send", ring.send(&sender, &[tag as u8], 0, tag));
        same("length sent", ok("send", result(&mut ring, tag)), 1);
    }
    ok(
        "submit a send to a full pool",
        ring.send(&sender, &[2], 0, 2),
    );
    nothing_ended(&mut ring);
    hear(&reader, &[0]);
    same("length sent", ok("send", result(&mut ring, 2)), 1);
    hear(&reader, &[1]);
    hear(&reader, &[2]);
    hear_nothing(&reader);
}

fn dont_wait_is_heeded() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    let mut ring = ring();
    ok("submit a receive", ring.recv(&reader, 64, NOW, 1));
    fails("recv of nothing", result(&mut ring, 1), libc::EAGAIN);
    say(&sender, b"x");
    ok("submit a send", ring.send(&sender, b"y", NOW, 2));
    fails("send to a full pool", result(&mut ring, 2), libc::EAGAIN);
    hear(&reader, b"x");
    hear_nothing(&reader);
}

fn poll_completes_when_a_message_comes() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    ok("submit a poll", ring.poll(&to, libc::POLLIN, 1));
    nothing_ended(&mut ring);
    say(&from, b"x");
    let events = ok("poll", result(&mut ring, 1));
    same(
        "POLLIN",
        events & libc::POLLIN as usize,
        libc::POLLIN as usize,
    );
    ok("submit another", ring.poll(&to, libc::POLLIN, 2));
    let events = ok("poll of what is there", result(&mut ring, 2));
    same(
        "POLLIN",
        events & libc::POLLIN as usize,
        libc::POLLIN as usize,
    );
}

fn poll_completes_when_room_is_made() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    let mut ring = ring();
    say(&sender, b"x");
    ok("submit a poll", ring.poll(&sender, libc::POLLOUT, 1));
    nothing_ended(&mut ring);
    hear(&reader, b"x");
    let events = ok("poll", result(&mut ring, 1));
    same(
        "POLLOUT",
        events & libc::POLLOUT as usize,
        libc::POLLOUT as usize,
    );
}

fn waiting_receive_can_be_cancelled() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    ok("submit a receive", ring.recv(&to, 64, 0, 1));
    nothing_ended(&mut ring);
    ok("submit a cancellation", ring.cancel(1, 2));
    let mut ended = ok("both end", ring.wait(2, LIMIT_MS));
    ended.sort_by_key(|completion| completion.tag);
    let results: Vec<_> = ended
        .into_iter()
        .map(|completion| completion.result)
        .collect();
    let [received, cancelled] = results.try_into().expect("two results");
    fails("the cancelled receive", received, libc::ECANCELED);
    ok("the cancellation", cancelled);
    say(&from, b"x");
    hear(&to, b"x");
}

fn linked_send_and_receive() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    ok(
        "submit both",
        ring.send_then_recv(&from, b"linked", &to, 64, (1, 2)),
    );
    let ended = ok("both end", ring.wait(2, LIMIT_MS));
    same("the received bytes", &ended[1].data, &b"linked".to_vec());
}

fn many_receives_under_way() {
    let bus = Bus::new();
    let (from, to) = (bus.create(), bus.join());
    let mut ring = ring();
    (0..20).for_each(|tag| ok("submit a receive", ring.recv(&to, 8, 0, tag)));
    nothing_ended(&mut ring);
    (0..20).for_each(|n| say_number(&from, n));
    let ended = ok("all end", ring.wait(20, LIMIT_MS));
    let mut numbers: Vec<Vec<u8>> = ended
        .into_iter()
        .map(|completion| completion.data)
        .collect();
    numbers.sort_unstable();
    same(
        "each message once",
        numbers,
        (0..20_u32).map(|n| n.to_ne_bytes().to_vec()).collect(),
    );
    hear_nothing(&to);
}

fn errors_are_those_of_the_calls() {
    let bus = Bus::new();
    let creator = bus.create();
    let mut ring = ring();
    ok("submit", ring.send(&creator, &[0; 1515], 0, 1));
    fails("send over the MTU", result(&mut ring, 1), libc::EMSGSIZE);
    ok("submit", ring.send(&open(), b"x", 0, 2));
    fails(
        "send of a socket without a port",
        result(&mut ring, 2),
        libc::ENOTCONN,
    );
    let reader = bus.reader();
    ok("submit", ring.send(&reader, b"x", libc::MSG_NOSIGNAL, 3));
    fails("send of a reader", result(&mut ring, 3), libc::EPIPE);
    let writer = bus.writer();
    ok("submit", ring.recv(&writer, 8, 0, 4));
    fails("recv of a writer", result(&mut ring, 4), libc::EPIPE);
}

fn shutdown_ends_a_direction() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let mut ring = ring();
    ok("submit a shutdown", ring.shutdown(&one, libc::SHUT_WR, 1));
    ok("shutdown", result(&mut ring, 1));
    fails(
        "send afterwards",
        one.send(b"x", NOW | libc::MSG_NOSIGNAL),
        libc::EPIPE,
    );
    say(&two, b"x");
    hear(&one, b"x");
}

fn socket_closes_under_a_waiting_receive() {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 2)]);
    let mut ring = ring();
    let port = bus.join();
    ok("submit a receive", ring.recv(&port, 64, 0, 1));
    nothing_ended(&mut ring);
    // The request holds the file: the port lives until the request has ended.
    ok("close", port.close());
    say(&creator, b"last words");
    same("bytes", one(&mut ring, 1).data, b"last words".to_vec());
    drop(ring);
    crate::lab::task::wait_until("the port is free", || open().connect(&bus.addr).is_ok());
}

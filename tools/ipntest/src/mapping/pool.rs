// SPDX-License-Identifier: GPL-2.0
//! A mapping shows the messages of the pool and not a byte more, to one who looks at all of it.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::mapping::lab::{at, data, map_head, map_ring};
use crate::sys::mapping::Area;
use crate::sys::memory::{Pages, PAGE};
use crate::sys::socket::Sock;
use std::sync::atomic::Ordering::Relaxed;

cases!["mapping_pool":
    shorter_messages_leave_nothing_of_longer_ones,
    late_reader_finds_nothing_older_than_the_pool,
    first_reader_of_a_large_ring_finds_nothing_that_was_overwritten,
    failed_send_leaves_none_of_its_bytes,
    failed_send_of_a_long_message_leaves_none_of_its_bytes,
    fetched_message_leaves_nothing_of_a_longer_one,
];

const POOL: usize = 5;
const MTU: usize = 200;

/// A network of so few messages that a test can know all of them.
fn create(bus: &Bus, flags: i32) -> Sock {
    create_for(bus, flags, MTU)
}

/// The same for messages of up to `mtu` bytes.
fn create_for(bus: &Bus, flags: i32, mtu: usize) -> Sock {
    bus.create_with(&[
        (IPN_SO_FLAGS, flags),
        (IPN_SO_MSGPOOLSIZE, POOL as i32),
        (IPN_SO_MTU, mtu as i32),
    ])
}

/// The whole ring as `sock` sees it.
#[track_caller]
fn ring(sock: &Sock) -> Area {
    let head = ok("the first page", map_head(sock));
    ok("the ring", map_ring(sock, &head))
}

/// What is in the ring, but for the first page and the index: none but the bytes of those of `log` that are in
/// the pool. `begun` was begun, and may have cost the oldest.
#[track_caller]
fn shows(ring: &Area, log: &[Vec<u8>], begun: bool) {
    let published = ring.word(at::PUBLISHED).load(Relaxed);
    same("published", published, log.len() as u64);
    let oldest = ring.word(at::OLDEST).load(Relaxed) as usize;
    let most = (log.len() + usize::from(begun)).saturating_sub(POOL);
    same("the oldest", oldest, most);
    shows_from(ring, log, oldest);
}

/// What is in the ring, but for the first page and the index: none but the bytes of messages from `oldest` on.
#[track_caller]
fn shows_from(ring: &Area, log: &[Vec<u8>], oldest: usize) {
    let field = |index: usize| ring.half(4 * index).load(Relaxed) as usize;
    let (bytes, first) = (field(4), field(5));
    let words = (first..first + bytes).step_by(8);
    let mut seen: Vec<u8> = words
        .flat_map(|at| ring.word(at).load(Relaxed).to_ne_bytes())
        .collect();
    for (number, message) in log.iter().enumerate().skip(oldest) {
        let start = data(ring, number as u64) - first;
        let held = &mut seen[start..start + message.len()];
        holds(format_args!("message {number}"), held == message);
        held.fill(0);
    }
    let left = seen.iter().position(|&byte| byte != 0);
    same("a byte of what can not be read", left, None);
}

/// A message of some length that is like no other.
fn message(number: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (number * 31 + at) as u8 | 1).collect()
}

/// Lengths of messages: long ones, then shorter ones, up and down.
fn lengths() -> impl Iterator<Item = usize> {
    let mut random = fastrand::Rng::with_seed(7);
    let ends = [MTU, 0, MTU - 1, 1, 8, 7, 64, 48, 49, 47];
    (ends.into_iter()).chain((0..60).map(move |_| random.usize(0..=MTU)))
}

fn shorter_messages_leave_nothing_of_longer_ones() {
    for flags in [0, IPN_FLAG_LOSSLESS] {
        let bus = Bus::named(&flags.to_string());
        let sender = create(&bus, flags);
        let reader = bus.reader();
        let ring = ring(&reader);
        let mut log = Vec::new();
        for (number, len) in lengths().enumerate() {
            log.push(message(number, len));
            say(&sender, &log[number]);
            shows(&ring, &log, false);
            hear(&reader, &log[number]);
        }
    }
}

fn late_reader_finds_nothing_older_than_the_pool() {
    let bus = Bus::new();
    let sender = create(&bus, 0);
    let mut log = Vec::new();
    for (number, len) in lengths().enumerate() {
        log.push(message(number, len));
        say(&sender, &log[number]);
        let late = bus.reader();
        shows(&ring(&late), &log, false);
    }
}

fn first_reader_of_a_large_ring_finds_nothing_that_was_overwritten() {
    let bus = Bus::new();
    let sender = bus.create();
    let log: Vec<_> = (0..250).map(|number| message(number, 1514)).collect();
    log.iter().for_each(|message| say(&sender, message));
    let more: Vec<_> = (250..400).map(|number| message(number, 700)).collect();
    more.iter().for_each(|message| say(&sender, message));
    let ring = ring(&bus.reader());
    let oldest = ring.word(at::OLDEST).load(Relaxed) as usize;
    shows_from(&ring, &[log, more].concat(), oldest);
}

/// Pages of which the last is not there, and the address `before` bytes before it.
#[track_caller]
fn ends_early(bytes: &[u8]) -> (Pages, usize) {
    let mut pages = ok("mmap", Pages::fresh(2));
    pages.write(PAGE - bytes.len(), bytes);
    ok("mprotect", pages.forbid(1));
    let address = pages.address(PAGE - bytes.len());
    (pages, address)
}

/// Sends of `mtu` bytes that are not all there, between messages of other lengths.
#[track_caller]
fn failed_sends(mtu: usize) {
    for flags in [0, IPN_FLAG_LOSSLESS] {
        let bus = Bus::named(&flags.to_string());
        let sender = create_for(&bus, flags, mtu);
        let reader = bus.reader();
        let ring = ring(&reader);
        let mut log: Vec<Vec<u8>> = Vec::new();
        for (number, len) in lengths().enumerate() {
            let there = message(99, (number * 13) % (mtu - 1));
            let (_pages, address) = ends_early(&there);
            let sent = sender.send_at(address, mtu, NOW);
            fails("send of what is not there", sent, libc::EFAULT);
            shows(&ring, &log, true);
            log.push(message(number, len));
            say(&sender, &log[number]);
            shows(&ring, &log, false);
            hear(&reader, &log[number]);
        }
    }
}

fn failed_send_leaves_none_of_its_bytes() {
    failed_sends(MTU);
}

fn failed_send_of_a_long_message_leaves_none_of_its_bytes() {
    failed_sends(2 * MTU);
}

fn fetched_message_leaves_nothing_of_a_longer_one() {
    let bus = Bus::new();
    let sender = create(&bus, 0);
    let ring = ring(&bus.reader());
    let mut log: Vec<Vec<u8>> = (0..POOL).map(|number| message(number, MTU)).collect();
    log.iter().for_each(|message| say(&sender, message));
    for len in [0, 1, 50, MTU - 1, 3] {
        // Never touched, so it is fetched apart.
        let fresh = ok("mmap", Pages::fresh(1));
        ok("send", sender.send_at(fresh.address(0), len, NOW));
        log.push(vec![0; len]);
        shows(&ring, &log, false);
    }
}

// SPDX-License-Identifier: GPL-2.0
//! What a writer that maps gives up: readers know how much they lost, and on a lossless network it waits.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::mapping::lab::{ask, Map};
use crate::mapping::writer::lab::{lossless_of_one_writer, refuse_all, Pen, ONE_WRITER};
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::sync::atomic::Ordering::Relaxed;

cases!["mapped_writer_losses":
    losses_are_counted,
    losses_are_counted_before_anybody_looked,
    mapped_reader_is_told_of_losses,
    what_is_given_up_while_it_waits_is_lost,
    lossless_writer_is_told_what_was_read,
    mapped_readers_count_for_it,
    without_readers_nothing_holds_it,
    poll_tells_of_room,
    filtered_reader_does_not_hold_it,
    giving_up_what_is_not_read_ends_the_network,
];

fn lost(sock: &Sock) -> u64 {
    let bytes = ok("statistics", sock.getsockopt(0, IPN_SO_STATISTICS, 64));
    u64::from_ne_bytes(bytes[32..40].try_into().unwrap())
}

fn losses_are_counted() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let reader = bus.reader();
    let held = pen.messages() as u32;
    (0..10).for_each(|n| pen.write(n));
    (0..10).for_each(|n| hear_number(&reader, n));
    (10..5000).for_each(|n| pen.write(n));
    hear_number(&reader, 5000 - held);
    same("lost", lost(&reader), u64::from(5000 - held - 10));
    (5000 - held + 1..5000).for_each(|n| hear_number(&reader, n));
    hear_nothing(&reader);
}

fn losses_are_counted_before_anybody_looked() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let readers = [bus.reader(), bus.reader()];
    (0..20_000).for_each(|n| pen.write(n));
    for reader in &readers {
        let first = next_number(reader);
        same("the oldest", u64::from(first), 20_000 - pen.messages());
        same("lost", lost(reader), u64::from(first));
    }
}

fn mapped_reader_is_told_of_losses() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let reader = bus.reader();
    let map = Map::of(&reader);
    (0..100).for_each(|n| pen.write(n));
    // It has read some by itself, of which the kernel knows nothing.
    map.go_to(60);
    (100..3000).for_each(|n| pen.write(n));
    ask(&reader);
    let oldest = 3000 - pen.messages();
    same("where it goes on", map.position(), oldest);
    same("lost", map.lost(), oldest - 60);
    hear_number(&reader, oldest as u32);
}

/// Who has copied a message asks whether that was given up meanwhile.
fn what_is_given_up_while_it_waits_is_lost() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let reader = bus.reader();
    (0..8).for_each(|n| pen.write(n));
    same("FIONREAD", ask(&reader), 4);
    pen.give_up(5);
    hear_number(&reader, 5);
    same("lost", lost(&reader), 5);
}

fn lossless_writer_is_told_what_was_read() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    let readers = [bus.reader(), bus.reader()];
    (0..30).for_each(|n| pen.write(n));
    pen.ask();
    same("at first", pen.slowest(), 0);
    (0..20).for_each(|n| hear_number(&readers[0], n));
    (0..7).for_each(|n| hear_number(&readers[1], n));
    pen.ask();
    same("the slower one", pen.slowest(), 7);
    pen.give_up(7);
    (20..30).for_each(|n| hear_number(&readers[0], n));
    (7..30).for_each(|n| hear_number(&readers[1], n));
    pen.ask();
    same("when all have read", pen.slowest(), 30);
}

fn mapped_readers_count_for_it() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    let reader = bus.reader();
    let map = Map::of(&reader);
    (0..30).for_each(|n| pen.write(n));
    map.go_to(12);
    pen.ask();
    same("where it stands", pen.slowest(), 12);
    // It says that it has read what is not there.
    map.go_to(1000);
    pen.ask();
    same("where it stood", pen.slowest(), 12);
}

fn without_readers_nothing_holds_it() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    (0..50).for_each(|n| pen.write(n));
    pen.ask();
    same("all are gone", pen.slowest(), 50);
}

fn poll_tells_of_room() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    let reader = bus.reader();
    let writable = || ok("poll", poll(&pen.sock, libc::POLLOUT, 0)) == libc::POLLOUT;
    same("at first", writable(), true);
    (0..pen.messages() as u32).for_each(|n| pen.write(n));
    same("when the index is full", writable(), false);
    hear_number(&reader, 0);
    same("when one is read", writable(), true);
    same("and it is told", pen.slowest(), 1);
}

fn filtered_reader_does_not_hold_it() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    let reader = bus.reader();
    refuse_all(&reader);
    let messages = pen.messages();
    (0..messages as u32).for_each(|n| pen.write(n));
    // The worker goes past what is refused, some at a time.
    wait_until("all of it is read", || {
        ok("poll", poll(&pen.sock, libc::POLLOUT, 0));
        pen.slowest() == messages
    });
    let writable = ok("poll", poll(&pen.sock, libc::POLLOUT, 0));
    same("room", writable, libc::POLLOUT);
}

fn giving_up_what_is_not_read_ends_the_network() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&lossless_of_one_writer(64)));
    let reader = bus.reader();
    (0..10).for_each(|n| pen.write(n));
    pen.ask();
    pen.give_up(1);
    pen.write(10);
    // What it had sent before is there, but for what it has given up.
    (1..10).for_each(|n| hear_number(&reader, n));
    fails("recv", reader.recv(&mut [0; 4], NOW), libc::EBADMSG);
    let flags = ok("IPN_SO_FLAGS", reader.get(IPN_SO_FLAGS));
    holds("it has ended", flags & IPN_FLAG_TERMINATED != 0);
    same("published", pen.area.word(8).load(Relaxed), 11);
}

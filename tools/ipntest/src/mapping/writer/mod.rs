// SPDX-License-Identifier: GPL-2.0
//! Sending without system calls: what the one writer of a network writes is there for all others.

pub mod hostile;
pub mod lab;
pub mod library;
pub mod losses;
pub mod rights;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::mapping::writer::lab::{refuse_all, Pen, ONE_WRITER};
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;

cases!["mapped_writer":
    messages_come_without_a_call_of_its_own,
    sleeping_reader_is_woken_when_it_asks,
    poll_finds_what_was_published,
    what_is_not_published_is_not_there,
    late_reader_begins_behind,
    readers_that_map_have_it_too,
    peeks_and_records_are_as_ever,
    filter_is_asked,
    statistics_know_of_it,
    sender_is_who_has_mapped,
    next_writer_goes_on,
    end_comes_behind_what_was_published,
    nothing_counts_after_its_shutdown,
];

fn network() -> (Bus, Pen) {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    (bus, pen)
}

fn is_readable(sock: &Sock) -> bool {
    ok("poll", poll(sock, libc::POLLIN, 0)) & libc::POLLIN != 0
}

fn messages_come_without_a_call_of_its_own() {
    let (bus, pen) = network();
    let readers = [bus.reader(), bus.reader()];
    (0..300).for_each(|n| pen.write(n));
    for reader in &readers {
        (0..300).for_each(|n| hear_number(reader, n));
        hear_nothing(reader);
    }
    (300..400).for_each(|n| pen.write(n));
    (300..400).for_each(|n| hear_number(&readers[0], n));
}

fn sleeping_reader_is_woken_when_it_asks() {
    let (bus, pen) = network();
    let reader = bus.reader();
    hear_nothing(&reader);
    let waiting = Blocked::start(call::RECV, move || {
        let mut bytes = [0; 4];
        ok("recv", reader.recv(&mut bytes, 0));
        u32::from_ne_bytes(bytes)
    });
    holds("somebody sleeps", pen.is_awaited());
    pen.write(7);
    pen.ask();
    same("received", waiting.wakes(), 7);
}

fn poll_finds_what_was_published() {
    let (bus, pen) = network();
    let reader = bus.reader();
    same("at first", is_readable(&reader), false);
    pen.write(1);
    same("with a message", is_readable(&reader), true);
    same(
        "FIONREAD",
        ok("FIONREAD", reader.ioctl_int(libc::FIONREAD)),
        4,
    );
    hear_number(&reader, 1);
    same("after it", is_readable(&reader), false);
    let writable = ok("poll", poll(&pen.sock, libc::POLLOUT, 0));
    same("of the writer", writable, libc::POLLOUT);
}

fn what_is_not_published_is_not_there() {
    let (bus, pen) = network();
    let reader = bus.reader();
    pen.prepare(1);
    hear_nothing(&reader);
    pen.publish();
    hear_number(&reader, 1);
}

fn late_reader_begins_behind() {
    let (bus, pen) = network();
    (0..700).for_each(|n| pen.write(n));
    let late = bus.reader();
    hear_nothing(&late);
    pen.write(700);
    hear_number(&late, 700);
}

fn readers_that_map_have_it_too() {
    let (bus, pen) = network();
    let reader = bus.reader();
    ok("mapping", reader.receive_by_mapping());
    (0..1000).for_each(|n| {
        pen.write(n);
        let taken = ok("take", reader.take(0)).expect("a message");
        same("received", taken, (n.to_ne_bytes().to_vec(), 0));
    });
    // By a call it goes on where it stands.
    pen.write(1000);
    hear_number(&reader, 1000);
    hear_nothing(&reader);
}

fn peeks_and_records_are_as_ever() {
    let (bus, pen) = network();
    let reader = bus.reader();
    (0..3).for_each(|n| pen.write(n));
    let mut bytes = [0; 2];
    let flags = NOW | libc::MSG_PEEK | libc::MSG_TRUNC;
    same("length", ok("recv", reader.recv(&mut bytes, flags)), 4);
    same("its beginning", bytes, [0; 2]);
    ok("records", reader.set(IPN_SO_RECORDS, 1));
    let mut bytes = [0; 256];
    let len = ok("recv of records", reader.recv(&mut bytes, NOW));
    same("three of them", len, 32 + 32 + 28);
    let number = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
    same("the third", (number(64), number(88)), (4, 2));
}

fn filter_is_asked() {
    let (bus, pen) = network();
    let reader = bus.reader();
    refuse_all(&reader);
    (0..500).for_each(|n| pen.write(n));
    same("readable", is_readable(&reader), false);
    hear_nothing(&reader);
    let refused = ok("statistics", reader.getsockopt(0, IPN_SO_STATISTICS, 64));
    let refused = u64::from_ne_bytes(refused[40..48].try_into().unwrap());
    same("refused", refused, 500);
}

fn statistics_know_of_it() {
    let (bus, pen) = network();
    let reader = bus.reader();
    (0..40).for_each(|n| pen.write(n));
    let word = |sock: &Sock, index: usize| {
        let bytes = ok("statistics", sock.getsockopt(0, IPN_SO_STATISTICS, 64));
        u64::from_ne_bytes(bytes[8 * index..8 * index + 8].try_into().unwrap())
    };
    same("lag", word(&reader, 6), 40);
    (0..10).for_each(|n| hear_number(&reader, n));
    same("lag", word(&reader, 6), 30);
    same("received", word(&reader, 2), 10);
    same("sent", word(&pen.sock, 0), 40);
}

/// Whatever the descriptor says, which only the writer writes.
fn sender_is_who_has_mapped() {
    let bus = Bus::new();
    let (manager, reader) = (bus.manage_new(&ONE_WRITER), bus.reader());
    let other = bus.reader();
    let pen = Pen::of(bus.join());
    ok("IPN_SO_SENDER", reader.set(IPN_SO_SENDER, 1));
    pen.write(5);
    let received = hear_with_control(&reader);
    let port = ok("IPN_SO_PORT", pen.sock.get(IPN_SO_PORT));
    let told = received.control(0, IPN_SO_SENDER).expect("who sent it");
    let told = i32::from_ne_bytes(told.data[..4].try_into().unwrap());
    same("the port that sent it", told, port);
    holds("its descriptor says another", port != 0);
    drop((manager, other));
}

fn next_writer_goes_on() {
    let bus = Bus::new();
    let (manager, reader) = (bus.manage_new(&ONE_WRITER), bus.reader());
    let first = Pen::of(bus.join());
    (0..600).for_each(|n| first.write(n));
    drop(first);
    let second = Pen::of(bus.join());
    same("where it goes on", second.next(), 600);
    (600..900).for_each(|n| second.write(n));
    (0..900).for_each(|n| hear_number(&reader, n));
    drop(manager);
}

fn end_comes_behind_what_was_published() {
    let bus = Bus::new();
    let manager = bus.manage_new(&ONE_WRITER);
    let (pen, reader) = (Pen::of(bus.join()), bus.reader());
    (0..800).for_each(|n| pen.write(n));
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    holds("the writer is to ask", pen.is_awaited());
    fails("FIONREAD", pen.sock.ioctl_int(libc::FIONREAD), libc::EPIPE);
    (800..810).for_each(|n| pen.write(n));
    (0..800).for_each(|n| hear_number(&reader, n));
    same("the end", ok("recv", reader.recv(&mut [0; 4], NOW)), 0);
}

fn nothing_counts_after_its_shutdown() {
    let (bus, pen) = network();
    let reader = bus.reader();
    pen.write(1);
    ok("shutdown", pen.sock.shutdown(libc::SHUT_WR));
    pen.write(2);
    fails("FIONREAD", pen.sock.ioctl_int(libc::FIONREAD), libc::EPIPE);
    hear_number(&reader, 1);
    hear_nothing(&reader);
}

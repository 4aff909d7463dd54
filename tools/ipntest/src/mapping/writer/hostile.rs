// SPDX-License-Identifier: GPL-2.0
//! A writer that maps may write whatever it likes: its network ends, and no other is hurt.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Blocked, Process};
use crate::mapping::lab::{at, Map};
use crate::mapping::writer::lab::{lossless_of_one_writer, written, Pen, ONE_WRITER};
use crate::pace::volume;
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

cases!["mapped_writer_hostile":
    nonsense_ends_the_network,
    end_wakes_who_sleeps,
    poll_tells_of_the_end,
    mapped_reader_finds_the_end,
    descriptor_that_changes_later_is_nothing,
    scribbler_hurts_no_other_network @ 60,
    scribbler_of_a_lossless_network_hurts_no_other @ 60,
];

/// What can not be: a name, and who writes it.
type Nonsense = (&'static str, fn(&Pen));

fn publish(pen: &Pen, number: u64) {
    pen.area.word(written::PUBLISHED).store(number, Relaxed);
}

fn describe(pen: &Pen, at: usize, value: u32) {
    pen.prepare(1);
    let place = pen.descriptor(pen.next()) + at;
    pen.area.half(place).store(value, Relaxed);
    pen.publish();
}

const NONSENSE: &[Nonsense] = &[
    ("a length over the MTU", |pen| describe(pen, at::LEN, 1515)),
    ("the longest length", |pen| describe(pen, at::LEN, u32::MAX)),
    ("a place behind the end", |pen| {
        describe(pen, at::AT, 128 << 10)
    }),
    ("the last place", |pen| {
        describe(pen, at::AT, u32::MAX & !15)
    }),
    ("a place that ends behind the end", |pen| {
        describe(pen, at::LEN, 1514);
        // Of the one just published.
        let place = pen.descriptor(pen.next() - 1) + at::AT;
        pen.area.half(place).store((128 << 10) - 1504, Relaxed);
    }),
    ("a place between two", |pen| describe(pen, at::AT, 8)),
    ("another's state", |pen| describe(pen, at::STATE, 1)),
    ("a void", |pen| describe(pen, at::STATE, (5 << 3) | 2)),
    ("nothing there", |pen| publish(pen, 6)),
    ("fewer than there were", |pen| publish(pen, 3)),
    ("none", |pen| publish(pen, 0)),
    ("more than the index has", |pen| publish(pen, 5000)),
    ("very many", |pen| {
        pen.give_up(u64::MAX - 9);
        publish(pen, u64::MAX - 8);
    }),
    ("more than anybody writes", |pen| {
        pen.give_up(1 << 60);
        publish(pen, 1 << 60);
    }),
    ("giving up what is not there", |pen| pen.give_up(6)),
    ("giving up everything", |pen| pen.give_up(u64::MAX)),
    ("taking back what was given up", |pen| {
        pen.give_up(3);
        pen.ask();
        pen.give_up(2);
    }),
];

/// A network with five messages, and one that is not disturbed.
fn networks(number: usize) -> (Bus, Pen, (Sock, Sock)) {
    let other = Bus::named(&format!("other{number}"));
    let beside = (other.create(), other.reader());
    let bus = Bus::named(&format!("bus{number}"));
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    (bus, pen, beside)
}

fn has_ended(sock: &Sock) -> bool {
    ok("IPN_SO_FLAGS", sock.get(IPN_SO_FLAGS)) & IPN_FLAG_TERMINATED != 0
}

fn nonsense_ends_the_network() {
    for (number, (what, write)) in NONSENSE.iter().enumerate() {
        let (bus, pen, (sender, receiver)) = networks(number);
        let reader = bus.reader();
        (0..5).for_each(|n| pen.write(n));
        same("a message", next_number(&reader), 0);
        write(&pen);
        // What was there before may be gone, and nothing else comes.
        let mut bytes = [0; 2048];
        let error = loop {
            match reader.recv(&mut bytes, NOW) {
                Ok(len) => same(format_args!("{what}: a message from before"), len, 4),
                Err(error) => break error,
            }
        };
        let errno = error.raw_os_error();
        same(format_args!("{what}: recv"), errno, Some(libc::EBADMSG));
        same(
            format_args!("{what}: it has ended"),
            has_ended(&reader),
            true,
        );
        fails(what, pen.sock.ioctl_int(libc::FIONREAD), libc::EPIPE);
        say(&sender, b"beside");
        hear(&receiver, b"beside");
    }
}

fn end_wakes_who_sleeps() {
    let (bus, pen, _beside) = networks(0);
    let reader = bus.reader();
    let waiting = Blocked::start(call::RECV, move || {
        let received = reader.recv(&mut [0; 4], 0);
        received.map_err(|error| error.raw_os_error())
    });
    publish(&pen, 77);
    // Either may be the first to see it.
    let _ = pen.sock.ioctl_int(libc::FIONREAD);
    same("recv", waiting.wakes(), Err(Some(libc::EBADMSG)));
}

fn poll_tells_of_the_end() {
    let (bus, pen, _beside) = networks(0);
    let reader = bus.reader();
    publish(&pen, 77);
    let events = ok("poll", poll(&reader, libc::POLLIN, 0));
    same("events", events, libc::POLLIN | libc::POLLHUP);
}

fn mapped_reader_finds_the_end() {
    for (number, (what, write)) in NONSENSE.iter().enumerate() {
        let (bus, pen, _beside) = networks(number);
        let reader = bus.reader();
        ok("mapping", reader.receive_by_mapping());
        (0..5).for_each(|n| pen.write(n));
        // The kernel knows of them.
        pen.ask();
        write(&pen);
        let end = loop {
            match reader.recv(&mut [0; 2048], NOW) {
                Ok(len) => same(what, len, 4),
                Err(error) => break error,
            }
        };
        same(what, end.raw_os_error(), Some(libc::EBADMSG));
    }
}

/// The kernel has looked once.
fn descriptor_that_changes_later_is_nothing() {
    let (bus, pen, _beside) = networks(0);
    let reader = bus.reader();
    (0..5).for_each(|n| pen.write(n));
    same(
        "FIONREAD",
        ok("FIONREAD", reader.ioctl_int(libc::FIONREAD)),
        4,
    );
    for n in 0..5 {
        let descriptor = pen.descriptor(n);
        (0..4).for_each(|word| pen.area.word(descriptor + 8 * word).store(!0, Relaxed));
    }
    (0..5).for_each(|n| hear_number(&reader, n));
    hear_nothing(&reader);
}

/// Writes whatever it likes to networks of one writer, one after the other, while others use them.
fn scribble(options: &[(i32, i32)], rounds: u32) {
    for round in 0..rounds {
        let bus = Bus::named("scribbled");
        let _ = std::fs::remove_file(&bus.path);
        let pen = Pen::of(bus.create_with(options));
        let over = AtomicBool::new(false);
        let readers = [bus.reader(), bus.reader()];
        let mapped = Map::of(&bus.reader());
        thread::scope(|threads| {
            for reader in &readers {
                let over = &over;
                threads.spawn(move || {
                    let mut bytes = [0; 4096];
                    while !over.load(Relaxed) {
                        for flags in [NOW, NOW | libc::MSG_PEEK] {
                            let _ = reader.recv(&mut bytes, flags);
                        }
                        let _ = poll(reader, libc::POLLIN | libc::POLLOUT, 0);
                        let _ = reader.getsockopt(0, IPN_SO_STATISTICS, 64);
                    }
                });
            }
            let mut random = fastrand::Rng::with_seed(round.into());
            for _ in 0..300 {
                // Some of it is right, so that it goes on for a while.
                (0..random.u32(0..20)).for_each(|n| pen.write(n));
                let n = pen.next();
                let near = n.wrapping_add(random.u64(0..40)).wrapping_sub(20);
                let value = [near, (near << 3) | 1, random.u64(..), 0, n][random.usize(0..5)];
                match random.u8(0..8) {
                    0 => pen.area.word(8 * random.usize(0..3)).store(value, Relaxed),
                    1..=3 => {
                        let word = 8 * random.usize(0..4);
                        let place = pen.descriptor(near) + word;
                        pen.area.word(place).store(value, Relaxed);
                    }
                    4 => drop(pen.sock.ioctl_int(libc::FIONREAD)),
                    5 => mapped.go_to(value),
                    6 => drop(poll(&pen.sock, libc::POLLOUT, 0)),
                    _ => {
                        let word = 8 * random.usize(0..pen.area.size() / 8);
                        pen.area.word(word).store(value, Relaxed);
                    }
                }
            }
            over.store(true, Relaxed);
        });
    }
}

fn beside_a_scribbler(options: &'static [(i32, i32)]) {
    let rounds = volume(60, "networks");
    let bus = Bus::new();
    let (sender, reader) = (bus.create_with(&lossless(16)), bus.reader());
    let scribbler = Process::start(move |_| scribble(options, rounds));
    let messages = volume(3000, "messages");
    for n in 0..messages {
        say_number(&sender, n);
        hear_number(&reader, n);
    }
    scribbler.ends_well();
    say_number(&sender, 1);
    hear_number(&reader, 1);
    holds("the other goes on", !has_ended(&reader));
}

fn scribbler_hurts_no_other_network() {
    beside_a_scribbler(&ONE_WRITER);
}

fn scribbler_of_a_lossless_network_hurts_no_other() {
    const LOSSLESS: [(i32, i32); 2] = [
        (IPN_SO_FLAGS, IPN_FLAG_ONE_WRITER | IPN_FLAG_LOSSLESS),
        (IPN_SO_MSGPOOLSIZE, 64),
    ];
    same("its options", LOSSLESS, lossless_of_one_writer(64));
    beside_a_scribbler(&LOSSLESS);
}

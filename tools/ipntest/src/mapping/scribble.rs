// SPDX-License-Identifier: GPL-2.0
//! Readers who write whatever they like into the page of their position harm nobody but themselves.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Line, Process};
use crate::mapping::lab::{ask, Map};
use crate::pace::volume;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::Release};
use std::thread;
use std::time::Duration;

cases!["mapping_scribble":
    scribbler_harms_nobody_on_a_lossy_network @ 40,
    scribbler_harms_nobody_on_a_lossless_network @ 40,
];

/// After the last message.
const END: u32 = u32::MAX;

/// Writes whatever it likes into a port's page, from four threads, while others do their work.
fn scribble(bus: &Bus, line: &Line) {
    let port = bus.join();
    let map = Map::of(&port);
    line.tell(0);
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        for seed in 0..3 {
            let (map, over) = (&map, &over);
            threads.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while !over.load(Relaxed) {
                    let near = map.published().wrapping_add(random.u64(0..40));
                    let value = match random.u8(0..4) {
                        0 => random.u64(..),
                        1 => near.wrapping_sub(20),
                        2 => map.published(),
                        _ => 0,
                    };
                    let word = 8 * random.usize(0..4);
                    map.cursor.word(word).store(value, Release);
                }
            });
        }
        threads.spawn(|| {
            let mut random = fastrand::Rng::with_seed(9);
            while !over.load(Relaxed) {
                match random.u8(0..4) {
                    0 => drop(ask(&port)),
                    1 => drop(poll(&port, libc::POLLIN | libc::POLLOUT, 0)),
                    2 => drop(port.recv(&mut [0; 8], NOW)),
                    _ => drop(port.send(b"scribble", NOW)),
                }
            }
        });
        line.hear();
        over.store(true, Relaxed);
    });
}

/// Two readers, one of them mapped, get what a sender sends while a third port's owner scribbles.
fn with_a_scribbler(options: &[(i32, i32)], lossless: bool) {
    let messages = volume(10_000, "messages");
    let bus = Bus::new();
    let sender = bus.create_with(options);
    ok("shutdown", sender.shutdown(libc::SHUT_RD));
    let scribbler = Process::start(|line| scribble(&bus, line));
    scribbler.line.hear();
    let readers: Vec<_> = [false, true]
        .map(|mapped| {
            let reader = bus.reader();
            ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
            if mapped {
                ok("mapping", reader.receive_by_mapping());
            }
            thread::spawn(move || read_all(&reader))
        })
        .into_iter()
        .collect();
    for n in 0..messages {
        ok("send", sender.send(&n.to_ne_bytes(), 0));
    }
    // The end, which may be lost as well.
    while !readers.iter().all(|reader| reader.is_finished()) {
        match sender.send(&END.to_ne_bytes(), NOW) {
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
            sent => same("end sent", ok("send", sent), 4),
        }
        thread::sleep(Duration::from_millis(1));
    }
    for reader in readers {
        let (got, lost, scribbles) = reader.join().expect("a reader ends well");
        let others = u64::from(got) + u64::from(lost);
        holds(
            format_args!("{got} + {lost} are {messages} and some of {scribbles} scribbles"),
            others >= u64::from(messages) && got <= messages,
        );
        if lossless {
            same("lost on a lossless network", (got, lost), (messages, 0));
        }
    }
    scribbler.line.tell(0);
    scribbler.ends_well();
    (0..4).for_each(|n| say_number(&sender, n));
}

/// Reads up to the end: how many came, were lost, and were somebody else's.
fn read_all(reader: &Sock) -> (u32, u32, u32) {
    let (mut got, mut lost, mut scribbles, mut next) = (0, 0, 0, 0);
    loop {
        let message = ok("recvmsg", reader.recvmsg(64, 0));
        lost = message.missed().max(lost);
        let Ok(bytes) = <[u8; 4]>::try_from(message.data.as_slice()) else {
            same("a scribble", message.data.as_slice(), &b"scribble"[..]);
            scribbles += 1;
            continue;
        };
        let number = u32::from_ne_bytes(bytes);
        if number == END {
            return (got, lost, scribbles);
        }
        holds(format_args!("{number} comes after {next}"), number >= next);
        next = number + 1;
        got += 1;
    }
}

fn scribbler_harms_nobody_on_a_lossy_network() {
    with_a_scribbler(&[(IPN_SO_MSGPOOLSIZE, 32)], false);
}

fn scribbler_harms_nobody_on_a_lossless_network() {
    with_a_scribbler(&lossless(32), true);
}

// SPDX-License-Identifier: GPL-2.0
//! The rate of a port: it waits, or gets `EAGAIN`, and others do not for it.

use super::*;
use crate::lab::bus::{say, say_number};
use crate::lab::runner::cases;
use crate::sys::poll::poll;
use std::time::Instant;

cases!["reliable_rate":
        sender_is_held_to_it,
        sender_gets_eagain_and_is_told_when_it_may,
        each_port_has_its_own,
        is_shown,
];

/// A bus of 1,000 bytes a second.
fn options() -> [(i32, i32); 3] {
    [LONG, (IPN_SO_RATE, 1000), (IPN_SO_BYTES, 1 << 20)]
}

fn sender_is_held_to_it() {
    let bus = Bus::new();
    let sender = create(&bus, &options());
    let begin = Instant::now();
    for _ in 0..5 {
        same("sent", ok("send", sender.send(&[1; 100], 0)), 100);
    }
    // The first goes at once, and it may be a little ahead.
    let took = begin.elapsed();
    holds("it took its time", took >= Duration::from_millis(370));
    holds("and no more", took < Duration::from_secs(20));
    holds("its waits are counted", counted(&sender, 8) >= 3);
}

fn sender_gets_eagain_and_is_told_when_it_may() {
    let bus = Bus::new();
    let sender = create(&bus, &options());
    say(&sender, &[1; 1500]);
    fails("send", sender.send(b"x", NOW), libc::EAGAIN);
    let begin = Instant::now();
    let ready = ok("poll", poll(&sender, libc::POLLOUT, 10_000));
    holds("it may", ready & libc::POLLOUT != 0);
    holds(
        "after some time",
        begin.elapsed() >= Duration::from_millis(200),
    );
    say_number(&sender, 1);
}

fn each_port_has_its_own() {
    let bus = Bus::new();
    let one = create(&bus, &options());
    let two = join(&bus);
    say(&one, &[1; 1500]);
    fails("send", one.send(b"x", NOW), libc::EAGAIN);
    say(&two, &[1; 1500]);
    fails("send", two.send(b"x", NOW), libc::EAGAIN);
}

fn is_shown() {
    let bus = Bus::new();
    let sender = create(&bus, &[LONG]);
    let begin = Instant::now();
    let mut seen = 0;
    while seen == 0 && begin.elapsed() < Duration::from_secs(20) {
        say(&sender, &[1; 100]);
        std::thread::sleep(Duration::from_millis(20));
        seen = counted(&sender, 10);
    }
    holds("it sends some bytes a second", seen >= 100);
}

// SPDX-License-Identifier: GPL-2.0
//! Room for long messages on a lossless network.

use super::*;
use crate::lab::check::fails;
use crate::lab::runner::cases_for_both;
use crate::lab::task::Blocked;
use crate::sys::call;
use crate::sys::poll::poll;

cases_for_both!["parts_room", "mapped_parts_room":
    {
        lossless_sender_waits_for_room @ 60,
        room_for_a_short_message_is_no_room_for_a_long_one,
    }
    poll_waits_for_room_for_the_longest,
];

fn lossless_sender_waits_for_room() {
    let bus = Bus::new();
    let options = of(PICTURE, &lossless(2));
    let sender = bus.create_with(&options);
    let readers = [bus.reader(), bus.reader()];
    let mut fit = 0;
    while sender.send(&bytes(PICTURE, fit), NOW).is_ok() {
        fit += 1;
    }
    holds(format_args!("{fit} of a pool of 2"), (2..=3).contains(&fit));
    for reader in &readers {
        hear_long(reader, &bytes(PICTURE, 0));
    }
    let blocked = {
        let sender = sender.clone();
        let messages = [bytes(PICTURE, fit), bytes(PICTURE, fit + 1)];
        Blocked::start(call::SEND, move || {
            messages.map(|message| ok("send", sender.send(&message, 0)))
        })
    };
    blocked.stays_blocked();
    for number in 1..fit + 2 {
        for reader in &readers {
            ok("poll", poll(reader, libc::POLLIN, 60_000));
            hear_long(reader, &bytes(PICTURE, number));
        }
    }
    same("sent", blocked.wakes(), [PICTURE; 2]);
    readers.iter().for_each(hear_nothing);
}

fn room_for_a_short_message_is_no_room_for_a_long_one() {
    let bus = Bus::new();
    let options = [(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS), (IPN_SO_BYTES, 400_000)];
    let sender = bus.create_with(&of(300_000, &options));
    let reader = bus.reader();
    say(&sender, &bytes(300_000, 0));
    fails(
        "a long one",
        sender.send(&bytes(300_000, 1), NOW),
        libc::EAGAIN,
    );
    for _ in 0..3 {
        say(&sender, b"short");
    }
    hear_long(&reader, &bytes(300_000, 0));
    say(&sender, &bytes(280_000, 2));
    (0..3).for_each(|_| hear(&reader, b"short"));
    hear_long(&reader, &bytes(280_000, 2));
    hear_nothing(&reader);
}

fn poll_waits_for_room_for_the_longest() {
    let bus = Bus::new();
    let options = [(IPN_SO_FLAGS, IPN_FLAG_LOSSLESS), (IPN_SO_BYTES, 400_000)];
    let sender = bus.create_with(&of(300_000, &options));
    let reader = bus.reader();
    let writable = || ok("poll", poll(&sender, libc::POLLOUT, 0)) == libc::POLLOUT;
    same("at first", writable(), true);
    say(&sender, &bytes(300_000, 0));
    say(&sender, b"short");
    same("with one there", writable(), false);
    hear_long(&reader, &bytes(300_000, 0));
    hear(&reader, b"short");
    same("once it was read", writable(), true);
}

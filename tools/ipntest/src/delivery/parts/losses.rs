// SPDX-License-Identifier: GPL-2.0
//! Of long messages that were overwritten each is counted once.

use super::*;
use crate::lab::runner::cases_for_both;
use crate::pace::volume;

cases_for_both!["parts_losses", "mapped_parts_losses":
    {
        losses_are_counted_exactly @ 60,
        own_long_messages_are_not_missed,
    }
];

fn losses_are_counted_exactly() {
    let bus = Bus::new();
    let mtu = 1_000_000;
    let sender = bus.create_with(&of(mtu, &[(IPN_SO_MSGPOOLSIZE, 3)]));
    let reader = bus.reader();
    ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
    let mut random = fastrand::Rng::with_seed(7);
    let (mut sent, mut got, mut lost) = (0_u32, 0, 0);
    for _ in 0..volume(60, "rounds") {
        for _ in 0..random.u32(0..9) {
            let len = if random.bool() {
                mtu - random.usize(..1000)
            } else {
                100
            };
            say(&sender, &bytes(len, sent));
            sent += 1;
        }
        for _ in 0..random.u32(0..5) {
            let Ok(message) = reader.recvmsg(mtu, NOW) else {
                same("nothing is left", got + lost, sent);
                break;
            };
            let number = u32::from_ne_bytes(message.data[..4].try_into().unwrap());
            holds(
                "its bytes",
                message.data == bytes(message.data.len(), number),
            );
            lost = message.missed();
            same("got and lost, before it", got + lost, number);
            got += 1;
        }
    }
    while let Ok(message) = reader.recvmsg(mtu, NOW) {
        lost = message.missed();
        got += 1;
    }
    holds("some were lost", lost != 0 || sent < 20);
    same("got and lost", got + lost, sent);
    same("sent", count_sent(&bus), sent.into());
}

fn own_long_messages_are_not_missed() {
    let bus = Bus::new();
    let one = bus.create_with(&of(200_000, &[(IPN_SO_MSGPOOLSIZE, 2)]));
    let two = bus.join();
    ok("SO_RXQ_OVFL", one.set_generic(libc::SO_RXQ_OVFL, 1));
    for number in 0..20 {
        say(&one, &bytes(200_000, number));
    }
    say(&two, &bytes(150_000, 20));
    let message = ok("recvmsg", one.recvmsg(200_000, NOW));
    same("lost of its own", message.missed(), 0);
    holds("the other's", message.data == bytes(150_000, 20));
    // Of the other's it loses all but the last ones.
    for number in 21..40 {
        say(&two, &bytes(200_000, number));
        say(&one, &bytes(100_000, number));
    }
    let mut got = 0;
    let mut lost = 0;
    while let Ok(message) = one.recvmsg(200_000, NOW) {
        got += 1;
        lost = message.missed();
    }
    same("of the other's", got + lost, 19);
}

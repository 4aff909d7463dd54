// SPDX-License-Identifier: GPL-2.0
//! What `send` takes as records.

use super::*;
use crate::lab::check::fails;
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace::volume;
use crate::switch::lab as switch;
use crate::switch::lab::mac;
use crate::sys::call;
use crate::sys::memory::{Pages, PAGE};
use std::collections::VecDeque;
use std::thread;

cases!["records_sent":
    sent_records_are_messages,
    received_records_can_be_sent_on,
    wrong_records_are_refused_behind_good_ones,
    lossless_network_takes_what_has_room,
    sender_waits_for_room_for_each,
    shut_port_sends_none,
    long_messages_pass_beside_short_ones,
    switch_sends_and_gives_them,
    memory_that_ends_ends_the_call,
    what_was_sent_comes_whatever_the_buffers,
];

fn sent_records_are_messages() {
    let bus = Bus::new();
    let (one, two) = (by_records(bus.create()), bus.join());
    let long = [b'l'; 1514];
    let words: [&[u8]; 5] = [b"1", b"", b"12345678", &long, b"1234567"];
    say_all(&one, &words);
    words.iter().for_each(|word| hear(&two, word));
    same("nothing", ok("send", one.send(&[], NOW)), 0);
    hear_nothing(&two);
    // The zeroes behind the last are taken with it.
    let bytes = [&pack(&[b"1"])[..], &[0; 7]].concat();
    same("with the zeroes", ok("send", one.send(&bytes, NOW)), 32);
    hear(&two, b"1");
    hear_nothing(&two);
}

fn received_records_can_be_sent_on() {
    let (near, far) = (Bus::named("near"), Bus::named("far"));
    let (one, two) = (near.create(), by_records(near.join()));
    let (three, four) = (by_records(far.create()), far.join());
    let words: [&[u8]; 3] = [b"pass", b"", b"this on"];
    words.iter().for_each(|word| say(&one, word));
    let mut place = [0; 1000];
    let len = ok("recv", two.recv(&mut place, NOW));
    same("sent on", ok("send", three.send(&place[..len], NOW)), len);
    words.iter().for_each(|word| hear(&four, word));
}

fn wrong_records_are_refused_behind_good_ones() {
    let bus = Bus::new();
    let (one, two) = (by_records(bus.create()), by_records(bus.join()));
    let good = pack(&[&b"good"[..], b"very good"]);
    let aligned = good.len().next_multiple_of(8);
    let cut = |len: usize| pack(&[[0; 100]])[..len].to_vec();
    let claims = |len: u32| [&len.to_ne_bytes()[..], &[0; 60]].concat();
    for (wrong, errno) in [
        (cut(1), libc::EINVAL),
        (cut(3), libc::EINVAL),
        (cut(23), libc::EINVAL),
        (cut(24), libc::EINVAL),
        (cut(123), libc::EINVAL),
        (claims(41), libc::EINVAL),
        (claims(u32::MAX), libc::EINVAL),
        (pack(&[[0; 1515]]), libc::EMSGSIZE),
        (pack(&[vec![0; 70000]]), libc::EMSGSIZE),
    ] {
        fails("the first", one.send(&wrong, NOW), errno);
        hear_nothing(&two);
        let mut behind = good.clone();
        behind.resize(aligned, 0);
        behind.extend(&wrong);
        same("a later one", ok("send", one.send(&behind, NOW)), aligned);
        hear_all(&two, &[b"good", b"very good"]);
        hear_nothing(&two);
    }
}

fn lossless_network_takes_what_has_room() {
    let bus = Bus::new();
    let (one, two) = (
        by_records(bus.create_with(&lossless(3))),
        by_records(bus.join()),
    );
    let bytes = pack(&["1", "2", "3", "4", "5"]);
    same("three of them", ok("send", one.send(&bytes, NOW)), 3 * 32);
    fails("one more", one.send(&bytes[96..], NOW), libc::EAGAIN);
    same("the first two", take(&two, 64).len(), 2);
    same("the rest", ok("send", one.send(&bytes[96..], NOW)), 32 + 25);
    hear_all(&two, &[b"3", b"4", b"5"]);
}

fn sender_waits_for_room_for_each() {
    let bus = Bus::new();
    let (one, two) = (
        by_records(bus.create_with(&lossless(2))),
        by_records(bus.join()),
    );
    let words: Vec<String> = (0..7).map(|number| number.to_string()).collect();
    let bytes = pack(&words);
    let len = bytes.len();
    let sender = Blocked::start(call::SEND, move || one.send(&bytes, 0));
    let mut got = Vec::new();
    while got.len() < words.len() {
        match two.recv(&mut [0; 32], NOW | libc::MSG_PEEK) {
            Ok(_) => got.extend(messages(take(&two, 64))),
            Err(_) => thread::yield_now(),
        }
    }
    let expected: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    same("messages", got, expected);
    same("sent", ok("send", sender.wakes()), len);
}

fn shut_port_sends_none() {
    let bus = Bus::new();
    let (_one, two) = (bus.create(), by_records(bus.join()));
    ok("shutdown", two.shutdown(libc::SHUT_WR));
    for bytes in [pack(&["1"]), Vec::new()] {
        let sent = two.send(&bytes, NOW | libc::MSG_NOSIGNAL);
        fails("send", sent, libc::EPIPE);
    }
    fails(
        "without a port",
        by_records(open()).send(&[], NOW),
        libc::ENOTCONN,
    );
}

fn long_messages_pass_beside_short_ones() {
    let bus = Bus::new();
    let options = [(IPN_SO_MTU, 65535), (IPN_SO_MSGPOOLSIZE, 32)];
    let one = by_records(bus.create_with(&options));
    let (two, plain) = (by_records(bus.join()), bus.join());
    let lengths = [0, 1, 4071, 4072, 4073, 65535, 3, 4096, 60000, 8];
    let words: Vec<Vec<u8>> = lengths.iter().map(|&len| vec![len as u8; len]).collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    say_all(&one, &words);
    same("messages", messages(take(&two, 1 << 20)), to_owned(&words));
    words.iter().for_each(|word| hear(&plain, word));
}

fn switch_sends_and_gives_them() {
    let lab = switch::Lab::new();
    let [one, two] = lab.ports().map(by_records);
    let frame = |to: u8, text: &str| switch::frame(mac(to), mac(1), text);
    say_all(&two, &[&switch::frame(mac(1), mac(2), "here")]);
    hear_all(&one, &[&switch::frame(mac(1), mac(2), "here")]);
    let frames = [
        frame(2, "for two"),
        frame(9, "flooded"),
        frame(1, "for none"),
    ];
    say_all(&one, &frames.each_ref().map(Vec::as_slice));
    let got = take(&two, 1000);
    let numbers: Vec<u64> = got.iter().map(|record| record.number).collect();
    same("numbers of its own ring", numbers, vec![0, 1]);
    same("what is for it", messages(got), frames[..2].to_vec());
}

/// What was moved before stays moved, and nothing is lost.
fn memory_that_ends_ends_the_call() {
    let bus = Bus::new();
    let (one, two) = (by_records(bus.create()), by_records(bus.join()));
    let mut pages = ok("pages", Pages::fresh(3));
    let word = [b'w'; 1000];
    let bytes = pack(&[word; 3]);
    pages.write(2 * PAGE - 2048, &bytes[..2048]);
    ok("mprotect", pages.forbid(2));
    let at = pages.address(2 * PAGE - 2048);
    same("two", ok("send", one.send_at(at, bytes.len(), NOW)), 2048);
    pages.write(2 * PAGE - 8, &1000_u64.to_ne_bytes());
    let rest = pages.address(2 * PAGE - 8);
    fails(
        "a header that ends",
        one.send_at(rest, 1024, NOW),
        libc::EFAULT,
    );
    hear_all(&two, &[&word, &word]);

    (0..10).for_each(|_| say_all(&one, &[&word]));
    let got = pages.recv(&two, PAGE, 2 * PAGE, NOW);
    same(
        "a page of them",
        messages(parse(&pages.read(PAGE, ok("recv", got)))).len(),
        4,
    );
    fails("no room", two.recv_to_nowhere(2048, NOW), libc::EFAULT);
    same("the rest", take(&two, 1 << 16).len(), 6);
}

/// Beside a naive list, on a hub and on a switch's lossless kin.
fn what_was_sent_comes_whatever_the_buffers() {
    let bus = Bus::new();
    let options = [
        (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS),
        (IPN_SO_MSGPOOLSIZE, 16),
        (IPN_SO_MTU, 6000),
    ];
    let (one, two) = (
        by_records(bus.create_with(&options)),
        by_records(bus.join()),
    );
    let mut random = fastrand::Rng::with_seed(11);
    let mut there: VecDeque<Vec<u8>> = VecDeque::new();
    for round in 0..volume(400, "rounds") {
        let count = random.usize(0..12);
        let messages: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let most = [40, 400, 6000][random.usize(0..3)];
                vec![round as u8; random.usize(0..=most)]
            })
            .collect();
        let bytes = pack(&messages);
        let room = (16 - there.len()).min(messages.len());
        let fits = pack(&messages[..room]).len();
        let expected = match room < messages.len() {
            true => fits.next_multiple_of(8),
            false => fits,
        };
        match one.send(&bytes, NOW) {
            Ok(len) => same("sent", len, expected),
            Err(error) => {
                same("refused", error.raw_os_error(), Some(libc::EAGAIN));
                same("none fits", (room, messages.is_empty()), (0, false));
            }
        }
        there.extend(messages.into_iter().take(room));
        let most = [100, 5000, 20000][random.usize(0..3)];
        let room = random.usize(0..=most);
        let mut place = vec![0; room];
        let Ok(len) = two.recv(&mut place, NOW | libc::MSG_TRUNC) else {
            same("nothing", there.len(), 0);
            continue;
        };
        let first = there.pop_front().expect("something");
        if HEADER + first.len() > room {
            same("cut", len, HEADER + first.len());
            continue;
        }
        let mut expected = vec![first];
        while let Some(next) = there.front() {
            let mut more = expected.clone();
            more.push(next.clone());
            if pack(&more).len() > room {
                break;
            }
            expected = more;
            there.pop_front();
        }
        same("messages", self::messages(parse(&place[..len])), expected);
    }
}

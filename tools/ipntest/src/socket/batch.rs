// SPDX-License-Identifier: GPL-2.0
//! `sendmmsg` and `recvmmsg`.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::call;
use crate::sys::message::Received;
use std::time::{Duration, Instant};

cases!["batch":
    batch_arrives_in_order,
    batch_stops_where_the_pool_is_full,
    batch_stops_before_a_message_that_is_too_long,
    batch_receive_takes_what_there_is,
    batch_receive_waits_for_one_if_told,
    batch_receive_gives_up_after_its_time,
    batch_says_which_messages_were_cut,
    batch_tells_what_was_missed,
    blocking_batch_goes_on_as_room_is_made,
    empty_batch_is_fine,
];

fn numbers(range: std::ops::Range<u32>) -> Vec<[u8; 4]> {
    range.map(u32::to_ne_bytes).collect()
}

fn slices(messages: &[[u8; 4]]) -> Vec<&[u8]> {
    messages.iter().map(|message| &message[..]).collect()
}

#[track_caller]
fn are_numbers(messages: &[Received], range: std::ops::Range<u32>) {
    let got: Vec<Vec<u8>> = messages
        .iter()
        .map(|message| message.data.clone())
        .collect();
    same(
        "messages of the batch",
        got,
        numbers(range).iter().map(|m| m.to_vec()).collect(),
    );
}

fn batch_arrives_in_order() {
    let bus = Bus::new();
    let sender = bus.create();
    let readers = [bus.join(), bus.reader()];
    same(
        "sendmmsg",
        ok("sendmmsg", sender.sendmmsg(&slices(&numbers(0..100)), NOW)),
        100,
    );
    (0..100).for_each(|n| hear_number(&readers[0], n));
    are_numbers(
        &ok("recvmmsg", readers[1].recvmmsg(60, 8, NOW, None)),
        0..60,
    );
    are_numbers(
        &ok("recvmmsg", readers[1].recvmmsg(60, 8, NOW, None)),
        60..100,
    );
    readers.iter().for_each(hear_nothing);
    hear_nothing(&sender);
}

fn batch_stops_where_the_pool_is_full() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(5));
    let reader = bus.reader();
    same(
        "sendmmsg",
        ok("sendmmsg", sender.sendmmsg(&slices(&numbers(0..9)), NOW)),
        5,
    );
    fails(
        "sendmmsg to a full pool",
        sender.sendmmsg(&slices(&numbers(5..9)), NOW),
        libc::EAGAIN,
    );
    are_numbers(&ok("recvmmsg", reader.recvmmsg(2, 8, NOW, None)), 0..2);
    same(
        "sendmmsg",
        ok("sendmmsg", sender.sendmmsg(&slices(&numbers(5..9)), NOW)),
        2,
    );
    are_numbers(&ok("recvmmsg", reader.recvmmsg(9, 8, NOW, None)), 2..7);
}

fn batch_stops_before_a_message_that_is_too_long() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MTU, 4)]);
    let reader = bus.reader();
    let batch: [&[u8]; 4] = [b"a", b"b", b"too long", b"c"];
    same("sendmmsg", ok("sendmmsg", sender.sendmmsg(&batch, NOW)), 2);
    fails(
        "sendmmsg of the rest",
        sender.sendmmsg(&batch[2..], NOW),
        libc::EMSGSIZE,
    );
    hear(&reader, b"a");
    hear(&reader, b"b");
    hear_nothing(&reader);
}

fn batch_receive_takes_what_there_is() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create(), bus.reader());
    fails(
        "recvmmsg of nothing",
        reader.recvmmsg(8, 8, NOW, None),
        libc::EAGAIN,
    );
    (0..3).for_each(|n| say_number(&sender, n));
    are_numbers(&ok("recvmmsg", reader.recvmmsg(8, 8, NOW, None)), 0..3);
    fails(
        "recvmmsg of nothing",
        reader.recvmmsg(8, 8, NOW, None),
        libc::EAGAIN,
    );
}

fn batch_receive_waits_for_one_if_told() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create(), bus.reader());
    (0..3).for_each(|n| say_number(&sender, n));
    are_numbers(
        &ok(
            "recvmmsg",
            reader.recvmmsg(8, 8, libc::MSG_WAITFORONE, None),
        ),
        0..3,
    );
    let waiting = Blocked::start(call::RECVMMSG, move || {
        reader.recvmmsg(8, 8, libc::MSG_WAITFORONE, None)
    });
    say_number(&sender, 3);
    are_numbers(&ok("recvmmsg", waiting.wakes()), 3..4);
}

fn batch_receive_gives_up_after_its_time() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create(), bus.reader());
    ok(
        "SO_RCVTIMEO",
        reader.set_time_out(libc::SO_RCVTIMEO, Duration::from_millis(40)),
    );
    say_number(&sender, 0);
    let start = Instant::now();
    are_numbers(
        &ok(
            "recvmmsg",
            reader.recvmmsg(8, 8, 0, Some(Duration::from_millis(20))),
        ),
        0..1,
    );
    // The time-out of recvmmsg is looked at after each message: at least so long.
    same(
        "it waited",
        start.elapsed() >= Duration::from_millis(20),
        true,
    );
}

fn batch_says_which_messages_were_cut() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create(), bus.reader());
    let words: [&[u8]; 3] = [b"four", b"rather long", b"end"];
    same("sendmmsg", ok("sendmmsg", sender.sendmmsg(&words, NOW)), 3);
    let got = ok("recvmmsg", reader.recvmmsg(3, 4, NOW, None));
    let cut: Vec<bool> = got.iter().map(|m| m.flags & libc::MSG_TRUNC != 0).collect();
    same("MSG_TRUNC of each", cut, vec![false, true, false]);
    let words: Vec<Vec<u8>> = got.into_iter().map(|m| m.data).collect();
    same(
        "bytes of each",
        words,
        vec![b"four".to_vec(), b"rath".to_vec(), b"end".to_vec()],
    );
}

fn batch_tells_what_was_missed() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]);
    let reader = bus.reader();
    ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
    same(
        "sendmmsg",
        ok("sendmmsg", sender.sendmmsg(&slices(&numbers(0..30)), NOW)),
        30,
    );
    let got = ok("recvmmsg", reader.recvmmsg(30, 8, NOW, None));
    are_numbers(&got, 22..30);
    same(
        "missed",
        got.iter().map(Received::missed).collect(),
        vec![22; 8],
    );
}

fn blocking_batch_goes_on_as_room_is_made() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    let waiting = Blocked::start(call::SENDMMSG, move || {
        sender.sendmmsg(&slices(&numbers(0..10)), 0)
    });
    let mut buffer = [0; 4];
    for n in 0..10_u32 {
        same("length", ok("recv", reader.recv(&mut buffer, 0)), 4);
        same("the next number", u32::from_ne_bytes(buffer), n);
    }
    same("sendmmsg", ok("sendmmsg", waiting.wakes()), 10);
}

fn empty_batch_is_fine() {
    let bus = Bus::new();
    let sender = bus.create();
    same(
        "sendmmsg of nothing",
        ok("sendmmsg", sender.sendmmsg(&[], NOW)),
        0,
    );
    same(
        "recvmmsg of nothing",
        ok("recvmmsg", sender.recvmmsg(0, 8, NOW, None)).len(),
        0,
    );
}

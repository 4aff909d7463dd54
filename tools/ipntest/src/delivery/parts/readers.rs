// SPDX-License-Identifier: GPL-2.0
//! What a reader gets of a long message: a part of it, what its filter wants, a record.

use super::*;
use crate::delivery::records::{pack, parse};
use crate::lab::check::fails;
use crate::lab::runner::cases;
use crate::sys::bpf;
use crate::sys::memory::Pages;

cases!["parts_readers":
    cut_peek_and_length,
    filter_sees_the_beginning,
    records_long_and_short,
];

fn cut_peek_and_length() {
    let bus = Bus::new();
    let sender = bus.create_with(&of(100_000, &[]));
    let reader = bus.reader();
    let message = bytes(100_000, 5);
    say(&sender, &message);
    let peeked = ok("recvmsg", reader.recvmsg(100_000, NOW | libc::MSG_PEEK));
    holds("all of it", peeked.data == message);
    for room in [0, 1, 16384, 16385, 50_000] {
        let cut = ok(
            "recvmsg",
            reader.recvmsg(room, NOW | libc::MSG_PEEK | libc::MSG_TRUNC),
        );
        same("length", cut.len, 100_000);
        holds("flags", cut.flags & libc::MSG_TRUNC != 0);
    }
    let cut = ok("recvmsg", reader.recvmsg(40_000, NOW));
    holds("its beginning", cut.data == message[..40_000]);
    hear_nothing(&reader);
    // Into memory that is not there to its end: it stays.
    say(&sender, &message);
    let mut pages = ok("mmap", Pages::fresh(25));
    ok("mprotect", pages.freeze(20));
    fails("recv", pages.recv(&reader, 0, 100_000, NOW), libc::EFAULT);
    hear_long(&reader, &message);
}

fn filter_sees_the_beginning() {
    let bus = Bus::new();
    let sender = bus.create_with(&of(100_000, &[]));
    let reader = bus.reader();
    // Keep it if byte 60,000 is 7; all of it.
    let wanted = [
        (0x30, 0, 0, 60_000),
        (0x15, 0, 1, 7),
        (0x06, 0, 0, 0xffff),
        (0x06, 0, 0, 0),
    ];
    ok("SO_ATTACH_FILTER", bpf::attach(&reader, &wanted));
    let mut message = vec![1; 100_000];
    say(&sender, &message);
    message[60_000] = 7;
    say(&sender, &message);
    hear_long(&reader, &message);
    // One that cuts.
    ok(
        "SO_ATTACH_FILTER",
        bpf::attach(&reader, &[(0x06, 0, 0, 50_000)]),
    );
    say(&sender, &message);
    hear_long(&reader, &message[..50_000]);
    // One that looks beyond what it sees.
    let beyond = [(0x30, 0, 0, 65_535), (0x06, 0, 0, 0xffff)];
    ok("SO_ATTACH_FILTER", bpf::attach(&reader, &beyond));
    say(&sender, &message);
    hear_nothing(&reader);
}

fn records_long_and_short() {
    let bus = Bus::new();
    let sender = bus.create_with(&of(200_000, &[]));
    let reader = bus.reader();
    let plain = bus.reader();
    for sock in [&sender, &reader] {
        ok("IPN_SO_RECORDS", sock.set(IPN_SO_RECORDS, 1));
    }
    let messages = [
        bytes(20, 1),
        bytes(200_000, 2),
        bytes(17_000, 3),
        bytes(3, 4),
    ];
    let all = pack(&messages);
    same("sent", ok("send", sender.send(&all, NOW)), all.len());
    for message in &messages {
        hear_long(&plain, message);
    }
    let got = next(&reader, 300_000);
    same("bytes", got.len(), all.len());
    let records = parse(&got).into_iter().map(|record| record.message);
    holds("the records", records.eq(messages));
    hear_nothing(&reader);
}

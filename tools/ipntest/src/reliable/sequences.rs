// SPDX-License-Identifier: GPL-2.0
//! Sequences and origins: which message of its port a message is, and where it comes from.

use super::*;
use crate::lab::bus::{hear_number, say_number};
use crate::lab::runner::cases;
use crate::sys::message::Control;

cases!["reliable_sequences":
        count_the_messages_of_each_port,
        come_with_records,
        are_none_on_other_networks,
        origin_comes_with_the_message,
        other_control_messages_are_refused,
        skipped_ones_are_told,
];

#[track_caller]
fn with_sequence(sock: Sock) -> Sock {
    ok("IPN_SO_SEQUENCE", sock.set(IPN_SO_SEQUENCE, 1));
    same("it is set", ok("get", sock.get(IPN_SO_SEQUENCE)), 1);
    sock
}

#[track_caller]
fn next(sock: &Sock) -> Received {
    ok("recvmsg", sock.recvmsg(64, NOW))
}

fn count_the_messages_of_each_port() {
    let bus = Bus::new();
    let (one, two) = (create(&bus, &[]), join(&bus));
    let reader = with_sequence(join(&bus));
    for n in 1..4 {
        say_number(&one, 0);
        say_number(&two, 0);
        same("of one", sequence(&next(&reader)), (n, 0));
        same("of two", sequence(&next(&reader)), (n, 0));
    }
    // The next holder goes on.
    drop(two);
    let two = join(&bus);
    say_number(&two, 0);
    same("of its next holder", sequence(&next(&reader)), (4, 0));
}

fn come_with_records() {
    let bus = Bus::new();
    let one = create(&bus, &[]);
    let reader = join(&bus);
    ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, 2));
    same("it is set", ok("get", reader.get(IPN_SO_RECORDS)), 2);
    fails(
        "of another kind",
        reader.set(IPN_SO_RECORDS, 3),
        libc::EINVAL,
    );
    (0..3).for_each(|n| say_number(&one, n));
    let received = next_records(&reader);
    same("bytes", received.len(), 3 * 40 - 4);
    for (n, record) in (0_u32..).zip(received.chunks(40)) {
        same("length", &record[..4], &4_u32.to_ne_bytes()[..]);
        same(
            "sequence",
            &record[24..32],
            &u64::from(n + 1).to_ne_bytes()[..],
        );
        same("message", &record[32..36], &n.to_ne_bytes()[..]);
    }
    // And to send: the header is as long.
    ok("IPN_SO_RECORDS", one.set(IPN_SO_RECORDS, 2));
    let mut record = vec![0; 36];
    record[..4].copy_from_slice(&4_u32.to_ne_bytes());
    record[32..].copy_from_slice(&9_u32.to_ne_bytes());
    same("sent", ok("send", one.send(&record, NOW)), 36);
    let received = next_records(&reader);
    same("message", &received[32..36], &9_u32.to_ne_bytes()[..]);
}

fn next_records(reader: &Sock) -> Vec<u8> {
    ok("recv of records", reader.recvmsg(4096, NOW)).data
}

fn are_none_on_other_networks() {
    let bus = Bus::new();
    let one = bus.create();
    let reader = with_sequence(bus.join());
    say_number(&one, 1);
    same("sequence", sequence(&next(&reader)), (0, 0));
    ok("IPN_SO_RECORDS", reader.set(IPN_SO_RECORDS, 2));
    say_number(&one, 2);
    let received = next_records(&reader);
    same("sequence", &received[24..32], &[0; 8][..]);
    same("message", &received[32..36], &2_u32.to_ne_bytes()[..]);
}

fn origin(bus: u64, sequence: u64, port: u32, hops: u32) -> Control {
    let data = [bus, sequence].map(u64::to_ne_bytes).concat();
    let rest = [port, hops].map(u32::to_ne_bytes).concat();
    Control {
        level: LEVEL,
        kind: IPN_SO_ORIGIN,
        data: [data, rest].concat(),
    }
}

fn origin_comes_with_the_message() {
    let bus = Bus::new();
    let cable = create(&bus, &[]);
    let reader = with_sequence(join(&bus));
    let control = origin(0x1234_5678_9abc_def0, 42, 7, 3);
    let sent = cable.sendmsg(&[&1_u32.to_ne_bytes()], &[control.clone()], None, NOW);
    same("sent", ok("sendmsg", sent), 4);
    say_number(&cable, 2);
    let received = next(&reader);
    same("sequence", sequence(&received), (1, 0));
    let told = received.control(LEVEL, IPN_SO_SEQUENCE).unwrap();
    same("origin", &told.data[24..], &control.data[..]);
    let received = next(&reader);
    let told = received.control(LEVEL, IPN_SO_SEQUENCE).unwrap();
    same("of one that was sent here", &told.data[24..], &[0; 24][..]);
}

fn other_control_messages_are_refused() {
    let bus = Bus::new();
    let sender = create(&bus, &[]);
    let reader = join(&bus);
    let good = origin(1, 2, 3, 4);
    let mut short = good.clone();
    short.data.pop();
    let mut long = good.clone();
    long.data.push(0);
    let mut other = good.clone();
    other.kind = IPN_SO_SEQUENCE;
    let mut level = good.clone();
    level.level = libc::SOL_SOCKET;
    for wrong in [
        vec![short],
        vec![long],
        vec![other],
        vec![level],
        vec![good.clone(), good.clone()],
    ] {
        let sent = sender.sendmsg(&[b"x"], &wrong, None, NOW);
        fails("sendmsg", sent, libc::EINVAL);
    }
    let plain = Bus::named("plain");
    let hub = plain.create();
    let sent = hub.sendmsg(&[b"x"], &[good.clone()], None, NOW);
    fails("on another network", sent, libc::EINVAL);
    ok("IPN_SO_RECORDS", sender.set(IPN_SO_RECORDS, 1));
    let sent = sender.sendmsg(&[b"x"], &[good], None, NOW);
    fails("with records", sent, libc::EINVAL);
    ok("no records", sender.set(IPN_SO_RECORDS, 0));
    say_number(&sender, 5);
    hear_number(&reader, 5);
}

fn skipped_ones_are_told() {
    let bus = Bus::new();
    let sender = create(&bus, &[]);
    let reader = with_sequence(join(&bus));
    ok("IPN_SO_SKIP", sender.set(IPN_SO_SKIP, 5));
    say_number(&sender, 1);
    say_number(&sender, 2);
    is_reset(&reader);
    same("behind them", sequence(&next(&reader)), (6, 5));
    same("the next", sequence(&next(&reader)), (7, 0));
}

// SPDX-License-Identifier: GPL-2.0
//! What `recv` gives as records.

use super::*;
use crate::lab::check::{fails, holds};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace::volume;
use crate::sys::bpf;
use crate::sys::call;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::poll::poll;
use std::sync::Arc;
use std::thread;

cases!["records":
    option_is_a_switch,
    several_messages_come_by_one_call,
    only_whole_ones_come,
    first_that_does_not_fit_is_cut,
    peek_leaves_them,
    next_length_is_that_of_a_record,
    own_and_refused_ones_leave_gaps,
    losses_are_counted_exactly,
    out_of_band_messages_come_alone,
    end_comes_after_them,
    recv_waits_for_the_first,
    time_stamps_are_those_of_the_sends,
    mapped_reader_may_ask_for_them,
    readers_share_them,
];

fn option_is_a_switch() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    for sock in [&open(), &bus.manage(), &two] {
        same("unless told", ok("get", sock.get(IPN_SO_RECORDS)), 0);
        for value in [-1, 3, i32::MAX] {
            fails("another", sock.set(IPN_SO_RECORDS, value), libc::EINVAL);
        }
        for value in [1, 0, 2, 1] {
            ok("IPN_SO_RECORDS", sock.set(IPN_SO_RECORDS, value));
            same("told", ok("get", sock.get(IPN_SO_RECORDS)), value);
        }
    }
    say(&one, b"first");
    say(&one, b"second");
    say(&one, b"third");
    same("a record", take(&two, HEADER + 5).len(), 1);
    ok("IPN_SO_RECORDS", two.set(IPN_SO_RECORDS, 0));
    hear(&two, b"second");
    ok("IPN_SO_RECORDS", two.set(IPN_SO_RECORDS, 1));
    hear_all(&two, &[b"third"]);
}

fn several_messages_come_by_one_call() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    let three = bus.join();
    say(&one, b"twelve bytes");
    say(&three, b"");
    say(&one, b"x");
    let from = |sock: &Sock| ok("IPN_SO_PORT", sock.get(IPN_SO_PORT)) as u32;
    let record = |sock, number, message: &[u8]| Record {
        from: from(sock),
        number,
        stamp: 0,
        message: message.to_vec(),
    };
    let expected = vec![
        record(&one, 0, b"twelve bytes"),
        record(&three, 1, b""),
        record(&one, 2, b"x"),
    ];
    let all = ok("recvmsg", two.recvmsg(1000, NOW));
    same("bytes", all.len, 40 + 24 + 25);
    same("flags", all.flags, libc::MSG_EOR);
    same("records", parse(&all.data), expected);
    hear_nothing(&two);
}

fn only_whole_ones_come() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    for room in 24 + 3 + 5..2 * 32 + 24 + 6 {
        let words: [&[u8]; 3] = [b"123", b"456", b"789012"];
        words.iter().for_each(|word| say(&one, word));
        let (mut got, mut calls) = (Vec::new(), 0);
        while got.len() < 3 {
            got.extend(messages(take(&two, room)));
            calls += 1;
        }
        same("messages", got, to_owned(&words));
        // The zeroes behind the last need no room.
        let expected = match room {
            ..59 => 3,
            59..94 => 2,
            _ => 1,
        };
        same(format_args!("calls with room for {room}"), calls, expected);
    }
}

fn first_that_does_not_fit_is_cut() {
    let bus = Bus::new();
    let options = [(IPN_SO_MTU, 65535), (IPN_SO_MSGPOOLSIZE, 8)];
    let (one, two) = (bus.create_with(&options), by_records(bus.join()));
    for len in [100, 5000] {
        for room in [0, 1, 23, 24, 25, 60, 123] {
            for flag in [0, libc::MSG_TRUNC] {
                say(&one, &vec![7; len]);
                say(&one, b"next");
                let peek = ok("peek", two.recvmsg(room, NOW | libc::MSG_PEEK | flag));
                let got = ok("recvmsg", two.recvmsg(room, NOW | flag));
                for got in [&peek, &got] {
                    same("flags", got.flags, libc::MSG_EOR | libc::MSG_TRUNC);
                    let expected = if flag == 0 { room } else { HEADER + len };
                    same(format_args!("{len} bytes, {room}"), got.len, expected);
                    let head = (len as u32).to_ne_bytes();
                    same(
                        "length",
                        got.data.iter().take(4).eq(head.iter().take(room)),
                        true,
                    );
                    let rest = got.data.iter().skip(HEADER);
                    same("bytes", rest.filter(|&&byte| byte != 7).count(), 0);
                }
                hear_all(&two, &[b"next"]);
            }
        }
    }
}

fn peek_leaves_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    say(&one, b"one");
    say(&one, b"two");
    let mut place = [0; 100];
    for _ in 0..2 {
        let len = ok("peek", two.recv(&mut place, NOW | libc::MSG_PEEK));
        same(
            "peeked",
            messages(parse(&place[..len])),
            to_owned(&[b"one", b"two"]),
        );
    }
    hear_all(&two, &[b"one", b"two"]);
}

fn next_length_is_that_of_a_record() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    let length = |sock: &Sock| ok("FIONREAD", sock.ioctl_int(libc::FIONREAD));
    same("of nothing", length(&two), 0);
    for len in [0, 1, 1514] {
        say(&one, &vec![1; len]);
        same("of a message", length(&two) as usize, HEADER + len);
        same("it fits", take(&two, HEADER + len).len(), 1);
    }
}

fn own_and_refused_ones_leave_gaps() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    let wants_y = [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, u32::from(b'y')),
        (0x06, 0, 0, 2),
        (0x06, 0, 0, 0),
    ];
    let say_some = || {
        for word in [&b"yes"[..], b"no", b"yeah"] {
            say_all(&two, &[b"mine", b"mine"]);
            say(&one, word);
        }
        say_all(&two, &[b"mine"]);
    };
    let numbers =
        |records: &[Record]| -> Vec<u64> { records.iter().map(|record| record.number).collect() };
    say_some();
    let mut all = Vec::new();
    while all.len() < 3 {
        all.extend(take(&two, 1000));
    }
    same("numbers", numbers(&all), vec![2, 5, 8]);
    hear_nothing(&two);
    ok("SO_ATTACH_FILTER", bpf::attach(&two, &wants_y));
    say_some();
    let mut all = Vec::new();
    while all.len() < 2 {
        all.extend(take(&two, 1000));
    }
    same("numbers", numbers(&all), vec![12, 18]);
    same(
        "what is left of them",
        messages(all),
        to_owned(&[b"ye", b"ye"]),
    );
    hear_nothing(&two);
}

fn losses_are_counted_exactly() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]);
    let two = by_records(bus.join());
    ok("SO_RXQ_OVFL", two.set_generic(libc::SO_RXQ_OVFL, 1));
    let mut random = fastrand::Rng::with_seed(5);
    let (mut sent, mut got, mut lost) = (0_u64, 0, 0);
    for _ in 0..volume(300, "rounds") {
        for _ in 0..random.usize(0..20) {
            say(&one, &sent.to_ne_bytes());
            sent += 1;
        }
        if random.bool() {
            say_all(&two, &[b"mine", b"mine"]);
        }
        if random.bool() {
            // What the port itself sends is nothing that it could lose.
            continue;
        }
        while let Ok(received) = two.recvmsg(random.usize(40..200), NOW) {
            lost = u64::from(received.missed());
            for message in messages(parse(&received.data)) {
                let number = u64::from_ne_bytes(message.try_into().unwrap());
                holds("in order", number >= got);
                got += 1;
                holds("not before they are told lost", number < got + lost);
            }
        }
        same("sent, less what was lost", sent - lost, got);
    }
}

fn out_of_band_messages_come_alone() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    ok("IPN_SO_HANDLE_OOB", two.set(IPN_SO_HANDLE_OOB, 1));
    ok("WANT_OOB_NUMNODES", two.set(IPN_SO_WANT_OOB_NUMNODES, 1));
    say(&one, b"before");
    let three = bus.join();
    let next = || ok("FIONREAD", two.ioctl_int(libc::FIONREAD));
    same("FIONREAD", next(), 16);
    let got = ok("recvmsg", two.recvmsg(1000, NOW));
    same("flags", got.flags, libc::MSG_EOR | libc::MSG_OOB);
    same("bytes", got.len, 16);
    hear_all(&two, &[b"before"]);
    drop(three);
}

fn end_comes_after_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    say(&one, b"");
    say(&one, b"last");
    ok("IPN_TERMINATE", one.ioctl(IPN_TERMINATE));
    hear_all(&two, &[b"", b"last"]);
    let end = ok("recvmsg", two.recvmsg(100, NOW));
    same("the end", (end.len, end.flags), (0, 0));
}

fn recv_waits_for_the_first() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), Arc::new(by_records(bus.join())));
    let ready = |sock: &Sock| ok("poll", poll(sock, libc::POLLIN, 0));
    same("ready", ready(&two), 0);
    let reader = two.clone();
    let waiting = Blocked::start(call::RECV, move || {
        let mut place = [0; 4096];
        let len = reader.recv(&mut place, 0)?;
        Ok(place[..len].to_vec())
    });
    say(&one, b"now");
    same(
        "messages",
        messages(parse(&ok("recv", waiting.wakes()))),
        to_owned(&[b"now"]),
    );
    say(&one, b"1");
    say(&one, b"2");
    same("ready", ready(&two), libc::POLLIN);
    hear_all(&two, &[b"1", b"2"]);
    same("ready", ready(&two), 0);
}

fn time_stamps_are_those_of_the_sends() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), by_records(bus.join()));
    ok("SO_TIMESTAMPNS", two.set_generic(libc::SO_TIMESTAMPNS, 1));
    // From the first look on there are stamps.
    hear_nothing(&two);
    say(&one, b"one");
    say(&one, b"two");
    let got = ok("recvmsg", two.recvmsg(1000, NOW));
    let records = parse(&got.data);
    holds(
        "in order",
        0 < records[0].stamp && records[0].stamp <= records[1].stamp,
    );
    let told = got.control(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS);
    let data = &told.expect("a time stamp").data;
    let word = |at: usize| i64::from_ne_bytes(data[at..at + 8].try_into().unwrap());
    same(
        "of the last",
        (word(0) * 1_000_000_000 + word(8)) as u64,
        records[1].stamp,
    );
}

fn mapped_reader_may_ask_for_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&lossless(4)), by_records(bus.join()));
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let page = Area::map(&two, PAGE, access, libc::MAP_SHARED, IPN_MAP_CURSOR);
    let _page = ok("the cursor", page);
    for _ in 0..3 {
        ["1", "2", "3", "4"]
            .iter()
            .for_each(|word| say(&one, word.as_bytes()));
        fails("one more", one.send(b"5", NOW), libc::EAGAIN);
        hear_all(&two, &[b"1", b"2", b"3", b"4"]);
    }
}

/// Each message goes to one of the threads that read the port.
fn readers_share_them() {
    let bus = Bus::new();
    let (one, two) = (
        bus.create_with(&lossless(64)),
        Arc::new(by_records(bus.join())),
    );
    let count = volume(4000, "messages");
    let readers: Vec<_> = [40, 300, 4096]
        .into_iter()
        .map(|room| {
            let two = two.clone();
            thread::spawn(move || {
                let mut numbers = Vec::new();
                loop {
                    let mut place = vec![0; room];
                    let len = ok("recv", two.recv(&mut place, 0));
                    if len == 0 {
                        return numbers;
                    }
                    let got = messages(parse(&place[..len])).into_iter();
                    numbers.extend(got.map(|bytes| u32::from_ne_bytes(bytes.try_into().unwrap())));
                }
            })
        })
        .collect();
    for number in 0..count {
        ok("send", one.send(&number.to_ne_bytes(), 0));
    }
    ok("IPN_TERMINATE", one.ioctl(IPN_TERMINATE));
    let mut all = Vec::new();
    for reader in readers {
        let numbers = reader.join().expect("a reader");
        holds("each in order", numbers.is_sorted());
        all.extend(numbers);
    }
    all.sort();
    same("all", all, (0..count).collect::<Vec<_>>());
}

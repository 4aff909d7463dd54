// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate's receiver, which maps the network's memory where it can.

use crate::bus::Bus;
use crate::check::{holds, same};
use crate::library_lab::*;
use crate::runner::cases;
use crate::switch_lab::{frame, load_switch};
use ipn::{Builder, Content, Direction, Errno, Error, Manager, Policy, Port, RecvFlags, Shutdown};
use std::time::{Duration, SystemTime};

cases!["library_receiver":
    takes_messages_out_of_memory,
    falls_back,
    is_an_iterator,
    time_stamps_come_out_of_the_memory,
];

fn takes_messages_out_of_memory() {
    let bus = Bus::new();
    let port = create(&bus, &Builder::new().pool(4));
    let reader = ok("connect", Port::connect(&bus.path));
    ok("time stamps", reader.set_timestamps(true));
    let mut receiver = ok("receiver", reader.into_receiver());
    same(
        "why not mapped",
        receiver.not_mapped().map(Error::errno),
        None,
    );
    let nothing = receiver.recv_with(RecvFlags::DONTWAIT);
    fails("with nothing there", nothing.map(drop), Errno::AGAIN);
    ok("send", port.send(b"hello"));
    let (content, received) = ok("recv", receiver.recv_with(RecvFlags::DONTWAIT));
    same("message", content, Content::Message(b"hello"));
    same("lost", received.lost(), Some(0));
    let age = received
        .time()
        .and_then(|time| SystemTime::now().duration_since(time).ok());
    holds(
        "it was sent just now",
        age.is_some_and(|age| age < Duration::from_secs(60)),
    );
    (0..10).for_each(|n| ok("send", port.send(&[n])));
    let (content, received) = ok("recv", receiver.recv_with(RecvFlags::PEEK));
    same(
        "peeked",
        (content, received.lost()),
        (Content::Message(&[6]), Some(6)),
    );
    for n in 6..10 {
        let taken = ok("recv_mapped", receiver.recv_mapped());
        let (content, received) = taken.expect("it is in the memory");
        same(
            "taken",
            (content, received.lost()),
            (Content::Message(&[n]), Some(6)),
        );
    }
    holds(
        "nothing is left",
        ok("recv_mapped", receiver.recv_mapped()).is_none(),
    );
    ok(
        "send of the receiver",
        receiver.port().send(b"not for itself"),
    );
    holds(
        "it is not",
        ok("recv_mapped", receiver.recv_mapped()).is_none(),
    );
    hears(&port, b"not for itself");
    ok("send", port.send(b"and"));
    hears(&receiver.into_port(), b"and");
}

fn falls_back() {
    load_switch();
    let (hub, switch) = (Bus::new(), Bus::named("switch"));
    let one = create(&switch, &Builder::new().policy(Policy::SWITCH));
    let two = ok("connect", Port::connect(&switch.path));
    let mut receiver = ok("receiver", two.into_receiver());
    let why = receiver.not_mapped().map(Error::errno);
    same("why not mapped", why, Some(Errno::OPNOTSUPP));
    let frame = frame([0xff; 6], [2, 0, 0, 0, 0, 1], "frame");
    ok("send", one.send(&frame));
    same(
        "message",
        ok("recv", receiver.recv()),
        Content::Message(&frame),
    );
    holds(
        "memory",
        ok("recv_mapped", receiver.recv_mapped()).is_none(),
    );

    let manager = ok("bind", Manager::bind(&hub.path));
    let port = ok("connect", manager.connect());
    let filtered = ok("connect", Port::connect(&hub.path));
    let all = libc::sock_filter {
        code: 6,
        jt: 0,
        jf: 0,
        k: 0xffff,
    };
    ok("filter", filtered.attach_filter(&[all]));
    let mut receiver = ok("receiver", filtered.into_receiver());
    let why = receiver.not_mapped().map(Error::errno);
    same("why not mapped", why, Some(Errno::ACCESS));
    ok("send", port.send(b"x"));
    same(
        "message",
        ok("recv", receiver.recv()),
        Content::Message(b"x"),
    );
}

fn is_an_iterator() {
    let bus = Bus::new();
    let manager = ok(
        "bind",
        Builder::new().lossless(true).pool(2).bind(&bus.path),
    );
    let port = ok(
        "connect",
        Builder::new()
            .direction(Direction::Receive)
            .connect(&bus.path),
    );
    let receiver = ok("receiver", port.into_receiver());
    let sender = std::thread::spawn(move || {
        let port = ok("connect", manager.connect());
        ok("shutdown", port.shutdown(Shutdown::Read));
        (0..100).for_each(|n| ok("send", port.send(&[n])));
        ok("terminate", port.network().terminate());
    });
    let all: Result<Vec<_>, _> = receiver.collect();
    let all = ok("every message", all).concat();
    same("messages up to the end", all, (0..100).collect());
    sender.join().expect("the sender ends well");
}

fn time_stamps_come_out_of_the_memory() {
    let bus = Bus::new();
    let sender = ok("connect", ok("bind", Manager::bind(&bus.path)).connect());
    let port = ok("connect", Port::connect(&bus.path));
    ok("time stamps", port.set_timestamps(true));
    let mut receiver = ok("receiver", port.into_receiver());
    ok("send", sender.send(b"x"));
    let taken = ok("recv_mapped", receiver.recv_mapped());
    holds(
        "it has a time",
        taken.is_some_and(|(_, one)| one.time().is_some()),
    );
}

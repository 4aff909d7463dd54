// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate's receiver, which maps the network's memory where it can.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::programs::library_lab::*;
use crate::switch::lab::{frame, load_switch};
use ipn::{
    Builder, Content, Direction, Errno, Error, Instruction, Manager, Oob, Policy, Port, Receiver,
    RecvFlags, Shutdown,
};
use std::time::{Duration, SystemTime};

cases!["library_receiver":
    takes_messages_out_of_memory,
    falls_back,
    is_an_iterator,
    time_stamps_come_out_of_the_memory,
    what_the_port_is_told_later_counts,
    out_of_band_messages_come_first,
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
    let all = Instruction {
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

fn what_the_port_is_told_later_counts() {
    let bus = Bus::new();
    let sender = ok("connect", ok("bind", Manager::bind(&bus.path)).connect());
    let receiver = || {
        let port = ok("connect", Port::connect(&bus.path));
        let receiver = ok("receiver", port.into_receiver());
        holds("it is mapped", receiver.not_mapped().is_none());
        receiver
    };
    // One of three takes nothing any more, another one nothing that is longer than a byte.
    let (mut all, mut none, mut short) = (receiver(), receiver(), receiver());
    ok("shutdown", none.port().shutdown(Shutdown::Read));
    let instruction = |code, jt, jf, k| Instruction { code, jt, jf, k };
    // ld len; jeq #1; ret all; ret nothing.
    let filter = [
        instruction(0x80, 0, 0, 0),
        instruction(0x15, 0, 1, 1),
        instruction(0x06, 0, 0, 0xffff),
        instruction(0x06, 0, 0, 0),
    ];
    ok("filter", short.port().attach_filter(&filter));
    ok("send", sender.send(b"long"));
    ok("send", sender.send(b"s"));
    let next = |receiver: &mut ipn::Receiver| {
        let taken = receiver.recv_with(RecvFlags::DONTWAIT);
        taken
            .map(|(content, _)| format!("{content:?}"))
            .map_err(|error| error.errno())
    };
    let text = |bytes: &'static [u8]| Ok(format!("{:?}", Content::Message(bytes)));
    same("the first", next(&mut all), text(b"long"));
    same("the second", next(&mut all), text(b"s"));
    same("through a filter", next(&mut short), text(b"s"));
    same("of one that is shut", next(&mut none), Err(Errno::PIPE));
    holds("it has left the memory", none.not_mapped().is_some());
}

/// What a receiver gets in turn, until there is nothing.
#[track_caller]
fn all(receiver: &mut Receiver) -> Vec<String> {
    let mut got = Vec::new();
    loop {
        match receiver.recv_with(RecvFlags::DONTWAIT) {
            Ok((Content::OutOfBand(Oob::Members { readers, .. }), _)) => {
                got.push(format!("{readers} readers"));
            }
            Ok((content, _)) => got.push(format!("{content:?}")),
            Err(error) if error.errno() == Errno::AGAIN => return got,
            Err(error) => panic!("{error}"),
        }
    }
}

/// As by recv(), and whether the port was told before it was mapped or after.
fn out_of_band_messages_come_first() {
    for (name, told_before) in [("before", true), ("after", false)] {
        let bus = Bus::named(name);
        let sender = create(&bus, &Builder::new().direction(Direction::Send));
        let builder = Builder::new().watch_members(told_before);
        let mut receiver = ok(
            "receiver",
            ok("connect", builder.connect(&bus.path)).into_receiver(),
        );
        holds(
            "it is mapped unless it has to ask",
            receiver.not_mapped().is_some() == told_before,
        );
        if !told_before {
            ok("watch", receiver.port().set_watch_members(true));
            ok("out of band", receiver.port().set_out_of_band(true));
        }
        all(&mut receiver);
        ok("send", sender.send(b"x"));
        let other = ok("connect", Port::connect(&bus.path));
        let message = format!("{:?}", Content::Message(b"x"));
        same(
            "in turn",
            all(&mut receiver),
            vec!["2 readers".into(), message],
        );
        drop(other);
        let why = receiver.not_mapped().map(Error::errno);
        same("why not mapped", why, Some(Errno::ACCESS));
        // Once more without.
        let port = receiver.into_port();
        ok("no more", port.set_out_of_band(false));
        let mut receiver = ok("receiver", port.into_receiver());
        holds("it is mapped", receiver.not_mapped().is_none());
        ok("send", sender.send(b"y"));
        let message = format!("{:?}", Content::Message(b"y"));
        same("in turn", all(&mut receiver), vec![message]);
    }
}

// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate's producer, which maps what it writes.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::pace::volume;
use crate::programs::library_lab::*;
use crate::sys::call;
use ipn::{Builder, Content, Errno, Flags, Port, Producer, Receiver, RecvFlags, SendFlags};
use std::thread;
use std::time::SystemTime;

cases!["library_producer":
    messages_of_every_length_come,
    too_long_a_message_is_refused,
    sleepers_are_woken,
    ring_goes_round_many_times,
    lossless_producer_waits @ 30,
    lossless_producer_need_not_wait,
    it_is_told_of_the_end,
    messages_have_a_time_where_one_asks,
    next_producer_finds_what_is_left,
    port_comes_back_when_it_can_not_be_one,
    large_messages_come_in_one_piece,
];

fn producer(bus: &Bus, builder: Builder, flags: Flags) -> Producer {
    let port = create(bus, &builder.flags(flags | Flags::ONE_WRITER));
    ok("producer", port.into_producer())
}

fn bytes(n: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (n * 7 + at * 13) as u8).collect()
}

fn receiver(bus: &Bus) -> Receiver {
    let receiver = ok("connect", Port::connect(&bus.path)).into_receiver();
    let receiver = ok("receiver", receiver);
    holds("it has mapped", receiver.not_mapped().is_none());
    receiver
}

fn messages_of_every_length_come() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new(), Flags::empty());
    let (mut mapped, called) = (receiver(&bus), ok("connect", Port::connect(&bus.path)));
    let mut buffer = [0; 2048];
    for len in 0..=1514 {
        let message = bytes(len, len);
        ok("send", producer.send(&message));
        let taken = ok("take", mapped.take_bytes());
        same("mapped", taken, Some(message.as_slice()));
        let content = ok("recv", called.recv(&mut buffer));
        same("by a call", content, Content::Message(&message));
    }
}

fn too_long_a_message_is_refused() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new().mtu(100), Flags::empty());
    fails("send", producer.send(&[0; 101]), Errno::MSGSIZE);
    ok("send", producer.send(&[0; 100]));
}

fn sleepers_are_woken() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new(), Flags::empty());
    for n in 0..20 {
        let mut mapped = receiver(&bus);
        let waiting = Blocked::start(call::RECVMSG, move || {
            let (content, _) = ok("recv", mapped.recv_with(RecvFlags::empty()));
            content == Content::Message(&[n])
        });
        ok("send", producer.send(&[n]));
        same("received", waiting.wakes(), true);
    }
}

fn ring_goes_round_many_times() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new().bytes(8192), Flags::empty());
    let mut mapped = receiver(&bus);
    let called = ok("connect", Port::connect(&bus.path));
    let mut buffer = [0; 2048];
    for n in 0..volume(20_000, "messages") as usize {
        let message = bytes(n, n * 31 % 700);
        ok("send", producer.send(&message));
        let taken = ok("take", mapped.take_bytes()).map(<[u8]>::to_vec);
        same("mapped", taken, Some(message.clone()));
        let content = ok("recv", called.recv(&mut buffer));
        same("by a call", content, Content::Message(&message));
    }
}

fn lossless_producer_waits() {
    let bus = Bus::new();
    let count = volume(30_000, "messages");
    let mut producer = producer(&bus, Builder::new().bytes(4096).mtu(512), Flags::LOSSLESS);
    let mut mapped = receiver(&bus);
    let called = ok("connect", Port::connect(&bus.path));
    thread::scope(|threads| {
        threads.spawn(|| {
            for n in 0..count {
                let (content, received) = ok("recv", mapped.recv_with(RecvFlags::empty()));
                same(
                    "mapped",
                    content,
                    Content::Message(&bytes(n as usize, n as usize % 300)),
                );
                same("lost", received.lost(), Some(0));
            }
        });
        threads.spawn(|| {
            let mut buffer = [0; 512];
            for n in 0..count {
                let content = ok("recv", called.recv(&mut buffer));
                same(
                    "by a call",
                    content,
                    Content::Message(&bytes(n as usize, n as usize % 300)),
                );
            }
        });
        for n in 0..count {
            ok("send", producer.send(&bytes(n as usize, n as usize % 300)));
        }
    });
}

fn lossless_producer_need_not_wait() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new().pool(4).mtu(64), Flags::LOSSLESS);
    let mut mapped = receiver(&bus);
    let mut sent = 0;
    let error = loop {
        match producer.send_with(&[sent; 64], SendFlags::DONTWAIT) {
            Ok(()) => sent += 1,
            Err(error) => break error.errno(),
        }
    };
    same("send", error, Errno::AGAIN);
    holds("as many as there is room for", sent >= 4);
    for n in 0..sent {
        let taken = ok("take", mapped.take_bytes()).map(<[u8]>::to_vec);
        same("mapped", taken, Some(vec![n; 64]));
    }
    ok("send", producer.send_with(&[9; 64], SendFlags::DONTWAIT));
}

fn it_is_told_of_the_end() {
    let bus = Bus::new();
    let builder = Builder::new().flags(Flags::ONE_WRITER);
    let manager = ok("bind", builder.bind(&bus.path));
    let mut producer = ok(
        "producer",
        ok("connect", Port::connect(&bus.path)).into_producer(),
    );
    ok("send", producer.send(b"before"));
    ok("terminate", manager.network().terminate());
    fails("send", producer.send(b"behind"), Errno::PIPE);
}

fn messages_have_a_time_where_one_asks() {
    let bus = Bus::new();
    let mut producer = producer(&bus, Builder::new(), Flags::empty());
    let port = ok("connect", Port::connect(&bus.path));
    ok("time stamps", port.set_timestamps(true));
    let mut buffer = [0; 64];
    for _ in 0..3 {
        ok("send", producer.send(b"x"));
        let _ = ok("recv", port.recv_with(&mut buffer, RecvFlags::empty()));
    }
    ok("send", producer.send(b"x"));
    let received = ok("recv", port.recv_with(&mut buffer, RecvFlags::empty()));
    let time = received.time().expect("a time");
    let age = SystemTime::now().duration_since(time);
    holds("just now", age.is_ok_and(|age| age.as_secs() < 60));
}

fn next_producer_finds_what_is_left() {
    let bus = Bus::new();
    let builder = Builder::new()
        .pool(8)
        .mtu(64)
        .flags(Flags::ONE_WRITER | Flags::LOSSLESS);
    let manager = ok("bind", builder.bind(&bus.path));
    let mut mapped = receiver(&bus);
    let mut n = 0;
    for _ in 0..40 {
        let port = ok("connect", Port::connect(&bus.path));
        let mut producer = ok("producer", port.into_producer());
        for _ in 0..3 {
            ok("send", producer.send(&[n; 40]));
            n = n.wrapping_add(1);
        }
        drop(producer);
        // It leaves some to be read.
        for back in [5_u8, 4, 3] {
            if n >= 6 {
                let taken = ok("take", mapped.take_bytes()).map(<[u8]>::to_vec);
                same("mapped", taken, Some(vec![n.wrapping_sub(back + 1); 40]));
            }
        }
    }
    drop(manager);
}

fn port_comes_back_when_it_can_not_be_one() {
    let bus = Bus::new();
    let port = create(&bus, &Builder::new());
    let (error, port) = port.into_producer().expect_err("of a hub").into_parts();
    same("why", error.errno(), Errno::OPNOTSUPP);
    ok("send", port.send(b"as before"));
}

fn large_messages_come_in_one_piece() {
    let bus = Bus::new();
    let builder = Builder::new().mtu(1 << 20);
    let mut producer = producer(&bus, builder, Flags::empty());
    let (mut mapped, called) = (receiver(&bus), ok("connect", Port::connect(&bus.path)));
    let mut buffer = vec![0; 1 << 20];
    for len in [1 << 20, 17, 300_001, 65_536] {
        let message = bytes(len, len);
        ok("send", producer.send(&message));
        let taken = ok("take", mapped.take_bytes());
        holds("mapped", taken == Some(message.as_slice()));
        let content = ok("recv", called.recv(&mut buffer));
        holds("by a call", content == Content::Message(&message));
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Waiting: for as long as told, or not at all.

use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::call;
use std::time::{Duration, Instant};

cases!["time_outs":
    recv_waits_until_a_message_comes,
    recv_gives_up_after_its_time,
    send_gives_up_after_its_time,
    time_out_leaves_everything_as_before,
    message_in_time_ends_the_wait,
    nonblocking_descriptor_never_waits,
    dont_wait_overrides_a_blocking_descriptor,
    shutdown_of_the_receive_side_wakes_recv,
    time_of_zero_waits_for_ever,
];

const SHORT: Duration = Duration::from_millis(40);

/// The kernel counts such times in ticks of up to 10 ms, the current one included.
const AT_LEAST: Duration = Duration::from_millis(29);

fn recv_waits_until_a_message_comes() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let waiting = Blocked::start(call::RECV, move || two.recv(&mut [0; 9], 0));
    waiting.stays_blocked();
    say(&one, b"hello");
    same("recv", ok("recv", waiting.wakes()), 5);
}

fn recv_gives_up_after_its_time() {
    let port = Bus::new().create();
    ok("SO_RCVTIMEO", port.set_time_out(libc::SO_RCVTIMEO, SHORT));
    for _ in 0..2 {
        let start = Instant::now();
        fails("recv", port.recv(&mut [0; 9], 0), libc::EAGAIN);
        holds("it waited", start.elapsed() >= AT_LEAST);
    }
    let start = Instant::now();
    fails(
        "recv that may not wait",
        port.recv(&mut [0; 9], NOW),
        libc::EAGAIN,
    );
    holds("it did not wait", start.elapsed() < SHORT);
}

fn send_gives_up_after_its_time() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    ok("SO_SNDTIMEO", sender.set_time_out(libc::SO_SNDTIMEO, SHORT));
    say(&sender, b"x");
    let start = Instant::now();
    fails("send", sender.send(b"y", 0), libc::EAGAIN);
    holds("it waited", start.elapsed() >= AT_LEAST);
    hear(&reader, b"x");
    hear_nothing(&reader);
}

fn time_out_leaves_everything_as_before() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    ok("SO_SNDTIMEO", sender.set_time_out(libc::SO_SNDTIMEO, SHORT));
    ok("SO_RCVTIMEO", reader.set_time_out(libc::SO_RCVTIMEO, SHORT));
    for n in 0..3 {
        fails("recv", reader.recv(&mut [0; 9], 0), libc::EAGAIN);
        say_number(&sender, n);
        fails("send", sender.send(b"y", 0), libc::EAGAIN);
        hear_number(&reader, n);
    }
}

fn message_in_time_ends_the_wait() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    ok(
        "SO_RCVTIMEO",
        two.set_time_out(libc::SO_RCVTIMEO, Duration::from_secs(60)),
    );
    let waiting = Blocked::start(call::RECV, move || two.recv(&mut [0; 9], 0));
    say(&one, b"x");
    same("recv", ok("recv", waiting.wakes()), 1);
}

fn nonblocking_descriptor_never_waits() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    for sock in [&sender, &reader] {
        ok("O_NONBLOCK", sock.set_status_flag(libc::O_NONBLOCK, true));
    }
    fails("recv", reader.recv(&mut [0; 9], 0), libc::EAGAIN);
    fails("read", reader.read(&mut [0; 9]), libc::EAGAIN);
    same("send", ok("send", sender.send(b"x", 0)), 1);
    fails("send to a full pool", sender.send(b"y", 0), libc::EAGAIN);
    fails("write to a full pool", sender.write(b"y"), libc::EAGAIN);
    ok(
        "O_NONBLOCK off",
        sender.set_status_flag(libc::O_NONBLOCK, false),
    );
    let waiting = Blocked::start(call::SEND, move || sender.send(b"y", 0));
    hear(&reader, b"x");
    same("send", ok("send", waiting.wakes()), 1);
}

fn dont_wait_overrides_a_blocking_descriptor() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    fails("recv", reader.recv(&mut [0; 9], NOW), libc::EAGAIN);
    fails("recvmsg", reader.recvmsg(9, NOW), libc::EAGAIN);
    say(&sender, b"x");
    fails("send", sender.send(b"y", NOW), libc::EAGAIN);
    fails(
        "sendmsg",
        sender.sendmsg(&[b"y"], &[], None, NOW),
        libc::EAGAIN,
    );
    fails("sendmmsg", sender.sendmmsg(&[b"y"], NOW), libc::EAGAIN);
}

fn shutdown_of_the_receive_side_wakes_recv() {
    let bus = Bus::new();
    let _creator = bus.create();
    let port = bus.join();
    let receiver = port.clone();
    let waiting = Blocked::start(call::RECV, move || receiver.recv(&mut [0; 9], 0));
    ok("shutdown(SHUT_RD)", port.shutdown(libc::SHUT_RD));
    fails("recv", waiting.wakes(), libc::EPIPE);
}

fn time_of_zero_waits_for_ever() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    ok(
        "SO_RCVTIMEO",
        two.set_time_out(libc::SO_RCVTIMEO, Duration::from_millis(1)),
    );
    ok(
        "SO_RCVTIMEO of zero",
        two.set_time_out(libc::SO_RCVTIMEO, Duration::ZERO),
    );
    let waiting = Blocked::start(call::RECV, move || two.recv(&mut [0; 9], 0));
    waiting.stays_blocked();
    say(&one, b"x");
    same("recv", ok("recv", waiting.wakes()), 1);
}

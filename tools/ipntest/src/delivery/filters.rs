// SPDX-License-Identifier: GPL-2.0
//! Socket filters: a port that hears only what it wants to.

use crate::abi::*;
use crate::device;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Blocked;
use crate::sys::bpf;
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::os::fd::AsRawFd;
use std::thread;

cases!["filters":
    filter_drops_what_it_does_not_want,
    poll_agrees_with_recv,
    filter_may_shorten,
    shortened_message_is_short_for_all_who_ask,
    filter_sees_the_whole_message,
    filter_can_be_taken_away,
    filter_can_be_changed,
    extended_filter_works_alike,
    filter_sees_nothing_beside_the_message,
    filtered_messages_are_not_missed,
    filter_that_wants_nothing_holds_no_sender,
    filter_is_the_ports_own,
    filter_attached_before_connect_counts,
    filter_beside_a_device_that_sends,
];

/// Keep the whole message if its first byte is `byte`, else drop it. An empty one is dropped too.
fn only(byte: u8) -> [bpf::Instruction; 4] {
    [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, u32::from(byte)),
        (0x06, 0, 0, 0xffff),
        (0x06, 0, 0, 0),
    ]
}

/// Keep this many bytes of every message.
fn keep(bytes: u32) -> [bpf::Instruction; 1] {
    [(0x06, 0, 0, bytes)]
}

#[track_caller]
fn attach(sock: &Sock, program: &[bpf::Instruction]) {
    ok("SO_ATTACH_FILTER", bpf::attach(sock, program));
}

fn filter_drops_what_it_does_not_want() {
    let bus = Bus::new();
    let (one, two, free) = (bus.create(), bus.join(), bus.join());
    attach(&two, &only(b'y'));
    let words: [&[u8]; 6] = [b"no", b"yes", b"", b"nope", b"yeah", b"n"];
    words.iter().for_each(|word| say(&one, word));
    hear(&two, b"yes");
    hear(&two, b"yeah");
    hear_nothing(&two);
    words.iter().for_each(|word| hear(&free, word));
}

fn poll_agrees_with_recv() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    attach(&two, &only(b'y'));
    let polled = |sock: &Sock| ok("poll", poll(sock, libc::POLLIN, 0)) & libc::POLLIN != 0;
    for (word, wanted) in [
        (&b"no"[..], false),
        (b"yes", true),
        (b"never", false),
        (b"", false),
        (b"y", true),
    ] {
        say(&one, word);
        same(
            format_args!("POLLIN after {}", word.escape_ascii()),
            polled(&two),
            wanted,
        );
        if wanted {
            hear(&two, word);
        } else {
            hear_nothing(&two);
        }
        same("POLLIN afterwards", polled(&two), false);
        same(
            "FIONREAD afterwards",
            ok("FIONREAD", two.ioctl_int(libc::FIONREAD)),
            0,
        );
    }
    say(&one, b"no");
    say(&one, b"yes");
    same(
        "FIONREAD with one to drop first",
        ok("FIONREAD", two.ioctl_int(libc::FIONREAD)),
        3,
    );
    holds("POLLIN with one to drop first", polled(&two));
    same(
        "peek",
        ok(
            "recv(MSG_PEEK)",
            two.recv(&mut [0; 9], NOW | libc::MSG_PEEK),
        ),
        3,
    );
    hear(&two, b"yes");
}

fn filter_may_shorten() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    attach(&two, &keep(4));
    say(&one, b"shortened");
    say(&one, b"abc");
    hear(&two, b"shor");
    hear(&two, b"abc");
}

/// What the filter has cut off is no part of the message, for who looks first neither.
fn shortened_message_is_short_for_all_who_ask() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    attach(&two, &keep(4));
    say(&one, b"shortened");
    let ahead = || ok("FIONREAD", two.ioctl_int(libc::FIONREAD));
    same("FIONREAD", ahead(), 4);
    let mut place = [0; 9];
    for flags in [0, libc::MSG_TRUNC] {
        let peek = two.recv(&mut place, NOW | libc::MSG_PEEK | flags);
        same("peek", ok("recv", peek), 4);
        let peek = two.recv(&mut place[..2], NOW | libc::MSG_PEEK | flags);
        let expected = if flags == 0 { 2 } else { 4 };
        same("peek with room for 2", ok("recv", peek), expected);
    }
    same("FIONREAD", ahead(), 4);
    hear(&two, b"shor");
    same("FIONREAD", ahead(), 0);
}

fn filter_sees_the_whole_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MTU, 65535)]), bus.join());
    // Keep it if byte 60,000 is 7: load it, compare.
    attach(
        &two,
        &[
            (0x30, 0, 0, 60_000),
            (0x15, 0, 1, 7),
            (0x06, 0, 0, 0x1ffff),
            (0x06, 0, 0, 0),
        ],
    );
    let mut message = vec![1; 65535];
    say(&one, &message);
    message[60_000] = 7;
    say(&one, &message);
    say(&one, b"too short to have such a byte");
    hear(&two, &message);
    hear_nothing(&two);
}

fn filter_can_be_taken_away() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    attach(&two, &keep(0));
    say(&one, b"dropped");
    hear_nothing(&two);
    ok(
        "SO_DETACH_FILTER",
        two.set_generic(libc::SO_DETACH_FILTER, 0),
    );
    say(&one, b"heard");
    hear(&two, b"heard");
    fails(
        "SO_DETACH_FILTER again",
        two.set_generic(libc::SO_DETACH_FILTER, 0),
        libc::ENOENT,
    );
}

fn filter_can_be_changed() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    for wanted in *b"abc" {
        attach(&two, &only(wanted));
        for word in [b"a", b"b", b"c"] {
            say(&one, word);
        }
        hear(&two, &[wanted]);
        hear_nothing(&two);
    }
}

fn extended_filter_works_alike() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    // r0 = the context's `len`; messages of up to 3 bytes are dropped, of others 4 bytes kept.
    let program = [
        0x0000_0000_0000_1061, // r0 = *(u32 *)(r1 + 0)
        0x0000_0003_0002_0025, // if r0 > 3 skip 2
        0x0000_0000_0000_00b7, // r0 = 0
        0x0000_0000_0000_0095, // exit
        0x0000_0004_0000_00b7, // r0 = 4
        0x0000_0000_0000_0095, // exit
    ];
    let program = ok("bpf(BPF_PROG_LOAD)", bpf::load(bpf::FOR_SOCKETS, &program));
    ok(
        "SO_ATTACH_BPF",
        two.set_generic(libc::SO_ATTACH_BPF, program.as_raw_fd()),
    );
    for word in [&b"long enough"[..], b"no", b"", b"four", b"three"] {
        say(&one, word);
    }
    for word in [b"long", b"four", b"thre"] {
        hear(&two, word);
    }
    hear_nothing(&two);
}

/// Neither bytes behind it, which others have sent, nor what a packet says besides its bytes.
fn filter_sees_nothing_beside_the_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 2)]), bus.join());
    let fill = || {
        for _ in 0..2 {
            say(&one, &[0xff; 1514]);
            hear(&two, &[0xff; 1514]);
        }
    };
    fill();
    // Keep what has a byte at 3.
    attach(&two, &[(0x30, 0, 0, 3), (0x06, 0, 0, 0xffff)]);
    say(&one, b"abc");
    hear_nothing(&two);
    // Keep what says neither gso_segs nor gso_size.
    let program = [
        0x0000_0000_00a4_1061, // r0 = skb->gso_segs
        0x0000_0000_00b0_1261, // r2 = skb->gso_size
        0x0000_0000_0000_204f, // r0 |= r2
        0x0000_0000_0002_0055, // if r0 != 0 skip 2
        0x0000_ffff_0000_00b7, // r0 = 65535
        0x0000_0000_0000_0095, // exit
        0x0000_0000_0000_00b7, // r0 = 0
        0x0000_0000_0000_0095, // exit
    ];
    let program = ok("bpf(BPF_PROG_LOAD)", bpf::load(bpf::FOR_SOCKETS, &program));
    let program = program.as_raw_fd();
    ok(
        "SO_ATTACH_BPF",
        two.set_generic(libc::SO_ATTACH_BPF, program),
    );
    fill();
    say(&one, b"abc");
    hear(&two, b"abc");
}

fn filtered_messages_are_not_missed() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]), bus.join());
    ok("SO_RXQ_OVFL", two.set_generic(libc::SO_RXQ_OVFL, 1));
    attach(&two, &only(b'y'));
    for _ in 0..10 {
        say(&one, b"no");
        say(&one, b"yes");
        let message = hear_with_control(&two);
        same("message", message.data.clone(), b"yes".to_vec());
        same("missed", message.missed(), 0);
    }
}

fn filter_that_wants_nothing_holds_no_sender() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(2));
    let deaf = bus.reader();
    attach(&deaf, &keep(0));
    let polled = deaf.clone();
    // A task that waits for a message lets go of those that it does not want.
    let waiting = thread::spawn(move || poll(&polled, libc::POLLIN, -1));
    for n in 0..50_u32 {
        ok("send", sender.send(&n.to_ne_bytes(), 0));
    }
    // The last ones may not be let go of yet; without a filter they would be wanted, and fill the pool.
    let next = ok("ioctl(FIONREAD)", deaf.ioctl_int(libc::FIONREAD));
    same("length of the next message", next, 0);
    ok(
        "SO_DETACH_FILTER",
        deaf.set_generic(libc::SO_DETACH_FILTER, 0),
    );
    ok("send", sender.send(b"wanted", 0));
    same(
        "poll",
        ok("poll", waiting.join().expect("the poll ends")),
        libc::POLLIN,
    );
}

fn filter_is_the_ports_own() {
    let bus = Bus::new();
    let ports = [bus.create(), bus.join(), bus.join()];
    for (port, byte) in ports.iter().zip(*b"abc") {
        attach(port, &only(byte));
    }
    let writer = bus.writer();
    for word in [b"a1", b"b2", b"c3", b"d4"] {
        say(&writer, word);
    }
    for (port, word) in ports.iter().zip([b"a1", b"b2", b"c3"]) {
        hear(port, word);
        hear_nothing(port);
    }
}

fn filter_attached_before_connect_counts() {
    let bus = Bus::new();
    let one = bus.create();
    let two = open();
    attach(&two, &only(b'y'));
    ok("connect", two.connect(&bus.addr));
    say(&one, b"no");
    say(&one, b"yes");
    hear(&two, b"yes");
    hear_nothing(&two);
}

/// The device sends where nobody may sleep, so somebody else has to ask the filter.
fn filter_beside_a_device_that_sends() {
    device::lab::own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    device::lab::tap_up(&manager, "ipn0");
    let host = device::lab::listener("ipn0");
    let port = bus.join();
    attach(&port, &only(0xff));
    let waiting = Blocked::start(call::RECV, move || {
        let mut buffer = [0; 64];
        port.recv(&mut buffer, 0).map(|len| buffer[..len].to_vec())
    });
    let mut unwanted = device::lab::frame(1, 60);
    unwanted[0] = 2;
    ok("send", host.send(&unwanted, NOW));
    waiting.stays_blocked();
    let wanted = device::lab::frame(2, 60);
    ok("send", host.send(&wanted, NOW));
    same("what was let through", ok("recv", waiting.wakes()), wanted);
}

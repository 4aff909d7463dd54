// SPDX-License-Identifier: GPL-2.0
//! The user's memory may be untouched, read-only or not there.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::sys::memory::{Pages, PAGE};
use crate::sys::socket::Sock;

cases!["memory":
    sends_from_pages_never_touched,
    receives_into_pages_never_touched,
    half_missing_message_reaches_nobody,
    half_missing_buffer_loses_no_message,
    read_only_buffer_loses_no_message,
    missing_options_are_refused,
    faults_keep_a_lossless_pool_whole,
    peek_into_nowhere_leaves_the_message,
    large_messages_cross_missing_pages,
];

fn three() -> (Sock, Sock, Sock) {
    let bus = Bus::new();
    (
        bus.create_with(&[(IPN_SO_MTU, 65535)]),
        bus.join(),
        bus.join(),
    )
}

#[track_caller]
fn pages(count: usize) -> Pages {
    ok("mmap", Pages::fresh(count))
}

fn sends_from_pages_never_touched() {
    let (sender, two, three) = three();
    for len in [1, 100, PAGE, 3 * PAGE] {
        let fresh = pages(4);
        let sent = ok("send", sender.send_at(fresh.address(PAGE / 2), len, NOW));
        same("length sent", sent, len);
        say(&sender, b"next");
        for reader in [&two, &three] {
            hear(reader, &vec![0; len]);
            hear(reader, b"next");
        }
    }
}

fn receives_into_pages_never_touched() {
    let (sender, two, three) = three();
    let message: Vec<u8> = (0..3 * PAGE as u32).map(|n| (n >> 3) as u8 | 1).collect();
    for len in [1, 100, PAGE, 3 * PAGE] {
        say(&sender, &message[..len]);
        for reader in [&two, &three] {
            let mut fresh = pages(4);
            let got = ok("recv", fresh.recv(reader, PAGE / 2, 3 * PAGE, NOW));
            same("length received", got, len);
            same(
                "the bytes",
                fresh.read(PAGE / 2, len) == message[..len],
                true,
            );
            hear_nothing(reader);
        }
    }
}

fn half_missing_message_reaches_nobody() {
    let (sender, two, three) = three();
    for (start, len) in [
        (PAGE - 10, 20),
        (PAGE - 1, 2),
        (PAGE, 10),
        (PAGE - 10, 2 * PAGE),
        (0, 2 * PAGE),
    ] {
        let mut memory = pages(2);
        memory.write(0, &[b'x'; PAGE]);
        ok("mprotect", memory.forbid(1));
        for _ in 0..2 {
            let sent = sender.send_at(memory.address(start), len, NOW);
            fails(
                format_args!("send of {len} bytes from {start}"),
                sent,
                libc::EFAULT,
            );
            hear_nothing(&two);
            hear_nothing(&three);
        }
        say(&sender, b"as if nothing had happened");
        hear(&two, b"as if nothing had happened");
        hear(&three, b"as if nothing had happened");
        same(
            "send of what is there",
            ok("send", sender.send_at(memory.address(PAGE - 5), 5, NOW)),
            5,
        );
        hear(&two, b"xxxxx");
        hear(&three, b"xxxxx");
    }
    for address in [
        0,
        1,
        4095,
        usize::MAX,
        usize::MAX / 2,
        // The kernel's half, where a process has but the other one.
        0xffff_8000_0000_0000_u64 as usize,
    ] {
        fails(
            format_args!("send from {address:#x}"),
            sender.send_at(address, 10, NOW),
            libc::EFAULT,
        );
        hear_nothing(&two);
    }
}

fn half_missing_buffer_loses_no_message() {
    let (sender, two, three) = three();
    let mut memory = pages(2);
    ok("mprotect", memory.forbid(1));
    say(&sender, b"a message of some length");
    say(&sender, b"next");
    for _ in 0..3 {
        fails("recv", memory.recv(&two, PAGE - 4, 100, NOW), libc::EFAULT);
        fails("recv", memory.recv(&two, PAGE, 100, NOW), libc::EFAULT);
        fails(
            "recv to nowhere",
            two.recv_to_nowhere(100, NOW),
            libc::EFAULT,
        );
    }
    hear(&two, b"a message of some length");
    // Enough room before the hole: it does not matter.
    same("recv", ok("recv", memory.recv(&two, PAGE - 4, 100, NOW)), 4);
    same("bytes", memory.read(PAGE - 4, 4), b"next".to_vec());
    hear(&three, b"a message of some length");
    hear(&three, b"next");
    hear_nothing(&two);
}

fn read_only_buffer_loses_no_message() {
    let (sender, two, _three) = three();
    let mut memory = pages(2);
    memory.write(0, b"as it was");
    ok("mprotect", memory.freeze(0));
    say(&sender, b"a message");
    for _ in 0..3 {
        fails("recv", memory.recv(&two, 0, 100, NOW), libc::EFAULT);
    }
    same("the page", memory.read(0, 9), b"as it was".to_vec());
    hear(&two, b"a message");
    hear_nothing(&two);
}

fn missing_options_are_refused() {
    let sock = open();
    for option in [
        IPN_SO_PORT,
        IPN_SO_DESCR,
        IPN_SO_MTU,
        IPN_SO_FLAGS,
        IPN_SO_HANDLE_OOB,
    ] {
        let what = format!("setsockopt {option:#x} from nowhere");
        fails(what, sock.setsockopt_at(LEVEL, option, 16, 4), libc::EFAULT);
    }
    same(
        "the MTU is as before",
        ok("IPN_SO_MTU", sock.get(IPN_SO_MTU)),
        1514,
    );
}

fn faults_keep_a_lossless_pool_whole() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(3));
    let reader = bus.reader();
    let mut memory = pages(2);
    memory.write(0, &[b'x'; PAGE]);
    ok("mprotect", memory.forbid(1));
    for round in 0..20 {
        fails(
            "send",
            sender.send_at(memory.address(PAGE - 5), 10, NOW),
            libc::EFAULT,
        );
        (0..3).for_each(|n| say_number(&sender, round + n));
        fails("send to a full pool", sender.send(b"x", NOW), libc::EAGAIN);
        fails(
            "recv",
            memory.recv(&reader, PAGE - 2, 100, NOW),
            libc::EFAULT,
        );
        (0..3).for_each(|n| hear_number(&reader, round + n));
        hear_nothing(&reader);
    }
}

fn peek_into_nowhere_leaves_the_message() {
    let (sender, two, _three) = three();
    say(&sender, b"a message");
    fails(
        "recv",
        two.recv_to_nowhere(100, NOW | libc::MSG_PEEK),
        libc::EFAULT,
    );
    let mut fresh = pages(1);
    same(
        "recv",
        ok("recv", fresh.recv(&two, 0, PAGE, NOW | libc::MSG_PEEK)),
        9,
    );
    hear(&two, b"a message");
}

fn large_messages_cross_missing_pages() {
    let (sender, two, three) = three();
    let mut memory = pages(16);
    for hole in [1, 5, 15] {
        memory.write(0, &[b'y'; PAGE]);
        let broken = pages(16);
        ok("mprotect", broken.forbid(hole));
        fails(
            "send",
            sender.send_at(broken.address(1), 65535, NOW),
            libc::EFAULT,
        );
        same(
            "send",
            ok("send", sender.send_at(memory.address(1), 65535, NOW)),
            65535,
        );
        let mut broken = broken;
        fails("recv", broken.recv(&two, 0, 65536, NOW), libc::EFAULT);
        let mut fresh = pages(16);
        same("recv", ok("recv", fresh.recv(&two, 0, 65536, NOW)), 65535);
        same(
            "its first page",
            fresh.read(0, PAGE - 1),
            vec![b'y'; PAGE - 1],
        );
        same(
            "the rest",
            fresh.read(PAGE - 1, 65536 - PAGE),
            vec![0; 65536 - PAGE],
        );
        same("recv", ok("recv", three.recv(&mut [0; 65536], NOW)), 65535);
        hear_nothing(&two);
    }
}

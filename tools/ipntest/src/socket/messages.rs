// SPDX-License-Identifier: GPL-2.0
//! Messages are whole: sizes, cutting, peeking, and the other ways to read and write.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::sys::process;
use std::fs::{self, File};
use std::io::Read;

cases!["messages":
    empty_message_is_a_message,
    boundaries_are_kept,
    short_buffer_cuts_and_says_so,
    full_length_is_told_when_asked_for,
    buffer_of_no_bytes_takes_a_message,
    peeking_leaves_the_message,
    peeking_combines_with_full_length,
    order_of_one_sender_is_kept,
    all_ports_see_one_order,
    parts_are_gathered_and_scattered,
    read_and_write_work_like_recv_and_send,
    messages_have_no_return_address,
    length_of_the_next_message_is_told,
    sent_file_arrives_and_stays_as_it_was,
    message_goes_on_into_a_pipe,
    large_messages_wrap_around_the_ring,
];

fn empty_message_is_a_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"");
    say(&one, b"x");
    say(&one, b"");
    hear(&two, b"");
    hear(&two, b"x");
    hear(&two, b"");
    hear_nothing(&two);
}

fn boundaries_are_kept() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let words: [&[u8]; 5] = [b"a", b"bc", b"", b"def", b"g"];
    words.iter().for_each(|word| say(&one, word));
    words.iter().for_each(|word| hear(&two, word));
}

fn short_buffer_cuts_and_says_so() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"0123456789");
    say(&one, b"next");
    let cut = ok("recvmsg into 4 bytes", two.recvmsg(4, NOW));
    same("length", cut.len, 4);
    same("bytes", cut.data, b"0123".to_vec());
    holds("MSG_TRUNC is set", cut.flags & libc::MSG_TRUNC != 0);
    let whole = ok("recvmsg into 4 bytes", two.recvmsg(4, NOW));
    same("the rest is gone", whole.data, b"next".to_vec());
    same("flags of a message that fits", whole.flags, libc::MSG_EOR);
}

fn full_length_is_told_when_asked_for() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"0123456789");
    say(&one, b"next");
    let cut = ok("recvmsg(MSG_TRUNC)", two.recvmsg(4, NOW | libc::MSG_TRUNC));
    same("length", cut.len, 10);
    same("bytes", cut.data, b"0123".to_vec());
    holds("MSG_TRUNC is set", cut.flags & libc::MSG_TRUNC != 0);
    let whole = ok("recvmsg(MSG_TRUNC)", two.recvmsg(64, NOW | libc::MSG_TRUNC));
    same("length of a message that fits", whole.len, 4);
    same(
        "MSG_TRUNC of a message that fits",
        whole.flags & libc::MSG_TRUNC,
        0,
    );
}

fn buffer_of_no_bytes_takes_a_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"gone");
    say(&one, b"next");
    same(
        "recv into nothing",
        ok("recv of 0 bytes", two.recv(&mut [], NOW)),
        0,
    );
    hear(&two, b"next");
}

fn peeking_leaves_the_message() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    fails(
        "peek at nothing",
        two.recv(&mut [0; 9], NOW | libc::MSG_PEEK),
        libc::EAGAIN,
    );
    say(&one, b"first");
    say(&one, b"second");
    for _ in 0..3 {
        let peeked = ok("recvmsg(MSG_PEEK)", two.recvmsg(64, NOW | libc::MSG_PEEK));
        same("peeked", peeked.data, b"first".to_vec());
    }
    hear(&two, b"first");
    let peeked = ok("recvmsg(MSG_PEEK)", two.recvmsg(64, NOW | libc::MSG_PEEK));
    same("peeked next", peeked.data, b"second".to_vec());
    hear(&two, b"second");
    hear_nothing(&two);
}

fn peeking_combines_with_full_length() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"0123456789");
    let peek_length = NOW | libc::MSG_PEEK | libc::MSG_TRUNC;
    same(
        "length told",
        ok("recv of 0 bytes", two.recv(&mut [], peek_length)),
        10,
    );
    hear(&two, b"0123456789");
}

fn order_of_one_sender_is_kept() {
    let bus = Bus::new();
    let one = bus.create();
    let readers = [bus.join(), bus.reader()];
    (0..200).for_each(|n| say_number(&one, n));
    for reader in &readers {
        (0..200).for_each(|n| hear_number(reader, n));
    }
}

fn all_ports_see_one_order() {
    let bus = Bus::new();
    let senders = [bus.create(), bus.join(), bus.join()];
    let readers = [bus.reader(), bus.reader()];
    for n in 0..60 {
        say_number(&senders[n as usize * 7 % 3], n);
    }
    for reader in &readers {
        (0..60).for_each(|n| hear_number(reader, n));
    }
    for (number, sender) in senders.iter().enumerate() {
        (0..60)
            .filter(|n| n * 7 % 3 != number as u32)
            .for_each(|n| hear_number(sender, n));
        hear_nothing(sender);
    }
}

fn parts_are_gathered_and_scattered() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let parts: [&[u8]; 4] = [b"to", b"", b"get", b"her"];
    same(
        "sendmsg of parts",
        ok("sendmsg", one.sendmsg(&parts, &[], None, NOW)),
        8,
    );
    hear(&two, b"together");
    say(&one, b"apart again");
    let message = ok(
        "recvmsg into parts",
        two.recvmsg_parts(&[3, 0, 1, 20], 0, NOW),
    );
    same("length", message.len, 11);
    same("bytes", message.data, b"apart again".to_vec());
    hear_nothing(&two);
    same(
        "sendmsg of no part",
        ok("sendmsg", one.sendmsg(&[], &[], None, NOW)),
        0,
    );
    hear(&two, b"");
}

fn read_and_write_work_like_recv_and_send() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    same("write", ok("write", one.write(b"hello")), 5);
    let mut buffer = [0; 3];
    same("read", ok("read", two.read(&mut buffer)), 3);
    same("bytes", &buffer, b"hel");
    hear_nothing(&two);
    fails("write over the MTU", one.write(&[0; 1515]), libc::EMSGSIZE);
    hear_nothing(&two);
}

fn messages_have_no_return_address() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"anonymous");
    let message = hear_with_control(&two);
    same("length of the sender's address", message.name_len, 0);
    same("control messages", message.control.len(), 0);
}

fn length_of_the_next_message_is_told() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let waiting = || ok("ioctl(FIONREAD)", two.ioctl_int(libc::FIONREAD));
    same("FIONREAD with nothing there", waiting(), 0);
    say(&one, b"four");
    say(&one, b"seven..");
    same("FIONREAD", waiting(), 4);
    hear(&two, b"four");
    same("FIONREAD", waiting(), 7);
    hear(&two, b"seven..");
    same("FIONREAD at the end", waiting(), 0);
    say(&two, b"own");
    same("FIONREAD with a message of one's own", waiting(), 0);
}

fn sent_file_arrives_and_stays_as_it_was() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MTU, 9000)]), bus.join());
    let path = runner::directory().join("file");
    let content: Vec<u8> = (0..5000_u32).map(|n| ((n * 7) >> 3) as u8).collect();
    ok("write of the file", fs::write(&path, &content));
    let file = ok("open", File::open(&path));
    same("sendfile", ok("sendfile", one.sendfile(&file, 5000)), 5000);
    let mut arrived = Vec::new();
    while arrived.len() < content.len() {
        arrived.extend(hear_with_control(&two).data);
    }
    same("the bytes arrived", arrived == content, true);
    say(&one, &[0xff; 5000]);
    say(&two, &[0xff; 5000]);
    same(
        "the file is as before",
        ok("read", fs::read(&path)) == content,
        true,
    );
}

fn message_goes_on_into_a_pipe() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let (out, pipe) = ok("pipe", process::pipe());
    say(&one, b"through the pipe");
    same(
        "length spliced",
        ok("splice", two.splice_to(&pipe, 100)),
        16,
    );
    let mut bytes = [0; 16];
    ok("read from the pipe", File::from(out).read_exact(&mut bytes));
    same("bytes", &bytes, b"through the pipe");
    hear_nothing(&two);
}

fn large_messages_wrap_around_the_ring() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MTU, 5000), (IPN_SO_MSGPOOLSIZE, 5)]);
    let reader = bus.reader();
    let mut random = fastrand::Rng::with_seed(3);
    let mut queued = std::collections::VecDeque::new();
    for _ in 0..300 {
        if queued.len() < 5 && random.bool() {
            let message = vec![random.u8(..); random.usize(0..=5000)];
            say(&sender, &message);
            queued.push_back(message);
        } else if let Some(message) = queued.pop_front() {
            hear(&reader, &message);
        } else {
            hear_nothing(&reader);
        }
    }
}

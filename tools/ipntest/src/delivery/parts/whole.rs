// SPDX-License-Identifier: GPL-2.0
//! Long messages come whole, up to the longest, and to whom they may.

use super::*;
use crate::lab::check::fails;
use crate::lab::runner::cases_for_both;
use crate::lab::task::OWNER;
use crate::pace::volume;
use crate::sys::socket::socket;

cases_for_both!["parts", "mapped_parts":
    {
        pictures_come_whole_between_short_messages @ 60,
        longest_message_comes_whole @ 60,
        lengths_around_those_of_parts,
    }
    bounds_are_those_of_the_header,
    ordinary_user_has_the_longest_within_the_bound @ 60,
];

fn pictures_come_whole_between_short_messages() {
    on_both(|bus, sender| {
        let readers = [bus.reader(), bus.join()];
        let room = ok("IPN_SO_BYTES", sender.get(IPN_SO_BYTES));
        same("room for four", room, 4 * PICTURE as i32);
        for round in 0..volume(8, "rounds").max(2) {
            let picture = bytes(PICTURE - round as usize, round);
            say(&sender, b"before");
            say(&sender, &picture);
            say(&sender, b"behind");
            for reader in &readers {
                hear(reader, b"before");
                let length = reader.ioctl_int(libc::FIONREAD);
                same("FIONREAD", ok("FIONREAD", length) as usize, picture.len());
                hear_long(reader, &picture);
                hear(reader, b"behind");
                hear_nothing(reader);
            }
        }
        let sent = count_sent(&bus);
        same("messages sent", sent % 3, 0);
    });
}

fn longest_message_comes_whole() {
    let bus = Bus::new();
    let sender = bus.create_with(&of(MOST, &[(IPN_SO_MSGPOOLSIZE, 2)]));
    let reader = bus.reader();
    for number in 0..3 {
        let message = bytes(MOST, number);
        say(&sender, &message);
        hear_long(&reader, &message);
    }
    let long = vec![0; MOST + 1];
    fails("one byte more", sender.send(&long, NOW), libc::EMSGSIZE);
    hear_nothing(&reader);
}

fn lengths_around_those_of_parts() {
    const PART: usize = 16384;
    let bus = Bus::new();
    let sender = bus.create_with(&of(5 * PART, &[(IPN_SO_BYTES, 6 * PART as i32)]));
    let reader = bus.reader();
    for parts in 0..=5 {
        for more in [-17, -16, -1, 0, 1, 15, 16, 17] {
            let len = (parts * PART) as i64 + more;
            let Some(len) = usize::try_from(len).ok().filter(|len| *len <= 5 * PART) else {
                continue;
            };
            let message = bytes(len, len as u32);
            say(&sender, &message);
            say(&sender, b"x");
            hear_long(&reader, &message);
            hear(&reader, b"x");
        }
    }
    hear_nothing(&reader);
}

fn bounds_are_those_of_the_header() {
    for (protocol, most) in [(IPN_BROADCAST, MOST as i32), (IPN_VDESWITCH, 65535)] {
        let sock = match socket(AF_IPN, libc::SOCK_RAW, protocol) {
            // Its module is not loaded.
            Err(error) if error.raw_os_error() == Some(libc::EPROTONOSUPPORT) => continue,
            sock => ok("socket", sock),
        };
        ok("the most", sock.set(IPN_SO_MTU, most));
        fails("more", sock.set(IPN_SO_MTU, most + 1), libc::EINVAL);
        same("told", ok("get", sock.get(IPN_SO_MTU)), most);
    }
    let bus = Bus::new();
    for (bytes, answer) in [(PICTURE as i32 - 16, libc::EINVAL), (PICTURE as i32, 0)] {
        let sock = open();
        ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, PICTURE as i32));
        ok("IPN_SO_BYTES", sock.set(IPN_SO_BYTES, bytes));
        match answer {
            0 => ok("bind", sock.bind(&bus.addr)),
            _ => fails("bind", sock.bind(&bus.addr), answer),
        }
    }
}

fn ordinary_user_has_the_longest_within_the_bound() {
    OWNER.does(|| {
        let bus = Bus::new();
        let sock = open();
        ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, MOST as i32));
        fails("four of them", sock.bind(&bus.addr), libc::ENOBUFS);
        ok("IPN_SO_BYTES", sock.set(IPN_SO_BYTES, 3 * MOST as i32));
        ok("bind", sock.bind(&bus.addr));
        let (sender, reader) = (bus.writer(), bus.reader());
        let message = bytes(MOST, 1);
        say(&sender, &message);
        hear_long(&reader, &message);
    });
}

// SPDX-License-Identifier: GPL-2.0
//! What the socket layer offers every family.

use crate::abi::Ioctl;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::sys::socket::Sock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

cases!["generic":
    time_stamps_say_when,
    time_stamp_is_that_of_the_send,
    time_stamps_come_as_so_timestamping_has_them,
    time_stamps_come_only_when_asked_for,
    time_stamp_and_loss_count_come_together,
    short_control_room_is_told,
    no_error_is_pending,
    time_outs_are_told_back,
    nobody_accepts,
    file_is_a_socket,
    losses_are_in_meminfo,
    time_of_the_last_message_is_told,
];

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
}

/// The time in a control message: seconds and a fraction of this many a second.
#[track_caller]
fn stamp(sock: &Sock, kind: i32, parts: u64) -> Duration {
    let message = hear_with_control(sock);
    let control = message
        .control(libc::SOL_SOCKET, kind)
        .expect("a time stamp came");
    let [seconds, fraction] = two_words(&control.data);
    Duration::new(seconds, (fraction * (1_000_000_000 / parts)) as u32)
}

/// A `struct timeval` or `timespec`, as long as they are here.
#[track_caller]
fn two_words(bytes: &[u8]) -> [u64; 2] {
    const WORD: usize = size_of::<usize>();
    assert_eq!(bytes.len(), 2 * WORD, "the length of a time");
    [&bytes[..WORD], &bytes[WORD..]]
        .map(|word| usize::from_ne_bytes(word.try_into().expect("a word")) as u64)
}

fn time_stamps_say_when() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    for (option, parts) in [
        (libc::SO_TIMESTAMP, 1_000_000),
        (libc::SO_TIMESTAMPNS, 1_000_000_000),
    ] {
        ok("time stamps on", two.set_generic(option, 1));
        let micros = Duration::from_micros(1);
        let before = now() - micros;
        for n in 0..3 {
            say_number(&one, n);
        }
        let mut last = before;
        for _ in 0..3 {
            let at = stamp(&two, option, parts);
            holds("time stamps do not run backwards", at + micros >= last);
            holds("the time is between send and now", at <= now() + micros);
            last = at;
        }
        ok("time stamps off", two.set_generic(option, 0));
    }
}

fn time_stamp_is_that_of_the_send() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    ok("time stamps on", two.set_generic(libc::SO_TIMESTAMPNS, 1));
    // From the first receive on the senders put them into their messages.
    hear_nothing(&two);
    say(&one, b"x");
    let sent = now();
    std::thread::sleep(Duration::from_millis(50));
    let at = stamp(&two, libc::SO_TIMESTAMPNS, 1_000_000_000);
    holds("the time is no later than the send's return", at <= sent);
}

/// Three of them, of which the first is that of software.
fn time_stamps_come_as_so_timestamping_has_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let flags = libc::SOF_TIMESTAMPING_RX_SOFTWARE | libc::SOF_TIMESTAMPING_SOFTWARE;
    ok(
        "SO_TIMESTAMPING",
        two.set_generic(libc::SO_TIMESTAMPING, flags as i32),
    );
    let before = now();
    say(&one, b"x");
    let message = hear_with_control(&two);
    let control = message.control(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING);
    let stamps = &control.expect("time stamps came").data;
    let [seconds, fraction] = two_words(&stamps[..stamps.len() / 3]);
    let at = Duration::new(seconds, fraction as u32);
    holds("it is between send and now", at >= before && at <= now());
}

fn time_stamps_come_only_when_asked_for() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    say(&one, b"x");
    same("control messages", hear_with_control(&two).control.len(), 0);
    ok("SO_TIMESTAMP on", two.set_generic(libc::SO_TIMESTAMP, 1));
    same(
        "SO_TIMESTAMP",
        ok(
            "getsockopt",
            two.get_int(libc::SOL_SOCKET, libc::SO_TIMESTAMP),
        ),
        1,
    );
    say(&one, b"x");
    same("control messages", hear_with_control(&two).control.len(), 1);
    ok("SO_TIMESTAMP off", two.set_generic(libc::SO_TIMESTAMP, 0));
    say(&one, b"x");
    same("control messages", hear_with_control(&two).control.len(), 0);
}

fn time_stamp_and_loss_count_come_together() {
    let bus = Bus::new();
    let (one, two) = (
        bus.create_with(&[(crate::abi::IPN_SO_MSGPOOLSIZE, 2)]),
        bus.join(),
    );
    ok("SO_TIMESTAMP on", two.set_generic(libc::SO_TIMESTAMP, 1));
    ok("SO_RXQ_OVFL on", two.set_generic(libc::SO_RXQ_OVFL, 1));
    (0..5).for_each(|n| say_number(&one, n));
    let message = hear_with_control(&two);
    same("missed", message.missed(), 3);
    holds(
        "a time stamp came",
        message
            .control(libc::SOL_SOCKET, libc::SO_TIMESTAMP)
            .is_some(),
    );
}

fn short_control_room_is_told() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    ok("SO_TIMESTAMP on", two.set_generic(libc::SO_TIMESTAMP, 1));
    const HEADER: usize = size_of::<libc::cmsghdr>();
    for room in [0, HEADER / 2, HEADER, HEADER + 4] {
        say(&one, b"x");
        let message = ok("recvmsg", two.recvmsg_parts(&[8], room, NOW));
        same("message", message.data, b"x".to_vec());
        holds("MSG_CTRUNC is set", message.flags & libc::MSG_CTRUNC != 0);
    }
}

fn no_error_is_pending() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    fails("recv of nothing", two.recv(&mut [0; 9], NOW), libc::EAGAIN);
    fails(
        "send over the MTU",
        one.send(&[0; 9999], NOW),
        libc::EMSGSIZE,
    );
    for sock in [&one, &two, &open()] {
        same(
            "SO_ERROR",
            ok("SO_ERROR", sock.get_int(libc::SOL_SOCKET, libc::SO_ERROR)),
            0,
        );
    }
}

fn time_outs_are_told_back() {
    let sock = open();
    for option in [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO] {
        ok(
            "time-out",
            sock.set_time_out(option, Duration::from_millis(2500)),
        );
        let told = ok("getsockopt", sock.getsockopt(libc::SOL_SOCKET, option, 16));
        same("the time-out", two_words(&told), [2, 500_000]);
    }
}

fn nobody_accepts() {
    let port = Bus::new().create();
    same(
        "SO_ACCEPTCONN",
        ok(
            "getsockopt",
            port.get_int(libc::SOL_SOCKET, libc::SO_ACCEPTCONN),
        ),
        0,
    );
    fails("listen", port.listen(), libc::EOPNOTSUPP);
}

fn file_is_a_socket() {
    use std::os::fd::AsRawFd;
    let port = Bus::new().create();
    let link = ok(
        "readlink",
        std::fs::read_link(format!("/proc/self/fd/{}", port.as_raw_fd())),
    );
    holds(
        "the descriptor is a socket",
        link.to_string_lossy().starts_with("socket:["),
    );
    ok("fchown", port.fchown(0, 0));
    same(
        "lseek-like calls fail",
        std::fs::read(format!("/proc/self/fd/{}", port.as_raw_fd())).is_err(),
        true,
    );
}

fn losses_are_in_meminfo() {
    let bus = Bus::new();
    let (one, two) = (
        bus.create_with(&[(crate::abi::IPN_SO_MSGPOOLSIZE, 2)]),
        bus.join(),
    );
    (0..5).for_each(|n| say_number(&one, n));
    hear_number(&two, 3);
    let told = ok(
        "SO_MEMINFO",
        two.getsockopt(libc::SOL_SOCKET, libc::SO_MEMINFO, 64),
    );
    let last = told.rchunks_exact(4).next().expect("there is a field");
    same("its last field", last, &3_u32.to_ne_bytes()[..]);
}

fn time_of_the_last_message_is_told() {
    /// `SIOCGSTAMP_OLD` of `asm-generic/sockios.h`.
    const SIOCGSTAMP: Ioctl = 0x8906;
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    // The first request switches the time stamps on.
    fails("SIOCGSTAMP", two.ioctl(SIOCGSTAMP), libc::ENOENT);
    say(&one, b"x");
    hear(&two, b"x");
    ok("SIOCGSTAMP after a message", two.ioctl(SIOCGSTAMP));
}

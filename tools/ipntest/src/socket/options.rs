// SPDX-License-Identifier: GPL-2.0
//! Options: defaults, bounds, when they may be set and who sees them.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, ok, same};
use crate::lab::runner::cases;
use crate::sys::socket::{Addr, Sock};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

cases!["options":
    defaults,
    bounds_of_a_network_to_be,
    shape_is_settled_with_the_network,
    every_port_sees_the_networks_shape,
    creator_is_who_made_the_network,
    file_is_told_whatever_became_of_its_name,
    wanted_port_is_the_port_held,
    wanted_port_that_cannot_be_had,
    port_is_settled_with_connect,
    number_of_ports_changes_on_a_managers_word,
    description_is_kept,
    out_of_band_options_are_switches,
    room_is_said_in_messages_or_in_bytes,
    room_for_no_message_is_refused,
    short_values_are_refused,
    long_values_are_fine,
    unknown_options_are_refused,
    short_room_gets_the_beginning_of_an_int,
    flags_only_known_ones,
];

/// Name, option, default, least, most.
const SHAPE: [(&str, i32, i32, i32, i32); 5] = [
    ("IPN_SO_MTU", IPN_SO_MTU, 1514, 1, 16_777_216),
    ("IPN_SO_NUMNODES", IPN_SO_NUMNODES, 64, 1, 4096),
    ("IPN_SO_MSGPOOLSIZE", IPN_SO_MSGPOOLSIZE, 85, 1, 65536),
    ("IPN_SO_FLAGS", IPN_SO_FLAGS, 0, 0, 15),
    ("IPN_SO_MODE", IPN_SO_MODE, 0o700, 0, 0o777),
];

#[track_caller]
fn has(sock: &Sock, name: &str, option: i32, value: i32) {
    same(name, ok(name, sock.get(option)), value);
}

fn defaults() {
    let sock = open();
    for (name, option, default, _, _) in SHAPE {
        has(&sock, name, option, default);
    }
    has(&sock, "IPN_SO_PORT", IPN_SO_PORT, -1);
    has(&sock, "IPN_SO_HANDLE_OOB", IPN_SO_HANDLE_OOB, 0);
    has(
        &sock,
        "IPN_SO_WANT_OOB_NUMNODES",
        IPN_SO_WANT_OOB_NUMNODES,
        0,
    );
    let text = ok("IPN_SO_DESCR", sock.getsockopt(LEVEL, IPN_SO_DESCR, 128));
    same(
        "IPN_SO_DESCR up to its NUL",
        text.split(|b| *b == 0).next(),
        Some(&b""[..]),
    );
}

fn bounds_of_a_network_to_be() {
    for (name, option, default, least, most) in SHAPE {
        let sock = open();
        for value in [least, most, default, least + 1, most - 1] {
            ok(format_args!("{name} = {value}"), sock.set(option, value));
            has(&sock, name, option, value);
            for wrong in [least.wrapping_sub(1), most + 1, -1, i32::MIN, i32::MAX] {
                fails(
                    format_args!("{name} = {wrong}"),
                    sock.set(option, wrong),
                    libc::EINVAL,
                );
                has(&sock, name, option, value);
            }
        }
    }
}

fn shape_is_settled_with_the_network() {
    let bus = Bus::new();
    let shape = [
        (IPN_SO_MTU, 99),
        (IPN_SO_NUMNODES, 9),
        (IPN_SO_MSGPOOLSIZE, 5),
        (IPN_SO_FLAGS, IPN_FLAG_LOSSLESS | IPN_FLAG_FLEXMTU),
        (IPN_SO_MODE, 0o705),
    ];
    let manager = bus.manage_new(&shape);
    let connected = bus.manage();
    ok("connect", connected.connect(&Addr::null(0)));
    let port = bus.join();
    for (what, sock) in [
        ("a manager", &manager),
        ("a manager's port", &connected),
        ("a port", &port),
    ] {
        for ((name, option, default, least, most), (_, value)) in SHAPE.into_iter().zip(shape) {
            let what = format!("{name} of {what}");
            for attempt in [default, least, most, value] {
                fails(
                    format_args!("{what} = {attempt}"),
                    sock.set(option, attempt),
                    libc::EISCONN,
                );
            }
            for wrong in [least.wrapping_sub(1), most + 1, i32::MIN, i32::MAX] {
                // Two things are wrong; which of them is named is not settled.
                fails_with(
                    &what,
                    sock.set(option, wrong),
                    &[libc::EISCONN, libc::EINVAL],
                );
            }
            has(sock, &what, option, value);
        }
    }
}

fn every_port_sees_the_networks_shape() {
    let bus = Bus::new();
    let _creator = bus.create_with(&[(IPN_SO_MTU, 77), (IPN_SO_MSGPOOLSIZE, 12)]);
    let sock = open();
    ok("another MTU before connect", sock.set(IPN_SO_MTU, 500));
    ok("connect", sock.connect(&bus.addr));
    has(&sock, "IPN_SO_MTU", IPN_SO_MTU, 77);
    has(&sock, "IPN_SO_MSGPOOLSIZE", IPN_SO_MSGPOOLSIZE, 12);
    has(&sock, "IPN_SO_CHANGE_NUMNODES", IPN_SO_CHANGE_NUMNODES, 64);
    fails(
        "send over the network's MTU",
        sock.send(&[0; 78], NOW),
        libc::EMSGSIZE,
    );
}

fn creator_is_who_made_the_network() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let (manager, port) = (open(), bus.join());
    ok("bind", manager.bind(&bus.addr));
    ok("connect", creator.connect(&Addr::null(0)));
    for (sock, expected) in [(&creator, 1), (&manager, 0), (&port, 0), (&open(), 0)] {
        has(sock, "IPN_SO_CREATOR", IPN_SO_CREATOR, expected);
        let set = sock.set(IPN_SO_CREATOR, 1);
        fails("setting it", set, libc::ENOPROTOOPT);
    }
}

/// The numbers of a file as `IPN_SO_FILE` tells them.
fn numbers(path: &Path) -> Vec<u8> {
    let file = ok("stat", path.symlink_metadata());
    let device = file.dev();
    let device = [libc::major(device), libc::minor(device)].map(u32::to_ne_bytes);
    [device.as_flattened(), &file.ino().to_ne_bytes()].concat()
}

fn file_is_told_whatever_became_of_its_name() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let (manager, port) = (open(), bus.join());
    ok("bind", manager.bind(&bus.addr));
    let expected = numbers(&bus.path);
    let told = |sock: &Sock, room| sock.getsockopt(LEVEL, IPN_SO_FILE, room);
    let tell_it = |when: &str| {
        for sock in [&creator, &manager, &port] {
            same(when, ok("IPN_SO_FILE", told(sock, 64)), expected.clone());
        }
    };
    tell_it("the file");
    let away = bus.path.with_extension("away");
    ok("rename", fs::rename(&bus.path, &away));
    let other = bus.manage_new(&[]);
    tell_it("the file that was renamed, with another in its place");
    same("that", ok("told", told(&other, 16)), numbers(&bus.path));
    ok("unlink", fs::remove_file(&away));
    tell_it("the file that was removed");
    same(
        "in a short place",
        ok("told", told(&port, 5)),
        expected[..5].to_vec(),
    );
    let set = port.set(IPN_SO_FILE, 1);
    fails("setting it", set, libc::ENOPROTOOPT);
    fails("on no network", told(&open(), 16), libc::ENOTCONN);
}

fn wanted_port_is_the_port_held() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[(IPN_SO_PORT, 63)]);
    has(&creator, "IPN_SO_PORT wanted", IPN_SO_PORT, 63);
    ok("connect", creator.connect(&Addr::null(0)));
    has(&creator, "IPN_SO_PORT held", IPN_SO_PORT, 63);
    let ports = [0, 5, 62].map(|wanted| {
        let port = open();
        ok("IPN_SO_PORT", port.set(IPN_SO_PORT, wanted));
        ok("connect", port.connect(&bus.addr));
        has(&port, "IPN_SO_PORT held", IPN_SO_PORT, wanted);
        say(&creator, b"hello");
        hear(&port, b"hello");
        port
    });
    let any = open();
    ok("IPN_SO_PORT", any.set(IPN_SO_PORT, 5));
    ok("IPN_SO_PORT = -1", any.set(IPN_SO_PORT, -1));
    ok("connect", any.connect(&bus.addr));
    let held = ok("IPN_SO_PORT", any.get(IPN_SO_PORT));
    same(
        format_args!("port {held} is a free one"),
        (0..64).contains(&held) && ![0, 5, 62, 63].contains(&held),
        true,
    );
    drop(ports);
}

fn wanted_port_that_cannot_be_had() {
    let bus = Bus::new();
    let _creator = bus.create_with(&[(IPN_SO_PORT, 3), (IPN_SO_NUMNODES, 8)]);
    let port = open();
    ok("IPN_SO_PORT", port.set(IPN_SO_PORT, 3));
    fails(
        "connect to a port that is taken",
        port.connect(&bus.addr),
        libc::EADDRINUSE,
    );
    for beyond in [8, 9, 4095] {
        ok("IPN_SO_PORT", port.set(IPN_SO_PORT, beyond));
        fails(
            format_args!("connect to port {beyond} of 8"),
            port.connect(&bus.addr),
            libc::EADDRNOTAVAIL,
        );
    }
    // `max_ports` may be 4096: the numbers of a network end before that.
    for wrong in [-2, 4096, i32::MIN, i32::MAX] {
        fails(
            format_args!("IPN_SO_PORT = {wrong}"),
            port.set(IPN_SO_PORT, wrong),
            libc::EINVAL,
        );
    }
    has(&port, "IPN_SO_PORT", IPN_SO_PORT, 4095);
    ok("IPN_SO_PORT", port.set(IPN_SO_PORT, 7));
    ok("connect to the last port", port.connect(&bus.addr));
    has(&port, "IPN_SO_PORT", IPN_SO_PORT, 7);
}

fn port_is_settled_with_connect() {
    let bus = Bus::new();
    let creator = bus.create();
    for sock in [&creator, &bus.join()] {
        let held = ok("IPN_SO_PORT", sock.get(IPN_SO_PORT));
        for wanted in [held, -1, 9] {
            fails(
                "IPN_SO_PORT of a port",
                sock.set(IPN_SO_PORT, wanted),
                libc::EISCONN,
            );
        }
        has(sock, "IPN_SO_PORT", IPN_SO_PORT, held);
    }
}

fn number_of_ports_changes_on_a_managers_word() {
    let bus = Bus::new();
    let creator = bus.create_with(&[(IPN_SO_NUMNODES, 2)]);
    let port = bus.join();
    let number = IPN_SO_CHANGE_NUMNODES;
    fails(
        "connect to a full network",
        open().connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    fails("a port's word", port.set(number, 4), libc::EACCES);
    fails("a new socket's word", open().set(number, 4), libc::ENOTCONN);
    fails(
        "a new socket's question",
        open().get(number),
        libc::ENOTCONN,
    );
    ok("growing to 4", creator.set(number, 4));
    for sock in [&creator, &port] {
        has(sock, "IPN_SO_CHANGE_NUMNODES", number, 4);
        has(sock, "IPN_SO_NUMNODES", IPN_SO_NUMNODES, 4);
    }
    let (third, fourth) = (bus.join(), bus.join());
    for word in [b"a", b"b"] {
        say(&creator, word);
        for port in [&port, &third, &fourth] {
            hear(port, word);
        }
    }
    fails(
        "shrinking over a used port",
        creator.set(number, 3),
        libc::EADDRINUSE,
    );
    ok("close", third.close());
    fails(
        "shrinking over the last port",
        creator.set(number, 3),
        libc::EADDRINUSE,
    );
    ok("close", fourth.close());
    ok("shrinking to 2", bus.manage().set(number, 2));
    fails(
        "connect to a full network",
        open().connect(&bus.addr),
        libc::EADDRNOTAVAIL,
    );
    for wrong in [0, -1, 4097, i32::MIN, i32::MAX] {
        fails(
            format_args!("{wrong} ports"),
            creator.set(number, wrong),
            libc::EINVAL,
        );
    }
    ok("growing to 4096", creator.set(number, 4096));
    let far = open();
    ok("IPN_SO_PORT", far.set(IPN_SO_PORT, 4095));
    ok("connect to port 4095", far.connect(&bus.addr));
    say(&creator, b"far");
    hear(&far, b"far");
    hear(&port, b"far");
}

fn description_is_kept() {
    let bus = Bus::new();
    let text =
        |sock: &Sock, room: u32| ok("IPN_SO_DESCR", sock.getsockopt(LEVEL, IPN_SO_DESCR, room));
    let set = |sock: &Sock, value: &[u8]| sock.setsockopt(LEVEL, IPN_SO_DESCR, value);
    let (fresh, manager, port) = (open(), bus.manage_new(&[]), bus.join());
    for sock in [&fresh, &manager, &port] {
        ok("a text with NUL", set(sock, b"a bus\0"));
        same("IPN_SO_DESCR", text(sock, 128), b"a bus\0".to_vec());
        ok(
            "what follows the NUL does not count",
            set(sock, b"other\0rest"),
        );
        same("IPN_SO_DESCR", text(sock, 200), b"other\0".to_vec());
        let longest = [&[b'x'; 127][..], &[0]].concat();
        ok("the longest text", set(sock, &longest));
        same("IPN_SO_DESCR", text(sock, 128), longest.clone());
        fails(
            "128 bytes without NUL",
            set(sock, &[b'y'; 128]),
            libc::EINVAL,
        );
        fails("129 bytes", set(sock, &[b'y'; 129]), libc::EINVAL);
        fails("129 bytes with NUL", set(sock, &[0; 129]), libc::EINVAL);
        same("IPN_SO_DESCR is as before", text(sock, 128), longest);
        ok("an empty text", set(sock, b"\0"));
        same("IPN_SO_DESCR", text(sock, 128), b"\0".to_vec());
    }
}

fn out_of_band_options_are_switches() {
    let bus = Bus::new();
    for sock in [open(), bus.create(), bus.join()] {
        for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
            for value in [1, 1, 0, 1] {
                ok("switching", sock.set(option, value));
                has(&sock, "the switch", option, value);
                for wrong in [-1, 2, i32::MIN, i32::MAX] {
                    fails(
                        format_args!("a switch set to {wrong}"),
                        sock.set(option, wrong),
                        libc::EINVAL,
                    );
                }
                has(&sock, "the switch", option, value);
            }
        }
    }
}

const INTS: [i32; 8] = [
    IPN_SO_PORT,
    IPN_SO_HANDLE_OOB,
    IPN_SO_WANT_OOB_NUMNODES,
    IPN_SO_MTU,
    IPN_SO_NUMNODES,
    IPN_SO_MSGPOOLSIZE,
    IPN_SO_FLAGS,
    IPN_SO_MODE,
];

fn room_is_said_in_messages_or_in_bytes() {
    let sock = open();
    let is = |bytes, pool| {
        has(&sock, "IPN_SO_BYTES", IPN_SO_BYTES, bytes);
        has(&sock, "IPN_SO_MSGPOOLSIZE", IPN_SO_MSGPOOLSIZE, pool);
    };
    is(131_072, 85);
    // With four of the longest it is no less.
    ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, 65535));
    is(4 * 65536, 3);
    ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, 1000));
    is(131_072, 129);
    // What was set last counts, in whole sixteens.
    for (option, value, bytes, pool) in [
        (IPN_SO_BYTES, 1 << 30, 1 << 30, 65536),
        (IPN_SO_BYTES, 16, 16, 1),
        (IPN_SO_MSGPOOLSIZE, 7, 0, 7),
        (IPN_SO_BYTES, 10_000, 10_000, 8),
        (IPN_SO_BYTES, 10_015, 10_000, 8),
    ] {
        ok(
            format_args!("{option:#x} = {value}"),
            sock.set(option, value),
        );
        is(bytes, pool);
    }
    for wrong in [15, 0, -1, i32::MIN, i32::MAX, (1 << 30) + 1] {
        let what = format!("IPN_SO_BYTES = {wrong}");
        fails(what, sock.set(IPN_SO_BYTES, wrong), libc::EINVAL);
        is(10_000, 8);
    }
    let bus = Bus::new();
    ok("bind", sock.bind(&bus.addr));
    let port = bus.join();
    for sock in [&sock, &port] {
        fails("afterwards", sock.set(IPN_SO_BYTES, 16), libc::EISCONN);
        has(sock, "IPN_SO_BYTES", IPN_SO_BYTES, 10_000);
        has(sock, "IPN_SO_MSGPOOLSIZE", IPN_SO_MSGPOOLSIZE, 8);
    }
}

fn room_for_no_message_is_refused() {
    let bus = Bus::new();
    let sock = open();
    ok("too little", sock.set(IPN_SO_BYTES, 1519));
    fails("bind", sock.bind(&bus.addr), libc::EINVAL);
    assert!(!Path::new(&bus.path).exists(), "no name is left");
    ok("enough", sock.set(IPN_SO_BYTES, 1520));
    ok("bind", sock.bind(&bus.addr));
    let (sender, reader) = (bus.join(), bus.join());
    for byte in 1..4 {
        say(&sender, &[byte; 1514]);
        hear(&reader, &[byte; 1514]);
    }
}

fn short_values_are_refused() {
    let sock = open();
    for option in INTS {
        let before = ok("get", sock.get(option));
        for len in 0..4 {
            let what = format!("option {option:#x} from {len} bytes");
            fails(
                what,
                sock.setsockopt(LEVEL, option, &[1; 4][..len]),
                libc::EINVAL,
            );
        }
        for len in [-1, i32::MIN] {
            let what = format!("option {option:#x}, length {len}");
            let at = [1_u8; 4].as_ptr() as usize;
            fails(
                what,
                sock.setsockopt_at(LEVEL, option, at, len as u32),
                libc::EINVAL,
            );
        }
        same(
            "the option is as before",
            ok("get", sock.get(option)),
            before,
        );
    }
}

fn long_values_are_fine() {
    let sock = open();
    let value = [&1_i32.to_ne_bytes()[..], &[0xff; 60]].concat();
    for option in INTS {
        ok(
            format_args!("option {option:#x} from 64 bytes"),
            sock.setsockopt(LEVEL, option, &value),
        );
        has(&sock, "the option", option, 1);
        let told = ok(
            "getsockopt into 64 bytes",
            sock.getsockopt(LEVEL, option, 64),
        );
        same(
            "the option in a large room",
            told,
            1_i32.to_ne_bytes().to_vec(),
        );
    }
}

fn unknown_options_are_refused() {
    let bus = Bus::new();
    for sock in [open(), bus.create(), bus.join()] {
        let wrong_options = [17, 0x7f, 0x88, 0xff, 0x100, 0x8000, -1, i32::MIN, i32::MAX];
        // Without those of the tests' other policies, which may be loaded.
        let wrong_levels = [3, 6, 17, 41, 63, 64, 263, 270, 300, -1, i32::MIN, i32::MAX];
        let wrong = wrong_options.map(|option| (LEVEL, option)).into_iter();
        for (level, option) in wrong.chain(wrong_levels.map(|level| (level, IPN_SO_MTU))) {
            let what = format!("option {option:#x} of level {level}");
            fails(
                &what,
                sock.setsockopt(level, option, &[0; 4]),
                libc::ENOPROTOOPT,
            );
            fails(&what, sock.getsockopt(level, option, 4), libc::ENOPROTOOPT);
        }
    }
}

fn short_room_gets_the_beginning_of_an_int() {
    let sock = open();
    for room in 0..4_usize {
        let what = format!("getsockopt into {room} bytes");
        match sock.getsockopt(LEVEL, IPN_SO_MTU, room as u32) {
            Ok(bytes) => same(what, bytes.as_slice(), &1514_i32.to_ne_bytes()[..room]),
            refused => fails(what, refused, libc::EINVAL),
        }
    }
    for room in [-1, i32::MIN] {
        fails(
            "getsockopt, negative length",
            sock.getsockopt(LEVEL, IPN_SO_MTU, room as u32),
            libc::EINVAL,
        );
    }
}

fn flags_only_known_ones() {
    let sock = open();
    for flags in 0..16 {
        ok(format_args!("flags {flags}"), sock.set(IPN_SO_FLAGS, flags));
    }
    for bit in 4..32 {
        let flags = (1_u32 << bit) as i32;
        fails(
            format_args!("flags {flags:#x}"),
            sock.set(IPN_SO_FLAGS, flags),
            libc::EINVAL,
        );
        fails(
            format_args!("flags {flags:#x} and 1"),
            sock.set(IPN_SO_FLAGS, flags | 1),
            libc::EINVAL,
        );
    }
    has(&sock, "IPN_SO_FLAGS", IPN_SO_FLAGS, 15);
}

// SPDX-License-Identifier: GPL-2.0
//! Addresses: what fits, what does not, and how they are told back.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::{self, cases};
use crate::sys::socket::{Addr, ADDRESS_SIZE, PATH_OFFSET};
use std::os::unix::ffi::OsStrExt;

cases!["addresses":
    every_usual_length_names_the_same_network,
    path_ends_at_its_nul,
    longest_path_is_108_bytes,
    path_that_is_no_files_is_not_found,
    wrong_lengths_are_refused,
    wrong_families_are_refused,
    empty_and_abstract_names_are_refused,
    name_and_peer_are_the_network,
    name_is_unknown_before_joining,
    short_buffer_gets_the_beginning_of_the_name,
];

fn path_len(bus: &Bus) -> usize {
    bus.path.as_os_str().len()
}

fn every_usual_length_names_the_same_network() {
    let bus = Bus::new();
    let creator = bus.create();
    let end = PATH_OFFSET + path_len(&bus);
    for len in [end, end + 1, end + 2, ADDRESS_SIZE - 1, ADDRESS_SIZE] {
        let port = open();
        ok(
            format_args!("connect with length {len}"),
            port.connect(&bus.addr.clone().with_len(len)),
        );
        say(&creator, b"hello");
        hear(&port, b"hello");
    }
    for len in [end, end + 1, ADDRESS_SIZE] {
        let other = Bus::named(&format!("other{len}"));
        let len = len + path_len(&other) - path_len(&bus);
        let creator = open();
        let addr = other.addr.clone().with_len(len.min(ADDRESS_SIZE));
        ok(format_args!("bind with length {len}"), creator.bind(&addr));
        same("the file is there", other.path.exists(), true);
        other.join();
    }
}

fn path_ends_at_its_nul() {
    let bus = Bus::new();
    let creator = bus.create();
    let garbled = bus.addr.clone().with_path_byte(path_len(&bus) + 3, b'!');
    let port = open();
    ok("connect with bytes after the NUL", port.connect(&garbled));
    say(&creator, b"hello");
    hear(&port, b"hello");
}

/// As in unix(7): a path may fill `sun_path`, the kernel adds the NUL.
fn longest_path_is_108_bytes() {
    let directory = runner::directory().as_os_str().len();
    for len in [107, 108] {
        let bus = Bus::named(&"n".repeat(len - directory - 1));
        same("length of the path", path_len(&bus), len);
        let creator = bus.create();
        let port = bus.join();
        say(&creator, b"hello");
        hear(&port, b"hello");
        let name = ok("getsockname", port.name(128));
        same("length told", name.len, PATH_OFFSET + len + 1);
        let path = bus.path.as_os_str().as_bytes();
        same("getsockname", name.path.as_slice(), path);
        let without_nul = bus.addr.clone().with_len(PATH_OFFSET + len);
        ok("connect without a NUL", open().connect(&without_nul));
    }
}

fn path_that_is_no_files_is_not_found() {
    for addr in [Addr::filled(b'x'), Addr::filled(0xff)] {
        fails("connect", open().connect(&addr), libc::ENOENT);
    }
}

fn wrong_lengths_are_refused() {
    let bus = Bus::new();
    let _creator = bus.create();
    let (free, live) = (Bus::named("free").addr, bus.addr);
    let huge = [
        111,
        127,
        128,
        129,
        4096,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
    ];
    for len in (0..=PATH_OFFSET).chain(huge) {
        let (one, two) = (open(), open());
        fails(
            format_args!("connect with length {len}"),
            one.connect(&live.clone().with_len(len)),
            libc::EINVAL,
        );
        fails(
            format_args!("bind with length {len}"),
            two.bind(&free.clone().with_len(len)),
            libc::EINVAL,
        );
        ok("connect afterwards", one.connect(&live));
    }
    for len in [1, 2, 3, 110] {
        fails(
            format_args!("connect(NULL, {len})"),
            open().connect(&Addr::null(len)),
            libc::EFAULT,
        );
        fails(
            format_args!("bind(NULL, {len})"),
            open().bind(&Addr::null(len)),
            libc::EFAULT,
        );
    }
    fails(
        "connect(NULL, 0) of an unbound socket",
        open().connect(&Addr::null(0)),
        libc::EINVAL,
    );
    fails("bind(NULL, 0)", open().bind(&Addr::null(0)), libc::EINVAL);
}

fn wrong_families_are_refused() {
    let bus = Bus::new();
    let _creator = bus.create();
    for family in (0..=60).chain([255, 256 + AF_IPN, 0x0d00, 0xffff]) {
        if family == AF_IPN {
            continue;
        }
        let (live, free) = (bus.addr.clone(), Bus::named("free").addr);
        let port = open();
        fails(
            format_args!("connect, family {family}"),
            port.connect(&live.clone().with_family(family)),
            libc::EINVAL,
        );
        fails(
            format_args!("bind, family {family}"),
            open().bind(&free.with_family(family)),
            libc::EINVAL,
        );
        ok("connect afterwards", port.connect(&live));
    }
}

fn empty_and_abstract_names_are_refused() {
    let abstract_name = Addr::filled(b'a').with_path_byte(0, 0);
    for (what, addr) in [
        ("an empty path", Addr::of("")),
        (
            "an empty path of one byte",
            Addr::of("").with_len(PATH_OFFSET + 1),
        ),
        ("no path", Addr::of("").with_len(PATH_OFFSET)),
        ("an abstract name", abstract_name.clone()),
        (
            "a short abstract name",
            abstract_name.with_len(PATH_OFFSET + 6),
        ),
    ] {
        fails(
            format_args!("connect to {what}"),
            open().connect(&addr),
            libc::EINVAL,
        );
        fails(
            format_args!("bind to {what}"),
            open().bind(&addr),
            libc::EINVAL,
        );
    }
}

fn name_and_peer_are_the_network() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let path = bus.path.as_os_str().as_bytes();
    let is_the_bus = |what: &str, name: std::io::Result<crate::sys::socket::Name>| {
        let name = ok(what, name);
        same(format_args!("{what}: family"), name.family, AF_IPN);
        same(format_args!("{what}: path"), name.path.as_slice(), path);
    };
    is_the_bus("getsockname of a manager", manager.name(128));
    is_the_bus("getpeername of a manager", manager.peer_name(128));
    ok("connect", manager.connect(&Addr::null(0)));
    is_the_bus("getsockname of its port", manager.name(128));
    is_the_bus("getpeername of its port", manager.peer_name(128));
    let port = bus.join();
    is_the_bus("getsockname of a port", port.name(128));
    is_the_bus("getpeername of a port", port.peer_name(128));
}

fn name_is_unknown_before_joining() {
    let bus = Bus::new();
    let sock = open();
    fails(
        "getsockname of a new socket",
        sock.name(128),
        libc::ENOTCONN,
    );
    fails(
        "getpeername of a new socket",
        sock.peer_name(128),
        libc::ENOTCONN,
    );
    fails("connect to nothing", sock.connect(&bus.addr), libc::ENOENT);
    fails(
        "getsockname after a failed connect",
        sock.name(128),
        libc::ENOTCONN,
    );
}

fn short_buffer_gets_the_beginning_of_the_name() {
    let bus = Bus::new();
    let port = bus.create();
    let full = ok("getsockname", port.name(128)).len;
    same(
        "the whole length",
        full >= PATH_OFFSET + path_len(&bus),
        true,
    );
    for room in [0, 1, 2, 3, 10] {
        let name = ok(
            format_args!("getsockname into {room} bytes"),
            port.name(room),
        );
        same("length told", name.len, full);
        let kept = (room as usize).saturating_sub(PATH_OFFSET);
        same(
            "bytes kept",
            name.path.as_slice(),
            &bus.path.as_os_str().as_bytes()[..kept],
        );
    }
    fails(
        "getsockname with a negative length",
        port.name(0xffff_ffff),
        libc::EINVAL,
    );
}

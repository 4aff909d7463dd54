// SPDX-License-Identifier: GPL-2.0
//! Who may be the one writer of a network, and what nobody else may.

use crate::abi::*;
use crate::device::lab::{own_network, tap};
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::STRANGER;
use crate::mapping::lab::{map_cursor, map_head};
use crate::mapping::writer::lab::{map_written, refuse_all, Pen, ONE_WRITER};
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::process;
use crate::sys::socket::{socket, Sock};
use std::sync::atomic::Ordering::Relaxed;

cases!["mapped_writer_rights":
    there_is_one,
    other_networks_have_none,
    switch_has_none,
    both_rights_are_needed,
    filter_keeps_memory_hidden,
    no_call_sends,
    no_device_is_made,
    writer_receives_nothing,
    only_what_is_behind_the_first_page_is_written,
    mapping_ends_with_the_ring,
    child_writes_too,
];

fn refused(what: &str, sock: &Sock, errno: i32) {
    fails(what, map_written(sock, PAGE), errno);
}

fn there_is_one() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let other = bus.join();
    refused("while another writes", &other, libc::EBUSY);
    same(
        "mapped once more",
        map_written(&pen.sock, PAGE).is_ok(),
        true,
    );
    drop(pen);
    ok("once that is closed", map_written(&other, PAGE));
}

fn other_networks_have_none() {
    let bus = Bus::new();
    refused("of a hub", &bus.create(), libc::EOPNOTSUPP);
    let bus = Bus::named("other");
    let manager = bus.manage_new(&ONE_WRITER);
    refused("without a port", &manager, libc::ENOTCONN);
}

fn switch_has_none() {
    crate::switch::lab::load_switch();
    let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
    fails(
        "IPN_FLAG_ONE_WRITER",
        sock.set(IPN_SO_FLAGS, IPN_FLAG_ONE_WRITER),
        libc::EINVAL,
    );
}

/// Who writes can read what is there.
fn both_rights_are_needed() {
    let bus = Bus::new();
    process::umask(0);
    let mode = [ONE_WRITER[0], (IPN_SO_MODE, 0o702)];
    let _creator = bus.create_with(&mode);
    STRANGER.does(|| {
        let sock = open();
        ok("connect with the right to send", sock.connect(&bus.addr));
        refused("of one that may only send", &sock, libc::EACCES);
    });
    refused("of one that does only send", &bus.writer(), libc::EACCES);
    refused("of one that only receives", &bus.reader(), libc::EACCES);
    let bus = Bus::named("read");
    let mode = [ONE_WRITER[0], (IPN_SO_MODE, 0o704)];
    let _creator = bus.create_with(&mode);
    STRANGER.does(|| {
        let sock = open();
        ok("connect with the right to receive", sock.connect(&bus.addr));
        refused("of one that may only receive", &sock, libc::EACCES);
    });
}

fn filter_keeps_memory_hidden() {
    let bus = Bus::new();
    let sock = bus.create_with(&ONE_WRITER);
    refuse_all(&sock);
    refused("with a filter", &sock, libc::EACCES);
}

fn no_call_sends() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let other = bus.join();
    for sock in [&pen.sock, &other] {
        for len in [0, 4, 300, 1514] {
            fails("send", sock.send(&vec![1; len], NOW), libc::EOPNOTSUPP);
        }
        ok("records", sock.set(IPN_SO_RECORDS, 1));
        let mut record = [0; 28];
        record[0] = 4;
        fails(
            "send of a record",
            sock.send(&record, NOW),
            libc::EOPNOTSUPP,
        );
    }
    hear_nothing(&bus.reader());
}

fn no_device_is_made() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&ONE_WRITER);
    fails("IPN_CONN_NETDEV", tap(&manager, ""), libc::EOPNOTSUPP);
}

fn writer_receives_nothing() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    pen.write(1);
    fails("recv", pen.sock.recv(&mut [0; 4], NOW), libc::EPIPE);
    fails("a cursor", map_cursor(&pen.sock), libc::EACCES);
    ok("the ring's first page", map_head(&pen.sock));
}

fn only_what_is_behind_the_first_page_is_written() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let before: Vec<u64> = (0..PAGE / 8)
        .map(|word| pen.head.word(8 * word).load(Relaxed))
        .collect();
    for word in 0..pen.area.size() / 8 {
        pen.area.word(8 * word).store(!0, Relaxed);
    }
    for (word, before) in before.iter().enumerate() {
        same(
            format_args!("word {word}"),
            pen.head.word(8 * word).load(Relaxed),
            *before,
        );
    }
    fails(
        "the first page to write",
        pen.head.protect(libc::PROT_READ | libc::PROT_WRITE),
        libc::EACCES,
    );
    fails(
        "to execute",
        pen.area.protect(libc::PROT_READ | libc::PROT_EXEC),
        libc::EACCES,
    );
}

fn mapping_ends_with_the_ring() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let whole = pen.area.size().next_multiple_of(PAGE);
    ok("all of it", map_written(&pen.sock, whole));
    refused_of(&pen.sock, whole + PAGE);
    let private = libc::MAP_PRIVATE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let mapped = Area::map(&pen.sock, PAGE, access, private, IPN_MAP_WRITER);
    fails("a private mapping", mapped, libc::EINVAL);
}

fn refused_of(sock: &Sock, len: usize) {
    fails("a page more", map_written(sock, len), libc::EINVAL);
}

fn child_writes_too() {
    let bus = Bus::new();
    let (manager, reader) = (bus.manage_new(&ONE_WRITER), bus.reader());
    let pen = Pen::of(bus.join());
    crate::lab::task::Process::start(|_| pen.write(3)).ends_well();
    hear_number(&reader, 3);
    drop(manager);
}

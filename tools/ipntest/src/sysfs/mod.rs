// SPDX-License-Identifier: GPL-2.0
//! `/sys/kernel/ipn`: a directory for each network, and what its files tell.

pub mod device;
pub mod lab;
pub mod life;
pub mod terminate;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::{OWNER, STRANGER};
use crate::sys::process;
use crate::sysfs::lab::*;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

cases!["sysfs":
    files_tell_what_options_and_listing_tell,
    ports_that_are_taken_are_listed,
    long_list_is_read_in_pieces @ 40,
    path_is_where_the_file_is_now,
    path_is_as_its_reader_sees_it,
    path_longer_than_a_page_is_an_error,
    path_that_is_too_long_when_it_is_escaped_is_an_error,
    network_that_was_ended_is_told_of,
    everyone_reads_and_root_alone_writes,
];

fn files_tell_what_options_and_listing_tell() {
    let bus = Bus::new();
    let creator = bus.create_with(&[
        (IPN_SO_MTU, 300),
        (IPN_SO_NUMNODES, 9),
        (IPN_SO_MSGPOOLSIZE, 4),
        (IPN_SO_FLAGS, IPN_FLAG_EXCL | IPN_FLAG_FLEXMTU),
    ]);
    let (reader, _writer) = (bus.reader(), bus.writer());
    (0..10).for_each(|n| say_number(&creator, n));
    hear_number(&reader, 6);

    let inode = ok("stat", fs::metadata(&bus.path)).ino().to_string();
    let listing = ok("/proc/net/ipn", fs::read_to_string("/proc/net/ipn"));
    let mut lines = listing.lines().map(|line| line.split(' '));
    let headings = lines.next().expect("headings");
    let mut found = lines.filter(|line| line.clone().next() == Some(&inode));
    let line = found.next().expect("it is listed");
    let listed: Vec<_> = headings.zip(line).skip(1).collect();
    same("values in the listing", listed.len(), VALUES.len());
    for (name, listed) in listed {
        same(name, value(&bus, name), listed.into());
    }
    for (name, option) in [
        ("mtu", IPN_SO_MTU),
        ("ports", IPN_SO_NUMNODES),
        ("pool", IPN_SO_MSGPOOLSIZE),
    ] {
        same(
            name,
            value(&bus, name),
            ok(name, creator.get(option)).to_string(),
        );
    }
    let flags = ok("IPN_SO_FLAGS", creator.get(IPN_SO_FLAGS));
    same("flags", value(&bus, "flags"), format!("{flags:#x}"));
    same("policy", value(&bus, "policy"), "hub".into());
    let figures = ["used", "readers", "writers", "sent", "dropped"];
    let told = figures.map(|name| value(&bus, name));
    same(
        "figures",
        told,
        ["3", "2", "2", "10", "6"].map(String::from),
    );
    ok("16 ports", creator.set(IPN_SO_CHANGE_NUMNODES, 16));
    same("ports", value(&bus, "ports"), "16".into());

    let entries = ok("readdir", fs::read_dir(directory(&bus)));
    same(
        "files",
        entries.count(),
        VALUES.len() + ["taken", "netdev"].len(),
    );
}

fn ports_that_are_taken_are_listed() {
    let bus = Bus::new();
    let keeper = bus.manage_new(&[]);
    same("no port", value(&bus, "taken"), String::new());
    let mut ports: Vec<_> = (0..8).map(|_| bus.join()).collect();
    same("eight ports", value(&bus, "taken"), "0-7".into());
    for gone in [6, 5, 1] {
        ok("close", ports.remove(gone).close());
    }
    same("five of them", value(&bus, "taken"), "0,2-4,7".into());
    let last = open();
    ok("IPN_SO_PORT", last.set(IPN_SO_PORT, 63));
    ok("connect", last.connect(&bus.addr));
    same("with the last", value(&bus, "taken"), "0,2-4,7,63".into());
    drop((keeper, ports));
    same("the last", value(&bus, "taken"), "63".into());
}

fn long_list_is_read_in_pieces() {
    ok("setrlimit(NOFILE)", process::allow_descriptors(4096));
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 2048), (IPN_SO_MSGPOOLSIZE, 1)]);
    let ports: Vec<_> = (0..2048)
        .step_by(2)
        .map(|number| {
            let sock = open();
            ok("IPN_SO_PORT", sock.set(IPN_SO_PORT, number));
            ok("connect", sock.connect(&bus.addr));
            sock
        })
        .collect();
    let numbers: Vec<_> = (0..2048).step_by(2).map(|n| n.to_string()).collect();
    let expected = numbers.join(",") + "\n";
    let file = ok("taken", File::open(directory(&bus).join("taken")));
    for piece in [1, 7, 4095, 4096, 4097, 65536] {
        let mut got = String::new();
        let mut buffer = vec![0; piece];
        // Of small ones, the first are enough.
        while got.len() < expected.len().min(piece * 500) {
            let len = ok("pread", file.read_at(&mut buffer, got.len() as u64));
            holds("there is more", len != 0);
            got += &String::from_utf8_lossy(&buffer[..len]);
        }
        holds(
            format_args!("it is whole in pieces of {piece}"),
            expected.starts_with(&got),
        );
    }
    let end = expected.len() as u64;
    for at in [end, end + 1, i64::MAX as u64 - 4096] {
        let len = ok("pread", file.read_at(&mut [0; 9], at));
        same(format_args!("bytes at {at}"), len, 0);
    }
    drop(ports);
}

fn path_is_where_the_file_is_now() {
    let (bus, moved) = (Bus::new(), Bus::named("a b\\c\td\ne"));
    let _creator = bus.create();
    let here = runner::directory().display();
    same("path", value(&bus, "path"), format!("{here}/bus"));
    let mut file = ok("path", File::open(directory(&bus).join("path")));
    ok("rename", fs::rename(&bus.path, &moved.path));
    let expected = format!("{here}/a\\040b\\134c\\011d\\012e");
    same("path after rename", value(&moved, "path"), expected.clone());
    let mut text = String::new();
    ok("read", file.read_to_string(&mut text));
    same("path in the open file", text, expected + "\n");
    ok("unlink", fs::remove_file(&moved.path));
    ok("lseek", file.seek(SeekFrom::Start(0)));
    let mut text = String::new();
    ok("read", file.read_to_string(&mut text));
    holds(
        "an unlinked file is told",
        text.ends_with("\\040(deleted)\n"),
    );
}

fn path_is_as_its_reader_sees_it() {
    let bus = Bus::new();
    let _creator = bus.create();
    let mut file = ok("path", File::open(directory(&bus).join("path")));
    let mut listing = ok("/proc/net/ipn", File::open("/proc/net/ipn"));
    ok("chroot", std::os::unix::fs::chroot(runner::directory()));
    let (mut path, mut lines) = (String::new(), String::new());
    ok("read", file.read_to_string(&mut path));
    same("path below the root", path.as_str(), "/bus\n");
    ok("read", listing.read_to_string(&mut lines));
    holds(
        "the listing tells the same",
        lines.contains(&format!(" {path}")),
    );
}

/// A network moves so many directories down, each of this name: its path is too long to be told, and the rest is.
#[track_caller]
fn has_too_long_a_path_below(part: &str, depth: usize) {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let directory = directory(&bus);
    for _ in 0..depth {
        ok("mkdir", fs::create_dir(part));
        ok("chdir", std::env::set_current_dir(part));
    }
    ok("rename", fs::rename(&bus.path, "bus"));
    let long = fs::read(directory.join("path"));
    fails("path", long, libc::ENAMETOOLONG);
    ok("sent", fs::read(directory.join("sent")));
    ok("rename", fs::rename("bus", &bus.path));
    ok("path", fs::read(directory.join("path")));
    drop(creator);
}

fn path_longer_than_a_page_is_an_error() {
    has_too_long_a_path_below(&"d".repeat(250), 17);
}

fn path_that_is_too_long_when_it_is_escaped_is_an_error() {
    // A blank is told in four characters.
    has_too_long_a_path_below(&" ".repeat(250), 8);
}

fn network_that_was_ended_is_told_of() {
    let bus = Bus::new();
    let creator = bus.create();
    say(&creator, b"last words");
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    same(
        "flags",
        value(&bus, "flags"),
        format!("{IPN_FLAG_TERMINATED:#x}"),
    );
    same("sent", value(&bus, "sent"), "1".into());
    same("taken", value(&bus, "taken"), "0".into());
    let directory = directory(&bus);
    ok("close", creator.close());
    same("the directory", directory.exists(), false);
}

fn everyone_reads_and_root_alone_writes() {
    let bus = Bus::new();
    let _creator = bus.create();
    let directory = directory(&bus);
    let open = |write: bool, name: &str| {
        let mut options = File::options();
        let options = options.read(!write).write(write);
        options.open(directory.join(name)).map(drop)
    };
    let owned = |path: &Path, mode| {
        let entry = ok("stat", fs::metadata(path));
        let what = format_args!("owner and mode of {}", path.display()).to_string();
        same(
            what,
            (entry.uid(), entry.gid(), entry.mode() & 0o7777),
            (0, 0, mode),
        );
    };
    owned(Path::new(ROOT), 0o755);
    owned(&directory, 0o755);
    owned(&directory.join("netdev"), 0o200);
    let check = |user: &str| {
        for name in VALUES.into_iter().chain(["taken"]) {
            owned(&directory.join(name), 0o444);
            ok(format_args!("{user} reads {name}"), open(false, name));
            let what = format!("{user} writes {name}");
            fails(what, open(true, name), libc::EACCES);
        }
        fails(
            format!("{user} reads netdev"),
            open(false, "netdev"),
            libc::EACCES,
        );
    };
    check("root");
    ok("root writes netdev", open(true, "netdev"));
    for user in [OWNER, STRANGER] {
        user.does(|| {
            check("a user");
            fails("a user writes netdev", open(true, "netdev"), libc::EACCES);
        });
    }
}

// SPDX-License-Identifier: GPL-2.0
//! The directories of `/sys/kernel/ipn` come and go with their networks, also while they are read.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, name as errno_name, ok, same};
use crate::lab::fuse::mount_fuse;
use crate::lab::runner::{self, cases};
use crate::lab::task::OWNER;
use crate::pace::volume;
use crate::sys::process;
use crate::sysfs::lab::*;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

cases!["sysfs_life":
    directory_is_there_as_long_as_the_network_is_used,
    refused_network_leaves_no_directory,
    files_that_are_numbered_alike,
    open_file_of_a_network_that_is_no_more,
    network_ends_with_its_last_device,
    deleted_one_ends_its_network,
    thousand_networks @ 60,
    readers_while_networks_come_and_go @ 60,
    writers_while_networks_end @ 60,
    readers_while_devices_are_deleted @ 60,
];

fn directory_is_there_as_long_as_the_network_is_used() {
    alone();
    let before = directories();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let name = directory_name(&bus);
    same("mine", directories().contains(&name), true);
    same("in all", directories().len(), before.len() + 1);
    let port = bus.join();
    ok("close of the creator", creator.close());
    same(
        "mine while a port is there",
        directories().contains(&name),
        true,
    );
    let moved = Bus::named("moved");
    ok("rename", fs::rename(&bus.path, &moved.path));
    same("mine once renamed", directories().contains(&name), true);
    ok("unlink", fs::remove_file(&moved.path));
    same("mine once unlinked", directories().contains(&name), true);
    ok("close of the port", port.close());
    same("all", directories(), before);
}

fn refused_network_leaves_no_directory() {
    OWNER.does(|| {
        alone();
        let before = directories();
        let sock = open();
        ok("IPN_SO_MTU", sock.set(IPN_SO_MTU, 65535));
        ok("IPN_SO_MSGPOOLSIZE", sock.set(IPN_SO_MSGPOOLSIZE, 65536));
        fails("bind", sock.bind(&Bus::new().addr), libc::ENOBUFS);
        same("directories", directories(), before);
    });
}

fn files_that_are_numbered_alike() {
    alone();
    let before = directories();
    mount_fuse(&runner::directory().join("alike"));
    let (one, other) = (Bus::named("alike/one"), Bus::named("alike/other"));
    let sock = one.manage_new(&[]);
    same("directories", directories().len(), before.len() + 1);
    let file = value_of(&directories(), &before, "path");
    same("path", file, one.path.display().to_string());
    let second = open();
    for _ in 0..2 {
        let refused = second.bind(&other.addr);
        fails("bind of the other", refused, libc::EADDRINUSE);
    }
    let log = ok("dmesg", Command::new("dmesg").output()).stdout;
    let log = String::from_utf8_lossy(&log);
    holds("sysfs says nothing", !log.contains("duplicate filename"));
    ok("close", sock.close());
    ok("bind once the number is free", second.bind(&other.addr));
    ok("close", second.close());
    same("directories", directories(), before);
}

/// A value of the one network that is new.
#[track_caller]
fn value_of(now: &BTreeSet<String>, before: &BTreeSet<String>, name: &str) -> String {
    let new = now.difference(before).next().expect("one is new");
    let text = fs::read_to_string(Path::new(ROOT).join(new).join(name));
    ok(name, text).trim_end().into()
}

fn open_file_of_a_network_that_is_no_more() {
    let bus = Bus::new();
    let creator = bus.create();
    let directory = directory(&bus);
    let files: Vec<_> = VALUES
        .into_iter()
        .chain(["taken"])
        .map(|name| (name, ok(name, File::open(directory.join(name)))))
        .collect();
    let netdev = netdev(&bus);
    // One of them has been read before.
    ok("sent", (&files[9].1).read(&mut [0; 1]));
    ok("close", creator.close());
    same("the directory", directory.exists(), false);
    for (name, file) in &files {
        fails(name, file.read_at(&mut [0; 99], 0), libc::ENODEV);
    }
    fails("netdev", write(&netdev, "tap"), libc::ENODEV);
    // And it is not that of the next network with this name.
    ok("unlink", fs::remove_file(&bus.path));
    let _other = bus.create();
    for (name, file) in &files {
        fails(name, file.read_at(&mut [0; 99], 0), libc::ENODEV);
    }
}

fn network_ends_with_its_last_device() {
    own_network();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let directory = directory(&bus);
    let file = netdev(&bus);
    ok("tap", write(&file, "tap"));
    ok("close", creator.close());
    same(
        "the directory while the tap is there",
        directory.exists(),
        true,
    );
    // The write that ends the network is one to a file of its own directory.
    ok("release", write(&file, "release ipn0"));
    same("ipn0", exists("ipn0"), false);
    same("the directory", directory.exists(), false);
    fails("release again", write(&file, "release ipn0"), libc::ENODEV);
    fails("connect", open().connect(&bus.addr), libc::ECONNREFUSED);
}

fn deleted_one_ends_its_network() {
    own_network();
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let directory = directory(&bus);
    ok("tap", tell(&bus, "tap"));
    ok("close", creator.close());
    ip("link del ipn0");
    same("the directory", directory.exists(), false);
}

fn thousand_networks() {
    let count = volume(1000, "networks");
    ok("setrlimit(NOFILE)", process::allow_descriptors(4096));
    alone();
    let before = directories();
    let small = [
        (IPN_SO_MSGPOOLSIZE, 1),
        (IPN_SO_MTU, 64),
        (IPN_SO_NUMNODES, 1),
    ];
    let bus = |n: u32| Bus::named(&n.to_string());
    let networks: Vec<_> = (0..count)
        .map(|n| {
            let sock = bus(n).create_with(&small);
            (0..n % 7).for_each(|n| say_number(&sock, n));
            sock
        })
        .collect();
    same(
        "directories",
        directories().len(),
        before.len() + count as usize,
    );
    for n in 0..count {
        same(
            format_args!("sent on {n}"),
            value(&bus(n), "sent"),
            (n % 7).to_string(),
        );
    }
    drop(networks);
    same("directories", directories(), before);
}

/// Reads every file of every network until it is told to stop: how many it has read.
fn read_all(stop: &AtomicBool) -> u64 {
    let mut count = 0;
    // A network that ends takes its files with it, open or not.
    let expected = [libc::ENOENT, libc::ENODEV];
    while !stop.load(Ordering::Relaxed) {
        for name in directories() {
            let Ok(entries) = fs::read_dir(Path::new(ROOT).join(name)) else {
                continue;
            };
            for entry in entries.flatten() {
                if entry.file_name() == "netdev" {
                    continue;
                }
                match fs::read(entry.path()) {
                    Ok(text) => {
                        holds("it is a line", text.ends_with(b"\n"));
                        count += 1;
                    }
                    Err(error) => {
                        let errno = error.raw_os_error().unwrap_or(0);
                        holds(errno_name(errno), expected.contains(&errno));
                    }
                }
            }
        }
    }
    count
}

/// Readers of all that is there, while something is done.
#[track_caller]
fn with_readers(deed: impl FnOnce()) {
    let stop = Arc::new(AtomicBool::new(false));
    let start = |_| {
        let stop = stop.clone();
        thread::spawn(move || read_all(&stop))
    };
    let readers: Vec<JoinHandle<u64>> = (0..2).map(start).collect();
    deed();
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let count = reader.join().expect("the reader ends well");
        holds("it has read something", count > 0);
    }
}

fn readers_while_networks_come_and_go() {
    alone();
    let before = directories();
    with_readers(|| {
        let mut networks = Vec::new();
        let mut random = fastrand::Rng::with_seed(7);
        for n in 0..volume(300, "networks") {
            let bus = Bus::named(&n.to_string());
            let sock = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 1)]);
            say_number(&sock, n);
            networks.push(sock);
            if networks.len() > 4 {
                let sock = networks.swap_remove(random.usize(0..networks.len()));
                ok("close", sock.close());
            }
        }
    });
    same("directories", directories(), before);
}

fn writers_while_networks_end() {
    own_network();
    for round in 0..volume(30, "networks") {
        let bus = Bus::named(&round.to_string());
        let creator = bus.manage_new(&[(IPN_SO_MSGPOOLSIZE, 2)]);
        let directory = directory(&bus);
        let writers: Vec<_> = (0..2)
            .map(|n| {
                let file = netdev(&bus);
                thread::spawn(move || {
                    let device = format!("t{n}");
                    for text in [format!("tap {device}"), format!("release {device}")] {
                        match write(&file, text) {
                            // The network has ended before.
                            Err(error) if error.raw_os_error() == Some(libc::ENODEV) => {}
                            result => ok("write", result),
                        }
                    }
                })
            })
            .collect();
        (0..round * 1000).for_each(|_| std::hint::spin_loop());
        drop(creator);
        for writer in writers {
            writer.join().expect("the writer ends well");
        }
        same("the directory", directory.exists(), false);
        same("t0 or t1", exists("t0") || exists("t1"), false);
    }
}

fn readers_while_devices_are_deleted() {
    own_network();
    with_readers(|| {
        for round in 0..volume(20, "devices") {
            let bus = Bus::named(&round.to_string());
            let creator = bus.manage_new(&[(IPN_SO_MSGPOOLSIZE, 2)]);
            let directory = directory(&bus);
            ok("tap", tell(&bus, "tap"));
            ok("close", creator.close());
            ip("link del ipn0");
            same("the directory", directory.exists(), false);
        }
    });
}

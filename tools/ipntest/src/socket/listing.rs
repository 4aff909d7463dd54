// SPDX-License-Identifier: GPL-2.0
//! `/proc/net/ipn`: the networks in use.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{self, cases};
use crate::lab::task::STRANGER;
use std::fs;
use std::os::unix::fs::MetadataExt;

cases!["listing":
    network_is_listed_as_long_as_it_is_used,
    figures_are_those_of_the_network,
    path_is_where_the_file_is_now,
    everyone_may_read_it,
    long_listing_is_whole,
];

const FILE: &str = "/proc/net/ipn";

/// The lines of the listing without its headings.
#[track_caller]
fn lines() -> Vec<String> {
    let text = ok(FILE, fs::read_to_string(FILE));
    let mut lines = text.lines().map(String::from);
    let headings = "inode policy flags mtu ports used readers writers pool sent dropped path";
    same("headings", lines.next().as_deref(), Some(headings));
    lines.collect()
}

/// The fields of the network whose file has this inode.
fn fields(inode: u64) -> Option<Vec<String>> {
    let number = inode.to_string();
    let lines = lines().into_iter();
    let mut fields = lines.map(|line| line.split(' ').map(String::from).collect::<Vec<_>>());
    fields.find(|fields| fields[0] == number)
}

#[track_caller]
fn inode(bus: &Bus) -> u64 {
    ok("stat", fs::metadata(&bus.path)).ino()
}

fn network_is_listed_as_long_as_it_is_used() {
    let bus = Bus::new();
    let creator = bus.create();
    let inode = inode(&bus);
    let port = bus.join();
    ok("close", creator.close());
    holds(
        "it is listed while a port is there",
        fields(inode).is_some(),
    );
    ok("close", port.close());
    holds("it is not listed any more", fields(inode).is_none());
}

fn figures_are_those_of_the_network() {
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
    let _late = bus.reader();
    let listed = fields(inode(&bus)).expect("it is listed");
    let expected = ["hub", "0x6", "300", "9", "4", "3", "2", "4", "10", "6"];
    same(
        "policy to dropped",
        &listed[1..11],
        &expected.map(String::from)[..],
    );
    ok("16 ports", creator.set(IPN_SO_CHANGE_NUMNODES, 16));
    let listed = fields(inode(&bus)).expect("it is listed");
    same("ports", &listed[4], &"16".to_string());
}

fn path_is_where_the_file_is_now() {
    let (bus, moved) = (Bus::new(), Bus::named("a b\\c\td"));
    let creator = bus.create();
    let inode = inode(&bus);
    let path = || fields(inode).expect("it is listed").swap_remove(11);
    let here = runner::directory().display();
    same("path", path(), format!("{here}/bus"));
    ok("rename", fs::rename(&bus.path, &moved.path));
    same(
        "path after rename",
        path(),
        format!("{here}/a\\040b\\134c\\011d"),
    );
    ok("unlink", fs::remove_file(&moved.path));
    holds(
        "an unlinked file is told",
        path().ends_with("\\040(deleted)"),
    );
    ok("close", creator.close());
}

fn everyone_may_read_it() {
    let bus = Bus::new();
    let _creator = bus.create();
    let inode = inode(&bus);
    STRANGER.does(|| holds("a stranger sees it", fields(inode).is_some()));
}

fn long_listing_is_whole() {
    let bus = |n: u32| Bus::named(&n.to_string());
    let networks: Vec<_> = (0..200)
        .map(|n| bus(n).create_with(&[(IPN_SO_MSGPOOLSIZE, 1)]))
        .collect();
    let listed = lines();
    for n in 0..200 {
        let path = bus(n).path;
        let path = path.to_str().expect("the path is text");
        let count = listed
            .iter()
            .filter(|line| line.split(' ').nth(11) == Some(path))
            .count();
        same(format_args!("lines of {path}"), count, 1);
    }
    drop(networks);
}

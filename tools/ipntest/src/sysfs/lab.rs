// SPDX-License-Identifier: GPL-2.0
//! What the tests of `/sys/kernel/ipn` have in common: a network's directory and its files.

use crate::lab::bus::Bus;
use crate::lab::check::ok;
use crate::lab::task::wait_until;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Where the directories are.
pub const ROOT: &str = "/sys/kernel/ipn";

/// The files of one value each.
pub const VALUES: [&str; 11] = [
    "path", "policy", "flags", "mtu", "ports", "used", "readers", "writers", "pool", "sent",
    "dropped",
];

/// The name of the directory of the network whose file is there.
#[track_caller]
pub fn directory_name(bus: &Bus) -> String {
    let file = ok("stat", fs::metadata(&bus.path));
    let (major, minor) = (libc::major(file.dev()), libc::minor(file.dev()));
    format!("{major}:{minor}:{}", file.ino())
}

/// That directory.
#[track_caller]
pub fn directory(bus: &Bus) -> PathBuf {
    PathBuf::from(ROOT).join(directory_name(bus))
}

/// The names of all directories.
#[track_caller]
pub fn directories() -> BTreeSet<String> {
    let entries = ok(ROOT, fs::read_dir(ROOT));
    entries
        .map(|entry| ok("readdir", entry).file_name().into_string())
        .map(|name| name.expect("a name of digits and colons"))
        .collect()
}

/// Waits until the networks of the tests before are gone: devices that end with a namespace do so some
/// time after their test, and their networks with them.
#[track_caller]
pub fn alone() {
    wait_until("the networks of other tests are gone", || {
        directories().is_empty()
    });
}

/// What is in a file, without the end of its one line.
#[track_caller]
pub fn value(bus: &Bus, name: &str) -> String {
    let text = ok(name, fs::read_to_string(directory(bus).join(name)));
    let line = text.strip_suffix('\n').expect("a line ends");
    assert!(!line.contains('\n'), "{name} has one line: {text:?}");
    line.into()
}

/// The file to write to, open.
#[track_caller]
pub fn netdev(bus: &Bus) -> File {
    let file = directory(bus).join("netdev");
    ok("netdev", File::options().write(true).open(file))
}

/// Writes in one piece.
pub fn write(file: &File, text: impl AsRef<[u8]>) -> io::Result<()> {
    let text = text.as_ref();
    let mut file = file;
    let written = file.write(text)?;
    assert_eq!(written, text.len(), "bytes written");
    Ok(())
}

/// Writes to the network's file.
#[track_caller]
pub fn tell(bus: &Bus, text: &str) -> io::Result<()> {
    write(&netdev(bus), text)
}

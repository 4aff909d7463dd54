// SPDX-License-Identifier: GPL-2.0
//! The files of networks in sysfs.

use crate::outcome::Answer;
use crate::program::Name;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

/// Where the directories of networks are.
const ROOT: &str = "/sys/kernel/ipn";

/// The file that devices are made and taken with.
pub const COMMANDS: &str = "netdev";

/// Opens a file of the directory of the network of that name.
pub fn open(name: Name, file: &str) -> io::Result<File> {
    let node = fs::metadata(name.path())?;
    let (major, minor, inode) = (libc::major(node.dev()), libc::minor(node.dev()), node.ino());
    File::options()
        .read(file != COMMANDS)
        .write(file == COMMANDS)
        .open(format!("{ROOT}/{major}:{minor}:{inode}/{file}"))
}

/// Reads what is there now.
pub fn read(file: &File, room: usize) -> io::Result<Answer> {
    let mut text = vec![0; room];
    let len = file.read_at(&mut text, 0)?;
    text.truncate(len);
    Ok(Answer::stored(len, text))
}

/// Writes words in one piece.
pub fn write(mut file: &File, words: &str) -> io::Result<Answer> {
    file.write(words.as_bytes()).map(Answer::number)
}

/// How many networks have a directory.
pub fn directories() -> io::Result<Answer> {
    fs::read_dir(ROOT).map(|entries| Answer::number(entries.count()))
}

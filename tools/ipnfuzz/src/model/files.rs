// SPDX-License-Identifier: GPL-2.0
//! The files of a program, and who may do what with them.

use super::shape::Shape;
use crate::program::{Call, Name};
use std::collections::BTreeMap;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The file of a network, which may be no more.
    Network(usize),
    /// A socket file of nobody's.
    Socket,
    /// Something else.
    Other,
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct Inode {
    /// What it is.
    pub kind: Kind,
    owner: u8,
    mode: i32,
}

/// What may be done with a network.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// `r`.
    pub receive: bool,
    /// `w`.
    pub send: bool,
    /// `x`.
    pub manage: bool,
}

impl Rights {
    /// The creator's.
    pub const ALL: Rights = Rights {
        receive: true,
        send: true,
        manage: true,
    };
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// A file.
    Inode(usize),
    /// Nothing, and it can be made.
    Free,
    /// Nothing: looking it up fails so, making it so.
    Error(i32, i32),
}

/// A program's directory.
#[derive(Debug)]
pub struct Files {
    inodes: Vec<Inode>,
    /// Paths of what there is, without "./" in front.
    names: BTreeMap<String, usize>,
}

impl Files {
    /// As a program finds it.
    pub fn new() -> Files {
        let mut files = Files {
            inodes: Vec::new(),
            names: BTreeMap::new(),
        };
        for (name, kind, mode) in [
            (Name::File, Kind::Other, 0o644),
            (Name::Directory, Kind::Other, 0o755),
            (Name::Unix, Kind::Socket, 0o755),
        ] {
            files.insert(
                name.path(),
                Inode {
                    kind,
                    owner: 0,
                    mode,
                },
            );
        }
        for directory in [".", "guarded"] {
            files.insert(
                directory.into(),
                Inode {
                    kind: Kind::Other,
                    owner: 0,
                    mode: 0o755,
                },
            );
        }
        files
    }

    fn insert(&mut self, path: String, inode: Inode) {
        self.names.insert(path, self.inodes.len());
        self.inodes.push(inode);
    }

    /// What there is at a path, for this user.
    pub fn find(&self, path: &str, user: u8) -> Found {
        use libc::{EACCES, EADDRINUSE, ELOOP, ENOENT};
        let short = plain(path);
        if short == Name::Link.path() {
            return match self.names.get(&Name::A.path()) {
                Some(inode) => Found::Inode(*inode),
                None => Found::Error(ENOENT, EADDRINUSE),
            };
        }
        match self.names.get(short) {
            Some(inode) => Found::Inode(*inode),
            None if short == Name::Loop.path() => Found::Error(ELOOP, ELOOP),
            None if short == Name::Nowhere.path() => Found::Error(ENOENT, ENOENT),
            None if short == Name::Guarded.path() && user != 0 => Found::Error(ENOENT, EACCES),
            None => Found::Free,
        }
    }

    /// A file.
    pub fn inode(&self, number: usize) -> Inode {
        self.inodes[number]
    }

    /// The file of a new network.
    pub fn create(&mut self, path: &str, network: usize, user: u8, shape: &Shape) {
        let kind = Kind::Network(network);
        let mode = shape.mode & !0o022;
        self.insert(
            plain(path).into(),
            Inode {
                kind,
                owner: user,
                mode,
            },
        );
    }

    /// What a user may do with a file.
    pub fn rights(&self, number: usize, user: u8) -> Rights {
        let Inode { owner, mode, .. } = self.inodes[number];
        if user == 0 {
            return Rights {
                manage: mode & 0o111 != 0,
                ..Rights::ALL
            };
        }
        // Nobody here is in the group of another.
        let bits = if user == owner { mode >> 6 } else { mode };
        Rights {
            receive: bits & 4 != 0,
            send: bits & 2 != 0,
            manage: bits & 1 != 0,
        }
    }

    /// A call that is not of the family has changed files. False if the model cannot follow.
    pub fn changed(&mut self, call: &Call) -> bool {
        let known = |name: &Name| {
            matches!(
                name,
                Name::A | Name::B | Name::C | Name::Guarded | Name::Long
            )
        };
        let key = |name: &Name| plain(&name.path()).to_owned();
        match call {
            Call::Unlink { name } if known(name) => {
                self.names.remove(&key(name));
            }
            Call::Rename { from, to } if known(from) && known(to) => {
                let (from, to) = (key(from), key(to));
                // Two names of one file both stay.
                if let Some(inode) = self.names.get(&from).copied() {
                    if self.names.get(&to) != Some(&inode) {
                        self.names.remove(&from);
                        self.names.insert(to, inode);
                    }
                }
            }
            Call::HardLink { from, to } if known(from) && known(to) => {
                if let Some(inode) = self.names.get(&key(from)).copied() {
                    self.names.insert(key(to), inode);
                }
            }
            Call::Mode { name, mode } if known(name) => {
                if let Some(inode) = self.names.get(&key(name)) {
                    self.inodes[*inode].mode = *mode as i32;
                }
            }
            _ => return false,
        }
        true
    }
}

/// A path without what does not count.
fn plain(path: &str) -> &str {
    let short = path.trim_start_matches("./");
    if short.is_empty() && !path.is_empty() {
        "."
    } else {
        short
    }
}

// SPDX-License-Identifier: GPL-2.0
//! Names that networks may have, and addresses.

use ipntest::sys::socket::Addr;
use serde::{Deserialize, Serialize};

/// The files of a program's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// Free at first, for networks.
    A,
    /// The same.
    B,
    /// The same.
    C,
    /// The same, in a directory where only root may make files.
    Guarded,
    /// A symbolic link to `A`.
    Link,
    /// A symbolic link to itself.
    Loop,
    /// An ordinary file.
    File,
    /// A directory.
    Directory,
    /// A socket of another family.
    Unix,
    /// In a directory that is not there.
    Nowhere,
    /// `A`, by a path of 107 bytes.
    Long,
}

impl Name {
    /// All of them.
    pub const ALL: [Name; 11] = [
        Name::A,
        Name::B,
        Name::C,
        Name::Guarded,
        Name::Link,
        Name::Loop,
        Name::File,
        Name::Directory,
        Name::Unix,
        Name::Nowhere,
        Name::Long,
    ];

    /// The path, in the program's directory.
    pub fn path(self) -> String {
        match self {
            Name::A => "a".into(),
            Name::B => "b".into(),
            Name::C => "c".into(),
            Name::Guarded => "guarded/a".into(),
            Name::Link => "link".into(),
            Name::Loop => "loop".into(),
            Name::File => "file".into(),
            Name::Directory => "directory".into(),
            Name::Unix => "unix".into(),
            Name::Nowhere => "nowhere/a".into(),
            Name::Long => format!("{}a", "./".repeat(53)),
        }
    }
}

/// An address as it is handed to the kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// The path; without one the address is null.
    pub name: Option<Name>,
    /// The family.
    pub family: u16,
    /// The length, if it is not that of the structure.
    pub len: Option<u32>,
}

impl Address {
    /// As `ipntest` has it.
    pub fn to_addr(&self) -> Addr {
        let Some(name) = self.name else {
            return Addr::null(self.len.unwrap_or(0));
        };
        let addr = Addr::of(name.path()).with_family(self.family.into());
        match self.len {
            Some(len) => addr.with_len(len as usize),
            None => addr,
        }
    }
}

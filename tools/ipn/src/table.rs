// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use: `/proc/net/ipn`.

use crate::kinds::Flags;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Where the module lists the networks.
pub const TABLE_PATH: &str = "/proc/net/ipn";

/// A line of the table: a network and its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The inode number of its file.
    pub inode: u64,
    /// The name of its delivery policy.
    pub policy: String,
    /// Its flags.
    pub flags: Flags,
    /// The longest message, in bytes.
    pub mtu: u32,
    /// The number of ports.
    pub ports: u32,
    /// Ports in use.
    pub used: u32,
    /// Ports that can receive.
    pub readers: u32,
    /// Ports that can send.
    pub writers: u32,
    /// The number of messages it holds.
    pub pool: u32,
    /// Messages sent so far.
    pub sent: u64,
    /// Messages that readers have lost so far.
    pub dropped: u64,
    /// The path of its file, as far as the reader can see it.
    pub path: PathBuf,
}

/// Why the table could not be read.
#[derive(Debug)]
pub enum TableError {
    /// The file could not be read.
    Read(io::Error),
    /// A line is not understood: its number, and what is wrong with it.
    Parse(usize, String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) if error.kind() == io::ErrorKind::NotFound => write!(
                f,
                "cannot read {TABLE_PATH}: the af_ipn module is not loaded; \
                 load it as root: modprobe af_ipn, or insmod af_ipn.ko where it is not installed"
            ),
            Self::Read(error) => write!(f, "cannot read {TABLE_PATH}: {error}"),
            Self::Parse(line, wrong) => write!(
                f,
                "cannot understand line {line} of {TABLE_PATH}: {wrong}; \
                 the module and this program may be of different versions"
            ),
        }
    }
}

impl std::error::Error for TableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::Parse(..) => None,
        }
    }
}

/// The networks in use.
pub fn networks() -> Result<Vec<Entry>, TableError> {
    parse(&std::fs::read(TABLE_PATH).map_err(TableError::Read)?)
}

/// The network whose file is `path`, if it is in use.
///
/// The table tells inode numbers only; of several equal ones on different file
/// systems, the one that has this path counts.
pub fn network(path: impl AsRef<Path>) -> Result<Option<Entry>, TableError> {
    use std::os::unix::fs::MetadataExt;
    let path = path.as_ref();
    let inode = path.metadata().map_err(TableError::Read)?.ino();
    let full = path.canonicalize().map_err(TableError::Read)?;
    let mut found = networks()?;
    found.retain(|entry| entry.inode == inode);
    let exact = found.iter().position(|entry| entry.path == full);
    Ok(match exact {
        Some(index) => Some(found.swap_remove(index)),
        None if found.len() == 1 => found.pop(),
        None => None,
    })
}

/// Reads the table's text. Columns are found by the names in its first line, so
/// that new ones do no harm; the path is the last.
pub fn parse(text: &[u8]) -> Result<Vec<Entry>, TableError> {
    let mut lines = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let header = lines.next().unwrap_or_default();
    let names: Vec<_> = String::from_utf8_lossy(header)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let columns = Columns { names };
    lines
        .enumerate()
        .map(|(index, line)| {
            columns
                .entry(line)
                .map_err(|wrong| TableError::Parse(index + 2, wrong))
        })
        .collect()
}

/// The names of the columns, in order.
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn entry(&self, line: &[u8]) -> Result<Entry, String> {
        let fields: Vec<&[u8]> = line
            .splitn(self.names.len(), |&byte| byte == b' ')
            .collect();
        let text = |name| self.field(&fields, name).map(String::from_utf8_lossy);
        let number = |name| {
            let text = text(name)?;
            let number = match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16),
                None => text.parse(),
            };
            number.map_err(|_| format!("{name} is {text:?}, not a number"))
        };
        let small =
            |name| u32::try_from(number(name)?).map_err(|_| format!("{name} is out of all bounds"));
        Ok(Entry {
            inode: number("inode")?,
            policy: text("policy")?.into_owned(),
            flags: Flags::from_bits_retain(small("flags")?),
            mtu: small("mtu")?,
            ports: small("ports")?,
            used: small("used")?,
            readers: small("readers")?,
            writers: small("writers")?,
            pool: small("pool")?,
            sent: number("sent")?,
            dropped: number("dropped")?,
            path: PathBuf::from(OsString::from_vec(unescape(self.field(&fields, "path")?))),
        })
    }

    fn field<'a>(&self, fields: &[&'a [u8]], name: &str) -> Result<&'a [u8], String> {
        let index = self.names.iter().position(|known| known == name);
        index
            .and_then(|index| fields.get(index).copied())
            .ok_or_else(|| format!("it has no {name}"))
    }
}

/// Undoes the octal escapes of blanks and backslashes, as in `/proc/mounts`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                plain.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                rest = tail;
            }
            _ => {
                plain.push(*first);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;

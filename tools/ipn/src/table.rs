// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use: `/proc/net/ipn`, and by file `/sys/kernel/ipn`.

use crate::kinds::Flags;
use crate::name::{numbers_of, SYSFS_PATH};
use crate::number;
use crate::text::Shown;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Where the module lists the networks, in the first network namespace.
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
#[non_exhaustive]
pub enum TableError {
    /// The module is not loaded.
    NotLoaded,
    /// The table is not to be seen in this network namespace, and sysfs, which has the same, is
    /// not mounted.
    NotHere,
    /// The file of a network could not be looked at.
    File(PathBuf, io::Error),
    /// The file could not be read.
    Read(io::Error),
    /// A line is not understood: its number, and what is wrong with it.
    Parse(usize, String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoaded => write!(
                f,
                "cannot read {TABLE_PATH}: the af_ipn module is not loaded; \
                 load it as root: modprobe af_ipn, or insmod af_ipn.ko where it is not installed"
            ),
            Self::NotHere => write!(
                f,
                "cannot read {TABLE_PATH}: it is in the first network namespace only, and \
                 {SYSFS_PATH} is not there; mount sysfs: mount -t sysfs sysfs /sys"
            ),
            Self::File(path, error) => {
                write!(f, "cannot look at {}: {error}", Shown::of(path))
            }
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
            Self::Read(error) | Self::File(_, error) => Some(error),
            Self::Parse(..) | Self::NotLoaded | Self::NotHere => None,
        }
    }
}

/// The networks in use.
///
/// # Errors
///
/// The table cannot be read, as without the module, or is not understood.
pub fn networks() -> Result<Vec<Entry>, TableError> {
    KERNELS.networks()
}

/// The network whose file is `path`, if it is in use: that of the same device and inode.
///
/// # Errors
///
/// Those of [`networks`]; or the path leads to nothing.
pub fn network(path: impl AsRef<Path>) -> Result<Option<Entry>, TableError> {
    KERNELS.network(path.as_ref())
}

/// What tells of networks: the table, and the directory where each has its own.
struct Sources<'a> {
    table: &'a str,
    sysfs: &'a str,
}

/// Those of the kernel.
const KERNELS: Sources<'static> = Sources {
    table: TABLE_PATH,
    sysfs: SYSFS_PATH,
};

impl Sources<'_> {
    fn networks(&self) -> Result<Vec<Entry>, TableError> {
        match fs::read(self.table) {
            Ok(text) => parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => self.directories(),
            Err(error) => Err(TableError::Read(error)),
        }
    }

    fn network(&self, path: &Path) -> Result<Option<Entry>, TableError> {
        let no_file = |error| TableError::File(path.to_owned(), error);
        let numbers = numbers_of(path).map_err(no_file)?;
        if Path::new(self.sysfs).is_dir() {
            return self.directory(&numbers.to_string());
        }
        // The table has no devices: the path has to be the same too.
        let full = path.canonicalize().map_err(no_file)?;
        let found = self.networks()?;
        let is_it = |entry: &Entry| entry.inode == numbers.inode && entry.path == full;
        Ok(found.into_iter().find(is_it))
    }

    /// The networks as sysfs has them.
    fn directories(&self) -> Result<Vec<Entry>, TableError> {
        let list = match fs::read_dir(self.sysfs) {
            Ok(list) => list,
            Err(_) => return Err(unavailable()),
        };
        let mut entries = Vec::new();
        for item in list {
            let name = item.map_err(TableError::Read)?.file_name();
            entries.extend(self.directory(&name.to_string_lossy())?);
        }
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }

    /// The network of a directory in sysfs; none: it is not in use, or not any more.
    fn directory(&self, name: &str) -> Result<Option<Entry>, TableError> {
        let place = Path::new(self.sysfs).join(name);
        let mut line = name
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        for file in &COLUMNS[1..] {
            let value = match fs::read(place.join(file)) {
                Ok(value) => value,
                // Its last user has gone.
                Err(error) if is_gone(&error) => return Ok(None),
                // A path can be longer than a page.
                Err(_) if *file == "path" => Vec::new(),
                Err(error) => return Err(TableError::Read(error)),
            };
            line.push(b' ');
            line.extend_from_slice(value.trim_ascii_end());
        }
        let text = [COLUMNS.join(" ").as_bytes(), b"\n", &line, b"\n"].concat();
        parse(&text).map(|mut entries| entries.pop())
    }
}

/// Why neither the table nor sysfs has anything.
fn unavailable() -> TableError {
    let family = AddressFamily::from_raw(ipn_abi::AF_IPN);
    match rustix::net::socket(family, SocketType::RAW, None) {
        Err(Errno::AFNOSUPPORT) => TableError::NotLoaded,
        _ => TableError::NotHere,
    }
}

fn is_gone(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::NOENT | Errno::NODEV))
}

/// The columns of the table, which are files in sysfs but for the inode.
const COLUMNS: [&str; 12] = [
    "inode", "policy", "flags", "mtu", "ports", "used", "readers", "writers", "pool", "sent",
    "dropped", "path",
];

/// Reads the table's text. Columns are found by the names in its first line, so
/// that new ones do no harm; the path is the last.
///
/// # Errors
///
/// A line lacks a column, or has something else in it than a number.
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
                Some(hex) => number::in_radix(hex, 16).map(u64::from),
                None => number::whole(&text),
            };
            number.ok_or_else(|| format!("{name} is {text:?}, not a number"))
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

/// A path as the kernel tells it: undoes the octal escapes of blanks and backslashes, as in `/proc/mounts`.
#[must_use]
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                plain.push(((a & 7) << 6) | ((b & 7) << 3) | (c & 7));
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

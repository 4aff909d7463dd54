// SPDX-License-Identifier: GPL-2.0

//! The error type of this crate.

use crate::kinds::Direction;
use crate::name::{self, Holder};
use crate::operation::Operation;
use crate::text::Shown;
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What failed, on which path, why, and what to try.
///
/// `Display` says all of it in a line; the parts are there for those who want to
/// lay them out otherwise.
#[derive(Debug, Clone)]
pub struct Error {
    operation: Operation,
    path: Option<Arc<Path>>,
    errno: Errno,
    /// What the file at the path has to say about it.
    finding: Option<Box<Finding>>,
}

/// A reason and a remedy that were found out by looking at the path.
#[derive(Debug, Clone)]
struct Finding {
    reason: String,
    hint: String,
}

impl Error {
    pub(crate) fn new(operation: Operation, path: Option<Arc<Path>>, errno: Errno) -> Self {
        let names = matches!(
            operation,
            Operation::Bind | Operation::Connect(_) | Operation::Observe
        );
        let finding = match &path {
            Some(path) if names => look_at(path, operation, errno).map(Box::new),
            _ => None,
        };
        Self {
            operation,
            path,
            errno,
            finding,
        }
    }

    /// The error of a path that cannot be an address.
    pub(crate) fn bad_path(operation: Operation, path: &Path) -> Self {
        Self {
            operation,
            path: Some(path.into()),
            errno: Errno::INVAL,
            finding: Some(Box::new(Finding {
                reason: format!(
                    "a name has 1 to 108 bytes and no NUL; this one has {} bytes",
                    path.as_os_str().len()
                ),
                hint: "take a shorter name, for instance relative to the directory".to_owned(),
            })),
        }
    }

    /// The error of a network that has one manager, or is to have: `asked` is which.
    pub(crate) fn not_alone(path: &Path, asked: bool) -> Self {
        let (reason, hint) = match asked {
            true => (
                "it is there already, so that this would not be its only manager",
                "manage it together with others, without exclusive, or take another name",
            ),
            false => (
                "it is exclusive, and has its manager",
                "be a mere member, which sends and receives, or turn to its manager",
            ),
        };
        Self {
            operation: Operation::Bind,
            path: Some(path.into()),
            errno: Errno::EXIST,
            finding: Some(Box::new(Finding {
                reason: reason.to_owned(),
                hint: hint.to_owned(),
            })),
        }
    }

    /// The error of a port that asks for what was sent before, where that is not kept.
    pub(crate) fn no_history(operation: Operation, path: &Path) -> Self {
        Self {
            operation,
            path: Some(path.into()),
            errno: Errno::ACCESS,
            finding: Some(Box::new(Finding {
                reason: "it was made without history: a port begins with what is sent from then on"
                    .to_owned(),
                hint: "ask for none, or let its maker keep it (ipn create --reliable --history)"
                    .to_owned(),
            })),
        }
    }

    /// Why no network is found behind a path.
    pub fn no_network(path: &Path) -> Self {
        let operation = Operation::Connect(Direction::Both);
        Self::new(operation, Some(path.into()), Errno::CONNREFUSED)
    }

    /// What was being done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The network's path, where it is known.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The kernel's word for it.
    pub fn errno(&self) -> Errno {
        self.errno
    }

    /// Whether it tells that a port of a reliable bus has missed messages (`ECONNRESET`). That is told once; the
    /// next call goes on behind them, and [`Port::recv_sequenced`](crate::Port::recv_sequenced) says of whom they
    /// were.
    pub fn is_gap(&self) -> bool {
        (self.operation, self.errno) == (Operation::Receive, Errno::CONNRESET)
    }

    /// The corresponding kind of the standard library.
    pub fn kind(&self) -> io::ErrorKind {
        self.errno.kind()
    }

    /// What failed, and on which path.
    pub fn what(&self) -> String {
        match &self.path {
            Some(path) => format!("cannot {} {}", self.operation, Shown::of(&**path)),
            None => format!("cannot {}", self.operation),
        }
    }

    /// Why.
    pub fn reason(&self) -> String {
        let known = self.operation.explain(self.errno);
        match (&self.finding, known) {
            (Some(finding), _) => finding.reason.clone(),
            (None, Some((reason, _))) => reason.to_owned(),
            (None, None) => self.errno.to_string(),
        }
    }

    /// What to try, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match &self.finding {
            Some(finding) => Some(&finding.hint),
            None => self.operation.explain(self.errno)?.1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what(), self.reason())?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), error)
    }
}

/// Looks at the file behind a refused name for the reason.
fn look_at(path: &Path, operation: Operation, errno: Errno) -> Option<Finding> {
    match errno {
        Errno::CONNREFUSED => Some(stale(path)),
        Errno::ACCESS => refused(path, operation),
        _ => None,
    }
}

/// The name leads to no live network. To remove it is advised only where no network answers to it.
fn stale(path: &Path) -> Finding {
    let another = "take another name".to_owned();
    let (reason, hint) = match name::holder(path) {
        Holder::OtherFile => ("it is a file of another kind", another),
        Holder::Unix => (
            "it is the name of an AF_UNIX socket, which is in use",
            another,
        ),
        Holder::Unknown => ("no network lives behind the name", another),
        Holder::Nobody => (
            "the name is stale, its network has ended",
            format!(
                "ipn create --replace, which takes the name over, or rm {}",
                Shown::of(path).quoted()
            ),
        ),
    };
    Finding {
        reason: reason.to_owned(),
        hint,
    }
}

/// The file's mode, or that of a directory, refuses.
fn refused(path: &Path, operation: Operation) -> Option<Finding> {
    let user = rustix::process::geteuid().as_raw();
    let Ok(file) = path.metadata() else {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        return Some(Finding {
            reason: format!("user {user} may not search or write its directory"),
            hint: format!(
                "look at the rights with ls -ld {}",
                Shown::of(&directory).quoted()
            ),
        });
    };
    let (needs, bits) = match operation {
        Operation::Connect(Direction::Receive) => ("receiving needs the r bit", "r"),
        Operation::Connect(Direction::Send) => ("sending needs the w bit", "w"),
        Operation::Connect(Direction::Both) => {
            ("receiving needs the r bit, sending the w bit", "rw")
        }
        Operation::Observe => ("observing needs the r and x bits", "rx"),
        _ => ("managing it needs the x bit", "x"),
    };
    let class = class_of(user, file.uid(), file.gid());
    Some(Finding {
        reason: format!(
            "{needs} of its file, which has mode {} and owner {}:{}, and you are user {user}",
            mode_text(file.mode()),
            file.uid(),
            file.gid()
        ),
        hint: format!(
            "let the owner allow it: chmod {class}+{bits} {}",
            Shown::of(path).quoted()
        ),
    })
}

/// The class of mode bits that counts for `user`, as chmod names it.
fn class_of(user: u32, owner: u32, group: u32) -> char {
    let group = rustix::process::Gid::from_raw(group);
    let is_member = || {
        rustix::process::getegid() == group
            || rustix::process::getgroups().is_ok_and(|groups| groups.contains(&group))
    };
    match user == owner {
        true => 'u',
        false if is_member() => 'g',
        false => 'o',
    }
}

/// Mode bits as ls writes them.
fn mode_text(mode: u32) -> String {
    (0..9)
        .rev()
        .map(|bit| match mode & (1 << bit) {
            0 => '-',
            _ => ['x', 'w', 'r'][bit % 3],
        })
        .collect()
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;

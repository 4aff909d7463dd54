// SPDX-License-Identifier: GPL-2.0

//! The name of a socket file, held with its directory.

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags, CWD};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The most symbolic links that are followed, as path_resolution(7) has it.
const LINKS: usize = 40;

/// How often, and after which pauses, the lock of a directory is tried.
const TRIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// What tells a file from all others: the device that it is on, and the number of its inode there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FileNumbers {
    /// Of the device.
    pub major: u32,
    /// Of the same device.
    pub minor: u32,
    /// The number of the inode.
    pub inode: u64,
}

impl FileNumbers {
    /// A file's, as somebody else tells them.
    #[must_use]
    pub const fn new(major: u32, minor: u32, inode: u64) -> Self {
        Self {
            major,
            minor,
            inode,
        }
    }

    /// Those of the file that a path leads to.
    ///
    /// # Errors
    ///
    /// Those of stat(2).
    pub fn find(path: impl AsRef<Path>) -> std::io::Result<Self> {
        numbers_of(path.as_ref())
    }

    /// Of what stat(2) tells.
    pub(crate) fn of(device: u64, inode: u64) -> Self {
        Self {
            major: fs::major(device),
            minor: fs::minor(device),
            inode,
        }
    }
}

/// As the module calls a network's directory in sysfs, and `stat -c %Hd:%Ld:%i` a file.
impl fmt::Display for FileNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            inode,
        } = self;
        write!(f, "{major}:{minor}:{inode}")
    }
}

/// The name of a socket file: its directory and the file that it stood for when it was
/// looked up, both held by descriptors, so that no other file gets its inode's number.
///
/// Whatever becomes of the path meanwhile, [`Name::remove`] removes that file's name in
/// that directory or nothing.
#[derive(Debug)]
pub struct Name {
    directory: OwnedFd,
    file: OsString,
    held: OwnedFd,
    numbers: FileNumbers,
}

impl Name {
    /// Looks the name up. Symbolic links are followed, as `bind` and `connect` do.
    ///
    /// # Errors
    ///
    /// What open(2) and stat(2) say of the path; no socket file: `ENOTSOCK`.
    pub fn find(path: impl AsRef<Path>) -> Result<Self, Errno> {
        let mut path = path.as_ref().to_owned();
        let mut directory = None;
        for _ in 0..LINKS {
            let file = path.file_name().ok_or(Errno::ISDIR)?.to_owned();
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            let parent = parent.unwrap_or(Path::new("."));
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let from = directory.as_ref().map_or(CWD, AsFd::as_fd);
            let inside = fs::openat(from, parent, flags, Mode::empty())?;
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let held = fs::openat(&inside, &file, flags, Mode::empty())?;
            let stat = fs::fstat(&held)?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink => {
                    let target = fs::readlinkat(&held, "", Vec::new())?;
                    path = PathBuf::from(OsString::from_vec(target.into_bytes()));
                    directory = Some(inside);
                }
                FileType::Socket => {
                    let numbers = FileNumbers::of(stat.st_dev, stat.st_ino);
                    let directory = inside;
                    return Ok(Self {
                        directory,
                        file,
                        held,
                        numbers,
                    });
                }
                _ => return Err(Errno::NOTSOCK),
            }
        }
        Err(Errno::LOOP)
    }

    /// Whether a network lives behind it, as sysfs tells; `None` where that is not mounted.
    pub fn has_network(&self) -> Option<bool> {
        self.has_directory(Path::new(SYSFS_PATH))
    }

    /// Whether the directory of all networks has one for it; `None`: that is not there.
    fn has_directory(&self, root: &Path) -> Option<bool> {
        root.is_dir()
            .then(|| root.join(self.numbers.to_string()).is_dir())
    }

    /// The numbers of the file.
    pub(crate) fn numbers(&self) -> FileNumbers {
        self.numbers
    }

    /// Whether it is all that is left of a network, or of an `AF_UNIX` socket: none answers to the very
    /// file. Where sysfs or `/proc` is not mounted that is not known, and it counts as in use.
    pub fn is_stale(&self) -> bool {
        self.is_left(self.has_network())
    }

    /// The same, once it is known whether a network lives behind it.
    fn is_left(&self, has_network: Option<bool>) -> bool {
        has_network == Some(false) && self.holder() == Holder::Nobody
    }

    /// A path to the very file, for this process: by its descriptor, see proc_pid_fd(5).
    pub(crate) fn exact_path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.held.as_raw_fd()).into()
    }

    /// Removes the name if it still stands for the same file; tells whether it did.
    ///
    /// Nothing else is removed, and what this crate puts in a stale name's place is not
    /// either: it takes the same lock.
    ///
    /// # Errors
    ///
    /// What unlink(2) says.
    pub fn remove(&self) -> Result<bool, Errno> {
        // Who may not read the directory can not lock it.
        let _turn = self.lock();
        self.remove_locked()
    }

    pub(crate) fn remove_locked(&self) -> Result<bool, Errno> {
        match numbers(&self.directory, &self.file) {
            Some(found) if found == self.numbers => {
                fs::unlinkat(&self.directory, &self.file, AtFlags::empty())?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Who answers to this very file, at which no network is.
    pub(crate) fn holder(&self) -> Holder {
        holder(&self.exact_path())
    }

    /// Waits for its turn to remove and make names in the directory, which it has until what
    /// this returns is dropped: flock(2) of the directory.
    ///
    /// It may not be read: `EACCES`. Another process does not let go: `EWOULDBLOCK`.
    pub(crate) fn lock(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let lock = fs::openat(&self.directory, ".", flags, Mode::empty())?;
        for _ in 0..TRIES {
            match fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => thread::sleep(PAUSE),
                outcome => return outcome.map(|()| lock),
            }
        }
        Err(Errno::WOULDBLOCK)
    }
}

/// What a name in a directory stands for, a symbolic link for itself.
fn numbers(directory: &OwnedFd, file: &OsStr) -> Option<FileNumbers> {
    let stat = fs::statat(directory, file, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileNumbers::of(stat.st_dev, stat.st_ino))
}

/// Who answers to a name at which no network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// It is no socket file.
    OtherFile,
    /// A socket of `AF_UNIX` does.
    Unix,
    /// No socket of any family.
    Nobody,
    /// That cannot be found out.
    Unknown,
}

/// Who answers to a name at which no network is.
pub(crate) fn holder(path: &Path) -> Holder {
    match path.metadata() {
        Ok(file) if file.file_type().is_socket() => {}
        Ok(_) => return Holder::OtherFile,
        Err(_) => return Holder::Unknown,
    }
    let answer = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    let errno = answer.map_err(|error| Errno::from_io_error(&error));
    match errno {
        Err(Some(Errno::CONNREFUSED)) => Holder::Nobody,
        // Of another type, or connected to another.
        Ok(()) | Err(Some(Errno::PROTOTYPE | Errno::PERM)) => Holder::Unix,
        Err(_) => Holder::Unknown,
    }
}

/// Where the module has a directory for each network, in every network namespace.
pub(crate) const SYSFS_PATH: &str = "/sys/kernel/ipn";

/// The numbers of the file that a path leads to.
pub(crate) fn numbers_of(path: &Path) -> std::io::Result<FileNumbers> {
    let file = path.metadata()?;
    Ok(FileNumbers::of(file.dev(), file.ino()))
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;

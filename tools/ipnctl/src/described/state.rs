// SPDX-License-Identifier: GPL-2.0

//! Who holds a described network, and what it was last described as: a file beside the network's,
//! with `.lock` after its name, as Wayland's servers have it.
//!
//! Two locks of the one file, which do not know of each other: that of flock(2) is held by the
//! process that holds the network, that of fcntl(2) by the one that is changing it. Both end with
//! their process. The text is the description as it was last applied: what it says and the next does
//! not is taken back then.

use super::description::Description;
use crate::failure::Failure;
use ipn::Shown;
use rustix::fd::OwnedFd;
use rustix::fs::{fcntl_lock, flock, inotify, FlockOperation};
use rustix::io::Errno;
use rustix::process::{geteuid, kill_process, Pid, Signal};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file beside a network's.
#[derive(Debug)]
pub struct State {
    file: File,
    path: PathBuf,
}

impl State {
    /// Opens the file of the network `path`, which is made if it is not there, and waits until no
    /// other process is changing the network.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        loop {
            let state = Self::open_with(path, true)?;
            // Who held the network before may have removed it meanwhile.
            if let Some(state) = state.filter(Self::is_there) {
                return Ok(state);
            }
        }
    }

    /// The same, if the file is there.
    pub fn find(path: &Path) -> Result<Option<Self>, Failure> {
        Ok(Self::open_with(path, false)?.filter(Self::is_there))
    }

    fn open_with(network: &Path, create: bool) -> Result<Option<Self>, Failure> {
        let mut path = network.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let mut options = File::options();
        options.read(true).write(true).create(create).mode(0o600);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
        let opened = options.open(&path);
        let file = match opened {
            Err(error) if !create && error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Failure::new(
                    format!(
                        "cannot make {}: its directory does not exist",
                        Shown::of(&path)
                    ),
                    "make the directory first",
                ))
            }
            opened => opened.map_err(|error| Failure::file("use", &path, &error))?,
        };
        let state = Self { file, path };
        state.belongs_to_us()?;
        state.wait_for_change()?;
        Ok(Some(state))
    }

    /// What is read there is believed, so no other user may have written it; root manages all.
    fn belongs_to_us(&self) -> Result<(), Failure> {
        let user = geteuid();
        match self.owner()? {
            owner if owner == user.as_raw() || user.is_root() => Ok(()),
            owner => Err(Failure::new(
                format!(
                    "cannot use {}: it belongs to user {owner}",
                    Shown::of(&self.path)
                ),
                "let that user do it, or take another name for the network",
            )),
        }
    }

    /// Who owns the file.
    fn owner(&self) -> Result<u32, Failure> {
        let file = self.file.metadata();
        file.map(|file| file.uid())
            .map_err(|error| Failure::file("look at", &self.path, &error))
    }

    /// Ends the process that holds the network, one of the file's owner.
    pub fn end_holder(&self, holder: Pid) -> Result<(), Failure> {
        let owner = fs::metadata(format!("/proc/{}", holder.as_raw_nonzero()));
        if owner.is_ok_and(|process| self.owner().is_ok_and(|owner| owner == process.uid())) {
            let killed = kill_process(holder, Signal::TERM);
            return self.tell("end the process that holds", killed);
        }
        // It has ended meanwhile.
        Ok(())
    }

    /// Waits until no other process is changing the network; none does from then on.
    pub fn wait_for_change(&self) -> Result<(), Failure> {
        self.retry("lock", || {
            fcntl_lock(&self.file, FlockOperation::LockExclusive)
        })
    }

    /// Whether the file still has its name.
    fn is_there(&self) -> bool {
        let own = self.file.metadata();
        let there = fs::symlink_metadata(&self.path);
        own.is_ok_and(|own| {
            there.is_ok_and(|there| (own.dev(), own.ino()) == (there.dev(), there.ino()))
        })
    }

    /// Becomes the process that holds the network, if no other is.
    pub fn hold(&self) -> Result<bool, Failure> {
        match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Ok(false),
            outcome => self.tell("lock", outcome).map(|()| true),
        }
    }

    /// Waits until no process holds the network.
    pub fn wait(&self) -> Result<(), Failure> {
        self.retry("lock", || flock(&self.file, FlockOperation::LockExclusive))
    }

    /// What becomes readable when another process notes a change.
    pub fn watch(&self) -> io::Result<OwnedFd> {
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        inotify::add_watch(&watch, &self.path, inotify::WatchFlags::MODIFY)?;
        Ok(watch)
    }

    /// Lets others change the network.
    pub fn changed(&self) -> Result<(), Failure> {
        self.tell("unlock", fcntl_lock(&self.file, FlockOperation::Unlock))
    }

    /// The process that holds the network, as it said, and what the network was last described as.
    pub fn read(&self) -> Result<(Option<i32>, Option<Description>), Failure> {
        let mut text = String::new();
        let mut file = &self.file;
        file.rewind()
            .and_then(|()| file.read_to_string(&mut text))
            .map_err(|error| Failure::file("read", &self.path, &error))?;
        let (first, rest) = text.split_once('\n').unwrap_or_default();
        let holder = first
            .strip_prefix("# ipn up: ")
            .and_then(ipn::number::whole);
        Ok((holder, Description::parse(rest).ok()))
    }

    /// Notes both.
    pub fn write(&self, holder: Option<i32>, description: &Description) -> Result<(), Failure> {
        let text = format!(
            "# ipn up: {}\n{}",
            holder.unwrap_or_default(),
            description.to_text()
        );
        let mut file = &self.file;
        file.rewind()
            .and_then(|()| self.file.set_len(0))
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// Removes the file. The locks are let go of when this is dropped.
    pub fn remove(&self) {
        if self.is_there() {
            // One that stays does no harm: the next takes it over.
            let _ = fs::remove_file(&self.path);
        }
    }

    fn retry(
        &self,
        what: &str,
        mut call: impl FnMut() -> rustix::io::Result<()>,
    ) -> Result<(), Failure> {
        loop {
            match call() {
                Err(Errno::INTR) => {}
                outcome => return self.tell(what, outcome),
            }
        }
    }

    fn tell(&self, what: &str, outcome: rustix::io::Result<()>) -> Result<(), Failure> {
        outcome.map_err(|errno| Failure::file(what, &self.path, &errno.into()))
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Turns of the cables of one bus.

use rustix::fd::OwnedFd;
use rustix::fs::{flock, open, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// So long it waits for its turn, which another has for moments, however busy the machine is. Then it goes on without: the
/// worst is a message that comes twice.
const PATIENCE: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_micros(50);

/// Lets one cable of a bus at a time look at what is there and put something: flock(2) of the bus's
/// directory. Who may not read that has no turns.
#[derive(Debug)]
pub struct Turns {
    directory: Option<OwnedFd>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    directory: Option<&'a OwnedFd>,
}

impl Turns {
    /// Those of the bus at `path`.
    pub fn of(path: &Path) -> Self {
        let path = path.canonicalize().ok();
        let parent = path.as_deref().and_then(Path::parent);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Self {
            directory: parent.and_then(|parent| open(parent, flags, Mode::empty()).ok()),
        }
    }

    /// Waits for the turn.
    pub fn take(&self) -> Turn<'_> {
        let begin = Instant::now();
        let directory = self.directory.as_ref();
        while let Some(lock) = directory {
            match flock(lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Turn { directory },
                Err(Errno::WOULDBLOCK) if begin.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(_) => break,
            }
        }
        Turn { directory: None }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(lock) = self.directory {
            // It cannot fail, as it is locked.
            let _ = flock(lock, FlockOperation::Unlock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn one_has_it_at_a_time() {
        let path = std::env::current_exe().expect("a path");
        let is_taken = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let turns = Turns::of(&path);
                    for _ in 0..50 {
                        let _turn = turns.take();
                        assert!(!is_taken.swap(true, Ordering::SeqCst));
                        is_taken.store(false, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}

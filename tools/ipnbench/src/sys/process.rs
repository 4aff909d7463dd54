// SPDX-License-Identifier: GPL-2.0

//! Processes.

use super::checked;
use rustix::process::{set_parent_process_death_signal, Signal};
use std::io;

/// A process that does `work` and ends; this program has one thread.
pub struct Child(libc::pid_t);

impl Child {
    /// Begins it. It ends when this process does.
    pub fn start(work: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        // SAFETY: there is one thread, so no lock is held by another that the child would miss.
        match checked(unsafe { libc::fork() })? {
            0 => {
                let end = set_parent_process_death_signal(Some(Signal::KILL));
                let status = match end.map_err(io::Error::from).and_then(|()| work()) {
                    Ok(()) => 0,
                    Err(error) => {
                        eprintln!("ipnbench: {error}");
                        1
                    }
                };
                // SAFETY: ends the process, without the destructors of what its parent owns too.
                unsafe { libc::_exit(status) }
            }
            pid => Ok(Self(pid)),
        }
    }

    /// Ends it.
    pub fn kill(&self) {
        let mut status = 0;
        // SAFETY: the process is ours and was not waited for; `status` is ours.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, &mut status, 0);
        }
    }

    /// Waits for its end; an error if it failed.
    pub fn join(self) -> io::Result<()> {
        let mut status = 0;
        // SAFETY: `status` is ours.
        checked(unsafe { libc::waitpid(self.0, &mut status, 0) })?;
        match status {
            0 => Ok(()),
            _ => Err(io::Error::other("a receiver failed")),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Processes.

use super::checked;
use rustix::process::{kill_process, set_parent_process_death_signal, waitpid};
use rustix::process::{Pid, Signal, WaitOptions};
use std::io;

/// A process that does `work` and ends; this program has one thread.
pub struct Child(Pid);

impl Child {
    /// Begins it. It ends when this process does.
    pub fn start(work: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        // SAFETY: there is one thread, so no lock is held by another that the child would miss.
        match Pid::from_raw(checked(unsafe { libc::fork() })?) {
            None => {
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
            Some(pid) => Ok(Self(pid)),
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.as_raw_nonzero().get().unsigned_abs()
    }

    /// Ends it.
    pub fn kill(&self) {
        // It is ours and was not waited for, so neither fails.
        let _ = kill_process(self.0, Signal::KILL);
        let _ = waitpid(Some(self.0), WaitOptions::empty());
    }

    /// Waits for its end; an error if it failed.
    pub fn join(self) -> io::Result<()> {
        match waitpid(Some(self.0), WaitOptions::empty())? {
            Some((_, status)) if status.exit_status() == Some(0) => Ok(()),
            _ => Err(io::Error::other("a receiver failed")),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A process that is ended when nobody needs it any more.

use crate::sys::process::Child;
use std::fs;
use std::io;
use std::process;

/// It: a part of this program, or another one.
pub enum Running {
    /// A part of this program.
    Own(Child),
    /// Another one.
    Program(process::Child),
}

impl Running {
    /// Its memory that is there (`VmRSS`), in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let id = match self {
            Self::Own(child) => child.id(),
            Self::Program(child) => child.id(),
        };
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        resident(&status).ok_or_else(|| io::Error::other(format!("the process {id} is gone")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self {
            Self::Own(child) => child.kill(),
            Self::Program(child) => {
                // It is ours and was not waited for, so neither fails.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// `VmRSS`, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(1024 * kilobytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_resident_is_told_in_bytes() {
        let status = "Name:\tipnbench\nVmPeak:\t    9000 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!(resident(status), Some(1234 * 1024));
        assert_eq!(resident("Name:\tzombie\n"), None);
    }

    #[test]
    fn a_program_that_is_dropped_has_ended() {
        let child = process::Command::new("sleep").arg("60").spawn().unwrap();
        let id = child.id();
        let running = Running::Program(child);
        assert!(running.memory().is_ok());
        drop(running);
        assert!(!fs::exists(format!("/proc/{id}")).unwrap());
    }
}

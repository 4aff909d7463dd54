// SPDX-License-Identifier: GPL-2.0
//! A serial port, where a machine has no I/O ports: what is written there is on the host when the
//! call returns.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;

/// The device that QEMU takes what is tried from; see `tests/qemu/architecture.sh`.
const TRACE: &str = "/dev/ttyS1";

/// The port.
pub struct Port(File);

impl Port {
    /// Opens it, for which one must be root.
    pub fn open() -> io::Result<Port> {
        let file = OpenOptions::new().write(true).open(TRACE)?;
        // SAFETY: all zeroes is a valid `termios`; the calls fill it and read it.
        unsafe {
            let mut settings: libc::termios = std::mem::zeroed();
            libc::tcgetattr(file.as_raw_fd(), &mut settings);
            libc::cfmakeraw(&mut settings);
            libc::tcsetattr(file.as_raw_fd(), libc::TCSANOW, &settings);
        }
        Ok(Port(file))
    }

    /// Writes all bytes.
    pub fn write(&self, bytes: &[u8]) {
        // What cannot be told is not there when the guest has ended.
        let _ = (&self.0).write_all(bytes);
        // SAFETY: no pointers.
        unsafe { libc::tcdrain(self.0.as_raw_fd()) };
    }
}

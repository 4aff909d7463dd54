// SPDX-License-Identifier: GPL-2.0
//! A serial port, where a machine has no I/O ports: what is written there is on the host when the
//! call returns.

use rustix::termios::{tcdrain, tcgetattr, tcsetattr, OptionalActions};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

/// The device that QEMU takes what is tried from; see `scripts/setup/architecture.sh`.
const TRACE: &str = "/dev/ttyS1";

/// The port.
pub struct Port(File);

impl Port {
    /// Opens it, for which one must be root.
    pub fn open() -> io::Result<Port> {
        let file = OpenOptions::new().write(true).open(TRACE)?;
        let mut settings = tcgetattr(&file)?;
        settings.make_raw();
        tcsetattr(&file, OptionalActions::Now, &settings)?;
        Ok(Port(file))
    }

    /// Writes all bytes.
    pub fn write(&self, bytes: &[u8]) {
        // What cannot be told is not there when the guest has ended.
        let _ = (&self.0).write_all(bytes);
        let _ = tcdrain(&self.0);
    }
}

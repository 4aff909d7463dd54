// SPDX-License-Identifier: GPL-2.0
//! An I/O port: what is written there is on the host when the call returns.

use std::arch::asm;
use std::io;

/// The port that QEMU takes what is tried from; see `tests/qemu/guest/boot.sh`.
const TRACE: u16 = 0xe8;

/// The right to write to the port.
///
/// # Invariants
///
/// This thread, and those that it starts, may write to [`TRACE`].
pub struct Port(());

impl Port {
    /// Takes the right, for which one must be root.
    pub fn open() -> io::Result<Port> {
        // SAFETY: no pointers; nothing but a debug console of the machine is at the port.
        if unsafe { libc::ioperm(TRACE.into(), 1, 1) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // INVARIANT: just allowed.
        Ok(Port(()))
    }

    /// Writes all bytes.
    pub fn write(&self, bytes: &[u8]) {
        // SAFETY: reads `bytes` only, and writing to the port is allowed by the invariants.
        unsafe {
            asm!(
                "rep outsb",
                inout("rsi") bytes.as_ptr() => _,
                inout("rcx") bytes.len() => _,
                in("dx") TRACE,
                options(nostack, readonly, preserves_flags),
            )
        }
    }
}

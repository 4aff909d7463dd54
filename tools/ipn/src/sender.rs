// SPDX-License-Identifier: GPL-2.0

//! Who sent a message.

use std::time::Duration;

/// Who sent a message, where the port asked for that: see
/// [`Port::set_report_senders`](crate::Port::set_report_senders). It is the process that took the
/// port, as the kernel saw it then, whoever has the port by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sender {
    /// The number of its port.
    pub port: u32,
    /// The process, in the reader's namespace of processes; none where it is not in that.
    pub pid: Option<u32>,
    /// The real user, in the reader's namespace of users.
    pub uid: u32,
    /// The real group, in the same.
    pub gid: u32,
    /// When the port was taken, since the machine began (`CLOCK_BOOTTIME`): with its number that
    /// tells one holder from the next.
    pub since: Duration,
}

impl Sender {
    /// What a `struct ipn_sender` says. Later versions may be longer.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
        Some(Self {
            port: number(0)?,
            pid: number(4).filter(|pid| *pid != 0),
            uid: number(8)?,
            gid: number(12)?,
            since: Duration::from_nanos(u64::from_ne_bytes(*bytes.get(16..)?.first_chunk()?)),
        })
    }
}

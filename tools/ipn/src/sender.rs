// SPDX-License-Identifier: GPL-2.0

//! Who sent a message.

use crate::sys::plain::bytes_mut;
use ipn_abi::ipn_sender;
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
        let mut told = ipn_sender::default();
        let place = bytes_mut(&mut told);
        place.copy_from_slice(bytes.get(..place.len())?);
        Some(Self {
            port: told.port,
            pid: Some(told.pid).filter(|pid| *pid != 0),
            uid: told.uid,
            gid: told.gid,
            since: Duration::from_nanos(told.since),
        })
    }
}

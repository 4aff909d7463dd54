// SPDX-License-Identifier: GPL-2.0
//! `poll` and `select`.

use super::cvt;
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// `poll(2)` of one descriptor: what came, 0 for a time-out.
pub fn poll(file: &impl AsRawFd, events: i16, limit_ms: i32) -> io::Result<i16> {
    let mut entry = libc::pollfd {
        fd: file.as_raw_fd(),
        events,
        revents: 0,
    };
    // SAFETY: one entry.
    cvt(unsafe { libc::poll(&mut entry, 1, limit_ms) })?;
    Ok(entry.revents)
}

/// What `select` found in each of its three sets.
#[derive(Debug, PartialEq, Eq, Default, Clone, Copy)]
pub struct Selected {
    /// Readable.
    pub read: bool,
    /// Writable.
    pub write: bool,
    /// Something exceptional, out-of-band data for instance.
    pub except: bool,
}

/// `select(2)` of one descriptor in all three sets that are asked for.
pub fn select(file: &impl AsRawFd, ask: Selected, limit: Duration) -> io::Result<Selected> {
    let fd: RawFd = file.as_raw_fd();
    assert!(
        (fd as usize) < libc::FD_SETSIZE,
        "select takes descriptors below FD_SETSIZE"
    );
    // SAFETY: all zeroes is an empty set.
    let mut sets: [libc::fd_set; 3] = unsafe { zeroed() };
    for (set, wanted) in sets.iter_mut().zip([ask.read, ask.write, ask.except]) {
        if wanted {
            // SAFETY: `fd` is below FD_SETSIZE.
            unsafe { libc::FD_SET(fd, set) };
        }
    }
    let mut limit = libc::timeval {
        tv_sec: limit.as_secs() as _,
        tv_usec: limit.subsec_micros() as _,
    };
    let [read, write, except] = &mut sets;
    // SAFETY: three sets and a time of ours.
    cvt(unsafe { libc::select(fd + 1, read, write, except, &mut limit) })?;
    // SAFETY: `fd` is below FD_SETSIZE.
    let has = |set: &libc::fd_set| unsafe { libc::FD_ISSET(fd, set) };
    Ok(Selected {
        read: has(&sets[0]),
        write: has(&sets[1]),
        except: has(&sets[2]),
    })
}

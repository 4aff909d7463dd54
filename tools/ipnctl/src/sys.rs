// SPDX-License-Identifier: GPL-2.0

//! What needs `unsafe`: holding signals back, for `rustix` has no masks of signals.

#![allow(unsafe_code)]

use libc::{c_int, sigset_t, SIG_BLOCK, SIG_SETMASK};
use std::io;

/// A set without a signal.
// SAFETY: a set is an array of bits.
const NONE: sigset_t = unsafe { std::mem::zeroed() };

/// Signals that this thread does not get until this is dropped; then it gets those that came.
pub struct HeldBack(sigset_t);

impl HeldBack {
    /// Holds these signals back.
    pub fn signals(signals: impl Iterator<Item = i32>) -> io::Result<Self> {
        let mut set = NONE;
        for signal in signals {
            // SAFETY: it is a set; a number that is no signal's is refused.
            unsafe { libc::sigaddset(&mut set, signal) };
        }
        change_mask(SIG_BLOCK, &set).map(Self)
    }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        // It was this thread's mask, so it can be so again.
        let _ = change_mask(SIG_SETMASK, &self.0);
    }
}

/// Changes which signals this thread does not get; those that it did not get before.
fn change_mask(how: c_int, set: &sigset_t) -> io::Result<sigset_t> {
    let mut before = NONE;
    // SAFETY: both are sets.
    match unsafe { libc::pthread_sigmask(how, set, &mut before) } {
        0 => Ok(before),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

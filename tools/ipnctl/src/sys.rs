// SPDX-License-Identifier: GPL-2.0

//! The one system call that needs `unsafe`: holding signals back.

#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Signals that this thread does not get until this is dropped; then it gets those that came.
pub struct HeldBack(libc::sigset_t);

impl HeldBack {
    /// Holds these signals back.
    pub fn signals(signals: impl Iterator<Item = i32>) -> io::Result<Self> {
        let (mut set, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: `set` has room for a set, which `sigemptyset` initializes before it is used.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        for signal in signals {
            // SAFETY: the set is initialized; a number that is no signal's is refused.
            unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
        }
        // SAFETY: `set` is initialized, and `before` has room for a set.
        let result =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), before.as_mut_ptr()) };
        match result {
            // SAFETY: the call succeeded, so it has filled in the mask from before.
            0 => Ok(Self(unsafe { before.assume_init() })),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        // SAFETY: the mask is an initialized set; what was before is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, ptr::null_mut()) };
    }
}

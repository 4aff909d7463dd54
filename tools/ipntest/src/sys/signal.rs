// SPDX-License-Identifier: GPL-2.0
//! Signals: a handler that counts.

use super::{cvt, cvt_long, process};
use std::cell::Cell;
use std::io;
use std::mem::zeroed;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNTS: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

thread_local! {
    static HERE: [Cell<u32>; 65] = const { [const { Cell::new(0) }; 65] };
}

extern "C" fn count_up(signal: i32) {
    COUNTS[signal as usize].fetch_add(1, Ordering::Relaxed);
    HERE.with(|counts| {
        let count = &counts[signal as usize];
        count.set(count.get() + 1);
    });
}

/// Counts this signal from now on; `flags` as of `sigaction`, `SA_RESTART` for instance.
pub fn count(signal: i32, flags: i32) -> io::Result<()> {
    // SAFETY: all zeroes is a valid sigaction with an empty mask.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = count_up as extern "C" fn(i32) as usize;
    action.sa_flags = flags;
    COUNTS[signal as usize].store(0, Ordering::Relaxed);
    // SAFETY: the handler only adds to an atomic and to a number of its thread, which is async-signal-safe.
    cvt(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) }).map(drop)
}

/// How often it came.
pub fn counted(signal: i32) -> u32 {
    COUNTS[signal as usize].load(Ordering::Relaxed)
}

/// How often this thread handled it.
pub fn counted_here(signal: i32) -> u32 {
    HERE.with(|counts| counts[signal as usize].get())
}

/// Gives a signal its default action.
pub fn reset(signal: i32) -> io::Result<()> {
    // SAFETY: SIG_DFL is a valid action.
    if unsafe { libc::signal(signal, libc::SIG_DFL) } == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Sends a signal to one thread of this process.
pub fn to_thread(thread: i32, signal: i32) -> io::Result<()> {
    let process = process::process_id();
    // SAFETY: no pointers.
    cvt_long(unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) }).map(drop)
}

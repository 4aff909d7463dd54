// SPDX-License-Identifier: GPL-2.0
//! KCOV: which instructions of the kernel a thread went through.
//!
//! The memory is shared with the kernel, and over `fork`: the parent reads what a child's thread did,
//! whatever became of that.

use rustix::ioctl::{ioctl, IntegerSetter, Opcode};
use rustix::mm::{mmap, MapFlags, ProtFlags};
use std::fs::{File, OpenOptions};
use std::io;
use std::ptr::{null_mut, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the kernel offers it, if it was built to.
const FILE: &str = "/sys/kernel/debug/kcov";
/// Words of a trace; the first is the number of those that follow.
const WORDS: usize = 64 << 10;

/// `KCOV_INIT_TRACE`.
const INIT: Opcode = 0x8008_6301;
/// `KCOV_ENABLE`.
const ENABLE: Opcode = 0x6364;
/// `KCOV_TRACE_PC`.
const TRACE_PC: usize = 0;

/// A trace of one thread at a time.
///
/// # Invariants
///
/// `words` are [`WORDS`] words of shared memory, mapped as long as this lives.
pub struct Trace {
    file: File,
    words: NonNull<AtomicU64>,
}

// SAFETY: the words are atomic, and the file is no thread's.
unsafe impl Send for Trace {}
// SAFETY: as above.
unsafe impl Sync for Trace {}

impl Trace {
    /// An empty one.
    pub fn new() -> io::Result<Trace> {
        let file = OpenOptions::new().read(true).write(true).open(FILE)?;
        // SAFETY: the request takes a number.
        unsafe { ioctl(&file, IntegerSetter::<INIT>::new_usize(WORDS)) }?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, wherever the kernel likes.
        let start = unsafe { mmap(null_mut(), WORDS * 8, access, MapFlags::SHARED, &file, 0) }?;
        let words = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mmap gave 0"))?;
        // INVARIANT: just mapped.
        Ok(Trace { file, words })
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < WORDS, "a word of the trace");
        // SAFETY: inside the mapping, by the invariants.
        unsafe { self.words.add(index).as_ref() }
    }

    /// Begins to trace this thread, until it ends.
    pub fn enable(&self) -> io::Result<()> {
        self.word(0).store(0, Ordering::Relaxed);
        // SAFETY: the request takes a number.
        unsafe { ioctl(&self.file, IntegerSetter::<ENABLE>::new_usize(TRACE_PC)) }?;
        Ok(())
    }

    /// Where the thread was, in order; then the trace is empty.
    pub fn take(&self) -> Vec<u64> {
        let len = (self.word(0).load(Ordering::Relaxed) as usize).min(WORDS - 1);
        let places = (1..=len).map(|at| self.word(at).load(Ordering::Relaxed));
        let places = places.collect();
        self.word(0).store(0, Ordering::Relaxed);
        places
    }
}

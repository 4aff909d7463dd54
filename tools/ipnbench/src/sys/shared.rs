// SPDX-License-Identifier: GPL-2.0

//! Memory that processes share.

use rustix::mm::{mmap, mmap_anonymous, munmap, MapFlags, ProtFlags};
use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::AtomicU64;

/// Memory of this process and those that it forks.
pub struct Shared {
    start: *mut u8,
    len: usize,
}

impl Shared {
    /// So many bytes, zero at first.
    pub fn new(len: usize) -> io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, wherever there is room.
        let start = unsafe { mmap_anonymous(null_mut(), len, protection, MapFlags::SHARED) }?;
        let start = start.cast();
        Ok(Self { start, len })
    }

    /// The same, in a new file that other programs can map.
    pub fn file(path: &Path, len: usize) -> io::Result<Self> {
        let file = File::create_new(path)?;
        drop(file);
        let file = File::options().read(true).write(true).open(path)?;
        file.set_len(len as u64)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, wherever there is room; the file keeps its length.
        let start = unsafe { mmap(null_mut(), len, protection, MapFlags::SHARED, &file, 0) }?;
        let start = start.cast();
        Ok(Self { start, len })
    }

    /// The word at a place, which is a multiple of 8.
    pub fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at % 8 == 0 && at + 8 <= self.len);
        // SAFETY: it lies within the mapping, is aligned, and is used as an atomic only.
        unsafe { AtomicU64::from_ptr(self.start.add(at).cast()) }
    }

    /// Copies `bytes` to a place.
    pub fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.len);
        // SAFETY: within the mapping. Who reads meanwhile finds out, and does not use what it read.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(at), bytes.len()) }
    }

    /// Copies from a place to `room`.
    pub fn read(&self, at: usize, room: &mut [u8]) {
        assert!(at + room.len() <= self.len);
        // SAFETY: as for `write`.
        unsafe { std::ptr::copy_nonoverlapping(self.start.add(at), room.as_mut_ptr(), room.len()) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference into it is left.
        let _ = unsafe { munmap(self.start.cast(), self.len) };
    }
}
